-- Plugins that treat each artifact in a way of its own: a table from the name
-- of an artifact to function(ctx, item).
local handlers = {}

-- The names in `map`, sorted: what such a plugin wants.
function handlers.wants(map)
	local names = {}
	for name in pairs(map) do
		names[#names + 1] = name
	end
	table.sort(names)
	return names
end

-- The run function of such a plugin.
function handlers.run(map)
	return function(ctx, item)
		map[item.artifact](ctx, item)
	end
end

return handlers
