-- AppCompatCache ("shim cache"): files that Windows looked at for compatibility,
-- the latest first. Layouts after E. Zimmerman's and M. Parisi's (Mandiant,
-- "Leveraging the Application Compatibility Cache in Forensic Investigations")
-- descriptions.
local appcompat = {}

local ENTRIES_MAX = 5000 -- Windows keeps 1024
local RAN = 2 -- insertion flag of Windows 7 and 8: the program was started

local function text(data, at, n)
	return bytes.utf16(data:sub(at + 1, at + n))
end

-- One entry of Windows XP: fixed records, of which the path takes 528 bytes.
local function xp(data, out)
	local count = bytes.u32le(data, 9)
	for i = 0, math.min(count, ENTRIES_MAX) - 1 do
		local at = 400 + i * 552
		if at + 552 > #data then
			return "cut off at entry " .. i + 1
		end
		out[#out + 1] = { path = text(data, at, 528), modified = time.filetime(bytes.u64le(data, at + 529)),
			size = bytes.u64le(data, at + 537), updated = time.filetime(bytes.u64le(data, at + 545)) }
	end
end

-- Tables of Windows 2003 to 7: entries that point to their paths. A 64-bit one has
-- four zero bytes between the lengths and the offset.
local function pointers(data, out, header, small, large, flags_at)
	local wide = #data >= header + 8 and bytes.u32le(data, header + 5) == 0
	local size = wide and large or small
	local count = bytes.u32le(data, 5)
	for i = 0, math.min(count, ENTRIES_MAX) - 1 do
		local at = header + i * size
		if at + size > #data then
			return "cut off at entry " .. i + 1
		end
		local length = bytes.u16le(data, at + 1)
		local offset = wide and bytes.u64le(data, at + 9) or bytes.u32le(data, at + 5)
		local rest = at + (wide and 16 or 8)
		if offset < 0 or offset + length > #data then
			return "entry " .. i + 1 .. " points outside"
		end
		local ran
		if flags_at then
			ran = bytes.u32le(data, rest + flags_at + 1) & RAN ~= 0
		end
		out[#out + 1] = { path = text(data, offset, length),
			modified = time.filetime(bytes.u64le(data, rest + 1)), ran = ran }
	end
end

-- Entries of Windows 8 and later follow each other, each with its length.
local function chain(data, out, header, signature)
	local at = header
	while at + 14 <= #data and #out < ENTRIES_MAX do
		if data:sub(at + 1, at + 4) ~= signature then
			return "no entry at offset " .. at
		end
		local length = bytes.u32le(data, at + 9)
		local name = bytes.u16le(data, at + 13)
		local rest = at + 14 + name
		if at + 12 + length > #data or rest + 8 > #data then
			return "cut off at entry " .. #out + 1
		end
		local entry = { path = text(data, at + 14, name) }
		if header == 128 then
			if signature == "10ts" then -- Windows 8.1: the package of an app
				rest = rest + 2 + bytes.u16le(data, rest + 1)
			end
			if rest + 16 > #data then
				return "cut off at entry " .. #out + 1
			end
			entry.ran = bytes.u32le(data, rest + 1) & RAN ~= 0
			rest = rest + 8
		end
		entry.modified = time.filetime(bytes.u64le(data, rest + 1))
		out[#out + 1] = entry
		at = at + 12 + length
	end
end

local function read(data, out)
	local mark = #data >= 12 and bytes.u32le(data, 1) -- the shortest header has 12 bytes
	if mark == 0xdeadbeef then
		return xp(data, out)
	elseif mark == 0xbadc0ffe then
		return pointers(data, out, 8, 24, 32)
	elseif mark == 0xbadc0fee then
		return pointers(data, out, 128, 32, 48, 8)
	elseif mark == 128 then
		return chain(data, out, 128, data:sub(129, 132))
	elseif mark == 0x30 or mark == 0x34 then
		return chain(data, out, mark, "10ts")
	end
	return "its layout is not known"
end

-- List of { path, modified, ran, … } of a value's bytes, and why it ended early, or nil.
function appcompat.entries(data)
	local out = {}
	local problem = read(data, out)
	return out, problem
end

return appcompat
