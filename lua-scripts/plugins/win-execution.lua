-- Which programs ran, or were at least there, as far as the registry and prefetch files remember.
-- None of these proves more than its column says: AppCompatCache and Amcache know
-- files that never ran.
--
-- Records: one kind for each source (userassist, muicache, bam, appcompatcache,
-- amcache, recentapp, runmru, prefetch), all with program and, where there is one, time. `origin`
-- tells hives that are not of the present installation: Windows.old, RegBack.
local appcompat = require("appcompat")
local handlers = require("handlers")
local prefetch_rows = require("prefetch-rows")
local registry = require("registry")
local text = require("text")

local EXPLORER = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\"
local FILE = "InventoryApplicationFile"

-- Folders that UserAssist names by GUID ("Known Folder IDs" of the Windows SDK).
local FOLDERS = {
	["{0139D44E-6AFE-49F2-8690-3DAFCAE6FFB8}"] = "%ProgramData%\\Microsoft\\Windows\\Start Menu\\Programs",
	["{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}"] = "%SystemRoot%\\System32",
	["{374DE290-123F-4565-9164-39C4925E467B}"] = "%UserProfile%\\Downloads",
	["{6D809377-6AF0-444B-8957-A3773F02200E}"] = "%ProgramW6432%",
	["{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}"] = "%ProgramFiles(x86)%",
	["{905E63B6-C1BF-494E-B29C-65B732D3D21A}"] = "%ProgramFiles%",
	["{A77F5D77-2E2B-44C3-A6A2-ABA601054A51}"] = "%AppData%\\Microsoft\\Windows\\Start Menu\\Programs",
	["{B4BFCC3A-DB2C-424C-B029-7FE99A87C641}"] = "%UserProfile%\\Desktop",
	["{D65231B0-B2F1-4857-A4CE-A8E7C6EA7D27}"] = "%SystemRoot%\\SysWOW64",
	["{F38BF404-1D43-42F2-9305-67DE0B28FC23}"] = "%SystemRoot%",
	["{FDD39AD0-238F-46AF-ADB4-6C85480369C7}"] = "%UserProfile%\\Documents",
}

local function record(ctx, hive, kind, fields)
	fields.user, fields.sid = fields.user or hive.user, fields.sid or hive.sid
	fields.entry, fields.origin = hive.entry, registry.origin(hive)
	ctx:record(kind, fields)
end

-- --- of a user ---

-- Records of 72 bytes since Windows 7, of 16 before, where the count begins with 5.
local function assist_record(raw)
	if #raw >= 68 then
		return { runs = bytes.u32le(raw, 5), focus_count = bytes.u32le(raw, 9),
			focus_ms = bytes.u32le(raw, 13), time = time.filetime(bytes.u64le(raw, 61)) }
	elseif #raw >= 16 then
		local count = bytes.u32le(raw, 5)
		return { runs = count > 5 and count - 5 or 0, time = time.filetime(bytes.u64le(raw, 9)) }
	end
	return {}
end

-- The name with its folder spelt out, or nil when it begins with none that is known.
local function in_folder(name)
	local folder = FOLDERS[name:sub(1, 38):upper()]
	return folder and folder .. name:sub(39) or nil
end

local function user_assist(ctx, hive)
	for key in hive:keys(EXPLORER .. "UserAssist\\*\\Count") do
		for value in key:values() do
			local name = text.rot13(value.name)
			if not name:find("^UEME_CTL") then
				local fields = assist_record(value.raw)
				fields.program = name
				fields.path = in_folder(name)
				fields.class = key.path:match("([^\\]+)\\Count$")
				record(ctx, hive, "userassist", fields)
			end
		end
	end
end

