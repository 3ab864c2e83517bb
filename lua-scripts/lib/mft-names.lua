-- Paths of files by their numbers in $MFT, where only a reference to a folder is known. Layout: FILE records
-- and the attribute $FILE_NAME of NTFS (R. Russon, "NTFS Documentation"). For volumes whose records have 1024
-- bytes, which is all but those on disks with large sectors.
local names = {}

local SIZE <const> = 1024
local SECTOR <const> = 512
local FILE_NAME <const>, DOS <const> = 0x30, 2
local ROOT <const> = 5
local DEPTH_MAX <const> = 64

-- The record with the last bytes of its sectors put back, or nil.
local function restored(raw)
	local at, count = bytes.u16le(raw, 5), bytes.u16le(raw, 7)
	if raw:sub(1, 4) ~= "FILE" or not count or count ~= SIZE // SECTOR + 1 or at + 2 * count > SECTOR then
		return nil
	end
	local parts = {}
	for i = 1, count - 1 do
		local fix = raw:sub(at + 1 + 2 * i, at + 2 + 2 * i)
		parts[i] = raw:sub((i - 1) * SECTOR + 1, i * SECTOR - 2) .. fix
	end
	return table.concat(parts)
end

-- Name, and reference of the folder, of a record; nil without.
local function name_of(record)
	local at, found, parent = bytes.u16le(record, 21), nil, nil
	while at and at + 24 <= SIZE do
		local kind, length = bytes.u32le(record, at + 1), bytes.u32le(record, at + 5)
		if kind == 0xffffffff or length < 24 or at + length > SIZE then
			break
		end
		local value = at + (bytes.u16le(record, at + 21) or 0)
		local size = kind == FILE_NAME and bytes.u8(record, value + 65)
		if size and (not found or bytes.u8(record, value + 66) ~= DOS) then
			found, parent = bytes.utf16(record:sub(value + 67, value + 66 + 2 * size)), bytes.u64le(record, value + 1)
		end
		at = at + length
	end
	return found, parent
end

-- A function that gives the path ("Users/ann/x") of a reference ("1234-5", or the number as stored), or nil: of a file that is gone and whose
-- record has another one now, or where `mft`, the entry of $MFT, cannot be read.
function names.resolver(mft)
	local known = {}
	local function one(reference)
		local number, sequence = reference & 0xffffffffffff, reference >> 48 & 0xffff
		local record = restored(mft:read(number * SIZE, SIZE) or "")
		if not record or bytes.u16le(record, 17) ~= sequence then
			return nil
		end
		return name_of(record)
	end
	return function(reference)
		local number, sequence = tostring(reference):match("^(%d+)%-(%d+)$")
		local parts, at = {}, number and tonumber(number) | tonumber(sequence) << 48 or tonumber(reference)
		if not at then -- of ReFS
			return nil
		end
		for _ = 1, DEPTH_MAX do
			if at & 0xffffffffffff == ROOT then
				return table.concat(parts, "/")
			end
			known[at] = known[at] or { one(at) }
			local name, parent = known[at][1], known[at][2]
			if not name then
				return nil
			end
			table.insert(parts, 1, name)
			at = parent
		end
		return nil
	end
end

return names
