-- The database "History" of Chromium and its children. Schema: components/history/core/browser/
-- of Chromium's source; times are microseconds since 1601.
local rows = require("browser-rows")

local M = {}

-- Lowest bits of a transition: how the visit came about (ui/base/page_transition_types.h).
local TRANSITIONS = { [0] = "link", "typed", "bookmark", "subframe", "subframe by hand",
	"generated", "start page", "form", "reload", "keyword", "keyword generated" }

local QUALIFIERS = {
	{ 0x00800000, "blocked" }, { 0x01000000, "back or forward" }, { 0x02000000, "address bar" },
	{ 0x04000000, "home page" }, { 0x10000000, "chain start" }, { 0x20000000, "chain end" },
	{ 0x40000000, "client redirect" }, { 0x80000000, "server redirect" },
}

-- The usual ones by number: most visits share a few.
local qualifiers_of = {}

local function qualifiers(bits)
	local known = qualifiers_of[bits]
	if not known then
		local words = {}
		for _, rule in ipairs(QUALIFIERS) do
			if bits & rule[1] ~= 0 then
				words[#words + 1] = rule[2]
			end
		end
		known = table.concat(words, ", ")
		qualifiers_of[bits] = known
	end
	return known ~= "" and known or nil
end

-- Table visit_source; without a row the user was here.
local SOURCES = { [0] = "synced", "browsed", "extension", "imported from Firefox",
	"imported from Internet Explorer", "imported from Safari" }

local function transition(row)
	local number = rows.integer(row.transition)
	row.transition = number and TRANSITIONS[number & 0xff]
	row.qualifiers = number and qualifiers(number & 0xffffff00)
end

local function visit(row)
	rows.time(row, "time", time.webkit, "visits.visit_time")
	transition(row)
	row.source = SOURCES[row.source]
	if row.from == 0 then
		row.from = nil
	end
	if row.duration == 0 then
		row.duration = nil
	end
end

-- Visits, in their order: { time, url, title, visit, visits, typed, from, referrer, duration (µs),
-- transition, qualifiers, source, in_wal }. `from` is the visit before, `referrer` its URL.
function M.visits(db)
	local sql = "SELECT v.rowid AS visit, CAST(v.visit_time AS INTEGER) AS time, "
		.. rows.pick(db, "visits", "v", { "transition", { "visit_duration", "duration" },
			{ "from_visit", "from" }, { "external_referrer_url", "external_referrer", true },
			{ "originator_cache_guid", "originator_cache_guid", true } }) .. ", "
		.. rows.pick(db, "urls", "u", { "url", "title", { "visit_count", "visits" },
			{ "typed_count", "typed" } })
	local from = " FROM visits v LEFT JOIN urls u ON u.id = v.url"
	if rows.columns(db, "visits").from_visit then
		sql = sql .. ", pu.url AS referrer"
		from = from .. " LEFT JOIN visits p ON p.id = v.from_visit LEFT JOIN urls pu ON pu.id = p.url"
	end
	if rows.columns(db, "visit_source").source then
		sql = sql .. ", s.source AS source"
		from = from .. " LEFT JOIN visit_source s ON s.id = v.id"
	end
	return rows.each(db, sql .. ", in_wal('visits', v.rowid) AS in_wal" .. from
		.. " ORDER BY v.visit_time, v.rowid", visit)
end

-- Visits that are gone name their URL by number only.
function M.recovered_visits(db)
	return rows.recovered(db, "visits", function(row)
		row.visit, row.url_id, row.url = row.id, row.url, nil
		row.duration, row.from, row.time = row.visit_duration, row.from_visit, row.visit_time
		visit(row)
		row.id, row.visit_duration, row.from_visit, row.visit_time = nil, nil, nil, nil
	end)
end

function M.recovered_urls(db)
	return rows.recovered(db, "urls", function(row)
		rows.time(row, "last_visit_time", time.webkit, "urls.last_visit_time")
		row.url_id, row.visits, row.typed = row.id, row.visit_count, row.typed_count
		row.id, row.visit_count, row.typed_count, row.favicon_id = nil, nil, nil, nil
	end)
end

-- components/download/public/common/download_item.h, download_danger_type.h
local STATES = { [0] = "in progress", "complete", "cancelled", "interrupted", "interrupted" }
local DANGERS = { [0] = "not dangerous", "dangerous file", "dangerous URL", "dangerous content",
	"maybe dangerous", "uncommon content", "validated by the user", "dangerous host",
	"potentially unwanted", "allowed by policy", "waits for scan", "blocked, has a password",
	"blocked, too large", "sensitive, warned", "sensitive, blocked", "deep scanned, safe",
	"deep scanned, dangerous but opened", "asks for a scan", "blocked, unsupported type",
	"dangerous account" }

local function sha256(blob)
	return rows.text(blob) and #blob == 32 and bytes.hex(blob) or nil
end

local function download(row)
	rows.time(row, "start_time", time.webkit, "downloads.start_time")
	row.ended = rows.when(time.webkit, row.end_time)
	row.opened_at = rows.when(time.webkit, row.last_access_time)
	row.state, row.danger = STATES[row.state], DANGERS[row.danger_type]
	row.opened = row.opened == 1 or nil
	row.sha256 = sha256(row.hash)
	row.end_time, row.last_access_time, row.danger_type, row.hash = nil, nil, nil, nil
end

local DOWNLOAD = { "start_time", "end_time", "target_path", "current_path", { "received_bytes", "received" },
	{ "total_bytes", "size" }, "state", "danger_type", "opened", "last_access_time", "referrer",
	{ "tab_url", "page" }, { "tab_referrer_url", "page_referrer" }, { "site_url", "site" },
	{ "mime_type", "type" }, { "by_ext_id", "extension" }, "hash", "guid" }

-- URLs of a download, from the one that was asked for to the one that answered.
local function chains(db)
	local out = {}
	local found = db:rows("SELECT id, url FROM downloads_url_chains ORDER BY id, chain_index")
	for row in found or function() end do
		out[row.id] = out[row.id] or {}
		table.insert(out[row.id], row.url)
	end
	return out
end

-- Before version 26: one URL, seconds since 1970, no target.
local function old_downloads(db)
	local sql = "SELECT d.id AS download, d.full_path AS target, d.url, d.start_time, "
		.. rows.pick(db, "downloads", "d", { { "received_bytes", "received" }, { "total_bytes", "size" },
			"state", "end_time", "opened" })
		.. " FROM downloads d ORDER BY d.start_time, d.id"
	return rows.each(db, sql, function(row)
		rows.time(row, "start_time", time.unix, "downloads.start_time")
		row.ended = rows.when(time.unix, row.end_time)
		row.state, row.opened, row.end_time = STATES[row.state], row.opened == 1 or nil, nil
	end)
end

-- Downloads: { time, url, chain, target, size, received, state, danger, opened, ended, sha256, … }.
-- Without the table there are none.
function M.downloads(db)
	local columns = rows.columns(db, "downloads")
	if columns.full_path then
		return old_downloads(db)
	elseif not columns.target_path then
		return function() end
	end
	local sql = "SELECT d.id AS download, " .. rows.pick(db, "downloads", "d", DOWNLOAD)
		.. ", in_wal('downloads', d.rowid) AS in_wal FROM downloads d ORDER BY d.start_time, d.id"
	local urls = chains(db)
	return rows.each(db, sql, function(row)
		local chain = urls[row.download] or {}
		row.target, row.target_path = row.target_path, nil
		row.url = chain[#chain]
		row.chain = #chain > 1 and list(chain) or nil
		download(row)
	end)
end

function M.recovered_downloads(db)
	if not rows.columns(db, "downloads").target_path then
		return function() end
	end
	return rows.recovered(db, "downloads", function(row)
		local out = { download = row.id, target = row.target_path, size = row.total_bytes,
			page = row.tab_url, referrer = row.referrer, type = row.mime_type, start_time = row.start_time,
			end_time = row.end_time, last_access_time = row.last_access_time, state = row.state,
			danger_type = row.danger_type, opened = row.opened, hash = row.hash, url = row.tab_url }
		download(out)
		for key in pairs(row) do
			row[key] = nil
		end
		for key, value in pairs(out) do
			row[key] = value
		end
	end)
end

-- Words that were searched for from the address bar, with the page of results: { time, term, url }.
function M.searches(db)
	if not rows.columns(db, "keyword_search_terms").term then
		return function() end
	end
	return rows.each(db, "SELECT k.term, u.url, u.title, u.last_visit_time, "
		.. "in_wal('keyword_search_terms', k.rowid) AS in_wal FROM keyword_search_terms k "
		.. "LEFT JOIN urls u ON u.id = k.url_id ORDER BY u.last_visit_time, k.rowid", function(row)
		rows.time(row, "last_visit_time", time.webkit, "urls.last_visit_time")
	end)
end

-- How often, when first and when last a URL was visited.
function M.span(db, id)
	local row = db:rows("SELECT COUNT(*) AS visits, MIN(visit_time) AS first, MAX(visit_time) AS last "
		.. "FROM visits WHERE url = ?", id)()
	return row.visits, rows.when(time.webkit, row.first), rows.when(time.webkit, row.last)
end

-- URLs as they are remembered, newest id first: { id, url, title, visits, last }.
function M.urls(db)
	return rows.each(db, "SELECT u.id, u.url, u.title, u.last_visit_time, "
		.. rows.pick(db, "urls", "u", { { "visit_count", "visits" } })
		.. " FROM urls u ORDER BY u.id DESC", function(row)
		row.last, row.last_visit_time = rows.when(time.webkit, row.last_visit_time), nil
	end)
end

return M
