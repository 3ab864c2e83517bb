-- Microsoft Defender's files: its log, and its quarantine. The log after CrowdStrike's "Mind the MPLog";
-- the quarantine after ERNW's "quarantine-formats" and Fox-IT's "Reverse, Reveal, Recover": each part is
-- scrambled by RC4 with a key that stands in Defender's own engine.
local text = require("text")

local defender = {}

local KEY = bytes.unhex("1e87781b8dbaa844ce69702c0c78b786a3f623b738f5edf9af83530fb3fc54fa"
	.. "a21eb9cf1331fd0f0da954f687cb9e18279697900e53fb317c9cbce48e23d053"
	.. "71ecc15951b8f3649d7ca33ed68dc9047e82c9baad9799d0d458cb847ca9ffbe"
	.. "3c8a775233557dde13a8b14087cc1bc8f10f6ecdd083a959cff84a9d1d50755e"
	.. "3e191818af23e2293558766d2c07e25712b2ca0b535ed8f6c56ce73d24bdd029"
	.. "1771861a54b4c285a9a3db7aca6d224aeacd621db9f2a22ed1e9e11d75bed7dc"
	.. "0ecb0a8e68a2ff1263408dc808dffd164b116774cd0b9b8d05411ed6262e429b"
	.. "a495676b8398db2f35d3c1b9ced52636f2765e1a95cb7ca4c3ddabddbff38253")

-- --- quarantine ---

local HEADER <const> = 60
local SECTION_MAX <const> = 1024 * 1024
local RESOURCES_MAX <const> = 1000
local NAME_AT <const> = 53 -- in the first part, from 1
local FIELDS_MAX <const> = 64
local FILE_ID <const>, PHYSICAL_PATH <const> = 2, 12

local function section(e, at, size)
	if size > SECTION_MAX then
		return nil
	end
	local data = e:read(at, size) or ""
	return #data == size and bytes.rc4(KEY, data) or nil
end

-- Position behind a UTF-16 text with its NUL that begins at `at`.
local function behind_wide(data, at)
	while at + 1 <= #data and data:sub(at, at + 1) ~= "\0\0" do
		at = at + 2
	end
	return at + 2
end

-- One thing that was put away: { path, type, id }; `id` names its file in ResourceData.
local function resource(data, offset)
	local at = behind_wide(data, offset + 1)
	local count = bytes.u16le(data, at)
	local type_end = data:find("\0", at + 2, true)
	if not count or not type_end then
		return nil
	end
	local out = { path = bytes.utf16(data:sub(offset + 1, at - 1)), type = data:sub(at + 2, type_end - 1) }
	local place = type_end -- counted from 0: behind the NUL
	for _ = 1, math.min(count, FIELDS_MAX) do
		place = place + 3 & ~3
		local size, kind = bytes.u16le(data, place + 1), bytes.u16le(data, place + 3)
		if not kind then
			break
		end
		local value = data:sub(place + 5, place + 4 + size)
		if kind & 0xfff == FILE_ID then
			out.id = bytes.hex(value):upper()
		elseif kind & 0xfff == PHYSICAL_PATH then
			out.path = bytes.utf16(value)
		end
		place = place + 4 + size
	end
	return out
end

