-- Scheduled tasks: the registry's cache joined with the XML files, and the files *.job of older
-- Windows. What tasks start is followed and collected.
--
-- Records: task (one for each task; those of a former Windows have `origin` "Windows.old"), task-run
-- and task-end (the last run, for the timeline), autostart (one for each action that starts a
-- program or a class of COM); task-deleted and autostart-deleted (what free space of the hive tells).
local autostart = require("autostart")
local classes = require("autostart-classes")
local handlers = require("handlers")
local path = require("path")
local registry = require("registry")
local rows = require("rows")
local task_job = require("task-job")
local task_store = require("task-store")

local JOB_MAX <const> = 1 << 20 -- bytes of a *.job file
local HIVE = "/System32/config/SOFTWARE"

-- --- whom a task runs as ---

local function last_part(s)
	s = s and s:match("^.*[^\\/]")
	return s and path.name(s)
end

-- What the hive knows: `users`, names of the folders of profiles by SID and by name, both in lower
-- case; `classes`, those of COM.
local function knowledge(ctx, hive)
	local out = {}
	for key in registry.keys(hive:key("Microsoft\\Windows NT\\CurrentVersion\\ProfileList")) do
		local folder = key.name:find("^S%-1%-5%-21%-") and last_part(registry.text(key, "ProfileImagePath"))
		if folder then
			out[key.name:lower()], out[folder:lower()] = folder, folder
		end
	end
	return { users = out, classes = classes.new(ctx, hive) }
end

-- { account, sid, user (profile folder), logon, level } of a task.
local function principal(task, users)
	local cache, xml = task.triggers or {}, task.xml and task.xml.principal or {}
	local account = cache.user or xml.user or xml.group
	local sid = cache.sid or (xml.user or xml.group or ""):match("^S%-1%-[%d%-]+$")
	local name = last_part(account)
	return { account = account, sid = sid, logon = cache.logon or xml.logon, level = cache.level or xml.level,
		user = users[(sid or ""):lower()] or users[(name or ""):lower()] }
end

-- --- rows ---

