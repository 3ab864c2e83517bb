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

-- The place of a value by its path; `by_path` remembers those of each path.
local function first_named(compiled, by_path, path, name)
	by_path[path] = by_path[path] or matching(compiled, path)
	for _, one in ipairs(by_path[path]) do
		if is_named(one.place, name) then
			return one
		end
	end
	return nil
end

local function add(found, hive, d, one)
	local current = now(hive, d)
	if current ~= d.data then
		found[#found + 1] = { d = d, place = one.place, word = one.place.place, root = one.root, now = current }
	end
end

-- Names of values that stand for one place wherever they are found: a value that was deleted from a
-- key that is still there no longer says which one it was.
local TELLING <const> = { "Userinit", "VmApplet", "GinaDLL", "UserInitMprLogonScript", "StubPath", "BootExecute",
	"S0InitialCommand", "AlternateShell", "AppInit_DLLs", "IconServiceLib", "Debugger", "VerifierDlls",
	"MonitorProcess", "Authentication Packages", "Security Packages", "Notification Packages", "SecurityProviders",
	"AutodialDLL", "ServerLevelPluginDll", "StartupPrograms", "InitialProgram", "SCRNSAVE.EXE", "AutoRun",
	"ProtectedDebugger", "COR_PROFILER_PATH" }

-- By such a name in lower case: the first place that has it, and the words of all of them.
local function by_names()
	local telling, out = {}, {}
	for _, name in ipairs(TELLING) do
		telling[name:lower()] = true
	end
	for _, place in ipairs(places.list) do
		for _, name in ipairs(type(place.values) == "table" and PLAIN[place.read] and place.values or {}) do
			local folded = name:lower()
			local have = out[folded]
			if telling[folded] and not have then
				out[folded] = { place = place, word = place.place }
			elseif have and not have.word:find(place.place, 1, true) then
				have.word = have.word .. ", " .. place.place
			end
		end
	end
	return out
end

local function add_orphan(found, seen, d, one)
	local data = type(d.data) == "table" and table.concat(d.data, "\0") or tostring(d.data)
	local id = d.name:lower() .. "\0" .. data
	if not seen[id] then
		seen[id] = true
		found[#found + 1] = { d = d, place = one.place, word = one.word }
	end
end

-- Deleted values of places, in the order in which they lie: { d, place, word, root, now }. `d` is as
-- hive:deleted gives it, `word` names the place, `now` is the text that is there. A value that is as it
-- was is left out; of those without a path only what the name tells is known: no root, no `now`.
function deleted.values(hive, roots)
	local compiled, names, by_path, seen, found = nil, nil, {}, {}, {}
	for d in hive:deleted() do
		if d.kind == "value" and not d.lost and #found < FOUND_MAX then
			compiled, names = compiled or compile(roots), names or by_names()
			local path = d.path and d.path:lower()
			local one = path and first_named(compiled, by_path, path, d.name)
			if one then
				add(found, hive, d, one)
			elseif not path and names[d.name:lower()] then
				add_orphan(found, seen, d, names[d.name:lower()])
			end
		end
	end
	return found
end

return deleted
