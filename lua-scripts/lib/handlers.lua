-- Plugins that treat each artifact in a way of its own: a table from the name
-- of an artifact to function(ctx, item).
local keys = require("keys")

local handlers = {}

-- The names in `map`, sorted: what such a plugin wants.
function handlers.wants(map)
	return keys.of(map)
end

-- The run function of such a plugin.
function handlers.run(map)
	return function(ctx, item)
		map[item.artifact](ctx, item)
	end
end

-- Kinds of hives that are also found in these places.
local CONFIG = "sam security software system default components drivers elam bbi "
local PLACES = { regback = CONFIG, old = CONFIG .. "ntuser usrclass amcache " }

-- A table for the above from one that has kinds of hives as names ("software", see
-- registry.kind): their artifacts of the present installation, and those of the
-- places that are named and have one, "old" and "regback".
function handlers.hives(map, ...)
	local out = {}
	for kind, f in pairs(map) do
		out["windows.hive." .. kind] = f
		for _, place in ipairs({ ... }) do
			if PLACES[place]:find(kind .. " ", 1, true) then
				out["windows." .. place .. ".hive." .. kind] = f
			end
		end
	end
	return out
end

return handlers
