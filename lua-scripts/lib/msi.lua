-- Forms of Windows Installer: GUIDs with moved digits, packed versions, sources.
local msi = {}

-- Windows Installer names keys by GUIDs whose digits it moves: the first three groups reversed,
-- the bytes of the others with their halves exchanged.
local GROUPS <const> = { { 1, 8 }, { 9, 12 }, { 13, 16 } }

local function move(digits)
	local out = {}
	for i, group in ipairs(GROUPS) do
		out[i] = digits:sub(group[1], group[2]):reverse()
	end
	out[#out + 1] = digits:sub(17):gsub("(%x)(%x)", "%2%1")
	return table.concat(out)
end

-- "{77DE5C80-…}" of "08C5ED77…", in upper case; nil when the text is no packed GUID.
function msi.unpacked(packed)
	if not packed or #packed ~= 32 or packed:find("%X") then
		return nil
	end
	local d = move(packed:upper())
	return string.format("{%s-%s-%s-%s-%s}", d:sub(1, 8), d:sub(9, 12), d:sub(13, 16), d:sub(17, 20),
		d:sub(21))
end

-- The way back; nil when the text is no GUID in braces.
function msi.packed(guid)
	local digits = guid and guid:match("^{(%x+%-%x+%-%x+%-%x+%-%x+)}$")
	if not digits or not guid:find("^{%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-") or #guid ~= 38 then
		return nil
	end
	return move((digits:gsub("-", "")):upper())
end

-- "18.12.416" of 0x120c01a0, as Windows Installer packs versions.
function msi.version(number)
	if not number or number < 0 or number > 0xffffffff then
		return nil
	end
	return string.format("%d.%d.%d", number >> 24, number >> 16 & 0xff, number & 0xffff)
end

-- Where a product was installed from last: "n;1;C:\folder\" is a folder or share, "u" an URL,
-- "m" a medium.
function msi.last_source(text)
	return text and (text:match("^%a;%d+;(.*)$") or text)
end

return msi
