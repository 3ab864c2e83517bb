-- Indicators that are keys and values of the registry: in which hives they lie, and whether they are there.
local registry = require("registry")

local M = {}

M.KINDS = { "default", "ntuser", "sam", "security", "software", "system", "usrclass" }

-- Path of a key in hives of these kinds: { kind, path }, … for a key with its root, or without one.
local function places(key)
	local out = {}
	local function put(kind, path)
		if path and path ~= "" then
			out[#out + 1] = { kind, path }
		end
	end
	local root, rest = key:match("^(HKEY_[A-Z_]+)\\(.+)$")
	local lower = (rest or key):lower()
	local function after(front)
		return lower:sub(1, #front) == front and (rest or key):sub(#front + 1) or nil
	end
	if root == "HKEY_LOCAL_MACHINE" or not root then
		put("software", after("software\\"))
		put("sam", after("sam\\"))
		put("security", after("security\\"))
		local set = after("system\\")
		put("system", set and set:gsub("^[cC][uU][rR][rR][eE][nN][tT][cC][oO][nN][tT][rR][oO][lL][sS][eE][tT]", "ControlSet???"))
	end
	if root == "HKEY_USERS" then
		rest = rest:match("^[^\\]+\\(.+)$")
		lower = (rest or ""):lower()
		root = rest and "HKEY_CURRENT_USER" or root
	end
	if root == "HKEY_CURRENT_USER" or not root then
		put("ntuser", rest or key)
		put("default", rest or key)
		put("usrclass", after("software\\classes\\"))
	elseif root == "HKEY_CLASSES_ROOT" then
		put("software", "Classes\\" .. rest)
		put("usrclass", rest)
	end
	return out
end

-- Indicators by kind of hive: { [kind] = { { one, path }, … } }, and how many there are.
function M.new(list)
	local out, count = {}, 0
	for _, one in ipairs(list) do
		if one.type == "registry-key" or one.type == "registry-value" then
			count = count + 1
			for _, place in ipairs(places(one.value)) do
				out[place[1]] = out[place[1]] or {}
				table.insert(out[place[1]], { one = one, path = place[2] })
			end
		end
	end
	return out, count
end

local function nothing()
	return nil
end

local function keys(hive, path)
	if path:find("[%*%?]") then
		return hive:keys(path)
	end
	local key = hive:key(path)
	return function()
		local one = key
		key = nil
		return one
	end
end

local function fits_text(wanted, text)
	local lower, part = text:lower(), wanted:lower():gsub("^%*+", ""):gsub("%*+$", "")
	return lower:find(part, 1, true) ~= nil
end

local function fits_value(one, v)
	if one.value_name and v.name:lower() ~= one.value_name:lower() then
		return false
	elseif not one.data then
		return true
	end
	local data = v.data
	if type(data) == "table" then
		data = table.concat(data, "\n")
	end
	return data ~= nil and fits_text(one.data, tostring(data))
end

-- Calls found(one, path of the key, value or nil, key) for each indicator that is in the hive.
function M.search(hive, wanted, found)
	for _, w in ipairs(wanted[registry.kind(hive)] or {}) do
		local one = w.one
		for key in keys(hive, w.path) do
			if one.type == "registry-key" then
				found(one, key)
			else
				for v in key:values() or nothing do
					if fits_value(one, v) then
						found(one, key, v)
					end
				end
			end
		end
		-- the last part may be the name of a value
		local above, name = w.path:match("^(.+)\\([^\\]+)$")
		if above and not (one.value_name or name:find("[%*%?]")) then
			for key in keys(hive, above) do
				local v = key:value(name)
				if v and fits_value(one, v) then
					found(one, key, v)
				end
			end
		end
	end
end

return M
