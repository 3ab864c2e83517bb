-- Visits and downloads of Chrome, Edge, Brave and their kin, Firefox and
-- Safari; their databases with what SQLite keeps beside them, and WinINet's
-- store. Rows that are in a write-ahead log only are read, too.
--
-- Network names of the 3CX compromise are matched as whole domains. The
-- malware itself uses no browser: a visit is a person, often an analyst.
--
-- Records: visit, download, history (one for each database, with its counts).
local browser = require("browser")
local cx = require("3cx")
local handlers = require("handlers")
local text = require("text")

local CLASSES = {
	c2 = { "high", "medium", "Visit to a network name of the 3CX compromise" },
	related = { "medium", "medium", "Visit to a network name of a related campaign" },
}

-- Counts the visits to listed names: one finding for each name and database.
local function tally(hits, row, visit)
	local key = row.value
	local hit = hits[key]
	if not hit then
		hit = { row = row, count = 0, first = visit.time, url = visit.url }
		hits[key] = hit
	end
	hit.count = hit.count + 1
	hit.last = visit.time or hit.last
end

local function tell_hits(ctx, db, hits, about)
	local names = {}
	for name in pairs(hits) do
		names[#names + 1] = name
	end
	table.sort(names)
	for _, name in ipairs(names) do
		local hit = hits[name]
		local class = CLASSES[hit.row.class]
		ctx:finding({
			severity = class[1], confidence = class[2], title = class[3],
			detail = string.format("%s, visits: %d, from %s to %s, the first to %s (%s)", name,
				hit.count, hit.first or "an unknown time", hit.last or "an unknown time", hit.url,
				hit.row.sources),
			evidence = { db.entry },
			references = cx.REFERENCES,
			fields = { name = name, visits = hit.count, first = hit.first, last = hit.last,
				browser = about.browser, profile = about.profile, user = about.user },
		})
	end
end

local function about_of(e)
	return { browser = browser.name(e.path), profile = browser.profile(e), user = e.user }
end

local function add(fields, about, entry)
	fields.browser, fields.profile, fields.user = about.browser, about.profile, about.user
	fields.entry = entry
	return fields
end

local function visits(ctx, db, rows, about)
	local hits, count = {}, 0
	for visit in rows do
		count = count + 1
		local row = visit.url and cx.url(visit.url)
		if row and CLASSES[row.class] then
			tally(hits, row, visit)
			visit.listed = row.value
		end
		ctx:record("visit", add(visit, about, db.entry))
	end
	tell_hits(ctx, db, hits, about)
	return count
end

local function bad_installer(ctx, db, download, version, about)
	ctx:finding({
		severity = "medium", confidence = "medium",
		title = "Download of the bad build " .. version .. " of the 3CX app",
		detail = string.format("%s from %s to %s", download.time or "at an unknown time",
			tostring(download.url), download.target),
		evidence = { db.entry },
		references = cx.REFERENCES,
		fields = { version = version, url = download.url, target = download.target,
			browser = about.browser, profile = about.profile, user = about.user },
	})
end

local function download(ctx, db, row, about)
	local name = (row.target or ""):match("[^\\/]*$")
	local version = cx.package_version(name)
	local system = name:lower():find("%.dmg$") and "macos" or "windows"
	if version and cx.version_class(system, version) == "bad" then
		bad_installer(ctx, db, row, version, about)
	end
	ctx:record("download", add(row, about, db.entry))
end

local function downloads(ctx, db, about)
	local rows, err = browser.chromium_downloads(db)
	if not rows then
		ctx:anomaly(db.entry, "downloads cannot be read: " .. tostring(err))
		return nil
	end
	local count = 0
	for row in rows do
		count = count + 1
		download(ctx, db, row, about)
	end
	return count
end

local function database(rows_of)
	return function(ctx, db)
		local about = about_of(db.entry)
		local rows, err = rows_of(db)
		if not rows then
			ctx:anomaly(db.entry, "visits cannot be read: " .. tostring(err))
			return
		end
		local summary = { visits = visits(ctx, db, rows, about) }
		if rows_of == browser.chromium_visits then
			summary.downloads = downloads(ctx, db, about)
		end
		ctx:record("history", add(summary, about, db.entry))
	end
end

local function collect(ctx, e)
	if e.type == "file" then
		ctx:collect(e, "profile of " .. browser.name(e.path))
	end
end

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
	local firefox = e.name:lower():find("^places") ~= nil
	local app = has_3cx(ctx, e)
	local severity = app and (firefox and "low" or "medium") or (firefox and "info" or "low")
	ctx:finding({
		severity = severity, confidence = app and "medium" or "low",
		title = "Copy of a browser history under the name that the ICONIC stealer uses",
		detail = (firefox and "users make such copies by hand, too" or "no browser makes such a file")
			.. (app and "; this user has the 3CX app" or "; no 3CX app of this user was found"),
		evidence = { e },
		references = { "attack:T1217" },
		fields = { browser = browser.name(e.path), profile = browser.profile(e), user = e.user,
			created = e.times.created },
	})
end

local PIECE = 16 * 1024 * 1024
local OVERLAP = 256
local STORE_MAX = 1024 * 1024 * 1024

-- Is this a whole domain at `at`, or part of a longer name?
local function whole(data, at, stop, wide)
	local step = wide and 2 or 1
	local before = data:sub(at - step, at - step)
	local after = data:sub(stop + 1, stop + 1)
	return not before:find("[%w-]") and not after:find("[%w-]")
		and not (after == "." and data:sub(stop + 1 + step, stop + 1 + step):find("%w"))
end

local function find_name(data, needle, wide)
	local from = 1
	while true do
		local at, stop = data:find(needle, from, true)
		if not at or whole(data, at, stop, wide) then
			return at
		end
		from = at + 1
	end
end

-- WinINet's store is searched for the names as bytes, in both encodings.
local function webcache(ctx, e)
	local found, names = {}, cx.domains("c2")
	local size = math.min(e.size, STORE_MAX)
	for offset = 0, size - 1, PIECE do
		local data = e:read(offset, math.min(PIECE + OVERLAP, size - offset))
		for _, name in ipairs(data and names or {}) do
			if not found[name] then
				found[name] = find_name(data, name, false)
					or find_name(data, text.utf16le(name), true)
				found[name] = found[name] and offset + found[name] - 1
			end
		end
	end
	for _, name in ipairs(names) do
		if found[name] then
			ctx:finding({
				severity = "high", confidence = "medium",
				title = "Network name of the 3CX compromise in WinINet's store",
				detail = string.format("%s at byte %d", name, found[name]),
				evidence = { e }, references = cx.REFERENCES,
				fields = { name = name, offset = found[name], user = e.user },
			})
		end
	end
end

local HANDLERS = {
	["browser.chromium.history"] = database(browser.chromium_visits),
	["browser.firefox.places"] = database(browser.firefox_visits),
	["browser.safari.history"] = database(browser.safari_visits),
	["browser.chromium.files"] = collect,
	["browser.firefox.files"] = collect,
	["browser.safari.files"] = collect,
	["browser.wininet.files"] = collect,
	["browser.chromium.old"] = old_copy,
	["browser.firefox.old"] = old_copy,
	["browser.wininet.webcache"] = webcache,
}

return {
	api = 1,
	name = "browser-history",
	summary = "Visits and downloads of web browsers, and their files",
	license = "Apache-2.0",
	categories = { "browser" },
	references = { "attack:T1217" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
