-- Event logs of the 3CX case: what Defender and other antivirus named, what Windows Installer installed and
-- removed, updates and children of the app, files that Sysmon hashed, network names, services and tasks of later
-- stages. Only the events that may tell of it are read (lib/3cx-eventlog.lua).
--
-- Records: log (from when to when a log tells), install, removed, update, run, contact, name, detection, child,
-- service, task, installer-event (an install that failed, or whose version is in another event), events-rest.
local cx = require("3cx")
local eventlog = require("3cx-eventlog")
local former = require("former")
local ids = require("event-ids")

local RECORDS_MAX <const> = 2000 -- of one kind from one log
local SIGNS_MAX <const> = 200 -- findings of one log, and programs of which runs are told

-- What is said of one log: records under their bound, and findings that several events make.
local Log = {}
Log.__index = Log

local function new_log(ctx, item)
	return setmetatable({ ctx = ctx, item = item, counts = {}, found = {}, order = {}, runs = {}, nruns = 0 }, Log)
end

function Log:record(kind, e, fields)
	local n = (self.counts[kind] or 0) + 1
	self.counts[kind] = n
	if n > RECORDS_MAX then
		return
	end
	fields.time, fields.system, fields.source = e.time, "windows", "event log"
	fields.sid = fields.sid or e.user
	fields.event, fields.number, fields.entry = e.id, e.number, self.item
	self.ctx:record(kind, fields)
end

