-- Event consumers of WMI: what runs when an event comes, and which events those are. The repository
-- is collected. Traces that are no longer in use are told, too: `current` says which is which.
--
-- Records: wmi-consumer, wmi-filter, wmi-binding (one for each instance), autostart (for each
-- consumer in use that runs a program or a script file).
local autostart = require("autostart")
local rows = require("rows")
local wmi = require("wmi")

local SCRIPT_MAX <const> = 64 << 10 -- bytes of a script in a row
local RUNS = { ActiveScriptEventConsumer = true, CommandLineEventConsumer = true }

-- Windows 7 has this one by itself, with a script of Microsoft's that is not there.
local ORDINARY = { bvtconsumer = true }

local KINDS = { consumer = "wmi-consumer", filter = "wmi-filter", binding = "wmi-binding" }
local FIELDS = { "class", "name", "machine", "creator", "executable", "command", "folder", "engine", "script", "file",
	"text", "server", "source", "subject", "to", "query", "language", "namespace", "filter", "consumer", "stamp1",
	"stamp2", "offset", "current", "problem" }

local function confidence(i)
	if i.problem then
		return "low"
	end
	return i.current and "high" or "medium"
end

local function row_of(ctx, e, i, filters)
	local fields = { time = i.stamp1, confidence = confidence(i), bound = filters, entry = e }
	for _, name in ipairs(FIELDS) do
		fields[name] = i[name]
	end
	if i.script and #i.script > SCRIPT_MAX then
		fields.script, fields.script_size = i.script:sub(1, SCRIPT_MAX), #i.script
	end
	rows.record(ctx, KINDS[i.kind], fields)
end

local function id_of(i)
	return i.name and (i.class .. "." .. i.name):lower()
end

-- Filters that bindings in use join to a consumer, by its class and name: names and queries.
local function bound(instances)
	local queries, out = {}, {}
	for _, i in ipairs(instances) do
		local id = i.kind == "filter" and id_of(i)
		if id and (i.current or not queries[id]) then
			queries[id] = i.query
		end
	end
	for _, i in ipairs(instances) do
		local consumer, filter = wmi.reference(i.consumer), wmi.reference(i.filter)
		if i.kind == "binding" and i.current and consumer and filter then
			local _, name = wmi.reference(i.filter)
			out[consumer] = out[consumer] or list({})
			table.insert(out[consumer], { filter = name, query = queries[filter] })
		end
	end
	return out
end

local function quoted(s)
	return s:find("%s") and not s:find('"') and '"' .. s .. '"' or s
end

-- What a consumer starts, as autostart.row wants it; nil when it is a script in its own text.
local function start_of(i)
	if i.class == "ActiveScriptEventConsumer" then
		return i.file and { command = i.file, what = "path" }
	elseif i.executable then
		return { command = i.command or i.executable, follow = quoted(i.executable) }
	end
	return i.command and { command = i.command }
end

local function start_row(ctx, e, i, filters)
	local t = start_of(i)
	if not t then
		return
	end
	t.place, t.source, t.name, t.key, t.sid = "wmi-consumer", e, i.name, i.class, i.creator
	t.dir = i.folder
	t.scope, t.time, t.references = "machine", i.stamp1, { "attack:T1546.003" }
	t.more = { bound = filters, folder = i.folder, engine = i.engine, offset = i.offset }
	autostart.row(ctx, t)
end

local function told(ctx, e, i, filters)
	ctx:finding({ severity = "info", confidence = confidence(i), title = "WMI runs something when an event comes",
		detail = string.format("%s \"%s\": %s", i.class, i.name, i.command or i.executable or i.file or "a script of its own"),
		evidence = { e }, references = { "attack:T1546.003" },
		fields = { class = i.class, name = i.name, command = i.command, executable = i.executable, engine = i.engine,
			file = i.file, bound = filters } })
end

local function of_objects(ctx, e)
	local list, why = wmi.instances(e)
	if why then
		ctx:anomaly(e, "repository of WMI: " .. why)
	end
	local by_consumer = bound(list)
	for _, i in ipairs(list) do
		local filters = i.kind == "consumer" and by_consumer[id_of(i) or ""] or nil
		row_of(ctx, e, i, filters)
		if i.problem and i.current then
			ctx:anomaly(e, string.format("instance of %s at offset %d: %s", i.class, i.offset, i.problem))
		end
		if RUNS[i.class] and i.current and i.name then
			start_row(ctx, e, i, filters)
			if filters and not ORDINARY[i.name:lower()] then
				told(ctx, e, i, filters)
			end
		end
	end
end

return {
	api = 1,
	name = "win-wmi",
	summary = "Event consumers in the repository of WMI, and what they run",
	license = "Apache-2.0",
	categories = { "persistence" },
	references = { "attack:T1546.003" },
	os = { "windows" },
	wants = { "windows.wmi" },
	run = function(ctx, e)
		if e.type ~= "file" then
			return
		end
		ctx:collect(e, "repository of WMI")
		if e.name:lower() == "objects.data" then
			of_objects(ctx, e)
		end
	end,
}
