-- Blocks of LZ4: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
local lz4 = {}

local SIZE_MAX = 4 * 1024 * 1024
local PIECE = 4096

-- A length that goes on in bytes of 255; and where it ends.
local function length(s, pos, n)
	while n >= 15 do
		local byte = s:byte(pos)
		if not byte then
			return nil
		end
		n, pos = n + byte, pos + 1
		if byte < 255 then
			break
		end
	end
	return n, pos
end

local function literals(out, s, pos, n)
	for i = pos, pos + n - 1 do
		out[#out + 1] = s:byte(i)
	end
end

local function joined(out)
	local pieces = {}
	for i = 1, #out, PIECE do
		pieces[#pieces + 1] = string.char(table.unpack(out, i, math.min(i + PIECE - 1, #out)))
	end
	return table.concat(pieces)
end

-- The `size` bytes that the block in s, from `pos` on, stands for; nil, message when it is damaged or
-- stands for another number.
function lz4.block(s, pos, size)
	local out = {}
	if size > SIZE_MAX then
		return nil, "LZ4: " .. size .. " bytes are too many"
	end
	while pos <= #s do
		local token = s:byte(pos)
		local n, at = length(s, pos + 1, token >> 4)
		if not n or at + n - 1 > #s or #out + n > size then
			return nil, "LZ4: damaged"
		end
		literals(out, s, at, n)
		pos = at + n
		if pos <= #s then
			local offset = pos < #s and bytes.u16le(s, pos) or 0
			n, pos = length(s, pos + 2, token & 15)
			if not n or offset == 0 or offset > #out or #out + n + 4 > size then
				return nil, "LZ4: damaged"
			end
			for _ = 1, n + 4 do
				out[#out + 1] = out[#out + 1 - offset]
			end
		end
	end
	if #out ~= size then
		return nil, "LZ4: cut off"
	end
	return joined(out)
end

return lz4