-- A sign; events with the same `key` make one finding, of the first time. `sign` has severity, confidence,
-- title, text, and fields.
function Log:sign(key, e, sign)
	local seen = self.found[key]
	if not seen and #self.order == SIGNS_MAX then
		return { sign = sign, count = 0 } -- is not told; the records are
	elseif not seen then
		seen = { sign = sign, count = 0, first = e.time, last = e.time }
		self.found[key], self.order[#self.order + 1] = seen, key
	end
	seen.count = seen.count + 1
	seen.first = e.time < seen.first and e.time or seen.first
	seen.last = e.time > seen.last and e.time or seen.last
	return seen
end

local function tell_sign(log, seen)
	local sign = seen.sign
	local fields = sign.fields
	fields.time, fields.count, fields.system, fields.source = seen.first, seen.count, "windows", "event log"
	fields.last = seen.count > 1 and seen.last or nil
	log.ctx:finding({ severity = sign.severity, confidence = sign.confidence, title = sign.title,
		detail = string.format("%s, %s%s", sign.text, seen.first,
			seen.count > 1 and string.format(", %d times until %s", seen.count, seen.last) or ""),
		evidence = { log.item }, references = cx.REFERENCES, fields = fields })
end

-- --- runs of the app, which are many ---

function Log:run(e, program, version)
	local key = program:lower()
	local run = self.runs[key]
	if not run and self.nruns == SIGNS_MAX then
		return
	elseif not run then
		self.nruns = self.nruns + 1
		run = { program = program, version = version, count = 0, first = e.time, last = e.time, event = e }
		self.runs[key] = run
	end
	run.version = run.version or version
	run.count = run.count + 1
	run.first = e.time < run.first and e.time or run.first
	run.last = e.time > run.last and e.time or run.last
end

local function tell_runs(log)
	for _, run in pairs(log.runs) do
		log.ctx:record("run", { time = run.first, first = run.first, last = run.last, count = run.count,
			program = run.program, version = run.version,
			class = run.version and cx.version_class("windows", run.version), system = "windows",
			source = "event log", sid = run.event.user, entry = log.item })
		if run.version and cx.version_class("windows", run.version) == "bad" then
			tell_sign(log, { count = run.count, first = run.first, last = run.last, sign = {
				severity = "medium", confidence = "high", title = "Exposed: a bad build of the 3CX app ran",
				text = run.program, fields = { sign = "build.bad", detector = "D5", version = run.version,
					present = false, program = run.program } } })
		end
	end
end

-- --- what antivirus named: Defender in its own log, others in that of applications ---

local function detection(log, e)
	local name, where, action = e.fields["Threat Name"], e.fields.Path, e.fields["Action Name"]
	if not eventlog.is_detection(name, where) then
		return
	end
	local user = e.fields["Detection User"]
	log:record("detection", e, { name = name, path = where, action = action, user = user })
	local seen = log:sign("detection" .. name, e, { severity = "high", confidence = "high",
		title = "Antivirus named the 3CX compromise", text = name .. ": " .. tostring(where),
		fields = { sign = "detected.antivirus", name = name, path = where, action = action, user = user } })
	seen.sign.fields.action = action or seen.sign.fields.action
end

local function antivirus(log, e)
	local found = eventlog.antivirus(e)
	if not found then
		return
	end
	local name, where = found.name, found.path
	log:record("detection", e, { name = name, path = where, product = e.provider })
	log:sign("detection" .. name, e, { severity = "high", confidence = "medium",
		title = "Antivirus named the 3CX compromise", text = e.provider .. ": " .. name .. ": " .. where,
		fields = { sign = "detected.antivirus", name = name, path = where, product = e.provider } })
end

-- --- Windows Installer ---

local DONE <const> = { [1033] = "install", [11707] = "install", [1034] = "removed", [11724] = "removed" }

local function installer(log, e)
	local values = e.values or {}
	local name, version, status = values[1], values[2], values[4]
	local kind = DONE[e.id]
	if not kind or not cx.is_app_name(name) then
		return
	elseif e.id == 11707 or e.id == 11724 then -- the other event of the same transaction has the version
		version, status = nil, "0"
	end
	local build = cx.version(version)
	local class = build and cx.version_class("windows", build)
	if not build or status ~= "0" then
		log:record("installer-event", e, { kind = kind, name = name, version = build, status = status })
		return
	end
	log:record(kind, e, { version = build, class = class, present = false, where = log.item.full })
	if class == "bad" then
		log:sign("build" .. build, e, { severity = "medium", confidence = "high",
			title = "Exposed: bad build " .. build .. " of the 3CX app is or was installed",
			text = "Windows Installer " .. (kind == "install" and "installed " or "removed ") .. build,
			fields = { sign = "build.bad", detector = "D5", version = build, present = false, sid = e.user } })
	end
end

-- --- programs that were started ---

local function child(log, e, parent, program, command)
	if not eventlog.is_app(parent) or not eventlog.is_shell(program) then
		return
	end
	log:record("child", e, { program = program, command = command, parent = parent })
	local only = eventlog.program(program) == "cmd.exe"
	local seen = log:sign("child", e, { severity = "info", confidence = "low", title = "The 3CX app started a shell",
		text = command or program, fields = { sign = "run.child", program = program, command = command } })
	if not only or seen.count > 1 then -- one cmd alone is ordinary
		seen.sign.severity = "low"
	end
end

local function listed_file(log, e, file, hashes)
	local sign, row = cx.digest_sign(eventlog.hashes(hashes))
	if not sign then
		return
	end
	log:sign("file" .. row.digest, e, { severity = sign.severity, confidence = sign.confidence,
		title = "Listed file of the 3CX compromise, in an event log", text = file .. ": " .. sign.text,
		fields = { sign = "file.listed", detector = "D1", family = row.family, version = sign.version, path = file,
			sha256 = eventlog.hashes(hashes).sha256, user = e.fields.User } })
end

local function started(log, e, program, parent)
	local command = e.fields.CommandLine
	local url, version = eventlog.update(command)
	local user = e.fields.User or e.fields.SubjectUserName
	if url and eventlog.program(program) == "update.exe" then
		log:record("update", e, { version = version, url = url, user = user, command = command,
			sid = e.fields.SubjectUserSid })
	end
	if eventlog.is_app(program) then
		log:run(e, program, eventlog.build_of(program) or cx.version(e.fields.FileVersion))
	end
	child(log, e, parent, program, command)
	listed_file(log, e, tostring(program), e.fields.Hashes)
end

-- --- network names ---

local WEIGHTS <const> = {
	c2 = { app = { "high", "high" }, person = { "medium", "medium" }, text = { "high", "medium" } },
	related = { app = { "medium", "medium" }, person = { "low", "medium" }, text = { "medium", "medium" } },
	context = { app = { "medium", "medium" } },
}

local function contact(log, e, name, by, program)
	local host = type(name) == "string" and name:lower():gsub("%.$", "") or nil
	local row = host and cx.host(host)
	local weight = row and WEIGHTS[row.class] and WEIGHTS[row.class][by]
	if not weight then
		return
	end
	-- a name of somebody else's is no contact with the case by itself
	log:record(row.class == "context" and "name" or "contact", e, { name = host, by = by, class = row.class, program = program, user = e.fields.User,
		results = e.fields.QueryResults })
	log:sign("name" .. by .. host, e, { severity = weight[1], confidence = program and weight[2] or "medium",
		title = "Network name of the 3CX compromise in an event log",
		text = host .. (program and " by " .. program or ""),
		fields = { sign = "network.c2", detector = "D9", name = host, by = by, class = row.class, program = program,
			user = e.fields.User } })
end

-- --- services and tasks ---

local function service(log, e)
	local name, command = eventlog.service(e), e.fields.ImagePath or e.fields.ServiceFileName
	if tostring(name):upper() == "IKEEXT" then
		log:record("service", e, { name = "IKEEXT", state = e.id == 7036 and e.fields.param2 or nil,
			from = e.id == 7040 and e.fields.param2 or nil, to = e.id == 7040 and e.fields.param3 or nil })
	elseif eventlog.tpm(nil, command) or tostring(command):lower():find("wlbsctrl", 1, true) then
		log:record("service", e, { name = name, command = command })
	end
end

local function task(log, e)
	local name = e.fields.TaskName
	local action = e.fields.ActionName or e.fields.TaskContent or e.fields.TaskContentNew
	local what = eventlog.tpm(name, action)
	if not what then
		return
	end
	log:record("task", e, { name = name, action = e.fields.ActionName, user = e.fields.UserContext or e.fields.UserName })
	if what == "start" then
		log:sign("task" .. tostring(name), e, { severity = "high", confidence = "high",
			title = "Start of the malware that followed", text = tostring(name) .. " starts a program of ProgramData\\TPM",
			fields = { sign = "second.task", name = name } })
	end
end

local HANDLERS = {
	["Microsoft-Windows-Windows Defender/Operational"] = detection,
	Application = function(log, e)
		if e.provider == "MsiInstaller" then
			installer(log, e)
		else
			antivirus(log, e)
		end
	end,
	Security = function(log, e)
		if e.id == 4688 then
			started(log, e, e.fields.NewProcessName, e.fields.ParentProcessName)
		elseif e.id == 4697 then
			service(log, e)
		else
			task(log, e)
		end
	end,
	["Microsoft-Windows-Sysmon/Operational"] = function(log, e)
		local program = e.fields.Image
		if e.id == 1 then
			started(log, e, program, e.fields.ParentImage)
		elseif e.id == 7 then
			listed_file(log, e, tostring(e.fields.ImageLoaded), e.fields.Hashes)
		else
			contact(log, e, e.fields.QueryName or e.fields.DestinationHostname, eventlog.by(program), program)
		end
	end,
	["Microsoft-Windows-DNS-Client/Operational"] = function(log, e)
		local row = cx.host(tostring(e.fields.QueryName):lower())
		if row and row.class ~= "context" then -- it does not say which program asked
			contact(log, e, e.fields.QueryName, "app")
		end
	end,
	System = service,
	["Microsoft-Windows-TaskScheduler/Operational"] = task,
}

-- Members that come twice are lists; a text is expected of each.
local function plain(fields)
	for name, value in pairs(fields) do
		if type(value) == "table" then
			fields[name] = table.concat(value, "\n")
		end
	end
end

local function of_log(ctx, item)
	local channel = ids.channel(item)
	local handler = HANDLERS[channel]
	if not handler then
		return
	end
	ctx:collect(item, "event log that may tell of the 3CX case")
	local events, why = evtx.records(item, eventlog.CHOSEN[channel])
	if not events then
		ctx:anomaly(item, why)
		return
	end
	local log = new_log(ctx, item)
	for e in events do
		if e.id then
			plain(e.fields)
			handler(log, e)
		end
	end
	local span = events:span()
	ctx:record("log", { channel = channel, records = span.records, first = span.first, last = span.last, entry = item })
	tell_runs(log)
	table.sort(log.order)
	for _, key in ipairs(log.order) do
		tell_sign(log, log.found[key])
	end
	for kind, n in pairs(log.counts) do
		if n > RECORDS_MAX then
			ctx:record("events-rest", { of = kind, count = n - RECORDS_MAX, entry = item })
		end
	end
end

return {
	api = 1,
	name = "3cx-events",
	summary = "Event logs of the 3CX case: detections, installs, updates, children of the app, network names",
	license = "Apache-2.0",
	categories = { "malware", "supply-chain" },
	references = { "attack:T1195.002", "attack:C0057", "attack:T1071.001" },
	os = { "windows" },
	wants = { "3cx.eventlogs" },
	run = function(ctx, item)
		if item.type == "file" and item.size > 0 then
			of_log(former.ctx(ctx, item), item)
		end
	end,
}
