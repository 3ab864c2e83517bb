-- What SRUM (System Resource Usage Monitor) has counted for the 3CX app: bytes that it sent and received,
-- by day and user. Tables after M. Khatri's "SRUM forensics".
local ids = require("ids")

local M = {}

local NETWORK <const> = "{973F5D5C-1D90-4944-BE8E-24B94231A174}"
local NAMES <const> = "SruDbIdMapTable"
local SID <const> = 3 -- IdType of users; others are programs
local DAY <const> = 86400
local EPOCH <const> = 25569 -- days from 1899-12-30 to 1970-01-01

-- Numbers of the app, and SIDs by number.
local function names(db)
	local apps, users, found = {}, {}, false
	for row in db:rows(NAMES) or function() end do
		local blob = row.IdBlob or ""
		if row.IdType == SID then
			users[row.IdIndex] = ids.sid(blob)
		elseif row.IdIndex then
			local name = bytes.utf16(blob)
			if name:lower():find("3cxdesktopapp", 1, true) then
				apps[row.IdIndex], found = name, true
			end
		end
	end
	return found and apps, users
end

-- Seconds since 1970: a date-time is a number of days, or a FILETIME as an integer.
local function seconds_of(stamp)
	if math.type(stamp) == "integer" then
		local ns = time.ns(time.filetime(stamp) or "")
		return ns and ns // 1000000000
	end
	return stamp and math.floor((stamp - EPOCH) * DAY + 0.5)
end

local function add(days, row, program, sid)
	local seconds = seconds_of(row.TimeStamp)
	local day = seconds and (time.unix(seconds - seconds % DAY) or ""):sub(1, 10)
	if not day or day == "" then
		return
	end
	local key = day .. "\0" .. program .. "\0" .. (sid or "")
	local sum = days[key] or { time = day .. "T00:00:00Z", program = program, sid = sid, sent = 0, received = 0 }
	sum.sent = sum.sent + (row.BytesSent or 0)
	sum.received = sum.received + (row.BytesRecvd or 0)
	sum.last = math.max(sum.last or 0, seconds)
	days[key] = sum
end

-- List of { time (the day), program, sid, sent, received, last }, by day; nil when the app is not in it.
function M.days(db)
	local apps, users = names(db)
	if not apps then
		return nil
	end
	local days, out = {}, {}
	for row in db:rows(NETWORK) or function() end do
		if apps[row.AppId] then
			add(days, row, apps[row.AppId], users[row.UserId])
		end
	end
	for _, sum in pairs(days) do
		sum.last = time.unix(sum.last)
		out[#out + 1] = sum
	end
	return out
end

return M
