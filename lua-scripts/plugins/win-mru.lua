-- What users typed, searched, opened and connected to, as lists in their hives remember it. A list tells
-- the order; its key tells when the latest entry came, seldom more.
--
-- Records: typed-url, typed-path, search, recent, document, drive, share, volume, remote-desktop; each has value,
-- position (1 is the latest) where there is an order, and time where it is known.
local handlers = require("handlers")
local mru = require("mru")
local registry = require("registry")

local EXPLORER <const> = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\"

local function record(ctx, hive, kind, fields)
	fields.user, fields.sid = hive.user, hive.sid
	fields.origin, fields.entry = registry.origin(hive), hive.entry
	ctx:record(kind, fields)
end

-- Internet Explorer and Explorer number what was typed, 1 is the latest; since Windows 8 a twin
-- of the key has the times.
local function typed(ctx, hive, kind, path, times)
	local key = hive:key(path)
	local clock = times and hive:key(times)
	for value in registry.values(key) do
		local position = tonumber(value.name:match("^url(%d+)$"))
		if position and value.type:find("SZ$") and type(value.data) == "string" then
			local seen = clock and clock:value(value.name)
			record(ctx, hive, kind, { value = value.data, position = position, key = key.path,
				time = seen and #seen.raw == 8 and time.filetime(bytes.u64le(seen.raw))
					or position == 1 and key.written or nil })
		end
	end
end

local function listed(ctx, hive, kind, key, more)
	mru.each(key, function(value, position)
		local fields = { value = mru.text(value), position = position, key = key.path,
			time = position == 1 and key.written or nil }
		for name, what in pairs(more or {}) do
			fields[name] = what
		end
		record(ctx, hive, kind, fields)
	end)
end

local function below(ctx, hive, kind, path)
	for key in hive:keys(path) do
		listed(ctx, hive, kind, key)
	end
end

-- "[F00000000][T01CD0146EA1EADB0][O00000000]*C:\file": T is a FILETIME.
local function office(ctx, hive)
	for key in hive:keys("Software\\Microsoft\\Office\\**\\* MRU") do
		for value in key:values() do
			local position = tonumber(value.name:match("^Item (%d+)$"))
			local text = position and type(value.data) == "string" and value.data or ""
			local stamp, file = text:match("%[T(%x+)%].-%*(.+)$")
			if position then
				record(ctx, hive, "document", { value = file or text, position = position, key = key.path,
					program = key.path:match("([^\\]+)\\User MRU\\") or key.path:match("([^\\]+)\\[^\\]+$"),
					what = key.name, time = stamp and time.filetime(tonumber(stamp, 16)) })
			end
		end
	end
end

-- Letters that are mapped to shares, and shares and volumes that Explorer showed.
local function places(ctx, hive)
	for key in registry.keys(hive:key("Network")) do
		record(ctx, hive, "drive", { letter = key.name, value = registry.text(key, "RemotePath"),
			account = registry.text(key, "UserName"), key = key.path, time = key.written })
	end
	for key in registry.keys(hive:key(EXPLORER .. "MountPoints2")) do
		local share = key.name:match("^##(.+)$")
		if share then
			record(ctx, hive, "share", { value = "\\\\" .. share:gsub("#", "\\"),
				label = registry.text(key, "_LabelFromReg"), key = key.path, time = key.written })
		elseif key.name:find("^{.*}$") then
			record(ctx, hive, "volume", { value = key.name, label = registry.text(key, "_LabelFromReg"),
				key = key.path, time = key.written })
		end
	end
end

local function remote_desktops(ctx, hive)
	local client = hive:key("Software\\Microsoft\\Terminal Server Client")
	for key in registry.keys(client and client:key("Servers")) do
		record(ctx, hive, "remote-desktop", { value = key.name, account = registry.text(key, "UsernameHint"),
			key = key.path, time = key.written })
	end
	local last = client and client:key("Default")
	for value in registry.values(last) do
		local position = tonumber(value.name:match("^MRU(%d+)$"))
		if position and type(value.data) == "string" then
			record(ctx, hive, "remote-desktop", { value = value.data, position = position + 1, key = last.path,
				time = position == 0 and last.written or nil })
		end
	end
end

local function run(ctx, hive)
	local explorer = "Software\\Microsoft\\Internet Explorer\\"
	typed(ctx, hive, "typed-url", explorer .. "TypedURLs", explorer .. "TypedURLsTime")
	typed(ctx, hive, "typed-path", EXPLORER .. "TypedPaths")
	below(ctx, hive, "search", EXPLORER .. "WordWheelQuery")
	below(ctx, hive, "search", "Software\\Microsoft\\Search Assistant\\ACMru\\*")
	below(ctx, hive, "recent", EXPLORER .. "RecentDocs")
	below(ctx, hive, "recent", EXPLORER .. "RecentDocs\\*")
	below(ctx, hive, "drive", EXPLORER .. "Map Network Drive MRU")
	office(ctx, hive)
	places(ctx, hive)
	remote_desktops(ctx, hive)
end

local HANDLERS = handlers.hives({ ntuser = run, default = run }, "old")

return {
	api = 1,
	name = "win-mru",
	summary = "What users typed, searched, opened and connected to, as lists in their hives tell it",
	license = "Apache-2.0",
	categories = { "activity" },
	references = { "attack:T1021.001", "attack:T1083" },
	os = { "windows" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
