-- What browsers have to do with the 3CX compromise: network names of it in any history or store, downloads of
-- bad builds, copies under the name that the stealer uses, and what the stealer could have read.
--
-- Names are matched as whole domains. The malware itself uses no browser: a visit is a person,
-- often an analyst. Records: exposure (one for each profile), contact (one for each name).
local browser = require("browser")
local cx = require("3cx")
local exposure = require("3cx-exposure")
local former = require("former")
local handlers = require("handlers")
local intel = require("intel")
local span = require("span")
local stores = require("3cx-stores")
local text = require("text")
local webcache = require("webcache")

local CLASSES = {
	c2 = { "high", "medium", "Visit to a network name of the 3CX compromise" },
	related = { "medium", "medium", "Visit to a network name of a related campaign" },
}

-- --- visits ---

-- Counts the visits to listed names: one finding for each name and database.
local function tally(hits, row, url)
	local hit = hits[row.value]
	if not hit then
		hit = { row = row, count = 0, url = url.url }
		hits[row.value] = hit
	end
	hit.count = hit.count + url.count
	hit.gone = hit.gone or url.gone
	if span.widen(hit, url.first, url.last) then
		hit.url = url.url
	end
end

local function tell_hits(ctx, db, hits, about)
	for name, hit in pairs(hits) do
		local class = CLASSES[hit.row.class]
		ctx:record("contact", { time = hit.first, last = hit.last, name = name, by = "person", count = hit.count,
			class = hit.row.class, source = "history", user = about.user, sid = about.sid, entry = db.entry })
		ctx:finding({
			severity = class[1], confidence = class[2], title = class[3],
			detail = string.format("%s, visits: %d, from %s to %s, the first to %s (%s)%s", name,
				hit.count, hit.first or "an unknown time", hit.last or "an unknown time", hit.url,
				hit.row.sources, hit.gone and "; deleted from the history, recovered" or ""),
			evidence = { db.entry },
			references = cx.REFERENCES,
			fields = { sign = "network.c2", detector = "D9", class = hit.row.class, by = "person",
				time = hit.first, sid = about.sid, name = name, visits = hit.count, first = hit.first, last = hit.last,
				recovered = hit.gone, browser = about.browser, profile = about.profile,
				user = about.user },
		})
	end
end

local function listed(url)
	local row = type(url) == "string" and cx.url(url)
	return row and CLASSES[row.class] and row or nil
end

local function visits(ctx, db, family, about)
	local urls, err = family.urls(db)
	if not urls then
		ctx:anomaly(db.entry, "URLs cannot be read: " .. tostring(err))
		return
	end
	local hits, seen = {}, exposure.new(about.browser)
	for url in urls do
		local row = listed(url.url)
		if row then
			url.count, url.first, url.last = family.span(db, url.id)
			tally(hits, row, url)
		end
		seen:add(url)
	end
	for url in family.recovered_urls(db) do
		local row = listed(url.url)
		if row and not hits[row.value] then
			tally(hits, row, { url = url.url, count = url.visits or 1, last = url.time, gone = true })
		end
	end
	tell_hits(ctx, db, hits, about)
	seen:record(ctx, db, about)
end

-- --- downloads ---

local function bad_installer(ctx, db, download, version, system, about)
	ctx:finding({
		severity = "medium", confidence = "medium",
		title = "Download of the bad build " .. version .. " of the 3CX app",
		detail = string.format("%s from %s to %s", download.time or "at an unknown time",
			tostring(download.url), download.target),
		evidence = { db.entry },
		references = cx.REFERENCES,
		fields = { sign = "installer.bad", detector = "D5", system = system, time = download.time,
			present = false, sid = about.sid, version = version, url = download.url, target = download.target,
			browser = about.browser, profile = about.profile, user = about.user },
	})
end

local function downloads(ctx, db, family, about)
	for row in family.downloads(db) or function() end do
		local name = (type(row.target) == "string" and row.target or ""):match("[^\\/]*$")
		local version = cx.package_version(name)
		local system = name:lower():find("%.dmg$") and "macos" or "windows"
		if version and cx.version_class(system, version) == "bad" then
			bad_installer(ctx, db, row, version, system, about)
		end
	end
end

local function history(ctx, db)
	local family, about = browser.HISTORIES[db.artifact], browser.about(db.entry)
	visits(ctx, db, family, about)
	downloads(ctx, db, family, about)
end

-- --- copies ---

-- Does the user have, or had, the 3CX app?
local function has_3cx(ctx, e)
	local home = e.profile
	if not home then
		return false
	end
	return ctx:lookup(home .. "/AppData/Local/Programs/3CXDesktopApp") ~= nil
		or ctx:lookup(home .. "/AppData/Roaming/3CXDesktopApp") ~= nil
		or ctx:lookup(home .. "/Library/Application Support/3CX Desktop App") ~= nil
end

-- The stealer works on a copy of this name. Mozilla's help tells users to
-- rename places.sqlite so, Chromium browsers have no such file.
local function old_copy(ctx, e)
	ctx:collect(e, "copy of a browser history")
	local mozilla = e.name:lower():find("^places") ~= nil
	local app = has_3cx(ctx, e)
	local severity = mozilla and "info" or app and "medium" or "low"
	ctx:finding({
		severity = severity, confidence = app and "medium" or "low",
		title = "Copy of a browser history under the name that the ICONIC stealer uses",
		detail = (mozilla and "users make such copies by hand, too" or "no browser makes such a file")
			.. (app and "; this user has the 3CX app" or "; no 3CX app of this user was found"),
		evidence = { e },
		references = { "attack:T1217" },
		fields = { sign = "stealer.copy", detector = "D11", system = "windows", time = e.times.created,
			sid = e.sid, browser = browser.name(e.path), profile = browser.profile(e), user = e.user,
			created = e.times.created },
	})
