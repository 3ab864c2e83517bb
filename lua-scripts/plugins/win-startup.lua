-- Files that start by themselves because of where they lie: Startup folders of users and of the
-- machine, with what their shortcuts start; scripts of local group policies; profiles of
-- PowerShell; what programs of Office open. Startup folders that were moved, and policies of a domain,
-- are in `win-run-keys`, which finds them in the registry.
--
-- Records: autostart, one for each file or script (see lib/autostart.lua).
local autostart = require("autostart")
local startup_item = require("startup-item")
local text = require("text")

local SCRIPTS_MAX <const> = 1000 -- of one list
local LIST_MAX <const> = 1 << 20 -- bytes of a list

-- How rows of files name their place.
local PLACES = {
	["windows.startup"] = { place = "startup-folder", attack = "attack:T1547.001", reason = "in a Startup folder" },
	["windows.powershell.profiles"] = { place = "powershell-profile", attack = "attack:T1546.013",
		reason = "profile of PowerShell" },
	["windows.office.startup"] = { place = "office-startup", attack = "attack:T1137",
		reason = "opened by a program of Office" },
}

local LIST <const> = "Microsoft\\Windows\\CurrentVersion\\Explorer\\StartupApproved\\StartupFolder"
local ALL_USERS = { ["all users"] = true }

-- --- switches of the task manager ---

-- The hive that has the switches for a file: the user's, or the machine's.
local function hive_of(e, user)
	if user then
		return e.profile and e.profile .. "/NTUSER.DAT", "Software\\" .. LIST
	end
	return "Windows/System32/config/SOFTWARE", LIST
end

local known = {} -- by hive: file name in lower case to { enabled, since }

local function read_switches(ctx, file, key)
	local out = {}
	local entry = ctx:lookup(file)
	local hive = entry and entry.type == "file" and ctx:hive(entry)
	local list = hive and hive:key(key)
	if list then
		for v in list:values() do
			out[v.name:lower()] = table.pack(autostart.switch(v))
		end
	end
	return out
end

-- Whether it is on, and since when it is off; nil when nothing says so.
local function switch(ctx, e, user)
	local file, key = hive_of(e, user)
	if not file then
		return nil
	end
	local id = table.concat({ ctx.volume.source, ctx.volume.index, file }, "|")
	known[id] = known[id] or read_switches(ctx, file, key)
	return table.unpack(known[id][e.name:lower()] or {}, 1, 2)
end

-- --- files ---

-- The zone and the address that a download keeps.
local function origin(e)
	local mark = e:sibling(e.name .. ":Zone.Identifier")
	local s = mark and mark:read(0, 4096) or ""
	return tonumber(s:match("ZoneId=(%d+)")), s:match("HostUrl=([^\r\n]+)")
end

local function of_file(ctx, e, place)
	local item = startup_item.of(e)
	if not item then
		return
	end
	ctx:collect(e, place.reason)
	if item.problem then
		ctx:anomaly(e, item.problem)
	end
	local user = e.user and not ALL_USERS[e.user:lower()] and e.user or nil
	local more, enabled, since = item.more or {}, nil, nil
	more.zone, more.origin = origin(e)
	more.accessed = e.times.accessed
	if place.place == "startup-folder" then
		enabled, since = switch(ctx, e, user)
	end
	autostart.row(ctx, { place = place.place, command = item.command, what = item.what, follow = item.follow,
		dir = item.dir, missing = item.missing, source = e, name = e.name, key = e.path, user = user, sid = user and e.sid,
		time = e.times.created or e.times.modified, enabled = enabled, disabled = since,
		references = { place.attack }, more = more })
end

-- --- scripts of policies ---

-- List of { moment, command, arguments }: sections are moments, "0CmdLine=" and "0Parameters=" make
-- one script (Microsoft, [MS-GPSCR] 2.2.2).
local function scripts_of(s)
	local out, by_number, moment = {}, {}, nil
	for line in text.decode(s):gmatch("[^\r\n]+") do
		local section = line:match("^%s*%[([^%]]*)%]")
		local number, name, value = line:match("^%s*(%d+)(%a+)%s*=%s*(.*)$")
		if section then
			moment, by_number = section, {}
		elseif number and moment and #out < SCRIPTS_MAX then
			local script = by_number[number]
			if not script then
				script = { moment = moment }
				by_number[number], out[#out + 1] = script, script
			end
			script[name:lower()] = text.trim(value)
		end
	end
	return out
end

-- A script without a folder lies beside the list, in the folder of its moment.
local function path_of(e, script)
	local command = script.cmdline
	if not command:find("[\\/:%%]") then
		local beside = e:sibling(script.moment .. "/" .. command)
		return beside and beside.full or command
	end
	return command
end

local function of_policy(ctx, e)
	ctx:collect(e, "scripts of a local group policy")
	local s, why = e:read(0, LIST_MAX)
	if not s then
		ctx:anomaly(e, why)
		return
	end
	for _, script in ipairs(scripts_of(s)) do
		if script.cmdline and script.cmdline ~= "" then
			local arguments = script.parameters ~= "" and script.parameters or nil
			autostart.row(ctx, { place = "policy-script", source = e, name = script.moment, key = e.path,
				command = script.cmdline, follow = path_of(e, script), what = "path",
				scope = e.path:find("/User/", 1, true) and "user" or "machine",
				time = e.times.modified, references = { "attack:T1037" }, more = { arguments = arguments } })
		end
	end
end

local function run(ctx, e)
	if e.type ~= "file" then
		return
	elseif e.artifact == "windows.policy.scripts" then
		of_policy(ctx, e)
	else
		of_file(ctx, e, PLACES[e.artifact])
	end
end

return {
	api = 1,
	name = "win-startup",
	summary = "Startup folders, scripts of policies, profiles of PowerShell, startup files of Office",
	license = "Apache-2.0",
	categories = { "persistence" },
	references = { "attack:T1547.001", "attack:T1037", "attack:T1546.013", "attack:T1137" },
	os = { "windows" },
	wants = { "windows.office.startup", "windows.policy.scripts", "windows.powershell.profiles",
		"windows.startup" },
	run = run,
}
