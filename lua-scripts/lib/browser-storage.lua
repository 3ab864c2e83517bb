-- Sites in the local and session storage of Chromium browsers and Electron programs, out of one file
-- of their LevelDB.
local M = {}

-- A number of seven bits a byte, the lowest first; and where it ends.
local function varint(s, pos)
	local value, shift = 0, 0
	for i = pos, math.min(pos + 9, #s) do
		local byte = s:byte(i)
		value = value | (byte & 0x7f) << shift
		if byte < 0x80 then
			return value, i + 1
		end
		shift = shift + 7
	end
	return nil
end

-- Field 1 of the message that a key META: has: when the site last wrote
-- (components/services/storage/dom_storage/local_storage_database.proto).
local function last_write(value)
	if not value or value:byte(1) ~= 8 then
		return nil
	end
	local when = varint(value, 2)
	return when and time.webkit(when)
end

-- Site that a key belongs to, and what the record tells of it.
local function local_key(r)
	local site = r.key:match("^METAACCESS:(.+)$") or r.key:match("^META:(.+)$")
	if site then
		return site, { time = last_write(r.value) }
	end
	return r.key:match("^_([^\0]+)\0"), { keys = 1 }
end

-- namespace-<GUID>-<site>: number of the map that has the keys.
local function session_key(r)
	return r.key:match("^namespace%-%x+_%x+_%x+_%x+_%x+%-(.+)$") or r.key:match("^namespace%-[%x-]-%-(%a.+)$"),
		{ keys = 1 }
end

local function add(sites, site, r, told)
	local known = sites[site]
	if not known then
		known = { site = site, keys = 0, deleted = 0, first = r.sequence, last = r.sequence }
		sites[site] = known
	end
	known.keys = known.keys + (r.deleted and 0 or told.keys or 0)
	known.deleted = known.deleted + (r.deleted and 1 or 0)
	known.first, known.last = math.min(known.first, r.sequence), math.max(known.last, r.sequence)
	if told.time and (not known.time or told.time > known.time) then
		known.time, known.time_column = told.time, "META last_modified"
	end
end

-- Sites in a file, sorted: list of { site, time, keys, deleted, first, last }, where `first` and
-- `last` are numbers of changes; nil, message.
function M.sites(e)
	local records, why = leveldb.records(e)
	if not records then
		return nil, why
	end
	local read = e.folder:find("Session Storage$") and session_key or local_key
	local sites, out = {}, {}
	for r in records do
		local site, told = read(r)
		if site then
			add(sites, site, r, told)
		end
	end
	for _, known in pairs(sites) do
		out[#out + 1] = known
	end
	table.sort(out, function(x, y) return x.site < y.site end)
	return out
end

return M
