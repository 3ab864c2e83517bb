-- What event logs tell of logons, accounts, services, tasks, programs, antivirus, remote sessions, installers,
-- starts and stops of Windows, and of logs that were cleared. Which events, and what they mean, is in
-- lib/event-ids.lua. Common events become one record for those that are equal, with a count.
--
-- Records: log (from when to when it tells), logon, logon-failed, logon-explicit, logon-special, logoff, account, group, group-member,
-- service-install, service-start-type, service-state, task, process, network, dns, library, file, powershell,
-- rdp, rdp-client, installer, defender, bits, usb, wmi, boot, shutdown, time-change, audit-policy, log-cleared,
-- events-rest (how many more there were).
local groups = require("event-groups")
local ids = require("event-ids")

local SYSTEM <const> = { ["S-1-5-18"] = true, ["S-1-5-19"] = true, ["S-1-5-20"] = true }

-- Logons at which somebody sat, here or far away: each has a record.
local PERSON <const> = { ["2"] = true, ["7"] = true, ["9"] = true, ["10"] = true, ["11"] = true, ["12"] = true,
	["13"] = true }

local function is_person(fields)
	return PERSON[fields.type] and not (fields.domain or ""):find("^Window Manager$")
		and not (fields.domain or ""):find("^Font Driver Host$") and not SYSTEM[fields.sid]
end

-- What is said in a text. `false`: the event is not wanted.
local DERIVED = {
	logon = function(fields)
		fields.logon = ids.LOGON_TYPES[fields.type]
	end,
	["logon-failed"] = function(fields)
		fields.logon = ids.LOGON_TYPES[fields.type]
	end,
	["logon-special"] = function(fields)
		return not SYSTEM[fields.sid]
	end,
	powershell = function(fields)
		if fields.details then
			fields.command = fields.details:match("HostApplication=([^\r\n]*)")
			fields.engine = fields.details:match("EngineVersion=([^\r\n]*)")
			fields.details = nil
		end
	end,
	installer = function(fields)
		fields.name = fields.name or fields.text and fields.text:match("^Product: (.-) %-%- ")
	end,
	usb = function(fields)
		fields.device, fields.device_too = fields.device or fields.device_too, nil
		return tostring(fields.device):upper():find("USB", 1, true) ~= nil
	end,
}

-- PowerShell starts are equal when their commands are.
local BY = { powershell = { "command", "engine", "text", "path" }, usb = { "device", "what" } }

local function cleared(ctx, item, e, fields)
	local by_system = SYSTEM[e.user] and not fields.user or fields.user == "SYSTEM"
	ctx:finding({ severity = by_system and "info" or "low", confidence = "high", title = "Event log cleared",
		detail = string.format("%s, %s, by %s", fields.log or e.channel, e.time, fields.user or e.user or "nobody named"),
		evidence = { item }, references = { "attack:T1070.001" },
		fields = { log = fields.log or e.channel, time = e.time, user = fields.user, sid = fields.sid or e.user } })
end

local WORSE <const> = { High = true, Severe = true }

local THREATS_MAX <const> = 200 -- of one log that have a finding

-- One finding for each name that Defender gave.
local function note_threat(threats, fields, e)
	if not fields.name then
		return
	end
	local seen = threats[fields.name]
	if not seen and #threats == THREATS_MAX then
		return
	elseif not seen then
		seen = { name = fields.name, severity = fields.severity, path = fields.path, first = e.time, count = 0 }
		threats[fields.name], threats[#threats + 1] = seen, fields.name
	end
	seen.count, seen.action = seen.count + 1, fields.action or seen.action
end

local function tell_threats(ctx, item, threats)
	table.sort(threats)
	for _, name in ipairs(threats) do
		local seen = threats[name]
		ctx:finding({ severity = WORSE[seen.severity] and "medium" or "low", confidence = "high",
			title = "Defender named a threat",
			detail = string.format("%s, severity %s, first %s, %s", name, seen.severity or "not told", seen.first,
				seen.path or "no path"),
			evidence = { item },
			fields = { name = name, level = seen.severity, path = seen.path, time = seen.first, action = seen.action,
				count = seen.count } })
	end
end

local function common(fields, rule, e, item)
	fields.what, fields.event, fields.channel, fields.computer = rule[2], e.id, e.channel, e.computer
	fields.damage, fields.entry = e.damage, item
	fields.logged_by = e.user
end

local function take(ctx, item, e, told)
	local rule = ids.rule(e)
	if not rule then
		return
	end
	local kind, fields = rule[1], ids.fields(rule, e)
	if DERIVED[kind] and DERIVED[kind](fields) == false then
		return
	end
	common(fields, rule, e, item)
	if kind == "log-cleared" then
		cleared(ctx, item, e, fields)
	elseif kind == "defender" then
		note_threat(told.threats, fields, e)
	end
	if rule.by and not (kind == "logon" and is_person(fields)) then
		told.groups:grouped(kind, fields, e, BY[kind] or rule.by)
	else
		told.groups:single(kind, fields, e)
	end
end

local function of_log(ctx, item)
	local channel = ids.channel(item)
	if channel ~= "ForwardedEvents" and not ids.CHANNELS[channel] then
		return
	end
	local events, why = evtx.records(item, ids.chosen(ids.CHANNELS[channel] and channel))
	if not events then
		ctx:anomaly(item, why)
		return
	end
	local told = { groups = groups.new(ctx, item), threats = {} }
	for e in events do
		take(ctx, item, e, told)
	end
	local span = events:span()
	ctx:record("log", { channel = channel, records = span.records, first = span.first, last = span.last, entry = item })
	told.groups:tell()
	tell_threats(ctx, item, told.threats)
end

return {
	api = 1,
	name = "win-events",
	summary = "Event logs: logons, accounts, services, tasks, programs, antivirus, remote sessions, installers",
	license = "Apache-2.0",
	categories = { "execution", "persistence" },
	references = { "attack:T1078", "attack:T1543.003", "attack:T1053.005", "attack:T1059", "attack:T1070.001" },
	os = { "windows" },
	wants = { "windows.eventlogs" },
	run = function(ctx, item)
		if item.type ~= "file" then
			return
		end
		ctx:collect(item, "event log")
		if item.size > 0 and item.ext == "evtx" then
			of_log(ctx, item)
		end
	end,
}
