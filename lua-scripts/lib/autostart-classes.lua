-- From a class of COM to the program or library that serves it: in the classes of the user first,
-- then in those of the machine, as Windows looks.
local path = require("path")
local registry = require("registry")

local classes = {}

-- What a class may be served by, below CLSID\{…}, and what that text is.
classes.SERVERS = {
	{ key = "InprocServer32", what = "library" },
	{ key = "LocalServer32", what = "command" },
	{ key = "InprocHandler32", what = "library" },
}

local OF_USER = { "AppData/Local/Microsoft/Windows/UsrClass.dat",
	"Local Settings/Application Data/Microsoft/Windows/UsrClass.dat" }
local TREAT_AS_MAX <const> = 4

-- "{…}" in the text, in upper case; nil when there is none.
function classes.id(text)
	local id = type(text) == "string" and text:match("{%x+%-%x+%-%x+%-%x+%-%x+}")
	return id and #id == 38 and id:upper() or nil
end

local function open(ctx, entry)
	return entry and entry.type == "file" and ctx:hive(entry) or false
end

-- The hive SOFTWARE of the Windows that the user's hive belongs to.
local function software(ctx, hive)
	local former = registry.former_root(hive.entry)
	for _, folder in ipairs({ "Windows", "WINNT" }) do
		local entry = ctx:lookup((former and former .. "/" or "") .. folder .. "/System32/config/SOFTWARE")
		if entry then
			return open(ctx, entry)
		end
	end
	return false
end

local function of_user(ctx, hive)
	for _, path in ipairs(OF_USER) do
		local entry = hive.entry:sibling(path)
		if entry then
			return open(ctx, entry)
		end
	end
	return false
end

-- Where classes are looked for, for one hive: hives are opened when they are first needed.
function classes.new(ctx, hive)
	return { ctx = ctx, hive = hive, opened = {}, indexes = {} }
end

local OPENERS = { software = software, usrclass = of_user }

local function hive_of(self, name)
	if registry.kind(self.hive) == name then
		return self.hive
	end
	if self.opened[name] == nil then
		self.opened[name] = OPENERS[name](self.ctx, self.hive)
	end
	return self.opened[name] or nil
end

local function roots(narrow, below)
	if narrow then
		return { below .. "Wow6432Node\\", "Wow6432Node\\" .. below, below }
	end
	return { below, below .. "Wow6432Node\\" }
end

-- The roots of classes that count, in their order: { hive, path }.
local function places(self, narrow, machine_only)
	local list = {}
	local user = registry.kind(self.hive) ~= "software" and not machine_only
		and hive_of(self, "usrclass")
	for _, root in ipairs(user and roots(narrow, "") or {}) do
		list[#list + 1] = { hive = user, path = root }
	end
	local machine = hive_of(self, "software")
	for _, root in ipairs(machine and roots(narrow, "Classes\\") or {}) do
		list[#list + 1] = { hive = machine, path = root }
	end
	return list
end

-- All keys CLSID\{…} below a root by their ids: there are thousands, which are gone through once.
local function index_of(self, place)
	local id = place.hive.entry.path .. "|" .. place.path
	local index = self.indexes[id]
	if not index then
		index = {}
		for key in place.hive:keys(place.path .. "CLSID\\*") do
			local name = key.name:upper()
			index[name] = index[name] or key
		end
		self.indexes[id] = index
	end
	return index
end

-- The key CLSID\{…} of a class: the user's, then the machine's. `machine_only` leaves the
-- user's out.
local function class_key(self, id, narrow, machine_only)
	for _, place in ipairs(places(self, narrow, machine_only)) do
		local key = index_of(self, place)[id]
		if key then
			return key
		end
	end
	return nil
end

-- A library of .NET stands in CodeBase, its host mscoree.dll in the default value.
local function code_base(key)
	local text = registry.text(key, "CodeBase")
	return text and path.from_url(text)
end

-- The server of a key CLSID\{…}: { command, what, server, key, host }; nil when it has none.
function classes.server_of(key)
	for _, server in ipairs(classes.SERVERS) do
		local below = key:key(server.key)
		local text = registry.text(below, "")
		if text and text:find("%S") then
			local assembly = code_base(below)
			return { command = assembly or text, what = assembly and "path" or server.what,
				server = server.key, key = below, host = assembly and text or nil }
		end
	end
	return nil
end

-- The server of a class, as server_of; `TreatAs` is followed.
function classes.server(self, id, narrow, machine_only)
	for _ = 1, TREAT_AS_MAX do
		local key = class_key(self, id, narrow, machine_only)
		if not key then
			return nil, "class " .. id .. " is not registered"
		end
		local other = classes.id(registry.text(key:key("TreatAs"), ""))
		if not other then
			local server = classes.server_of(key)
			return server, not server and "class " .. id .. " names no server" or nil
		end
		id = other
	end
	return nil, "class " .. id .. " is treated as another one too many times"
end

-- A text below the classes, "Name\\CLSID" or "AppID\\{…}": the first one that is there.
local function text_at(self, path_below, name, narrow)
	for _, place in ipairs(places(self, narrow)) do
		local text = registry.text(place.hive:key(place.path .. path_below), name)
		if text then
			return text
		end
	end
	return nil
end

-- The service that serves a class, or nil.
function classes.service(self, id, narrow)
	local app = classes.id(registry.text(class_key(self, id, narrow), "AppID"))
	return app and text_at(self, "AppID\\" .. app, "LocalService", narrow)
end

-- The class of a name such as "Outlook.Addin", or nil.
function classes.of_name(self, name, narrow)
	return classes.id(text_at(self, name .. "\\CLSID", "", narrow))
end

return classes
