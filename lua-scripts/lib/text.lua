-- Byte strings: what the string library leaves out.
local text = {}

-- ASCII text as UTF-16LE bytes.
function text.utf16le(s)
	return (s:gsub(".", "%0\0"))
end

-- Each byte XORed with `key`.
function text.xor(s, key)
	return (s:gsub(".", function(c)
		return string.char(c:byte() ~ key)
	end))
end

-- Does `haystack` hold `needle`, byte for byte?
function text.has(haystack, needle)
	return haystack:find(needle, 1, true) ~= nil
end

local DIGITS = {}
for i = 1, 64 do
	DIGITS[("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):byte(i)] = i - 1
end

-- Base64 to bytes; nil when the text is none.
function text.unbase64(s)
	local body = s:gsub("=+$", "")
	if #body % 4 == 1 or body:find("[^%w+/]") then
		return nil
	end
	local out, acc, bits = {}, 0, 0
	for i = 1, #body do
		acc = acc << 6 | DIGITS[body:byte(i)]
		bits = bits + 6
		if bits >= 8 then
			bits = bits - 8
			out[#out + 1] = string.char(acc >> bits & 0xff)
			acc = acc & (1 << bits) - 1
		end
	end
	return table.concat(out)
end

-- Shannon entropy in bits for each byte, 0 to 8.
function text.entropy(s)
	local count = {}
	for i = 1, #s do
		local c = s:byte(i)
		count[c] = (count[c] or 0) + 1
	end
	local sum = 0
	for _, n in pairs(count) do
		local p = n / #s
		sum = sum - p * math.log(p, 2)
	end
	return sum
end

-- UTF-16 with a byte order mark, or bytes as they are: the text of task
-- files and logs.
function text.decode(s)
	if s:sub(1, 2) == "\xff\xfe" then
		return bytes.utf16(s:sub(3)) or s
	end
	return s
end

-- Letters moved by 13 places, as UserAssist writes its names.
function text.rot13(s)
	return (s:gsub("%a", function(c)
		local base = c:lower() == c and 97 or 65
		return string.char((c:byte() - base + 13) % 26 + base)
	end))
end

return text
