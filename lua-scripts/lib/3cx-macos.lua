-- Formats of the 3CX malware on macOS. Each function adds signs (see 3cx.finding) for what an entry holds.
local text = require("text")

local M = {}

local LIBRARY_MAX = 32 * 1024 * 1024

local function sign(signs, severity, confidence, words)
	signs[#signs + 1] = { severity = severity, confidence = confidence, text = words }
end

local function content(e, max)
	return e:read(0, math.min(e.size, max))
end

local STORAGE_SIZE = 56
local UUID = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"

-- `.main_storage` of macOS: UUID and time, XORed with 0x7A. Gives both.
function M.main_storage(signs, e)
	local data = e.size == STORAGE_SIZE and content(e, STORAGE_SIZE)
	local plain = data and text.xor(data, 0x7a)
	local uuid = plain and plain:sub(1, 36)
	if not uuid or not uuid:find(UUID) then
		sign(signs, "high", "medium",
			"state file of the first stage is present, content not of the known form")
		return nil
	end
	local when = time.unix(bytes.u64le(plain, 49))
	sign(signs, "high", "high", string.format(
		"state file of the first stage: id %s, next contact %s", uuid, when or "unknown"))
	return uuid, when
end

-- libffmpeg.dylib: names of its files in clear, others XORed with 0x7A.
local DYLIB_CLEAR = { "%s/.main_storage", "%s/UpdateAgent" }
local DYLIB_XORED = { "/System/Library/CoreServices/SystemVersion.plist", "3cx_auth_id=" }

function M.dylib(signs, e)
	local data, err = content(e, LIBRARY_MAX)
	if not data then
		return nil, err
	end
	for _, needle in ipairs(DYLIB_CLEAR) do
		if text.has(data, needle) then
			sign(signs, "high", "high", "holds the text " .. needle)
		end
	end
	for _, needle in ipairs(DYLIB_XORED) do
		if text.has(data, text.xor(needle, 0x7a)) then
			sign(signs, "high", "high", "holds " .. needle .. " XORed with 0x7A")
		end
	end
	return true
end

return M
