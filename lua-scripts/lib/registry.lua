-- What several plugins read of the registry.
local registry = {}

local SELECT = { "Current", "Default", "LastKnownGood" }

-- Of a file that is a hive: what it is called, "software", "ntuser", …
function registry.kind_of(e)
	return e.name:lower():match("^([^.]+)") or ""
end

-- … and where it lies when it is not of the present installation: "Windows.old" for that
-- of a former one, "RegBack" for Windows' own copies (in `repair` before Vista); else nil.
function registry.origin_of(e)
	local path = e.path:lower()
	if path:find("^windows%.old[^/]*/") or path:find("^$windows%.~q/") then
		return "Windows.old"
	end
	local place = path:match("^windows/(.*)/[^/]*$") or path:match("^winnt/(.*)/[^/]*$")
	return (place == "system32/config/regback" or place == "repair") and "RegBack" or nil
end

-- The folder of the former installation that a file is of, "Windows.old", or nil.
function registry.former_root(e)
	return e.path:match("^[Ww][Ii][Nn][Dd][Oo][Ww][Ss]%.[Oo][Ll][Dd][^/]*") or e.path:match("^%$[Ww]%w*%.~[Qq]/[^/]+")
end

-- The same of a hive that is open.
function registry.kind(hive)
	return hive.artifact and hive.artifact:match("%.hive%.([%w-]+)$") or registry.kind_of(hive.entry)
end

function registry.origin(hive)
	return registry.origin_of(hive.entry)
end

-- Users by SID, as far as their profiles are on this volume.
function registry.users(ctx)
	local out = {}
	for _, profile in ipairs(ctx.profiles) do
		if profile.sid then
			out[profile.sid] = profile.user
		end
	end
	return out
end

-- Data of a value when it is of that Lua type, else nil.
function registry.data(key, name, kind)
	local value = key and key:value(name)
	local data = value and value.data
	if type(data) == kind then
		return data
	end
	return nil
end

function registry.text(key, name)
	return registry.data(key, name, "string")
end

function registry.number(key, name)
	return registry.data(key, name, "number")
end

-- A text for readers, also where a program wrote a number or a list of texts; nil when it is blank.
function registry.label(key, name)
	local value = key and key:value(name)
	local data = value and value.data
	if type(data) == "table" then
		data = data[1]
	end
	local text = data and tostring(data)
	return text and text:find("%S") and text or nil
end

-- The control set that was in use, and its number; nil when the hive tells none.
function registry.control_set(hive)
	local selected = hive:key("Select")
	for _, name in ipairs(SELECT) do
		local number = registry.number(selected, name)
		local set = number and hive:key(string.format("ControlSet%03d", number))
		if set then
			return set, number
		end
	end
	return nil
end

-- Every control set of the hive as { key, name, in_force }, the one in force first.
function registry.control_sets(hive)
	local current, number = registry.control_set(hive)
	local out = {}
	if current then
		out[1] = { key = current, name = current.name, in_force = true }
	end
	for key in hive:keys("ControlSet???") do
		local n = tonumber(key.name:match("^%a+(%d+)$"))
		if n and n ~= number then
			out[#out + 1] = { key = key, name = key.name, in_force = false }
		end
	end
	return out
end

-- Iterators that are empty when the key is not there.
local function nothing()
	return nil
end

function registry.keys(key)
	return key and key:keys() or nothing
end

function registry.values(key)
	return key and key:values() or nothing
end

return registry
