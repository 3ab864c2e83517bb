-- Services and drivers: what each one starts, how, as whom, and what happens when it fails.
--
-- Records: service (each key below Services; those that stand only in a control set that is not in
-- force are marked, those of a former Windows have `origin` "Windows.old"), autostart (each program,
-- library and driver of a service in force).
local autostart = require("autostart")
local handlers = require("handlers")
local phantom = require("phantom")
local registry = require("registry")
local service = require("service")
local unquoted = require("unquoted")

local REFERENCES <const> = { "attack:T1543.003" }
local DISABLED <const> = 4

-- Programs that start another one, which they find in Parameters.
local WRAPPERS <const> = { srvany = true, nssm = true }

-- Name of the program in a command line, in lower case and without ".exe".
local function image_name(image)
	local text = (image or ""):lower()
	return text:match("([^\\/\"]+)%.exe") or text:match("([^\\/\"]+)\"?$")
end

-- One row for each thing that a service starts. `part` is the value that names it, or "default".
local function row(ctx, hive, s, part, command, what, unused)
	return autostart.row(ctx, {
		place = service.is_driver(s.kind) and "driver" or "service",
		source = hive, key = s.key, name = s.name, command = command, what = what, time = s.written,
		sid = not service.is_driver(s.kind) and service.sid(s.account) or nil,
		scope = "machine", enabled = s.start ~= DISABLED and not unused, references = REFERENCES,
		more = { part = part, start = service.start_word(s.start), account = s.account },
	})
end

local function wrapped(ctx, hive, s)
	if not s.wrapped or not WRAPPERS[image_name(s.image) or ""] then
		return
	end
	local command = s.wrapped
	if command:find("%s") and command:sub(1, 1) ~= '"' then
		command = '"' .. command .. '"'
	end
	if s.wrapped_arguments then
		command = command .. " " .. s.wrapped_arguments
	end
	row(ctx, hive, s, "Parameters\\Application", command)
end

local function starts(ctx, hive, s)
	local driver = service.is_driver(s.kind)
	if s.image then
		row(ctx, hive, s, "ImagePath", s.image, driver and "driver" or "command")
		wrapped(ctx, hive, s)
	elseif s.default_image then
		row(ctx, hive, s, "default", s.default_image, "driver")
	end
	if s.library then
		row(ctx, hive, s, s.library_place, s.library, "library")
	end
	if s.failure_command then
		-- Windows ships some with a text here that no action uses
		local unused = not service.runs_command(s.failure)
		row(ctx, hive, s, "FailureCommand", s.failure_command, "command", unused)
	end
end

local function weak_path(ctx, hive, s)
	local found = unquoted.hijack(ctx, s.image)
	if not found then
		return
	end
	if found.meant then
		ctx:collect(found.meant, "program that a service means")
	end
	ctx:finding({
		severity = "medium", confidence = found.meant and "high" or "medium",
		title = "Program that starts in place of a service, by its path without quotes",
		detail = string.format("%s: %s starts %s", s.name, s.image, found.entry.full),
		evidence = { found.entry, hive.entry },
		references = { "attack:T1574.009" },
		fields = { service = s.name, command = s.image, key = s.key, start = service.start_word(s.start),
			account = s.account, meant = found.meant and found.meant.full },
	})
end

local function record(ctx, hive, s, set, in_force)
	ctx:record("service", {
		time = s.written, name = s.name, key = s.key, display = s.display, description = s.description,
		image = s.image, default_image = s.default_image, library = s.library,
		library_place = s.library_place, entry_point = s.entry_point,
		type = service.type_words(s.kind), start = service.start_word(s.start),
		delayed = s.delayed, account = s.account, group = s.group, depends = s.depends,
		depends_group = s.depends_group, failure = s.failure, failure_command = s.failure_command,
		triggers = s.triggers > 0 and s.triggers or nil, protected = s.protected,
		application = s.wrapped, arguments = s.wrapped_arguments, owner = s.owner,
		unquoted = not service.is_driver(s.kind) and s.image and unquoted.is_open(ctx, s.image) or nil,
		control_set = set, in_force = in_force, origin = registry.origin(hive), entry = hive.entry,
	})
	if s.odd then
		ctx:anomaly(hive.entry, s.key .. ": " .. table.concat(s.odd, ", "))
	end
end

local function each(ctx, hive, key, set, in_force)
	local s = service.read(key)
	record(ctx, hive, s, set, in_force)
	if not in_force or registry.origin(hive) then
		return
	end
	starts(ctx, hive, s)
	if s.image and not service.is_driver(s.kind) then
		weak_path(ctx, hive, s)
	end
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

local function run(ctx, hive)
	ctx:collect(hive, "hive with services")
	if not registry.control_set(hive) then
		ctx:anomaly(hive.entry, "no control set in force: which services start cannot be told")
	end
	for key, set, in_force in service.keys(hive) do
		each(ctx, hive, key, set, in_force)
	end
	if not registry.origin(hive) then
		phantoms(ctx, hive)
	end
end

local HANDLERS = handlers.hives({ system = run }, "old")

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
