-- Property lists, as far as plugins need them: the strings of the top
-- dictionary, from the XML form and from the binary form ("bplist00").
-- Layout of the binary form: CFBinaryPList.c of Apple's CoreFoundation.
local xml = require("xml")

local plist = {}

local OBJECTS_MAX = 10000

local TEXTS = { string = true, integer = true, date = true }

-- Keys and values take turns in a dictionary.
local function from_xml(s)
	local top, why = xml.parse(s)
	local dict = xml.child(top, "dict")
	if not dict then
		return nil, why or "no dictionary"
	end
	local out, key = {}, nil
	for _, element in ipairs(dict) do
		if element.name == "key" then
			key = element.text
		elseif key then
			if TEXTS[element.name] and out[key] == nil then
				out[key] = element.text
			end
			key = nil
		end
	end
	return out
end

local function be(s, pos, n)
	if pos < 1 or pos + n - 1 > #s then
		error("reference outside of the file")
	end
	local v = 0
	for i = pos, pos + n - 1 do
		v = v << 8 | s:byte(i)
	end
	return v
end

-- Offset table of the file as a function: object number to position.
local function binary_objects(s)
	local t = #s - 31
	local offset_size, count = be(s, t + 6, 1), be(s, t + 8, 8)
	local start = be(s, t + 24, 8)
	if count > OBJECTS_MAX or offset_size < 1 or offset_size > 4 then
		error("too many objects")
	end
	return function(i)
		if i >= count then
			error("no such object")
		end
		return be(s, start + 1 + i * offset_size, offset_size) + 1
	end, be(s, t + 7, 1), be(s, t + 16, 8)
end

-- Type, number of elements and position of the elements of an object.
local function marker(s, pos)
	local m = be(s, pos, 1)
	local count = m & 15
	if count ~= 15 or m >> 4 < 4 then
		return m >> 4, count, pos + 1
	end
	local size = 1 << (be(s, pos + 1, 1) & 3)
	return m >> 4, be(s, pos + 2, size), pos + 2 + size
end

local function binary_text(s, pos)
	local kind, count, at = marker(s, pos)
	if kind == 5 then
		return s:sub(at, at + count - 1)
	elseif kind == 6 then
		local swapped = s:sub(at, at + 2 * count - 1):gsub("(.)(.)", "%2%1")
		return bytes.utf16(swapped)
	end
	return nil
end

local function from_binary(s)
	local position, ref_size, top = binary_objects(s)
	local kind, count, at = marker(s, position(top))
	if kind ~= 13 or count > OBJECTS_MAX then
		error("no dictionary")
	end
	local out = {}
	for i = 0, count - 1 do
		local key = binary_text(s, position(be(s, at + i * ref_size, ref_size)))
		local value = binary_text(s, position(be(s, at + (count + i) * ref_size, ref_size)))
		if key and value then
			out[key] = value
		end
	end
	return out
end

-- Key to text, for the values that are text; nil, reason.
function plist.strings(s)
	if s:sub(1, 8) ~= "bplist00" then
		if not s:find("<plist", 1, true) then
			return nil, "no property list"
		end
		return from_xml(s)
	end
	local ok, result = pcall(from_binary, s)
	if not ok then
		return nil, tostring(result)
	end
	return result
end

return plist
