-- Services and drivers: what each one starts, how, as whom, and what happens when it fails.
--
-- Records: service (each key below Services; those that stand only in a control set that is not in
-- force are marked, those of a former Windows have `origin` "Windows.old"), autostart (each program,
-- library and driver of a service in force), filter (drivers around those of a class of devices),
-- svchost-group (which services may share a process), service-deleted (what free space of the hive still
-- tells of services that were deleted, and of former values of others).
local autostart = require("autostart")
local handlers = require("handlers")
local phantom = require("phantom")
local registry = require("registry")
local rows = require("rows")
local service = require("service")
local remembered = require("service-deleted")
local findings = require("service-findings")
local unquoted = require("unquoted")

local REFERENCES <const> = { "attack:T1543.003" }
local DISABLED <const> = 4
local COUNTERS <const> = "Performance\\Library"

-- Programs that start another one, which they find in Parameters.
local WRAPPERS <const> = { srvany = true, nssm = true }

-- One row for each thing that a service starts. `part` is the value that names it, or "default".
-- What is on the volume goes into `started`.
local function row(ctx, hive, s, started, part, command, what, unused)
	local _, program = autostart.row(ctx, {
		place = part == COUNTERS and "counters" or service.is_driver(s.kind) and "driver" or "service",
		source = hive, key = s.key, name = s.name, command = command, what = what, time = s.written,
		sid = not service.is_driver(s.kind) and service.sid(s.account) or nil,
		scope = "machine", enabled = s.start ~= DISABLED and not unused, references = REFERENCES,
		more = { part = part, start = service.start_word(s.start), account = s.account },
	})
	if program then
		started[#started + 1] = { part = part, entry = program }
	end
end

local function wrapped(ctx, hive, s, started)
	if not s.wrapped or not WRAPPERS[service.program_name(s.image)] then
		return
	end
	local command = s.wrapped
	if command:find("%s") and command:sub(1, 1) ~= '"' then
		command = '"' .. command .. '"'
	end
	if s.wrapped_arguments then
		command = command .. " " .. s.wrapped_arguments
	end
	row(ctx, hive, s, started, "Parameters\\Application", command)
end

local function starts(ctx, hive, s)
	local driver, started = service.is_driver(s.kind), {}
	if s.image then
		row(ctx, hive, s, started, "ImagePath", s.image, driver and "driver" or "command")
		wrapped(ctx, hive, s, started)
	elseif s.default_image then
		row(ctx, hive, s, started, "default", s.default_image, "driver")
	end
	if s.library then
		row(ctx, hive, s, started, s.library_place, s.library, "library")
	end
	if s.failure_command then
		-- Windows ships some with a text here that no action uses
		local unused = not service.runs_command(s.failure)
		row(ctx, hive, s, started, "FailureCommand", s.failure_command, "command", unused)
	end
	if s.counters then
		row(ctx, hive, s, started, COUNTERS, s.counters, "library")
	end
	return started
end

local function record(ctx, hive, s, set)
	rows.record(ctx, "service", {
		time = s.written, name = s.name, key = s.key, display = s.display, description = s.description,
		image = s.image, default_image = s.default_image, library = s.library,
		library_place = s.library_place, entry_point = s.entry_point,
		type = service.type_words(s.kind), start = service.start_word(s.start),
		delayed = s.delayed, account = s.account, group = s.group, depends = s.depends,
		depends_group = s.depends_group, failure = s.failure, failure_command = s.failure_command,
		triggers = s.triggers > 0 and s.triggers or nil, protected = s.protected,
		application = s.wrapped, arguments = s.wrapped_arguments, owner = s.owner,
		counters = s.counters, hidden_from = s.hidden_from,
		unquoted = not service.is_driver(s.kind) and s.image and unquoted.is_open(ctx, s.image) or nil,
		safe_modes = service.safe_modes(set.key, s.name),
		control_set = set.name, in_force = set.in_force, origin = registry.origin(hive), entry = hive.entry,
	})
	if s.odd then
		ctx:anomaly(hive.entry, s.key .. ": " .. table.concat(s.odd, ", "))
	end
end

-- Keys share few security descriptors: a damaged one is told of this many, and then no more.
local OWNERLESS_MAX <const> = 8

local function read(ctx, hive, key, state)
	local s = service.read(key, state.ownerless >= OWNERLESS_MAX)
	if s.ownerless then
		state.ownerless = state.ownerless + 1
		if state.ownerless == OWNERLESS_MAX then
			ctx:anomaly(hive.entry, "owners of services cannot be read: those of others are left out")
		end
	end
	return s
end

local function each(ctx, hive, key, set, state)
	local s = read(ctx, hive, key, state)
	record(ctx, hive, s, set)
	if not set.in_force or registry.origin(hive) then
		return
	end
	findings.report(ctx, hive, s, starts(ctx, hive, s))
end

-- Libraries that Windows does not have and services load all the same.
local function phantoms(ctx, hive)
	for _, found in ipairs(phantom.present(ctx, hive)) do
		local about = autostart.about(ctx, found.entry)
		ctx:collect(found.entry, "library that Windows does not have, loaded by a service")
		ctx:finding({
			severity = found.severity, confidence = "medium",
			title = "Library that Windows does not have, loaded by one of its services",
			detail = string.format("%s loads %s: %s", found.service, found.entry.full, found.note),
			evidence = { found.entry }, references = found.references,
			fields = { service = found.service, start = found.start, about = about },
		})
	end
end

local function others(ctx, hive, kind, rows)
	for _, fields in ipairs(rows) do
		fields.time, fields.written = fields.written, nil
		fields.origin, fields.entry = registry.origin(hive), hive.entry
		ctx:record(kind, fields)
	end
end

-- Services that are no more, as free space of the hive tells.
local function deleted(hive)
	local rows = remembered.services(hive)
	for _, row in ipairs(rows) do
		row.type, row.kind = service.type_words(row.kind), nil
		row.start = service.start_word(row.start)
	end
	return rows
end

local function of_software(ctx, hive)
	others(ctx, hive, "svchost-group", service.groups(hive))
end

local function of_system(ctx, hive)
	ctx:collect(hive, "hive with services")
	local set = registry.control_set(hive)
	if not set then
		ctx:anomaly(hive.entry, "no control set in force: which services start cannot be told")
	end
	local state = { ownerless = 0 }
	for key, of in service.keys(hive) do
		each(ctx, hive, key, of, state)
	end
	others(ctx, hive, "service-deleted", deleted(hive))
	others(ctx, hive, "filter", set and service.filters(set) or {})
	if not registry.origin(hive) then
		phantoms(ctx, hive)
	end
end

local HANDLERS = handlers.hives({ system = of_system, software = of_software }, "old")

return {
	api = 1,
	name = "win-services",
	summary = "Services and drivers, what they start, and libraries that they load by mistake",
	license = "Apache-2.0",
	categories = { "persistence" },
	references = REFERENCES,
	os = { "windows" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
