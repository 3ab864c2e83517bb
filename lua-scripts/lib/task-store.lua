-- All scheduled tasks of a Windows since Vista: what the registry's cache says, joined with the
-- XML files. The scheduler goes by the cache; a file may be gone, or say something else.
local path = require("path")
local registry = require("registry")
local remains = require("remains")
local security = require("security")
local task_cache = require("task-cache")
local task_xml = require("task-xml")
local text = require("text")

local task_store = {}

local CACHE <const> = "Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\"
local TASKS_MAX <const> = 20000 -- Windows has about 250
local XML_MAX <const> = 1 << 20 -- bytes of a file
local GROUPS = { "Boot", "Logon", "Plain", "Maintenance" }

-- --- XML files ---

-- Folders of task files beside that hive or file, "Windows/System32/Tasks" first.
local function folders_of(system)
	return { system .. "/System32/Tasks", system .. "/SysWOW64/Tasks" }
end

local function bytes_of(e)
	if e.size > XML_MAX then
		return nil, "larger than " .. XML_MAX .. " bytes"
	end
	return e:read()
end

-- Definition of a file, or nil; and what is wrong with it, or nil.
function task_store.read_xml(e)
	local s, why = bytes_of(e)
	if not s then
		return nil, why
	end
	return task_xml.read(s)
end

-- Is the file what the scheduler registered? Its SHA-256 (before an update of 2010: its CRC-32)
-- without the byte order mark stands beside the task. Nil when the cache does not say.
local function as_registered(task, e)
	if not task.hash or #task.hash ~= 32 then
		return nil
	end
	local s = bytes_of(e)
	return s and bytes.sha256((s:gsub("^\xff\xfe", ""))) == bytes.hex(task.hash)
end

