-- The database "History.db" of Safari, on macOS and in backups of phones; times are seconds since 2001.
local rows = require("browser-rows")

local M = {}

local ORIGINS = { [0] = "this device", "another device" }

local function visit(row)
	rows.time(row, "visit_time", time.mac, "history_visits.visit_time")
	row.source, row.origin = ORIGINS[row.origin], nil
	row.loaded, row.load_successful = row.load_successful == 1, nil
	row.non_get, row.http_non_get = row.http_non_get == 1 or nil, nil
end

-- Visits, in their order: { time, url, title, visit, visits, from, referrer, source, loaded, non_get, in_wal }.
function M.visits(db)
	local sql = "SELECT v.id AS visit, v.visit_time, "
		.. rows.pick(db, "history_visits", "v", { "title", "origin", "load_successful", "http_non_get",
			{ "redirect_source", "from" }, { "redirect_destination", "redirected_to" } }) .. ", "
		.. rows.pick(db, "history_items", "i", { "url", { "visit_count", "visits" } })
		.. ", in_wal('history_visits', v.id) AS in_wal "
		.. "FROM history_visits v LEFT JOIN history_items i ON i.id = v.history_item "
		.. "ORDER BY v.visit_time, v.id"
	return rows.each(db, sql, visit)
end

function M.recovered_visits(db)
	return rows.recovered(db, "history_visits", function(row)
		row.visit, row.url_id, row.from = row.id, row.history_item, row.redirect_source
		row.id, row.history_item, row.redirect_source, row.redirect_destination = nil, nil, nil, nil
		visit(row)
	end)
end

function M.recovered_urls(db)
	return rows.recovered(db, "history_items", function(row)
		local id, url, visits = row.id, row.url, row.visit_count
		for key in pairs(row) do
			row[key] = nil
		end
		row.url_id, row.url, row.visits = id, url, visits
	end)
end

function M.span(db, id)
	local row = db:rows("SELECT COUNT(*) AS visits, MIN(visit_time) AS first, MAX(visit_time) AS last "
		.. "FROM history_visits WHERE history_item = ?", id)()
	return row.visits, rows.when(time.mac, row.first), rows.when(time.mac, row.last)
end

function M.urls(db)
	return rows.each(db, "SELECT i.id, i.url, " .. rows.pick(db, "history_items", "i",
		{ { "visit_count", "visits" } }) .. ", (SELECT MAX(v.visit_time) FROM history_visits v "
		.. "WHERE v.history_item = i.id) AS last_time FROM history_items i ORDER BY i.id DESC", function(row)
		row.last, row.last_time = rows.when(time.mac, row.last_time), nil
	end)
end

function M.downloads()
	return function() end
end

M.searches = M.downloads

return M