local function resources(data)
	local out, count = {}, bytes.u32le(data, 1) or 0
	for i = 1, math.min(count, RESOURCES_MAX) do
		local offset = bytes.u32le(data, 1 + 4 * i)
		out[#out + 1] = offset and offset < #data and resource(data, offset) or nil
	end
	return out
end

-- A file of Quarantine/Entries: { name, time, resources }; nil, message.
function defender.entry(e)
	local head = section(e, 0, HEADER)
	local first, second = bytes.u32le(head or "", 41), bytes.u32le(head or "", 45)
	if not second or HEADER + first + second > e.size then
		return nil, "no entry of Defender's quarantine"
	end
	local about, list = section(e, HEADER, first), section(e, HEADER + first, second)
	if not about or #about < NAME_AT then
		return nil, "entry of Defender's quarantine is cut off"
	end
	return { name = about:match("^([^\0]*)", NAME_AT), time = time.filetime(bytes.u64le(about, 33)),
		resources = list and resources(list) or {} }
end

local STREAM_HEAD <const> = 20
local DATA <const> = 1 -- BACKUP_DATA of WIN32_STREAM_ID
local STREAMS_MAX <const> = 64
local FILE_MAX <const> = 64 * 1024 * 1024

-- The content of a file that was put away (Quarantine/ResourceData/XX/<id>), or nil, message.
function defender.content(e)
	if e.size > FILE_MAX then
		return nil, "larger than 64 MiB"
	end
	local plain, at = bytes.rc4(KEY, e:read() or ""), 1
	for _ = 1, STREAMS_MAX do
		local kind, size = bytes.u32le(plain, at), bytes.u64le(plain, at + 8)
		local name = bytes.u32le(plain, at + 16)
		if not name or size < 0 or at + STREAM_HEAD + name + size - 1 > #plain then
			break
		elseif kind == DATA then
			return plain:sub(at + STREAM_HEAD + name, at + STREAM_HEAD + name + size - 1)
		end
		at = at + STREAM_HEAD + name + size
	end
	return nil, "no data in it"
end

-- --- history of detections ---

-- The text in UTF-16 around `at`, from its first letter to its NUL.
local function wide_text(data, at)
	while at > 2 and data:sub(at - 2, at - 1):find("^[%g ]\0$") do
		at = at - 2
	end
	return bytes.utf16(data:sub(at, at + 2048))
end

-- What a file of Scans/History/Service/DetectionHistory tells: list of { name, path } for the names that
-- hold one of `words`, as the file spells them.
function defender.detections(data, words)
	local out, seen = {}, {}
	local at = data:find("%a\0:\0\\\0")
	local path = at and bytes.utf16(data:sub(at, at + 2048))
	for _, word in ipairs(words) do
		local found = data:find(text.utf16le(word), 1, true)
		local name = found and wide_text(data, found):match("%a+:%w+/[%w%.!_-]+")
		if name and not seen[name] then
			seen[name] = true
			out[#out + 1] = { name = name, path = path }
		end
	end
	return out
end

-- --- log ---

local PIECE <const> = 4 * 1024 * 1024
local OVERLAP <const> = 64 * 1024 -- a line is no longer
local LOG_MAX <const> = 256 * 1024 * 1024

-- Calls each(line) for the lines that hold one of `words` (lower case), in the order of the log, each
-- once for a piece of it.
local function lines(body, words, limit, each)
	local lower, from = body:lower(), 1
	while true do
		local at
		for _, word in ipairs(words) do
			local found = lower:find(word, from, true)
			at = found and (not at or found < at) and found or at
		end
		if not at or at > limit then
			return
		end
		local start = math.max(1, at - OVERLAP)
		start = start + #(body:sub(start, at):match("^.*[\r\n]") or "")
		local stop = (body:find("[\r\n]", at) or #body + 1) - 1
		if stop - start < OVERLAP then
			each(body:sub(start, stop))
		end
		from = stop + 1
	end
end

-- The lines of a log, UTF-16 or not, that hold one of `words`. nil, message when it cannot be read.
function defender.lines(e, words, each)
	local mark = e:read(0, 2)
	if not mark then
		return nil, "cannot be read"
	end
	local wide = mark == "\xff\xfe" or mark:find("^[^\0]\0") ~= nil
	local size, seen = math.min(e.size, LOG_MAX), {}
	for offset = 0, size - 1, PIECE do
		local data = e:read(offset, math.min(PIECE + OVERLAP, size - offset)) or ""
		local body = wide and bytes.utf16(data) or data
		local limit = offset + PIECE < size and #body - (wide and OVERLAP // 2 or OVERLAP) or #body
		lines(body, words, limit, function(line)
			if not seen[line] then -- what two pieces share comes once, and so do repetitions
				seen[line] = true
				each(line)
			end
		end)
	end
	return true
end

-- "2023-03-29T20:12:31.123Z" at the begin of a line, or nil.
function defender.time(line)
	return line:match("^[^%w]*(%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*Z)")
end

-- "2023-03-29T20:12:31" of a line whose time has no Z: it is the machine's own; or nil.
function defender.local_time(line)
	local date, clock = line:match("^[^%w]*(%d%d%d%d%-%d%d%-%d%d)[T ](%d%d:%d%d:%d%d)")
	return date and not defender.time(line) and date .. "T" .. clock or nil
end

return defender
