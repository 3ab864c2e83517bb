-- Jump lists: what a program of the taskbar offers to open again. Format: "Jump lists
-- format" of libyal.
--
-- Both functions give a list of entries and, when something is wrong, a sentence. An entry has
-- link (see lnk.parse) and position; those of automatic lists number, path, time, count, pinned,
-- machine and droids, those of custom ones category.
local jumplist = {}

local ENTRIES_MAX <const> = 5000
local CUSTOM_MAX <const> = 4 << 20 -- bytes of a custom list that are looked through
local SHORTCUT_MAX <const> = 512 << 10 -- bytes of one shortcut in it
local CLASS <const> = bytes.unhex("0114020000000000c000000000000046")
local SHORTCUT <const> = CLASS .. "L\0\0\0" .. CLASS -- the class, then the header of a shortcut
local FOOTER <const> = bytes.unhex("abfbbfba")
local UNPINNED <const> = 0xffffffff

-- --- automatic ---

local function guid(raw)
	local a, b, c = raw:sub(1, 4):reverse(), raw:sub(5, 6):reverse(), raw:sub(7, 8):reverse()
	local h = bytes.hex
	return ("{%s-%s-%s-%s-%s}"):format(h(a), h(b), h(c), h(raw:sub(9, 10)), h(raw:sub(11))):upper()
end

-- The entry of a DestList at `at`, and where the next one begins; nil when it is cut off.
local function entry_at(list, at, version)
	local fixed = version == 1 and 112 or 128
	if at + fixed + 1 > #list then
		return nil
	end
	local length = 2 * bytes.u16le(list, at + fixed)
	local path = list:sub(at + fixed + 2, at + fixed + 1 + length)
	if #path < length then
		return nil
	end
	local pin = bytes.u32le(list, at + 108)
	return {
		number = bytes.u32le(list, at + 88),
		path = bytes.utf16(path),
		time = time.filetime(bytes.u64le(list, at + 100)),
		count = version > 1 and bytes.u32le(list, at + 116) or nil,
		pinned = pin ~= UNPINNED and pin + 1 or nil,
		machine = list:sub(at + 72, at + 87):match("^[^\0]+"),
		droid_volume = guid(list:sub(at + 8, at + 23)),
		droid_file = guid(list:sub(at + 24, at + 39)),
		birth_droid_volume = guid(list:sub(at + 40, at + 55)),
		birth_droid_file = guid(list:sub(at + 56, at + 71)),
	}, at + fixed + 2 + length + (version > 1 and 4 or 0)
end

-- The entries of a DestList in their order, which is that of use.
local function destinations(list)
	local out = {}
	if #list < 32 then
		return out, #list > 0 and "DestList is cut off" or nil
	end
	local version, count, at = bytes.u32le(list), bytes.u32le(list, 5), 33
	if version < 1 or version > 4 then
		return out, "DestList of version " .. version
	end
	while #out < math.min(count, ENTRIES_MAX) do
		local entry, following = entry_at(list, at, version)
		if not entry then
			return out, ("DestList is cut off: %d of %d entries"):format(#out, count)
		end
		out[#out + 1] = entry
		entry.position, at = #out, following
	end
	return out, count > ENTRIES_MAX and "DestList has too many entries" or nil
end

local function shortcut_in(file, path)
	local data, why = file:read(path)
	if not data then
		return nil, why
	end
	local link, reason = lnk.parse(data)
	return link, reason and ("stream %s: %s"):format(path, reason)
end

-- Streams that no entry names are left from before.
local function add_shortcuts(file, entries)
	local by_number, problem = {}, nil
	for _, entry in ipairs(entries) do
		by_number[("%x"):format(entry.number)] = entry
	end
	for i, stream in ipairs(file:streams()) do
		local link, why
		if i <= ENTRIES_MAX and stream.path:find("^%x+$") then
			link, why = shortcut_in(file, stream.path)
			problem = problem or why
		end
		if link then
			local entry = by_number[stream.path]
			if not entry then
				entry = { number = tonumber(stream.path, 16), unlisted = true }
				entries[#entries + 1] = entry
			end
			entry.link = link
		end
	end
	return problem
end

-- Of `.automaticDestinations-ms`, opened by olecf.open.
function jumplist.automatic(file)
	local list, why = file:read("DestList")
	local entries, problem = destinations(list or "")
	local other = add_shortcuts(file, entries)
	return entries, problem or not list and why or other
end

-- --- custom ---

-- Shortcuts from `at` on, up to `count` of them; where they end.
local function shortcuts(data, at, count, category, out)
	for _ = 1, count do
		if data:sub(at, at + 35) ~= SHORTCUT then
			return at
		end
		local link = #out < ENTRIES_MAX and lnk.parse(data:sub(at + 16, at + 15 + SHORTCUT_MAX))
		if not link then
			return at
		end
		out[#out + 1] = { link = link, category = category, position = #out + 1 }
		at = at + 16 + link.length
	end
	return at
end

-- One category at `at`; where the next one begins, nil when it is not understood.
local function category_at(data, at, out)
	if at + 7 > #data then
		return nil
	end
	local kind = bytes.u32le(data, at)
	if kind == 1 then
		return at + 8
	elseif kind == 2 then
		return shortcuts(data, at + 8, bytes.u32le(data, at + 4), "tasks", out)
	elseif kind == 0 then
		local length = 2 * bytes.u16le(data, at + 4)
		local name = bytes.utf16(data:sub(at + 6, at + 5 + length))
		at = at + 6 + length
		return at + 3 <= #data and shortcuts(data, at + 4, bytes.u32le(data, at), name, out) or nil
	end
end

-- What the structure did not lead to is sought by its signature.
local function search(data, at, out)
	local count = #out
	at = data:find(SHORTCUT, at, true)
	while at and #out < ENTRIES_MAX do
		local following = shortcuts(data, at, 1, nil, out)
		at = data:find(SHORTCUT, math.max(following, at + 1), true)
	end
	return #out - count
end

-- Of `.customDestinations-ms`.
function jumplist.custom(data)
	local out = {}
	if #data < 12 or bytes.u32le(data) ~= 2 then
		return out, "no list of custom destinations"
	end
	data = data:sub(1, CUSTOM_MAX)
	local at = 13
	for _ = 1, bytes.u32le(data, 5) do
		local following = category_at(data, at, out)
		if not following or data:sub(following, following + 3) ~= FOOTER then
			local found = search(data, following or at, out)
			return out, ("a category is not understood; %d shortcuts were found behind it"):format(found)
		end
		at = following + 4
	end
	return out
end

return jumplist
