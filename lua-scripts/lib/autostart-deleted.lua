-- What free space of a hive still tells of autostarts that were there before.
local places = require("autostart-places")
local registry = require("registry")

local deleted = {}

local FOUND_MAX <const> = 10000

-- Ways of reading that need nothing but the value itself.
local PLAIN = { command = true, commands = true, names = true, library = true, libraries = true, winini = true,
	boot = true, path = true, screensaver = true, opener = true, runonceex = true }

-- A pattern of keys, as hive:keys takes it, as one of Lua for folded paths.
local function pattern_of(text)
	return "^" .. text:lower():gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", "[^\\]*") .. "$"
end

-- Places and roots with their patterns: { place, root, pattern }.
local function compile(roots)
	local out = {}
	for _, place in ipairs(places.list) do
		for _, where in ipairs(PLAIN[place.read] and place.where or {}) do
			for _, root in ipairs(roots[where] or {}) do
				for _, key in ipairs(place.keys) do
					out[#out + 1] = { place = place, root = root, pattern = pattern_of(root.path .. key) }
				end
			end
		end
	end
	return out
end

local function matching(compiled, path)
	local out = {}
	for _, one in ipairs(compiled) do
		if path:find(one.pattern) then
			out[#out + 1] = one
		end
	end
	return out
end

local function is_named(place, name)
	if type(place.values) ~= "table" then
		return place.values == places.ALL
	end
	for _, wanted in ipairs(place.values) do
		if wanted:lower() == name:lower() then
			return true
		end
	end
	return false
end

-- The text that the hive has there now, or nil.
local function now(hive, d)
	local key = hive:key(d.path)
	return registry.label(key, d.name)
end

local function add(found, hive, d, one)
	local current = now(hive, d)
	if current ~= d.data then
		found[#found + 1] = { d = d, place = one.place, root = one.root, now = current }
	end
end

-- Deleted values of places, in the order in which they lie: { d, place, root, now }. `d` is as
-- hive:deleted gives it. A value that is as it was is left out, and one of which no path is known.
function deleted.values(hive, roots)
	local compiled, by_path, found = nil, {}, {}
	for d in hive:deleted() do
		if d.kind == "value" and d.path and not d.lost and #found < FOUND_MAX then
			compiled = compiled or compile(roots)
			local path = d.path:lower()
			by_path[path] = by_path[path] or matching(compiled, path)
			for _, one in ipairs(by_path[path]) do
				if is_named(one.place, d.name) then
					add(found, hive, d, one)
					break
				end
			end
		end
	end
	return found
end

return deleted
