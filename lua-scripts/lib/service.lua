-- Services and drivers as the registry keeps them, below Services of a control set. Values after
-- Microsoft's documentation of CreateService, SERVICE_FAILURE_ACTIONS and the CurrentControlSet
-- tree of services.
local ids = require("ids")
local path = require("path")
local registry = require("registry")

local service = {}

local START <const> = { [0] = "boot", "system", "automatic", "manual", "disabled" }

-- Bits of Type, the lowest first.
local TYPES <const> = {
	{ 0x01, "kernel driver" }, { 0x02, "file system driver" }, { 0x04, "adapter" },
	{ 0x08, "file system recognizer" }, { 0x10, "own process" }, { 0x20, "shared process" },
	{ 0x40, "of a user" }, { 0x80, "instance" }, { 0x100, "interactive" }, { 0x200, "of a package" },
}
local DRIVER <const> = 0x0f
local PROCESS <const> = 0x30

local ACTIONS <const> = { [0] = "none", "restart", "reboot", "run command", "restart own" }
local ACTIONS_MAX <const> = 64 -- the dialog of Windows knows three
local FAILURE_HEADER <const> = 20 -- bytes: period, message, command, count, place of the actions
local FAILURE_ACTION <const> = 8 -- bytes: what, after how many milliseconds
local NEVER <const> = 0xffffffff

-- Accounts that every Windows has, in lower case, and their SIDs.
local SIDS <const> = {
	["localsystem"] = "S-1-5-18", ["nt authority\\system"] = "S-1-5-18",
	["nt authority\\localservice"] = "S-1-5-19", ["nt authority\\local service"] = "S-1-5-19",
	["nt authority\\networkservice"] = "S-1-5-20", ["nt authority\\network service"] = "S-1-5-20",
}

-- Who owns keys of services on any Windows: the system, administrators, TrustedInstaller.
local OWNERS <const> = {
	["S-1-5-18"] = true, ["S-1-5-32-544"] = true,
	["S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"] = true,
}

-- "automatic" of 2; a number as text when it has no name; nil of nil.
function service.start_word(number)
	return number and (START[number] or tostring(number))
end

