-- Days of a calendar as texts.
local day = {}

local DAYS <const> = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- "2022-04-28" of "20220428"; nil when that is no day. It is one of the machine's own calendar.
function day.iso(text)
	local y, m, d = (text or ""):match("^(%d%d%d%d)(%d%d)(%d%d)$")
	local days = DAYS[tonumber(m or 0)]
	if not days or tonumber(y) < 1980 or tonumber(d) < 1 or tonumber(d) > days then
		return nil
	end
	return string.format("%s-%s-%s", y, m, d)
end

return day
