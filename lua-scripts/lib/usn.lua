-- The change journal of NTFS ($Extend/$UsnJrnl:$J): its records about files of some names. Layout: USN_RECORD_V2
-- and V3 of Microsoft's "Change Journals". The journal is searched for the names, not read record by record.
local text = require("text")

local usn = {}

local REASONS = {
	{ 0x100, "created" }, { 0x200, "deleted" }, { 0x1000, "renamed from" }, { 0x2000, "renamed to" },
	{ 0x1, "overwritten" }, { 0x2, "extended" }, { 0x4, "truncated" }, { 0x8000, "times or attributes changed" },
	{ 0x80000000, "closed" },
}
local HEADS = { [2] = 60, [3] = 76 } -- bytes in front of the name, by version
local NAME_MAX <const> = 510
local STEP <const> = 9000 -- places that are asked for at once
local HITS_MAX <const> = 2000000
local RECORD_MAX <const> = 65536

local function reasons(bits)
	local out = list({})
	for _, reason in ipairs(REASONS) do
		if bits & reason[1] ~= 0 then
			out[#out + 1] = reason[2]
		end
	end
	return out
end

-- The record whose name begins at `at`, of version `version`; nil when there is none.
local function record_at(e, at, version)
	local head = HEADS[version]
	local start = at - head
	local raw = start >= 0 and e:read(start, head + NAME_MAX) or ""
	local length, size = bytes.u32le(raw, 1), bytes.u16le(raw, head - 3)
	if not size or bytes.u16le(raw, 5) ~= version or bytes.u16le(raw, head - 1) ~= head or size > NAME_MAX
		or length > RECORD_MAX or length < head + size then
		return nil
	end
	local wide = version == 3 and 16 or 8 -- bytes of a reference
	local fixed = 9 + 2 * wide
	return { offset = start, name = bytes.utf16(raw:sub(head + 1, head + size)), version = version,
		reference = bytes.u64le(raw, 9), parent = bytes.u64le(raw, 9 + wide),
		time = time.filetime(bytes.u64le(raw, fixed + 8)), bits = bytes.u32le(raw, fixed + 16),
		reasons = reasons(bytes.u32le(raw, fixed + 16)) }
end

-- Calls each(record) for the records whose names begin with one of `names`, which are ASCII, in the order of
-- the journal. nil, message when it cannot be searched; true, and whether all of it was.
function usn.each(e, names, each)
	local needles, from, count = {}, 0, 0
	for i, name in ipairs(names) do
		needles[i] = text.utf16le(name)
	end
	while count < HITS_MAX do
		local hits, more = e:find(needles, { from = from, max = STEP })
		if not hits then
			return nil, more
		end
		for _, hit in ipairs(hits) do
			local record = record_at(e, hit.offset, 2) or record_at(e, hit.offset, 3)
			if record then
				each(record)
			end
		end
		if not more or #hits == 0 then
			return true, true
		end
		from, count = hits[#hits].offset + 1, count + #hits
	end
	return true, false
end

return usn
