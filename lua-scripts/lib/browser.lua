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

-- The columns as "a.x, a.y, …", NULL for those that this version has not.
local function pick(db, name, alias, wanted)
	local there, out = columns(db, name), {}
	for _, column in ipairs(wanted) do
		out[#out + 1] = (there[column] and alias .. "." .. column or "NULL") .. " AS " .. column
	end
	return table.concat(out, ", ")
end

-- Rows of a query, each put into the common form; nil, err when the tables
-- are not there.
local function each(db, sql, form)
	local rows, err = db:rows(sql)
	if not rows then
		return nil, err
	end
	return function()
		local row = rows()
		return row and form(row)
	end
end

-- Lowest bits of a transition: how the visit came about.
local TRANSITIONS = { [0] = "link", "typed", "bookmark", "subframe", "subframe by hand",
	"generated", "start page", "form", "reload", "keyword", "keyword generated" }

function M.chromium_visits(db)
	local sql = "SELECT v.rowid AS visit, CAST(v.visit_time AS INTEGER) AS visit_time, "
		.. pick(db, "visits", "v", { "transition", "visit_duration", "from_visit" }) .. ", "
		.. pick(db, "urls", "u", { "url", "title", "visit_count", "typed_count" })
		.. " FROM visits v JOIN urls u ON u.id = v.url ORDER BY v.visit_time, v.rowid"
	return each(db, sql, function(row)
		return {
			time = time.webkit(row.visit_time), url = row.url, title = row.title, visit = row.visit,
			visits = row.visit_count, typed = row.typed_count, from = row.from_visit,
			duration = row.visit_duration,
			transition = row.transition and TRANSITIONS[row.transition & 0xff],
		}
	end)
end

-- State of a download in words.
local STATES = { [0] = "in progress", "complete", "cancelled", "interrupted", "interrupted" }

-- Without the table (old versions, other forms) there are none.
function M.chromium_downloads(db)
	if not columns(db, "downloads").target_path then
		return function() end
	end
	local sql = "SELECT d.id AS download, d.start_time, d.target_path, d.total_bytes, d.state, "
		.. pick(db, "downloads", "d", { "tab_url", "referrer" }) .. ", "
		.. "(SELECT c.url FROM downloads_url_chains c WHERE c.id = d.id "
		.. "ORDER BY c.chain_index DESC LIMIT 1) AS url FROM downloads d ORDER BY d.start_time, d.id"
	return each(db, sql, function(row)
		return {
			time = time.webkit(row.start_time), url = row.url, target = row.target_path,
			size = row.total_bytes, state = STATES[row.state], referrer = row.referrer,
			page = row.tab_url, download = row.download,
		}
	end)
end

local FIREFOX_TYPES = { "link", "typed", "bookmark", "embed", "permanent redirect",
	"temporary redirect", "download", "frame", "reload" }

function M.firefox_visits(db)
	local sql = "SELECT v.id AS visit, v.visit_date, "
		.. pick(db, "moz_historyvisits", "v", { "visit_type", "from_visit" }) .. ", "
		.. pick(db, "moz_places", "p", { "url", "title", "visit_count", "typed" })
		.. " FROM moz_historyvisits v JOIN moz_places p ON p.id = v.place_id "
		.. "ORDER BY v.visit_date, v.id"
	return each(db, sql, function(row)
		return {
			time = time.prtime(row.visit_date), url = row.url, title = row.title, visit = row.visit,
			visits = row.visit_count, typed = row.typed, from = row.from_visit,
			transition = FIREFOX_TYPES[row.visit_type],
		}
	end)
end

function M.safari_visits(db)
	local sql = "SELECT v.id AS visit, v.visit_time, "
		.. pick(db, "history_visits", "v", { "title" }) .. ", "
		.. pick(db, "history_items", "i", { "url", "visit_count" })
		.. " FROM history_visits v JOIN history_items i ON i.id = v.history_item "
		.. "ORDER BY v.visit_time, v.id"
	return each(db, sql, function(row)
		return { time = time.mac(row.visit_time), url = row.url, title = row.title,
			visit = row.visit, visits = row.visit_count }
	end)
end

return M
