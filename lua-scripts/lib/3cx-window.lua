-- The time window of the 3CX case: first seen, first run, last run, contact, updated or removed, each with the
-- source that says so. Out of the records of the detectors and of the claims of lib 3cx-signs.
local cx = require("3cx")
local signs = require("3cx-signs")

local M = {}

local function source_of(record, what)
	local fields = record.fields
	local source = type(fields.source) == "string" and fields.source or ""
	source = source:match("^(.-)%s*%S*[/\\]") or source -- "Amcache" of "Amcache Root\\…": the path says no more
	source = source:match("^file (.+)$") or source
	if source == "" then
		source = what or record.plugin
	end
	return source .. (fields.user and " of " .. tostring(fields.user) or "")
end

-- One row of the window: keeps the earliest or the latest time that it is offered. Of equal times the source
-- that comes first in the alphabet stays, so that the order of records does not matter; findings, which come
-- after the records, stand in only where no record has the time.
local function offer(rows, what, when, source, late)
	when = signs.moment(when)
	local row = rows[what]
	if not when then
		return
	elseif not row or (late and when > row.time) or (not late and when < row.time) then
		rows[what] = { what = what, time = when, source = source }
	elseif when == row.time and source < row.source and not rows.of_findings then
		row.source = source
	end
end

-- A run of the app itself, not of its updater in the same folder, and not of a clean build.
local function is_bad_run(fields)
	local class = fields.class or fields.version and cx.version_class(fields.system or "windows", fields.version)
	return (not fields.program or signs.is_app(fields.program)) and class ~= "clean"
end

-- A list of packages and a log are older than their last lines; a line of a known zone has a time of its own.
local function is_dated(record)
	local source = tostring(record.fields.source)
	return record.fields.time_zone ~= nil or not (source:find("^RELEASES") or source:find("%.log$"))
end

local KINDS = {
	install = function(rows, record)
		local fields, source = record.fields, source_of(record)
		if fields.class == "bad" and is_dated(record) then
			offer(rows, "first seen", fields.time, source)
		end
	end,
	run = function(rows, record)
		local fields, source = record.fields, source_of(record)
		if not is_bad_run(fields) then
			return
		end
		for _, when in ipairs({ fields.first or false, fields.time or false, fields.last or false }) do
			offer(rows, "first run", when, source)
			offer(rows, "last run", when, source, true)
		end
	end,
	state = function(rows, record)
		local fields = record.fields
		local name = fields.system == "macos" and ".main_storage" or "manifest"
		offer(rows, "state file", fields.time, source_of(record, name))
		offer(rows, "first run", fields.time, "at the latest: " .. source_of(record, name)) -- made by the first run
		offer(rows, "waits until", fields.wait_until or fields.next_contact, source_of(record, name), true)
	end,
	contact = function(rows, record)
		if record.fields.by == "app" and (record.fields.class or "c2") == "c2" then
			offer(rows, "first contact", record.fields.time, source_of(record))
			offer(rows, "last contact", record.fields.time, source_of(record), true)
		end
	end,
	removed = function(rows, record)
		if record.fields.class ~= "clean" then
			offer(rows, "removed", record.fields.time, source_of(record), true)
		end
	end,
}

local function claims_of(rows, claims)
	rows.of_findings = true
	for _, claim in ipairs(claims) do
		local source = claim.words .. (claim.user and ", " .. claim.user or "")
		if claim.sign == "network.c2" and claim.proof then
			offer(rows, "first contact", claim.time, source)
			offer(rows, "last contact", claim.time, source, true)
		elseif claim.step == "exposed" or claim.step == "dormant" then
			offer(rows, "first seen", claim.time, source)
		elseif claim.step == "second stage" and claim.counts then
			offer(rows, "second stage", claim.time, source)
		end
	end
	rows.of_findings = nil
end

local CLEANED = { install = true, update = true }

-- The first clean build after a bad one came.
local function updated(rows, machine)
	local since = rows["first seen"] and rows["first seen"].time
	for _, record in ipairs(machine.records or {}) do
		local fields = record.fields or {}
		local class = fields.class or fields.version and cx.version_class(fields.system or "windows", fields.version)
		local when = signs.moment(fields.time)
		if since and CLEANED[record.kind] and class == "clean" and when and when > since
			and is_dated(record) then
			local source = source_of(record)
			local named = fields.version and source:find(fields.version, 1, true)
			offer(rows, "updated", when, (named and "" or (fields.version or "clean build") .. ", ") .. source)
		end
	end
end

-- A screen shows the first ones.
local ORDER = { "first seen", "first run", "first contact", "second stage", "last run", "updated", "removed",
	"state file", "waits until", "last contact" }

-- The rows by name, for who asks for one, and as a list.
function M.rows(machine, claims)
	local rows = {}
	for _, record in ipairs(machine.records or {}) do
		local read = KINDS[record.kind]
		if read and record.fields then
			read(rows, record)
		end
	end
	claims_of(rows, claims)
	updated(rows, machine)
	local contact = rows["last contact"]
	if contact and contact.time == rows["first contact"].time then
		rows["last contact"] = nil
	end
	local out = {}
	for _, what in ipairs(ORDER) do
		out[#out + 1] = rows[what]
	end
	return rows, out
end

return M
