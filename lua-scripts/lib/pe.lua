-- Portable executables: where the certificate table lies, what is hidden
-- behind the certificates, and the version resource. Only the headers and
-- the pieces asked for are read.
-- Layout: Microsoft, "PE Format", sections "Optional Header Data Directories"
-- and "The Attribute Certificate Table".
local pe = {}

local HEADER_MAX = 4096
local CERTIFICATES_MAX = 16
local TABLE_MAX = 16 * 1024 * 1024 -- bytes of the certificate table that are looked at
local RSRC_MAX = 8 * 1024 * 1024
local SECTIONS_MAX = 96

-- Headers of the file: { bits = 32|64, directories = offset of their table,
-- count = directories, sections = offset, nsections = N, head = bytes }
function pe.headers(e)
	local head, err = e:read(0, HEADER_MAX)
	if not head then
		return nil, err
	end
	if #head < 0x40 or head:sub(1, 2) ~= "MZ" then
		return nil, "no MZ header"
	end
	local at = bytes.u32le(head, 0x3d) + 1
	if at + 24 + 112 > #head or head:sub(at, at + 3) ~= "PE\0\0" then
		return nil, "no PE header"
	end
	local optional = at + 24
	local magic = bytes.u16le(head, optional)
	local directories = ({ [0x10b] = optional + 96, [0x20b] = optional + 112 })[magic]
	if not directories then
		return nil, "unknown optional header"
	end
	return {
		head = head,
		directories = directories,
		count = bytes.u32le(head, directories - 4),
		sections = optional + bytes.u16le(head, at + 20),
		nsections = math.min(bytes.u16le(head, at + 6), SECTIONS_MAX),
	}
end

-- Bytes of a DER value at `pos`, header included; nil when it is none or
-- longer than what is there. Long forms up to four length bytes.
local function der_size(s, pos)
	if s:byte(pos) ~= 0x30 or not s:byte(pos + 1) then
		return nil
	end
	local first = s:byte(pos + 1)
	local size, header = first, 2
	if first >= 0x80 then
		local n = first - 0x80
		if n < 1 or n > 4 or pos + 1 + n > #s then
			return nil
		end
		size, header = 0, 2 + n
		for i = 1, n do
			size = size << 8 | s:byte(pos + 1 + i)
		end
	end
	if pos - 1 + header + size > #s then
		return nil
	end
	return header + size
end

-- The table cut into records, each a multiple of 8 bytes: what they hold
-- behind their DER values, and what lies behind the last one.
local function slacks_of(data)
	local out, count, pos = {}, 0, 1
	while pos + 8 <= #data and count < CERTIFICATES_MAX do
		local length = bytes.u32le(data, pos)
		if length < 8 or pos - 1 + length > #data then
			break
		end
		local size = der_size(data:sub(1, pos - 1 + length), pos + 8)
		if size then
			out[#out + 1] = data:sub(pos + 8 + size, pos - 1 + length)
		end
		count = count + 1
		pos = pos + (length + 7 & ~7)
	end
	out[#out + 1] = data:sub(pos)
	return out
end

-- The certificate table: { offset, data = its bytes, slacks = list of the
-- bytes behind the certificates, truncated = the file ends before it does }.
-- nil, err when the file is no program; nil alone when it has no such table.
function pe.certificates(e)
	local h, err = pe.headers(e)
	if not h then
		return nil, err
	end
	local entry = h.directories + 4 * 8
	if h.count < 5 or entry + 7 > #h.head then
		return nil
	end
	local offset, size = bytes.u32le(h.head, entry), bytes.u32le(h.head, entry + 4)
	if offset == 0 or size == 0 then
		return nil
	elseif offset >= e.size then
		return { offset = offset, data = "", slacks = {}, truncated = true }
	end
	local data = e:read(offset, math.min(size, e.size - offset, TABLE_MAX))
	if not data then
		return nil, "certificate table cannot be read"
	end
	return { offset = offset, data = data, slacks = slacks_of(data),
		truncated = offset + size > e.size }
end

-- "18.12.416.0", from the fixed part of the version resource, or nil.
function pe.file_version(e)
	local h = pe.headers(e)
	if not h then
		return nil
	end
	for i = 0, h.nsections - 1 do
		local at = h.sections + 40 * i
		if at + 39 <= #h.head and h.head:sub(at, at + 5) == ".rsrc\0" then
			local size, offset = bytes.u32le(h.head, at + 16), bytes.u32le(h.head, at + 20)
			local rsrc = e:read(offset, math.min(size, RSRC_MAX)) or ""
			local info = rsrc:find("\xbd\x04\xef\xfe\0\0\1\0", 1, true)
			if info and info + 15 <= #rsrc then
				local high, low = bytes.u32le(rsrc, info + 8), bytes.u32le(rsrc, info + 12)
				return string.format("%d.%d.%d.%d", high >> 16, high & 0xffff, low >> 16,
					low & 0xffff)
			end
		end
	end
	return nil
end

return pe
