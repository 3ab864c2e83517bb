-- Formats of the 3CX malware on Windows: what a file must hold to be told as such. Each
-- function takes bytes or an entry and gives signs: { severity, confidence,
-- text, title } (see 3cx.finding), so that one file makes one finding.
local cx = require("3cx")
local files = require("3cx-files")
local text = require("text")

local M = {}

local RC4_KEY = "3jB(2bsG#@c7"
local EVENT_NAME = text.utf16le("AVMonitorRefreshEvent")
local LIBRARY_MAX = 32 * 1024 * 1024

-- ffmpeg.dll, an entry or its bytes: it carries the RC4 key and the name of the event.
function M.loader(signs, e)
	local data, err = files.content(e, LIBRARY_MAX)
	if not data then
		return nil, err
	end
	local key, event = text.has(data, RC4_KEY), text.has(data, EVENT_NAME)
	if key then
		cx.sign(signs, "library.loader", "D2", "high", "high", "holds the RC4 key of the loader")
	end
	if event then
		cx.sign(signs, "library.loader", "D2", "high", key and "high" or "medium",
			"holds the event name AVMonitorRefreshEvent in UTF-16")
	end
	return true
end

-- Times of the state file: the first wait ends 7 to about 28 days after the start.
local EARLIEST, LATEST = 1667260800, 1704067199 -- 2022-11-01 to 2023-12-31

-- The time a state file tells, as Unix seconds, and how it is written; nil
-- when it is none of the forms that would make sense.
function M.manifest_time(data)
	local value, form
	if #data == 4 then
		value, form = bytes.u32le(data, 1), "4 bytes"
	elseif #data == 8 and not data:find("^%d+$") then
		value, form = bytes.u64le(data, 1), "8 bytes"
	else
		value, form = math.tointeger(tonumber((data:match("^%s*(%d+)%s*$")))), "decimal text"
	end
	if value and value >= EARLIEST and value <= LATEST then
		return value, form
	end
	return nil
end

local MANIFEST_MAX = 64

-- `manifest`: its presence is the sign, whatever it holds.
function M.manifest(signs, e)
	local data = e.size <= MANIFEST_MAX and files.content(e, MANIFEST_MAX) or nil
	local value, form
	if data then
		value, form = M.manifest_time(data)
	end
	if value then
		cx.sign(signs, "state.manifest", "D4", "high", "high", string.format(
			"state file of the second stage, %s: it waits until %s", form, time.unix(value)))
	elseif e.size <= MANIFEST_MAX then
		cx.sign(signs, "state.manifest", "D4", "high", "medium", "state file of the second stage is present, content unknown")
	else
		cx.sign(signs, "state.manifest", "D4", "medium", "low", string.format(
			"a file named manifest of %d bytes, larger than the state file should be", e.size))
	end
	return value
end

local DPAPI = bytes.unhex("01000000d08c9ddf0115d1118c7a00c04fc297eb")
local TXR_SMALL = 100 * 1024
local TXR_REST = { ".TxR.1.regtrans-ms", ".TxR.2.regtrans-ms", ".TxR.blf" }

-- A log of registry transactions that stands alone. `profile` is the GUID of
-- the hardware profile or nil, `wlbsctrl` whether that library is there.
-- Genuine logs come as sets of four and are large.
function M.lone_txr(signs, e, profile, wlbsctrl)
	local guid = e.name:match("^(.*)%.[tT]x[rR]%.0%.regtrans%-ms$")
	if not guid then
		return
	end
	for _, ending in ipairs(TXR_REST) do
		if e:sibling(guid .. ending) then
			return
		end
	end
	local data = files.content(e, TXR_SMALL) or ""
	local small = e.size < TXR_SMALL and not text.has(data, text.utf16le("REGISTRY"))
	local dpapi = text.has(data, DPAPI)
	local own = profile and guid:lower() == profile:lower()
	if not small and not dpapi then
		return
	end
	local words = string.format("a log of registry transactions without the other three of its "
		.. "set, %d bytes", e.size)
	if own then
		local weight = wlbsctrl and "high" or "medium"
		cx.sign(signs, "second.txr", "D8", weight, weight,
			words .. ", named like the hardware profile of this machine")
	else
		cx.sign(signs, "second.txr", "D8", wlbsctrl and "medium" or "low", "low", words)
	end
	if dpapi then
		cx.sign(signs, "second.txr", "D8", "medium", "low", "it starts like data sealed with DPAPI")
	end
	if wlbsctrl then
		cx.sign(signs, "second.txr", "D8", "medium", "medium",
			"wlbsctrl.dll, which reads such a file, is there, too")
	end
end

return M
