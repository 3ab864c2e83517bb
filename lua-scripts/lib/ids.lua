-- Binary forms of identifiers.
local ids = {}

local SUBS_MAX <const> = 15 -- parts of a SID, [MS-DTYP] 2.4.2

-- "{12345678-1234-1234-1234-123456789abc}" of 16 bytes; nil when there are fewer.
function ids.guid(raw)
	if #raw < 16 then
		return nil
	end
	local a, b, c = bytes.u32le(raw, 1), bytes.u16le(raw, 5), bytes.u16le(raw, 7)
	return string.format("{%08x-%04x-%04x-%s-%s}", a, b, c, bytes.hex(raw:sub(9, 10)),
		bytes.hex(raw:sub(11, 16)))
end

-- "S-1-5-18" of a security identifier ([MS-DTYP] 2.4.2); nil when it is none or cut off.
function ids.sid(raw)
	local count = bytes.u8(raw, 2)
	if bytes.u8(raw) ~= 1 or not count or count > SUBS_MAX or #raw < 8 + 4 * count then
		return nil
	end
	local authority = bytes.u16be(raw, 3) << 32 | bytes.u32be(raw, 5)
	local parts = { "S-1", tostring(authority) }
	for i = 1, count do
		parts[#parts + 1] = tostring(bytes.u32le(raw, 5 + 4 * i))
	end
	return table.concat(parts, "-")
end

return ids
