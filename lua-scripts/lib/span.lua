-- From when to when something was seen: `first` and `last` of a table, ISO times in UTC.
local span = {}

-- Widens the span to hold these times too, each of which may be nil. True when `first` is now the one given.
function span.widen(hit, first, last)
	if last and (not hit.last or last > hit.last) then
		hit.last = last
	end
	if first and (not hit.first or first < hit.first) then
		hit.first = first
		return true
	end
	return false
end

return span