end

-- --- WinINet ---

local NEEDLES <const> = 64 -- that e:find takes at once
local STORE_MAX = 1024 * 1024 * 1024

local STORED = {
	c2 = { "high", "Network name of the 3CX compromise in WinINet's store" },
	related = { "medium", "Network name of a related campaign in WinINet's store" },
}

-- Adds a row of the store to what is known of the listed name in it.
local function note_row(hits, kind, row)
	local name = listed(row.url or (row.host and "https://" .. row.host .. "/"))
	if not name then
		return
	end
	local hit = hits[name.value] or { name = name, rows = 0, row = row, kind = kind }
	hits[name.value] = hit
	hit.rows = hit.rows + 1
	hit.visited = hit.visited or kind == "visit" -- Internet Explorer's; programs leave the others only
	if span.widen(hit, row.time, row.time) then
		hit.row, hit.kind = row, kind
	end
end

-- The listed names in rows of the store, by name; nothing when it cannot be read, which
-- browser-webcache tells.
local function rows_of_store(e)
	local hits = {}
	local db = ese.open(e)
	for _, container in ipairs(db and webcache.containers(db) or {}) do
		for kind, row in container.kind and webcache.rows(db, container) or function() end do
			note_row(hits, kind, row)
		end
	end
	return hits
end

local function tell_rows(ctx, e, hits)
	for name, hit in pairs(hits) do
		local row, class, by = hit.row, STORED[hit.name.class], hit.visited and "person" or "app"
		ctx:record("contact", { time = hit.first, last = hit.last, name = name, by = by, count = hit.rows,
			class = hit.name.class, source = "WinINet's store", user = e.user, sid = e.sid, entry = e })
		ctx:finding({
			severity = class[1], confidence = "medium", title = class[2],
			detail = string.format("%s, rows: %d, from %s to %s; %s %s in row %s of %s (%s)", name, hit.rows,
				hit.first or "an unknown time", hit.last or "an unknown time", hit.kind, row.url or row.host,
				tostring(row.row), row.table, row.container),
			evidence = { e }, references = cx.REFERENCES,
			fields = { sign = "network.c2", detector = "D9", class = hit.name.class, by = by, time = hit.first, sid = e.sid,
				name = name, rows = hit.rows, first = hit.first, last = hit.last, kind = hit.kind,
				url = row.url, table = row.table, row = row.row, user = e.user },
		})
	end
end

-- Is what stands at `offset` a whole domain?
local function is_whole(e, offset, one)
	local from = math.max(0, offset - 2)
	local around = e:read(from, offset - from + #one.bytes + 4) or ""
	return text.find_domain(around, one.bytes, one.wide) ~= nil
end

-- Notes the first place of some of the needles, which may stand there many times.
local function find_part(e, needles, first, found)
	local part, from = {}, 0
	for i = first, math.min(first + NEEDLES - 1, #needles) do
		part[#part + 1] = needles[i].bytes
	end
	while from do
		local hits, more = e:find(part, { from = from, to = STORE_MAX })
		for _, hit in ipairs(hits or {}) do
			local one = needles[first + hit.needle - 1]
			if not found[one.name] and is_whole(e, hit.offset, one) then
				found[one.name] = hit.offset
			end
		end
		from = more and hits and hits[#hits].offset + 1 or nil
	end
end

-- Where the names stand as bytes, in both encodings: { [name] = offset }.
local function bytes_of_store(e, names)
	local found, needles = {}, {}
	for _, name in ipairs(names) do
		needles[#needles + 1] = { name = name, bytes = name, wide = false }
		needles[#needles + 1] = { name = name, bytes = text.utf16le(name), wide = true }
	end
	for first = 1, #needles, NEEDLES do
		find_part(e, needles, first, found)
	end
	return found
end

-- The rows of WinINet's store; and its bytes for names that are in no row: the store may be damaged,
-- and free pages hold rows that were deleted.
local function store(ctx, e)
	if e.type ~= "file" or e.size == 0 then
		return
	end
	local hits, names = rows_of_store(e), cx.domains("c2")
	tell_rows(ctx, e, hits)
	local found = bytes_of_store(e, names)
	for _, name in ipairs(names) do
		if found[name] and not hits[name] then
			ctx:finding({
				severity = "high", confidence = "medium", title = STORED.c2[2],
				detail = string.format("%s at byte %d, in no row that can be read", name, found[name]),
				evidence = { e }, references = cx.REFERENCES,
				fields = { sign = "network.c2", detector = "D9", by = "text", sid = e.sid,
					name = name, offset = found[name], user = e.user },
			})
		end
	end
end

-- Those of 3cx-stores and these.
local HANDLERS = {
	["browser.chromium.history"] = history,
	["browser.firefox.places"] = history,
	["browser.safari.history"] = history,
	["browser.chromium.old"] = old_copy,
	["browser.firefox.old"] = old_copy,
	["browser.wininet.webcache"] = store,
}

for artifact, handler in pairs(stores.HANDLERS) do
	HANDLERS[artifact] = handler
end

return {
	api = 1,
	name = "3cx-browser",
	summary = "The 3CX compromise in histories of browsers, and what its stealer could read",
	license = "Apache-2.0",
	categories = { "browser", "malware" },
	references = { "attack:T1217", "attack:C0057" },
	wants = handlers.wants(HANDLERS),
	run = intel.run(former.run(handlers.run(HANDLERS))),
}
