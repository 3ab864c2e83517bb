-- Sites that keep something in the local or session storage of Chromium browsers and Electron
-- programs: which, when they last wrote, and how many keys. The values are in no record.
--
-- Each file of the store is read by itself, so that sites of which only older files tell, or that
-- were deleted, are there as well. Record: storage (one for each site and file).
local browser = require("browser")
local handlers = require("handlers")

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

local function storage(ctx, e)
	if e.type ~= "file" or e.size == 0 then
		return
	end
	local records, why = leveldb.records(e)
	if not records then
		ctx:anomaly(e, "storage: " .. why)
		return
	end
	local read = e.folder:find("Session Storage$") and session_key or local_key
	local sites, names = {}, {}
	for r in records do
		local site, told = read(r)
		if site then
			if not sites[site] then
				names[#names + 1] = site
			end
			add(sites, site, r, told)
		end
	end
	table.sort(names)
	local about = browser.about(e)
	for _, name in ipairs(names) do
		ctx:record("storage", browser.add(sites[name], about, e))
	end
end

local HANDLERS = { ["browser.chromium.storage"] = storage }

return {
	api = 1,
	name = "browser-storage",
	summary = "Sites in the local and session storage of Chromium browsers and Electron programs",
	license = "Apache-2.0",
	categories = { "browser" },
	references = { "attack:T1217" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
