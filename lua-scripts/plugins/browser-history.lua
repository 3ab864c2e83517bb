-- Visits, downloads and searches of web browsers, out of their databases with what SQLite
-- keeps beside them: rows that only a write-ahead log has are read and marked (`in_wal`). With the
-- option `recover`, rows that were deleted are recorded, too, marked `recovered`.
--
-- Records: visit, download, search, tab, quarantine (what macOS notes of downloaded files), url
-- (recovered only), history (one for each database, with its counts). Passwords and values of cookies are in none.
local browser = require("browser")
local firefox = require("browser-firefox")
local handlers = require("handlers")
local safari = require("browser-safari-files")

-- Whether a downloaded file is still there, and what its mark of the web says (a stream in the form
-- of an INI file).
local function target(ctx, row)
	local e = type(row.target) == "string" and ctx:lookup((row.target:gsub("^file:///", "")))
	if not e or e.type ~= "file" then
		return
	end
	row.file = e
	local stream = e:sibling(e.name .. ":Zone.Identifier")
	local mark = stream and stream:read(0, 4096)
	if mark then
		row.zone = { id = tonumber(mark:match("ZoneId=(%d+)")), url = mark:match("HostUrl=([^\r\n]+)"),
			referrer = mark:match("ReferrerUrl=([^\r\n]+)") }
	end
end

-- Records all rows of an iterator; how many there were. `err` is why there is none.
local function each(ctx, db, kind, about, rows, err, also)
	if not rows then
		ctx:anomaly(db.entry, kind .. "s cannot be read: " .. tostring(err))
		return nil
	end
	local count = 0
	for row in rows do
		count = count + 1
		if also then
			also(ctx, row)
		end
		ctx:record(kind, browser.add(row, about, db.entry))
	end
	return count
end

local function recovered(ctx, db, family, about)
	return {
		visits = each(ctx, db, "visit", about, family.recovered_visits(db)),
		urls = each(ctx, db, "url", about, family.recovered_urls(db)),
		downloads = family.recovered_downloads
			and each(ctx, db, "download", about, family.recovered_downloads(db), nil, target) or nil,
	}
end

local function history(ctx, db)
	local family, about = browser.HISTORIES[db.artifact], browser.about(db.entry)
	local rows, err = family.visits(db)
	local found = { visits = each(ctx, db, "visit", about, rows, err) }
	if not rows then
		return
	end
	rows, err = family.downloads(db)
	found.downloads = each(ctx, db, "download", about, rows, err, target)
	rows, err = family.searches(db)
	found.searches = each(ctx, db, "search", about, rows, err)
	if ctx.options.recover then
		found.recovered = recovered(ctx, db, family, about)
	end
	ctx:record("history", browser.add(found, about, db.entry))
end

local function old_downloads(ctx, db)
	local rows, err = firefox.old_downloads(db)
	each(ctx, db, "download", browser.about(db.entry), rows, err, target)
end

-- A handler of files of Safari: function(entry) → list or nil, message.
local function listed(kind, read, also)
	return function(ctx, e)
		if e.type ~= "file" then
			return
		end
		local found, err = read(e)
		if not found then
			ctx:anomaly(e, kind .. "s: " .. err)
		end
		local about = browser.about(e)
		for _, row in ipairs(found or {}) do
			if also then
				also(ctx, row, e)
			end
			ctx:record(kind, browser.add(row, about, e))
		end
	end
end

-- Safari writes "~" for the home.
local function safari_target(ctx, row, e)
	local path = row.target and row.target:gsub("^~", e.profile or "~"):gsub("^/", "")
	local file = path and ctx:lookup(path)
	row.file = file and file.type == "file" and file or nil
end

local function cloud_tabs(ctx, db)
	local rows, err = safari.cloud_tabs(db)
	each(ctx, db, "tab", browser.about(db.entry), rows, err)
end

local function quarantine(ctx, db)
	local rows, err = safari.quarantine(db)
	if not rows then
		ctx:anomaly(db.entry, "quarantine events cannot be read: " .. tostring(err))
	end
	for row in rows or function() end do
		row.user, row.entry = db.entry.user, db.entry
		ctx:record("quarantine", row)
	end
end

local function collect_events(ctx, e)
	if e.type == "file" then
		ctx:collect(e, "where downloaded files came from")
	end
end

local function collect(ctx, e)
	if e.type == "file" then
		ctx:collect(e, "profile of " .. browser.name(e.path))
	end
end

local HANDLERS = {
	["browser.chromium.history"] = history,
	["browser.firefox.places"] = history,
	["browser.safari.history"] = history,
	["browser.firefox.downloads"] = old_downloads,
	["browser.chromium.files"] = collect,
	["browser.firefox.files"] = collect,
	["browser.safari.files"] = collect,
	["browser.safari.visits"] = listed("visit", safari.visits),
	["browser.safari.downloads"] = listed("download", safari.downloads, safari_target),
	["browser.safari.tabs"] = listed("tab", safari.tabs),
	["browser.safari.cloud"] = cloud_tabs,
	["macos.quarantine"] = quarantine,
	["macos.quarantine.events"] = collect_events,
	["browser.wininet.files"] = collect,
	["browser.chromium.old"] = collect,
	["browser.firefox.old"] = collect,
}

return {
	api = 1,
	name = "browser-history",
	summary = "Visits, downloads and searches of web browsers, and their files",
	license = "Apache-2.0",
	categories = { "browser" },
	references = { "attack:T1217" },
	options = { recover = { default = false, help = "also rows that were deleted" } },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
