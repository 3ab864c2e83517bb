-- Deleted keys and values of a hive, put together to what they were: values of one key, and of the keys
-- below it, as one table. What lies in free space may be of any age, and mixed.
local remains = {}

local UNITS_MAX <const> = 10000

-- The folded path of a value inside its unit: "parameters\servicedll".
local function inside(rest, name)
	local path = (rest or ""):gsub("^\\", "")
	return (path ~= "" and path .. "\\" .. name or name):lower()
end

local function add(unit, d, rest)
	if d.kind == "key" then
		if rest == "" and not unit.written then
			unit.written, unit.offset = d.written, d.offset
		end
		return
	end
	local name = inside(rest, d.name)
	if unit.values[name] == nil and not d.lost then
		unit.values[name] = d.data
	end
end

-- Units among what was deleted, in the order in which they lie: { path, values, written, offset,
-- exists }. unit_of(path) tells of a key's path the part that is the path of the unit, or nil. `values`
-- are by folded name, the first found of each; `exists` says that the hive has a key of that path.
-- Second: values that name no key and that `orphan(name)` wants, as { name, data, type, offset }.
function remains.units(hive, unit_of, orphan)
	local units, by_path, orphans = {}, {}, {}
	for d in hive:deleted() do
		local path = d.path
		local whole = path and unit_of(path)
		if whole then
			local unit = by_path[whole:lower()]
			if not unit and #units < UNITS_MAX then
				unit = { path = whole, values = {}, offset = d.offset, exists = hive:key(whole) ~= nil }
				by_path[whole:lower()] = unit
				units[#units + 1] = unit
			end
			if unit then
				add(unit, d, path:sub(#whole + 1))
			end
		elseif not path and d.kind == "value" and not d.lost and orphan and orphan(d.name:lower()) then
			orphans[#orphans + 1] = { name = d.name, data = d.data, type = d.type, offset = d.offset }
		end
	end
	return units, orphans
end

-- A function for the above: the path up to the first key below `parent`, which is a Lua pattern of a
-- folded path without its end.
function remains.below(parent)
	local pattern = "^(" .. parent .. "\\[^\\]+)"
	return function(path)
		local _, last = path:lower():find(pattern)
		return last and path:sub(1, last)
	end
end

return remains