local function kinds(triggers)
	local out, seen = list({}), {}
	for _, t in ipairs(triggers or {}) do
		if not seen[t.kind] then
			seen[t.kind] = true
			out[#out + 1] = t.kind
		end
	end
	return out
end

-- A program and its arguments as one command line. A task has them apart, so blanks in the
-- program need no quotes there.
local function command_line(action)
	local program = action.command or ""
	if program:find("%s") and not program:find('"') then
		program = '"' .. program .. '"'
	end
	return action.arguments and program .. " " .. action.arguments or program
end

local function fields_of(task, who, action, store)
	return { task = task.path, id = task.id, store = store, folder = action.folder, action = action.id,
		author = task.author or task.xml and task.xml.author, account = who.account, level = who.level,
		triggers = task.kinds, last_run = task.times.last_run }
end

local function row(ctx, task, who, t)
	t.place, t.name, t.user, t.sid = "task", task.path, who.user, who.sid
	t.scope = who.user and "user" or "machine"
	t.enabled = task.enabled
	t.kind = task.gone and "autostart-deleted" or nil
	autostart.row(ctx, t)
end

-- What serves a class of COM: its server (see autostart-classes.lua), or nil, why there is none,
-- and the name of the service that does it instead.
local function server_of(task, id)
	if not id then
		return nil, "a class that is not told"
	elseif not task.classes then
		return nil, "no hive to look up this class in"
	end
	local server, why = classes.server(task.classes, id)
	local service = not server and classes.service(task.classes, id)
	if service then
		return nil, "the service " .. service .. " serves this class", service
	end
	return server, why
end

local function com_row(ctx, task, who, action, t)
	local id = classes.id(action.class)
	local server, why, service = server_of(task, id)
	t.command, t.missing = id or "", why
	t.more.class, t.more.data, t.more.service = id, action.data, service
	if server then
		t.what, t.command, t.more.host = server.what, server.command, server.host
		t.more.class_key = server.key.path
		t.narrow = server.key.path:find("\\Wow6432Node\\", 1, true) ~= nil
	end
	row(ctx, task, who, t)
end

local function action_rows(ctx, task, who, actions, store, source, key)
	for _, action in ipairs(actions or {}) do
		local t = { source = source, key = key and key.path, time = key and key.written or task.time,
			more = fields_of(task, who, action, store), references = { "attack:T1053.005" } }
		if action.kind == "exec" and action.command then
			t.command, t.dir = command_line(action), action.folder
			row(ctx, task, who, t)
		elseif action.kind == "com" then
			com_row(ctx, task, who, action, t)
		end
	end
end

local function run_rows(ctx, task, source)
	local times = task.times
	for kind, when in pairs({ ["task-run"] = times.last_run, ["task-end"] = times.last_end }) do
		ctx:record(kind, { time = when, path = task.path, id = task.id, result = times.result, entry = source })
	end
end

local function is_enabled(task)
	if task.triggers and task.triggers.enabled ~= nil then
		return task.triggers.enabled
	end
	return task.xml and task.xml.enabled
end

local function registry_state(task)
	if task.key and task.node then
		return "whole"
	end
	return task.key and "no entry in Tree" or task.node and "only in Tree" or nil
end

-- One row for the task. `source` is what `entry` names.
local function task_row(ctx, task, who, source)
	local xml, node, cache = task.xml or {}, task.node or {}, task.triggers or {}
	local file = task.file and task.file.entry
	rows.record(ctx, "task", {
		time = task.time, path = task.path, id = task.id, uri = task.uri or xml.uri,
		author = task.author or xml.author, date = task.date or xml.date,
		description = task.description or xml.description, creator = task.creator or xml.creator,
		enabled = task.enabled, hidden = cache.hidden or xml.hidden, group = task.group,
		account = who.account, sid = who.sid, user = who.user, logon = who.logon, level = who.level,
		actions = task.actions or xml.actions, triggers = cache.list or xml.triggers,
		registered = task.times.registered, last_run = task.times.last_run, last_end = task.times.last_end,
		result = task.times.result, key_written = task.key and task.key.written,
		tree_written = node.key and node.key.written, index = node.index, sd = node.sd, security = node.security,
		registry = registry_state(task), xml = task.state, as_registered = task.registered, file = file and file.full,
		origin = task.former,
		file_narrow = task.file and task.file.narrow, xml_actions = task.state == "differs" and xml.actions or nil,
		entry = source })
end

local function tell_problems(ctx, hive, task)
	for _, problem in ipairs(task.problems) do
		ctx:anomaly(hive.entry, string.format("task %s: %s", task.path or task.id, problem))
	end
	if task.xml_problem then
		ctx:anomaly(task.file.entry, "task file: " .. task.xml_problem)
	end
end

local function tell(ctx, hive, task, known)
	local file = task.file and task.file.entry
	if file then
		ctx:collect(file, "definition of a scheduled task")
	end
	local source = (task.key or task.node) and hive.entry or file
	task.former = hive and registry.origin(hive)
	local xml = task.xml or {}
	local who = principal(task, known.users)
	task.enabled, task.classes = is_enabled(task), known.classes
	task.kinds = kinds(task.triggers and task.triggers.list or xml.triggers)
	task.time = task.times.registered or task.key and task.key.written
		or task.node and task.node.key.written or file and (file.times.created or file.times.modified)
	tell_problems(ctx, hive, task)
	task_row(ctx, task, who, source)
	run_rows(ctx, task, source)
	if task.former then
		return -- starts nothing any more
	end
	action_rows(ctx, task, who, task.actions, "registry", source, task.key)
	if not task.actions or task.state == "differs" then
		action_rows(ctx, task, who, xml.actions, "xml", file)
	end
end

-- A task that was deleted, or an older state of one: what it started is followed as well.
local function deleted(ctx, hive, task, known)
	local who = principal(task, known.users)
	local cache = task.triggers or {}
	task.enabled, task.classes, task.kinds = cache.enabled, known.classes, kinds(cache.list)
	task.time = task.times.registered or task.written
	rows.record(ctx, "task-deleted", {
		time = task.time, path = task.path, id = task.id, uri = task.uri, author = task.author, date = task.date,
		description = task.description, enabled = task.enabled, hidden = cache.hidden, account = who.account,
		sid = who.sid, user = who.user, level = who.level, actions = task.actions, triggers = cache.list,
		registered = task.times.registered, last_run = task.times.last_run, last_end = task.times.last_end,
		result = task.times.result, exists = task.exists, offset = task.offset, key_written = task.written,
		entry = hive.entry })
	-- what has no key any more is often an older state of a task that is there
	if task.id and not task.exists and not registry.origin(hive) then
		action_rows(ctx, task, who, task.actions, "registry", hive.entry)
	end
end

-- --- hidden tasks ---

-- Listings leave a task out whose entry in Tree has lost its security descriptor (value SD) or has
-- index 0 (Microsoft, "Tarrask malware uses scheduled tasks for defense evasion", 2022). Both
-- count only where nearly all other tasks have them: Windows 7 wrote no descriptors.
local function hidden(ctx, hive, tasks, title, is_bare)
	local bare, count = {}, 0
	for _, task in ipairs(tasks) do
		if task.node then
			count = count + 1
			bare[#bare + 1] = is_bare(task.node) and task or nil
		end
	end
	if #bare * 10 > count then
		return
	end
	for _, task in ipairs(bare) do
		ctx:finding({ severity = "medium", confidence = "medium", title = title,
			detail = string.format("%s, %d of %d tasks are like it", task.path, #bare, count),
			evidence = { hive.entry, task.file and task.file.entry },
			references = { "attack:T1053.005", "attack:T1564" },
			fields = { task = task.path, id = task.id, key = task.node.key.path, written = task.node.key.written } })
	end
end

local function differing(ctx, hive, task)
	ctx:finding({ severity = "info", confidence = "high", title = "Task file and registry start different things",
		detail = task.path, evidence = { hive.entry, task.file.entry }, references = { "attack:T1053.005" },
		fields = { task = task.path, id = task.id, registry = task.actions, file = task.xml.actions } })
end

-- --- items ---

local function of_software(ctx, hive)
	ctx:collect(hive, "hive with scheduled tasks")
	local system = hive.entry.path:sub(1, -#HIVE - 1)
	local known = knowledge(ctx, hive)
	local tasks, problem = task_store.all(ctx, hive, system)
	if problem then
		ctx:anomaly(hive.entry, "scheduled tasks: " .. problem)
	end
	for _, task in ipairs(tasks) do
		tell(ctx, hive, task, known)
		if task.state == "differs" then
			differing(ctx, hive, task)
		end
	end
	for _, task in ipairs(task_store.deleted(hive)) do
		deleted(ctx, hive, task, known)
	end
	hidden(ctx, hive, tasks, "Scheduled task that has lost its security descriptor", function(node)
		return not node.sd
	end)
	hidden(ctx, hive, tasks, "Scheduled task with index 0", function(node)
		return node.index == 0
	end)
end

local function of_job(ctx, e)
	local s, why = e:read(0, JOB_MAX)
	local task, problem
	if s then
		task, problem = task_job.read(s)
	end
	if problem or not s then
		ctx:anomaly(e, "task file: " .. (problem or why))
	end
	if not task then
		return
	end
	task.path, task.times, task.kinds = e.name, {}, kinds(task.triggers)
	task.time = e.times.modified
	rows.record(ctx, "task", { time = task.time, path = e.name, id = task.id, author = task.author,
		description = task.description, enabled = task.enabled, hidden = task.hidden, actions = task.actions,
		triggers = task.triggers, last_run_local = task.last_run, result = task.result, status = task.status,
		product = task.product, entry = e })
	action_rows(ctx, task, {}, task.actions, "job", e)
end

-- Is there a hive that tells of these files? Asked once for each of them.
local hives = {}

local function has_hive(ctx, path)
	local id = ctx.volume.source .. "|" .. ctx.volume.index .. "|" .. path
	if hives[id] == nil then
		local e = ctx:lookup(path)
		hives[id] = e ~= nil and ctx:hive(e) ~= nil
	end
	return hives[id]
end

-- Files are told with the hive; without one here.
local function of_xml(ctx, e)
	-- not of SchedLgU.Txt, the log of the scheduler of Windows XP
	local system, path = e.path:match("^(.-)/[Ss][Yy][Ss][^/]+/[Tt][Aa][Ss][Kk][Ss](/.+)$")
	if not system or has_hive(ctx, system .. HIVE) then
		return
	end
	local task = { path = path:gsub("/", "\\"), file = { entry = e }, problems = {}, times = {}, state = "alone" }
	task.xml, task.xml_problem = task_store.read_xml(e)
	task.state = task.xml and "alone" or "unreadable"
	tell(ctx, nil, task, { users = {} })
end

local function of_file(ctx, e)
	if e.type ~= "file" then
		return
	end
	ctx:collect(e, "definition of a scheduled task")
	if e.ext == "job" then
		of_job(ctx, e)
	else
		of_xml(ctx, e)
	end
end

local HANDLERS = handlers.hives({ software = of_software }, "old")
HANDLERS["windows.tasks"] = of_file

return {
	api = 1,
	name = "win-tasks",
	summary = "Scheduled tasks, from the registry, XML files and *.job files, and what they start",
	license = "Apache-2.0",
	categories = { "persistence" },
	references = { "attack:T1053.005" },
	os = { "windows" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
