-- Visits and downloads out of the databases of browsers, in one form for all:
-- { time, url, title, … }. Tables and columns differ between versions, so that
-- a query names only columns that are there.
local M = {}

-- Name of the browser, after the folder it keeps its data in.
local NAMES = {
	{ "/google/chrome", "Chrome" }, { "/.config/google%-chrome", "Chrome" },
	{ "/microsoft/edge", "Edge" }, { "/microsoft edge", "Edge" }, { "/microsoft%-edge", "Edge" },
	{ "/bravesoftware/", "Brave" }, { "/vivaldi/", "Vivaldi" }, { "opera", "Opera" },
	{ "/epic privacy browser/", "Epic" }, { "/hiddenreflex/", "Epic" }, { "/chromium/", "Chromium" },
	{ "librewolf", "LibreWolf" }, { "waterfox", "Waterfox" }, { "firefox/", "Firefox" },
	{ "/library/safari/", "Safari" }, { "/webcache/", "WinINet" },
}

function M.name(path)
	local lower = "/" .. path:lower()
	for _, rule in ipairs(NAMES) do
		if lower:find(rule[1]) then
			return rule[2]
		end
	end
	return "unknown"
end

-- Folder of the profile: "Default", "Profile 1", "ab12cd34.default-release".
function M.profile(e)
	return e.folder:match("([^/]+)$")
end

local function columns(db, name)
	local out = {}
	for _, column in ipairs(db:columns(name) or {}) do
		out[column:lower()] = true
	end
	return out
end

-- "column", or "NULL AS column" for one that this version has not.
local function pick(there, prefix, column)
	return there[column] and prefix .. column or "NULL AS " .. column
end

-- Lowest bits of a transition: how the visit came about.
local TRANSITIONS = { [0] = "link", "typed", "bookmark", "subframe", "subframe by hand",
	"generated", "start page", "form", "reload", "keyword", "keyword generated" }

function M.chromium_visits(db)
	local visits = columns(db, "visits")
	local sql = "SELECT v.id AS visit, v.visit_time, v.transition, u.url, u.title, u.visit_count, "
		.. "u.typed_count, " .. pick(visits, "v.", "visit_duration") .. ", "
		.. pick(visits, "v.", "from_visit")
		.. " FROM visits v JOIN urls u ON u.id = v.url ORDER BY v.visit_time, v.id"
	local rows = db:rows(sql)
	return function()
		local row = rows()
		return row and {
			time = time.webkit(row.visit_time), url = row.url, title = row.title, visit = row.visit,
			visits = row.visit_count, typed = row.typed_count, from = row.from_visit,
			transition = row.transition and TRANSITIONS[row.transition & 0xff],
		}
	end
end

-- State of a download in words.
local STATES = { [0] = "in progress", "complete", "cancelled", "interrupted", "interrupted" }

function M.chromium_downloads(db)
	local there = columns(db, "downloads")
	if not there.target_path then
		return function() end
	end
	local sql = "SELECT d.id AS download, d.start_time, d.target_path, d.total_bytes, d.state, "
		.. pick(there, "d.", "tab_url") .. ", " .. pick(there, "d.", "referrer") .. ", "
		.. "(SELECT c.url FROM downloads_url_chains c WHERE c.id = d.id "
		.. "ORDER BY c.chain_index DESC LIMIT 1) AS url FROM downloads d ORDER BY d.start_time, d.id"
	local rows = db:rows(sql)
	return function()
		local row = rows()
		return row and {
			time = time.webkit(row.start_time), url = row.url, target = row.target_path,
			size = row.total_bytes, state = STATES[row.state], referrer = row.referrer,
			page = row.tab_url, download = row.download,
		}
	end
end

local FIREFOX_TYPES = { "link", "typed", "bookmark", "embed", "permanent redirect",
	"temporary redirect", "download", "frame", "reload" }

function M.firefox_visits(db)
	local rows = db:rows("SELECT v.id AS visit, v.visit_date, v.visit_type, v.from_visit, p.url, "
		.. "p.title, p.visit_count, p.typed FROM moz_historyvisits v "
		.. "JOIN moz_places p ON p.id = v.place_id ORDER BY v.visit_date, v.id")
	return function()
		local row = rows()
		return row and {
			time = time.prtime(row.visit_date), url = row.url, title = row.title, visit = row.visit,
			visits = row.visit_count, typed = row.typed, from = row.from_visit,
			transition = FIREFOX_TYPES[row.visit_type],
		}
	end
end

function M.safari_visits(db)
	local visits = columns(db, "history_visits")
	local rows = db:rows("SELECT v.id AS visit, v.visit_time, "
		.. pick(visits, "v.", "title") .. ", i.url, i.visit_count FROM history_visits v "
		.. "JOIN history_items i ON i.id = v.history_item ORDER BY v.visit_time, v.id")
	return function()
		local row = rows()
		return row and { time = time.mac(row.visit_time), url = row.url, title = row.title,
			visit = row.visit, visits = row.visit_count }
	end
end

return M