-- List of { path, entry, narrow } of the files in both folders, and by path in lower case those
-- of the first. `system` is "Windows" or where else that folder lies.
local function files(ctx, system)
	local list, by_path = {}, {}
	for i, folder in ipairs(folders_of(system)) do
		for e in ctx:glob(path.escape(folder) .. "/**") do
			if e.type == "file" and not e.stream and #list < TASKS_MAX then
				local name = e.path:sub(#folder + 1):gsub("/", "\\")
				local file = { path = name, entry = e, narrow = i == 2 or nil }
				list[#list + 1] = file
				if i == 1 then
					by_path[name:lower()] = file
				end
			end
		end
	end
	return list, by_path
end

-- --- the cache ---

local function raw(key, name)
	local value = key:value(name)
	return value and value.raw
end

-- Entries of Tree that are tasks: by id, and by path in lower case.
local function read_tree(hive)
	local by_id, by_path, count = {}, {}, 0
	local top = CACHE .. "Tree"
	for key in hive:keys(top .. "\\**") do
		local id = registry.text(key, "Id")
		if id and count < TASKS_MAX then
			count = count + 1
			local node = { path = key.path:sub(#top + 1), id = id, key = key,
				index = registry.number(key, "Index"), sd = key:value("SD") ~= nil }
			node.security = node.sd and security.sddl(raw(key, "SD")) or nil
			by_id[id:upper()] = node
			by_path[node.path:lower()] = node
		end
	end
	return by_id, by_path
end

local function read_groups(hive)
	local group = {}
	for _, name in ipairs(GROUPS) do
		for key in registry.keys(hive:key(CACHE .. name)) do
			group[key.name:upper()] = name:lower()
		end
	end
	return group
end

-- Parses bytes when there are any; problems are added to the task.
local function parsed(task, data, parse)
	if not data then
		return nil
	end
	local result, problem = parse(data)
	if problem then
		task.problems[#task.problems + 1] = problem
	end
	return result
end

-- What the values of a task tell; `text_of` and `raw_of` give them by name, or nil.
local function described(id, text_of, raw_of)
	local task = { id = id, path = text_of("Path"), uri = text_of("URI"), author = text_of("Author"), date = text_of("Date"),
		description = text_of("Description"), creator = text_of("Source"), hash = raw_of("Hash"), problems = {} }
	local actions = parsed(task, raw_of("Actions"), task_cache.actions)
	task.actions = actions and actions.list
	task.triggers = parsed(task, raw_of("Triggers"), task_cache.triggers)
	task.times = parsed(task, raw_of("DynamicInfo"), task_cache.dynamic) or {}
	return task
end

-- A key below Tasks.
local function cached(key)
	local task = described(key.name, function(name)
		return registry.text(key, name)
	end, function(name)
		return raw(key, name)
	end)
	task.key = key
	return task
end

-- --- both ---

local function text_of(action)
	local parts = {}
	for _, name in ipairs({ "kind", "command", "arguments", "folder", "class", "data" }) do
		-- a reader of XML changes the ends of lines
		parts[#parts + 1] = text.trim(((action[name] or ""):lower():gsub("\r\n?", "\n")))
	end
	return table.concat(parts, "\0")
end

local function same_actions(a, b)
	if #a ~= #b then
		return false
	end
	for i, action in ipairs(a) do
		if text_of(action) ~= text_of(b[i]) then
			return false
		end
	end
	return true
end

-- How the file of a task stands to the cache: "same", "differs" (other actions), "missing",
-- "unreadable", "alone" (nothing in the cache).
local function join(task, file)
	if not file then
		task.state = "missing"
		return
	end
	task.file, file.used = file, true
	task.registered = as_registered(task, file.entry)
	local problem
	task.xml, problem = task_store.read_xml(file.entry)
	task.xml_problem = problem
	if not task.xml then
		task.state = "unreadable"
	elseif task.actions then
		task.state = same_actions(task.actions, task.xml.actions) and "same" or "differs"
	end
end

local function from_cache(hive, out, files_by_path)
	local tree_by_id, tree_by_path = read_tree(hive)
	local group = read_groups(hive)
	for key in registry.keys(hive:key(CACHE .. "Tasks")) do
		if #out >= TASKS_MAX then
			return "more than " .. TASKS_MAX .. " tasks"
		end
		local task = cached(key)
		task.node = tree_by_id[key.name:upper()]
		task.path = task.path or task.node and task.node.path or task.uri
		task.group = group[key.name:upper()]
		if task.node then
			task.node.used = true
		end
		join(task, task.path and files_by_path[task.path:lower()])
		out[#out + 1] = task
	end
	for _, node in pairs(tree_by_path) do
		if not node.used then
			local task = { node = node, id = node.id, path = node.path, problems = {}, times = {},
				group = group[node.id:upper()] }
			join(task, files_by_path[node.path:lower()])
			out[#out + 1] = task
		end
	end
end

-- List of tasks, by path and id, and why it is not all of them, or nil. A task has
--   path, id, uri, author, date, description, creator
--   key, node    its key below Tasks; of its entry in Tree: path, key, index, sd
--                (is there one?), security (as text). Either may be nil
--   group        "boot", "logon", "plain", "maintenance"
--   actions, triggers, times    as task-cache.lua gives them
--   registered   whether the file is the one that the scheduler registered, or nil
--   state        see above; file = { path, entry, narrow }, xml (as task-xml.lua gives it),
--                xml_problem
--   problems     of the values in the registry
-- `hive` is SOFTWARE, `system` the folder "Windows" of that installation.
function task_store.all(ctx, hive, system)
	local list, by_path = files(ctx, system)
	local out = {}
	local problem = from_cache(hive, out, by_path)
	for _, file in ipairs(list) do
		if not file.used then
			local task = { path = file.path, problems = {}, times = {} }
			join(task, file)
			if task.xml then
				task.state = "alone"
			end
			out[#out + 1] = task
		end
	end
	table.sort(out, function(a, b)
		local x, y = a.path or "", b.path or ""
		if x ~= y then
			return x < y
		end
		return (a.id or a.file.entry.path) < (b.id or b.file.entry.path)
	end)
	return out, problem or #list >= TASKS_MAX and "more than " .. TASKS_MAX .. " files" or nil
end

-- --- what was deleted ---

local OURS = { actions = true, dynamicinfo = true }

-- Tasks of which free space of the hive still tells: { …, written, offset, exists }, by what was
-- deleted of a key below Tasks; `exists`: the task is still there, this is an older state of it.
-- Actions and times that lie there without their key are tasks of their own. Mistakes in them
-- are ordinary.
function task_store.deleted(hive)
	local units, orphans = remains.units(hive, remains.below((CACHE .. "Tasks"):lower()), function(name)
		return OURS[name]
	end)
	for _, orphan in ipairs(orphans) do
		units[#units + 1] = { path = "", values = { [orphan.name:lower()] = orphan.data }, offset = orphan.offset }
	end
	local out = {}
	for _, unit in ipairs(units) do
		local function value(name)
			local data = unit.values[name:lower()]
			return type(data) == "string" and data ~= "" and data or nil
		end
		local task = described(unit.path:match("[^\\]+$"), value, value)
		task.written, task.offset, task.exists, task.gone = unit.written, unit.offset, unit.exists, true
		local actions = task.actions and #task.actions > 0 and task.actions[1].kind
		if task.path or actions or task.times.registered then
			out[#out + 1] = task
		end
	end
	return out
end

return task_store
