-- The database "places.sqlite" of Firefox and its kin; times are microseconds since 1970. Schema:
-- toolkit/components/places/ of Firefox' source.
local json = require("json")
local rows = require("browser-rows")

local M = {}

-- nsINavHistoryService.idl
local TYPES = { "link", "typed", "bookmark", "embed", "permanent redirect", "temporary redirect",
	"download", "frame", "reload" }

-- moz_historyvisits.source, since version 97
local SOURCES = { [0] = "organic", "sponsored", "bookmarked", "searched" }

local function visit(row)
	rows.time(row, "visit_date", time.prtime, "moz_historyvisits.visit_date")
	row.transition, row.visit_type = TYPES[row.visit_type], nil
	row.source = SOURCES[row.source]
	if row.from == 0 then
		row.from = nil
	end
end

-- Visits, in their order: { time, url, title, visit, visits, typed, from, referrer, transition, in_wal }.
function M.visits(db)
	local sql = "SELECT v.id AS visit, v.visit_date, "
		.. rows.pick(db, "moz_historyvisits", "v", { "visit_type", { "from_visit", "from" }, "source" })
		.. ", " .. rows.pick(db, "moz_places", "p", { "url", "title", { "visit_count", "visits" }, "typed",
			"description" })
		.. ", rp.url AS referrer, in_wal('moz_historyvisits', v.id) AS in_wal FROM moz_historyvisits v "
		.. "LEFT JOIN moz_places p ON p.id = v.place_id "
		.. "LEFT JOIN moz_historyvisits r ON r.id = v.from_visit "
		.. "LEFT JOIN moz_places rp ON rp.id = r.place_id ORDER BY v.visit_date, v.id"
	return rows.each(db, sql, visit)
end

function M.recovered_visits(db)
	return rows.recovered(db, "moz_historyvisits", function(row)
		row.visit, row.url_id, row.from = row.id, row.place_id, row.from_visit
		row.id, row.place_id, row.from_visit = nil, nil, nil
		visit(row)
	end)
end

function M.recovered_urls(db)
	return rows.recovered(db, "moz_places", function(row)
		local id, url, title, visits, last = row.id, row.url, row.title, row.visit_count,
			row.last_visit_date
		for key in pairs(row) do
			row[key] = nil
		end
		row.url_id, row.url, row.title, row.visits, row.last_visit_date = id, url, title, visits, last
		rows.time(row, "last_visit_date", time.prtime, "moz_places.last_visit_date")
	end)
end

local STATES = { [0] = "in progress", "complete", "failed", "cancelled", "paused", "queued",
	"blocked by parental controls", "scanning", "dirty", "blocked by policy" }

-- Since version 26 a download is an annotation of its URL.
local DOWNLOADS = "SELECT p.url, p.title, MAX(a.dateAdded) AS dateAdded, "
	.. "MAX(CASE WHEN n.name = 'downloads/destinationFileURI' THEN a.content END) AS target, "
	.. "MAX(CASE WHEN n.name = 'downloads/metaData' THEN a.content END) AS about, "
	.. "MAX(in_wal('moz_annos', a.id)) AS in_wal "
	.. "FROM moz_annos a JOIN moz_anno_attributes n ON n.id = a.anno_attribute_id "
	.. "JOIN moz_places p ON p.id = a.place_id "
	.. "WHERE n.name IN ('downloads/destinationFileURI', 'downloads/metaData') "
	.. "GROUP BY a.place_id ORDER BY MAX(a.dateAdded), p.id"

function M.downloads(db)
	if not rows.columns(db, "moz_annos").content then
		return function() end
	end
	return rows.each(db, DOWNLOADS, function(row)
		local about = row.about and json.decode(row.about)
		rows.time(row, "dateAdded", time.prtime, "moz_annos.dateAdded")
		row.about = nil
		if type(about) == "table" then
			row.state, row.size = STATES[about.state], rows.integer(about.fileSize)
			row.ended = rows.integer(about.endTime) and time.unix(about.endTime / 1000)
		end
	end)
end

-- downloads.sqlite, before version 26.
function M.old_downloads(db)
	local sql = "SELECT d.id AS download, "
		.. rows.pick(db, "moz_downloads", "d", { { "source", "url" }, { "target", "target" }, "startTime",
			"endTime", "state", "referrer", { "maxBytes", "size" }, { "currBytes", "received" },
			{ "mimeType", "type" } })
		.. " FROM moz_downloads d ORDER BY d.startTime, d.id"
	return rows.each(db, sql, function(row)
		rows.time(row, "startTime", time.prtime, "moz_downloads.startTime")
		row.ended, row.endTime, row.state = rows.when(time.prtime, row.endTime), nil, STATES[row.state]
	end)
end

-- What was typed into the address bar, and which page was chosen: { term, url, uses }.
function M.searches(db)
	if not rows.columns(db, "moz_inputhistory").input then
		return function() end
	end
	return rows.each(db, "SELECT i.input AS term, i.use_count AS uses, p.url, p.title, p.last_visit_date "
		.. "FROM moz_inputhistory i LEFT JOIN moz_places p ON p.id = i.place_id "
		.. "ORDER BY p.last_visit_date, i.input", function(row)
		rows.time(row, "last_visit_date", time.prtime, "moz_places.last_visit_date")
	end)
end

function M.span(db, id)
	local row = db:rows("SELECT COUNT(*) AS visits, MIN(visit_date) AS first, MAX(visit_date) AS last "
		.. "FROM moz_historyvisits WHERE place_id = ?", id)()
	return row.visits, rows.when(time.prtime, row.first), rows.when(time.prtime, row.last)
end

function M.urls(db)
	return rows.each(db, "SELECT p.id, p.url, p.title, "
		.. rows.pick(db, "moz_places", "p", { "last_visit_date", { "visit_count", "visits" } })
		.. " FROM moz_places p ORDER BY p.id DESC", function(row)
		row.last, row.last_visit_date = rows.when(time.prtime, row.last_visit_date), nil
	end)
end

return M
