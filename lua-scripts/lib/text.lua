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
	local body = s:match("^[%w+/]*")
	if #body % 4 == 1 or s:find("[^=]", #body + 1) then
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

local function big_endian(s)
	return bytes.utf16((s:gsub("(.)(.)", "%2%1")))
end

-- A text file as UTF-8: the encoding is that of its byte order mark; without one, of the zero
-- byte beside its first letter, else bytes as they are.
function text.decode(s)
	local two = s:sub(1, 2)
	if two == "\xff\xfe" then
		return bytes.utf16(s:sub(3))
	elseif two == "\xfe\xff" then
		return big_endian(s:sub(3))
	elseif s:sub(1, 3) == "\xef\xbb\xbf" then
		return s:sub(4)
	elseif two:find("^[^\0]\0") then
		return bytes.utf16(s)
	elseif two:find("^\0[^\0]") then
		return big_endian(s)
	end
	return s
end

-- Without white space at both ends; in one pass, whatever is between.
function text.trim(s)
	local first = s:find("%S")
	return first and s:match("^.*%S", first) or ""
end

-- Letters moved by 13 places, as UserAssist writes its names.
function text.rot13(s)
	return (s:gsub("%a", function(c)
		local base = c:lower() == c and 97 or 65
		return string.char((c:byte() - base + 13) % 26 + base)
	end))
end

-- Is this a whole domain at `at`, or part of a longer name?
local function whole(data, at, stop, wide)
	local step = wide and 2 or 1
	local before = data:sub(at - step, at - step)
	local after = data:sub(stop + 1, stop + 1)
	return not before:find("[%w-]") and not after:find("[%w-]")
		and not (after == "." and data:sub(stop + 1 + step, stop + 1 + step):find("%w"))
end

-- Where a network name stands in bytes, as a whole domain; nil if nowhere. `wide`: the name
-- is in UTF-16.
function text.find_domain(data, name, wide)
	local from = 1
	while true do
		local at, stop = data:find(name, from, true)
		if not at or whole(data, at, stop, wide) then
			return at
		end
		from = at + 1
	end
end

return text
