-- The time zone of a Windows, and the UTC of what its clock showed. The key TimeZoneInformation holds minutes
-- (UTC is local time plus bias) and the two changes of a year as eight numbers of 16 bits: year, month, which of
-- these weekdays in the month (5: the last), hour, minute, second, millisecond, weekday (0: Sunday).
local registry = require("registry")

local M = {}

local KEY <const> = "Control\\TimeZoneInformation"
local DAY <const> = 86400
local BIAS_MAX <const> = 24 * 60

local function signed(key, name)
	local number = registry.number(key, name)
	if number and number >= 1 << 31 then
		number = number - (1 << 32)
	end
	return number and math.abs(number) <= BIAS_MAX and number or nil
end

-- Days since 1970-01-01 of a day of the Gregorian calendar; March counts as the first month.
local function days(y, m, d)
	y = m <= 2 and y - 1 or y
	local of_year = (153 * ((m + 9) % 12) + 2) // 5 + d - 1
	return 365 * y + y // 4 - y // 100 + y // 400 + of_year - 719468
end

local function change(key, name)
	local value = key:value(name)
	local raw = value and value.raw or ""
	local month, week, hour = bytes.u16le(raw, 3), bytes.u16le(raw, 5), bytes.u16le(raw, 7)
	if #raw ~= 16 or bytes.u16le(raw, 1) ~= 0 or month < 1 or month > 12 or week < 1 or week > 5 or hour > 23 then
		return nil
	end
	return { month = month, week = week, weekday = bytes.u16le(raw, 15) % 7,
		seconds = hour * 3600 + bytes.u16le(raw, 9) * 60 + bytes.u16le(raw, 11) }
end

-- The zone of a control set: { name, standard, daylight, from, to }, the two in seconds that are added to
-- local time; the last three are nil in a zone without daylight time. Nil when the key does not say.
function M.read(set)
	local key = set and set:key(KEY)
	local bias = key and signed(key, "Bias")
	if not bias then
		return nil
	end
	local out = { name = registry.text(key, "TimeZoneKeyName") or registry.text(key, "StandardName"),
		standard = (bias + (signed(key, "StandardBias") or 0)) * 60 }
	local from, to = change(key, "DaylightStart"), change(key, "StandardStart")
	if from and to and registry.number(key, "DynamicDaylightTimeDisabled") ~= 1 then
		out.from, out.to = from, to
		out.daylight = (bias + (signed(key, "DaylightBias") or 0)) * 60
	end
	return out
end

-- The zone of the Windows of this volume, or nil.
function M.of(ctx)
	local e = ctx:lookup("Windows/System32/config/SYSTEM")
	local hive = e and ctx:hive(e)
	return hive and M.read((registry.control_set(hive)))
end

-- When the clock reached a change in a year, in seconds as `days` counts them.
local function moment(rule, year)
	local first = days(year, rule.month, 1)
	local day = first + (rule.weekday - (first + 4)) % 7 + 7 * (rule.week - 1) -- 1970-01-01 was a Thursday
	local next_month = rule.month == 12 and days(year + 1, 1, 1) or days(year, rule.month + 1, 1)
	while day >= next_month do
		day = day - 7
	end
	return day * DAY + rule.seconds
end

-- What to add to the local time `at`; nil in the hour that is left out, and in the one that comes twice.
local function offset(zone, at, year)
	if not zone.daylight then
		return zone.standard
	end
	local ahead = zone.standard - zone.daylight
	local from, to = moment(zone.from, year), moment(zone.to, year)
	if ahead <= 0 or at >= from and at < from + ahead or at >= to - ahead and at < to then
		return nil
	end
	local summer = at >= from and at < to
	if to < from then -- south of the equator
		summer = at >= from or at < to
	end
	return summer and zone.daylight or zone.standard
end

-- "2023-04-07T05:30:00Z" of "2023-04-07T07:30:00" on the clock of that zone. Nil without a zone, for what is no
-- time, and where daylight time begins or ends and the clock says too little.
function M.utc(zone, text)
	local y, m, d, hour, min, sec = (text or ""):match("^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)")
	if not zone or not y then
		return nil
	end
	y, m, d = tonumber(y), tonumber(m), tonumber(d)
	if m < 1 or m > 12 or d < 1 or d > 31 then
		return nil
	end
	local at = days(y, m, d) * DAY + tonumber(hour) * 3600 + tonumber(min) * 60 + tonumber(sec)
	local add = offset(zone, at, y)
	return add and at + add > 0 and time.unix(at + add) or nil
end

return M