-- "shared process, interactive" of 0x120.
function service.type_words(number)
	if not number then
		return nil
	end
	local words, rest = {}, number
	for _, bit in ipairs(TYPES) do
		if number & bit[1] ~= 0 then
			words[#words + 1] = bit[2]
			rest = rest & ~bit[1]
		end
	end
	if rest ~= 0 or #words == 0 then
		words[#words + 1] = string.format("0x%x", rest)
	end
	return table.concat(words, ", ")
end

function service.is_driver(number)
	return number ~= nil and number & DRIVER ~= 0
end

-- The SID of an account that every Windows has, or nil. A service without an account is the system's.
function service.sid(account)
	return SIDS[(account or "LocalSystem"):lower()]
end

-- Name of the program that a command line starts, in lower case, without folder and ".exe".
function service.program_name(command)
	local text = command:lower():gsub("%%comspec%%", "cmd.exe")
	local word = text:match('^%s*"([^"]+)"') or text:match("^%s*(.-%.exe)%f[%s\0]") or text:match("^%s*(%S+)") or ""
	return path.name((word:gsub("%.exe$", "")))
end

-- FailureActions: { reset, actions = { { action, delay }, … } }, in seconds; `reset` is
-- absent when failures are never forgotten. nil and why when the bytes are none. More actions
-- announced than there are: those that are there, and why.
function service.failure_actions(raw)
	if #raw < FAILURE_HEADER then
		return nil, "shorter than its header"
	end
	-- the place of the actions is an address of the program that wrote them: they follow at once
	local reset, count = bytes.u32le(raw, 1), bytes.u32le(raw, 13)
	local out = { reset = reset ~= NEVER and reset or nil, actions = list({}) }
	for i = 0, math.min(count, ACTIONS_MAX) - 1 do
		local here = FAILURE_HEADER + FAILURE_ACTION * i + 1
		local kind, delay = bytes.u32le(raw, here), bytes.u32le(raw, here + 4)
		if not delay then
			return out, string.format("%d actions announced, %d there", count, i)
		end
		out.actions[i + 1] = { action = ACTIONS[kind] or tostring(kind), delay = delay / 1000 }
	end
	if count > ACTIONS_MAX then
		return out, string.format("%d actions announced", count)
	end
	return out
end

-- Does any of the actions run a command?
function service.runs_command(failure)
	for _, action in ipairs(failure and failure.actions or {}) do
		if action.action == "run command" then
			return true
		end
	end
	return false
end

-- --- one key ---

-- Text of a value that decides what starts; what is of another type is told in `odd`.
local function text(key, name, odd)
	local value = key and key:value(name)
	if not value then
		return nil
	end
	if type(value.data) ~= "string" or value.type == "REG_LINK" or value.type == "REG_BINARY"
		or value.type == "REG_NONE" then
		odd[#odd + 1] = name .. " is " .. value.type
		return nil
	end
	return value.data:find("%S") and value.data or nil
end

local function number(key, name, odd)
	local value = key:value(name)
	if not value then
		return nil
	end
	if math.type(value.data) ~= "integer" then
		odd[#odd + 1] = name .. " is " .. value.type
		return nil
	end
	return value.data
end

-- A list of names, also where a program wrote one text.
local function names(key, name)
	local value = key:value(name)
	local data = value and value.data
	if type(data) == "string" then
		data = { data } -- a list of one is not empty, and so one in JSON, too
	end
	return type(data) == "table" and #data > 0 and data or nil
end

local function count_keys(key)
	local n = 0
	for _ in registry.keys(key) do
		n = n + 1
	end
	return n
end

local function failure(key, odd)
	local value = key:value("FailureActions")
	if not value then
		return nil
	end
	local out, why = service.failure_actions(value.raw)
	if why then
		odd[#odd + 1] = "FailureActions: " .. why
	end
	return out
end

-- --- who may see a service ---

local ACCESS_DENIED_ACE <const> = 1
local QUERY_STATUS <const> = 0x4 -- SERVICE_QUERY_STATUS: without it a service is not listed
local ACES_MAX <const> = 1000

-- SIDs that a security descriptor denies the state of the service, or nil ([MS-DTYP] 2.4.4 to 2.4.6).
local function denied(raw)
	local acl = bytes.u32le(raw, 17) -- place of the DACL
	local count = acl and acl >= 20 and bytes.u16le(raw, acl + 5)
	local out, at = {}, acl and acl + 9 -- from 1
	for _ = 1, math.min(count or 0, ACES_MAX) do
		local size = bytes.u16le(raw, at + 2)
		if not size or size < 8 or at + size - 1 > #raw then
			break
		end
		local mask = bytes.u32le(raw, at + 4)
		if bytes.u8(raw, at) == ACCESS_DENIED_ACE and mask & QUERY_STATUS ~= 0 then
			out[#out + 1] = ids.sid(raw:sub(at + 8, at + size - 1))
		end
		at = at + size
	end
	return #out > 0 and out or nil
end

local function hidden_from(key)
	local security = key:key("Security")
	local value = security and security:value("Security")
	return value and denied(value.raw)
end

-- The library that a shared process loads, where it stands, and its entry point. It stands below
-- Parameters, of a few services of Windows in the key itself.
local function library(key, parameters, odd)
	for _, place in ipairs({ { parameters, "Parameters\\ServiceDll" }, { key, "ServiceDll" } }) do
		local found = place[1] and text(place[1], "ServiceDll", odd)
		if found then
			return found, place[2], text(place[1], "ServiceMain", odd)
		end
	end
	return nil
end

-- Windows takes this file for a driver without ImagePath.
local function default_image(name, kind, image)
	if image or not service.is_driver(kind) or kind & PROCESS ~= 0 then
		return nil
	end
	return "\\SystemRoot\\System32\\drivers\\" .. name .. ".sys"
end

-- What a key below Services tells, as a table of strings, numbers and lists. `odd` lists values
-- of the wrong type or torn; `owner` is there when it is not one of those that Windows gives. `quick` leaves the
-- owner alone.
function service.read(key, quick)
	local odd = {}
	local parameters = key:key("Parameters")
	local kind = number(key, "Type", odd)
	local start = number(key, "Start", odd)
	local out = {
		name = key.name, key = key.path, written = key.written,
		display = registry.label(key, "DisplayName"), description = registry.label(key, "Description"),
		image = text(key, "ImagePath", odd), kind = kind, start = start,
		account = registry.label(key, "ObjectName"), group = registry.label(key, "Group"),
		depends = names(key, "DependOnService"), depends_group = names(key, "DependOnGroup"),
		delayed = number(key, "DelayedAutostart", odd) == 1 or nil,
		failure = failure(key, odd), failure_command = text(key, "FailureCommand", odd),
		triggers = count_keys(key:key("TriggerInfo")),
		protected = number(key, "LaunchProtected", odd),
		counters = text(key:key("Performance"), "Library", odd), hidden_from = hidden_from(key),
		wrapped = text(parameters, "Application", odd),
		wrapped_arguments = text(parameters, "AppParameters", odd),
	}
	out.library, out.library_place, out.entry_point = library(key, parameters, odd)
	out.default_image = default_image(key.name, kind, out.image)
	if not quick then
		local owner = key.owner
		out.ownerless = owner == nil
		out.owner = not OWNERS[owner or "S-1-5-18"] and owner or nil
	end
	out.odd = #odd > 0 and odd or nil
	return out
end

-- --- what else names services ---

-- In which safe modes a service starts: { "minimal", "network" }, or nil. Its name may have a file's
-- ending there.
function service.safe_modes(set, name)
	local out = {}
	for _, mode in ipairs({ "Minimal", "Network" }) do
		local place = "Control\\SafeBoot\\" .. mode .. "\\" .. name
		if set:key(place) or set:key(place .. ".sys") then
			out[#out + 1] = mode:lower()
		end
	end
	return #out > 0 and out or nil
end

-- Drivers in front of and behind those of a class of devices, such as keyboards: list of
-- { class, name, upper, lower, written }.
function service.filters(set)
	local out = {}
	for key in registry.keys(set:key("Control\\Class")) do
		local upper, lower = names(key, "UpperFilters"), names(key, "LowerFilters")
		if upper or lower then
			out[#out + 1] = { class = key.name, name = registry.label(key, "Class") or registry.label(key, ""),
				upper = upper, lower = lower, written = key.written }
		end
	end
	return out
end

-- Groups of services that may share a process of svchost, by SOFTWARE: list of { group, services,
-- written }.
function service.groups(hive)
	local out = {}
	local key = hive:key("Microsoft\\Windows NT\\CurrentVersion\\Svchost")
	for value in registry.values(key) do
		if type(value.data) == "table" then
			out[#out + 1] = { group = value.name, services = value.data, written = key.written }
		end
	end
	return out
end

-- --- control sets ---

-- The key of a service, in the control set in force; nil when there is none.
function service.find(hive, name)
	local set = registry.control_set(hive)
	return set and set:key("Services\\" .. name)
end

-- Iterator of key, control set ({ key, name, in_force }): services of the control set in force, then those that
-- stand in another one only. Empty when no control set is in force and none is there.
function service.keys(hive)
	local sets, seen = registry.control_sets(hive), {}
	local at, keys = 0, function() end
	return function()
		while true do
			local key = keys()
			while key and seen[key.name:lower()] do
				key = keys()
			end
			if key then
				seen[key.name:lower()] = true
				return key, sets[at]
			end
			at = at + 1
			if not sets[at] then
				return nil
			end
			keys = registry.keys(sets[at].key:key("Services"))
		end
	end
end

return service