local function recent_apps(ctx, hive)
	for app in hive:keys("Software\\Microsoft\\Windows\\CurrentVersion\\Search\\RecentApps\\*") do
		local accessed = app:value("LastAccessedTime")
		record(ctx, hive, "recentapp", {
			program = registry.text(app, "AppPath") or registry.text(app, "AppId"),
			runs = registry.number(app, "LaunchCount"),
			time = accessed and #accessed.raw >= 8 and time.filetime(bytes.u64le(accessed.raw)) or nil })
	end
end

-- What was typed into the Run dialog; the list tells the order, the latest first.
local function run_mru(ctx, hive)
	local key = hive:key(EXPLORER .. "RunMRU")
	local order = registry.text(key, "MRUList") or ""
	for position = 1, #order do
		local typed = registry.text(key, order:sub(position, position))
		if typed then
			record(ctx, hive, "runmru", { program = (typed:gsub("\\1$", "")), position = position,
				time = position == 1 and key.written or nil })
		end
	end
end

local function mui_cache(ctx, hive, path)
	for value in registry.values(hive:key(path)) do
		local program, property = value.name:match("^(.*)%.(FriendlyAppName)$")
		if not property then
			program = value.name:match("^%a:\\.*") or value.name:match("^\\\\.*")
		end
		if program and not value.name:find("%.ApplicationCompany$") then
			record(ctx, hive, "muicache", { program = program,
				title = type(value.data) == "string" and value.data or nil })
		end
	end
end

local function of_user(ctx, hive)
	user_assist(ctx, hive)
	recent_apps(ctx, hive)
	run_mru(ctx, hive)
	mui_cache(ctx, hive, "Software\\Microsoft\\Windows\\ShellNoRoam\\MUICache")
end

local function of_user_classes(ctx, hive)
	mui_cache(ctx, hive, "Local Settings\\Software\\Microsoft\\Windows\\Shell\\MuiCache")
end

-- --- of the machine ---

-- Background and desktop activity moderator: the time a program last ran, for a week.
local function activity(ctx, hive, set, service)
	local users = registry.users(ctx)
	for _, below in ipairs({ "UserSettings", "State\\UserSettings" }) do
		for user in registry.keys(set:key("Services\\" .. service .. "\\" .. below)) do
			for value in user:values() do
				local raw = value.raw
				if value.type == "REG_BINARY" and #raw >= 8 then
					record(ctx, hive, "bam", { program = value.name, sid = user.name,
						user = users[user.name], source = service,
						time = time.filetime(bytes.u64le(raw)) })
				end
			end
		end
	end
end

local function compat_cache(ctx, hive, set, number)
	local manager = set:key("Control\\Session Manager")
	for _, place in ipairs({ "AppCompatCache", "AppCompatibility" }) do
		local key = manager and manager:key(place)
		local value = key and key:value("AppCompatCache")
		local list, problem = {}, nil
		if value then
			list, problem = appcompat.entries(value.raw)
		end
		for position, entry in ipairs(list) do
			record(ctx, hive, "appcompatcache", { program = entry.path, position = position,
				modified = entry.modified, ran = entry.ran, size = entry.size, updated = entry.updated,
				control_set = number, cache_written = key.written })
		end
		if problem then
			ctx:anomaly(hive.entry, "AppCompatCache of control set " .. number .. ": " .. problem)
		end
	end
end

local function of_system(ctx, hive)
	local set, number = registry.control_set(hive)
	if not set then
		ctx:anomaly(hive.entry, "no control set: traces of execution cannot be read")
		return
	end
	activity(ctx, hive, set, "bam")
	activity(ctx, hive, set, "dam")
	compat_cache(ctx, hive, set, number)
end

-- --- Amcache ---

local function sha1(id)
	return id and id:match("^0000(%x+)$")
end

-- Windows 10 and later.
local function inventory(ctx, hive)
	for file in hive:keys("Root\\" .. FILE .. "\\*") do
		record(ctx, hive, "amcache", { program = registry.text(file, "LowerCaseLongPath"),
			name = registry.text(file, "Name"), sha1 = sha1(registry.text(file, "FileId")),
			version = registry.text(file, "Version"), publisher = registry.text(file, "Publisher"),
			product = registry.text(file, "ProductName"), linked = registry.text(file, "LinkDate"),
			size = registry.number(file, "Size"), time = file.written })
	end
end

-- A FILETIME in a REG_QWORD.
local function filetime(key, name)
	return time.filetime(registry.number(key, name))
end

-- Windows 8 to early 10: values are named by numbers.
local function file_table(ctx, hive)
	for file in hive:keys("Root\\File\\*\\*") do
		record(ctx, hive, "amcache", { program = registry.text(file, "15"), sha1 = sha1(registry.text(file, "101")),
			version = registry.text(file, "5"), publisher = registry.text(file, "1"),
			product = registry.text(file, "0"), size = registry.number(file, "6"),
			linked = time.unix(registry.number(file, "f")), created = filetime(file, "12"),
			modified = filetime(file, "11"), modified2 = filetime(file, "17"),
			reference = file.name, time = file.written })
	end
end

local function of_amcache(ctx, hive)
	inventory(ctx, hive)
	file_table(ctx, hive)
end

local HANDLERS = handlers.hives({
	ntuser = of_user,
	usrclass = of_user_classes,
	system = of_system,
	amcache = of_amcache,
}, "old", "regback")
HANDLERS["windows.prefetch"] = prefetch_rows.emit
HANDLERS["windows.old.prefetch"] = prefetch_rows.emit

return {
	api = 1,
	name = "win-execution",
	summary = "Programs that ran or were there: UserAssist, MuiCache, BAM, AppCompatCache, Amcache, Prefetch",
	license = "Apache-2.0",
	categories = { "execution" },
	references = { "attack:T1204", "attack:T1059" },
	os = { "windows" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
