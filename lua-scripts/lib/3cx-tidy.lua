-- What the verdict of the 3CX case reads of findings, records and anomalies, each member of the type that it
-- expects: a detector that writes something else costs that member, not the verdict.
local M = {}

local TYPES = {}
for _, name in ipairs({ "action", "by", "cert_padding_check", "channel", "class", "family", "file", "first", "last", "listed",
	"machine_guid", "name", "next_contact", "origin", "path", "program", "sid", "sign", "source", "system", "time", "time_zone", "url",
	"user", "version", "wait_until", "what" }) do
	TYPES[name] = "string"
end
TYPES.count, TYPES.present, TYPES.proved, TYPES.entry, TYPES.files = "number", "boolean", "boolean", "table", "table"

local function fields_of(row)
	local out = {}
	for name, value in pairs(type(row.fields) == "table" and row.fields or {}) do
		if type(value) == TYPES[name] and value ~= "" then
			out[name] = value
		end
	end
	return out
end

local function place_of(evidence)
	local first = type(evidence) == "table" and evidence[1]
	return type(first) == "table" and { { place = type(first.place) == "string" and first.place or nil,
		path = type(first.path) == "string" and first.path or nil, volume = first.volume } } or {}
end

local function findings(rows)
	local out = {}
	for i, row in ipairs(rows or {}) do
		out[i] = { plugin = row.plugin, severity = row.severity, confidence = row.confidence,
			evidence = place_of(row.evidence), fields = fields_of(row) }
	end
	return out
end

local function records(rows)
	local out = {}
	for i, row in ipairs(rows or {}) do
		out[i] = { plugin = row.plugin, kind = row.kind, fields = fields_of(row) }
	end
	return out
end

local function anomalies(rows)
	local out = {}
	for i, row in ipairs(rows or {}) do
		out[i] = { code = row.code, object = row.object, source = row.source, status = row.status,
			reason = type(row.reason) == "string" and row.reason or "not told",
			path = type(row.path) == "string" and row.path or nil }
	end
	return out
end

-- "anna" of "FIXTURE-PC\\anna", as event logs name a user.
local function plain_user(fields)
	fields.user = fields.user and fields.user:match("[^\\]*$")
end

-- Who a SID is, as far as any row has both; rows that have the SID alone get the user.
local function users(...)
	local known, lists = {}, { ... }
	for _, rows in ipairs(lists) do
		for _, row in ipairs(rows) do
			plain_user(row.fields)
			if row.fields.sid and row.fields.user then
				known[row.fields.sid] = known[row.fields.sid] or row.fields.user
			end
		end
	end
	for _, rows in ipairs(lists) do
		for _, row in ipairs(rows) do
			row.fields.user = row.fields.user or known[row.fields.sid or ""]
		end
	end
end

-- The machine of a plugin that judges, as the verdict reads it.
function M.machine(machine)
	local found, rows = findings(machine.findings), records(machine.records)
	users(rows, found)
	return { volumes = machine.volumes or {}, plugins = machine.plugins or {}, facts = machine.facts or {},
		truncated = machine.truncated, findings = found, records = rows,
		anomalies = anomalies(machine.anomalies) }
end

return M
