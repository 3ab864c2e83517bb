-- Jobs of the background transfer service: what was or is to be fetched, by whom, and the program
-- that a job starts when it has ended. The databases are collected.
--
-- Records: bits-job, bits-file (of which no job knows), autostart (for each job with a program).
local autostart = require("autostart")
local bits = require("bits")
local rows = require("rows")

local FIELDS = { "type", "priority", "state", "id", "name", "description", "command", "arguments", "sid", "modified",
	"other", "files", "offset", "current" }

local function quoted(s)
	return s:find("%s") and not s:find('"') and '"' .. s .. '"' or s
end

-- A job in force is sure; what was found by its mark alone may be of any age.
local function confidence(job)
	return job.current and "high" or "medium"
end

-- The parameters of a job begin with the name of the program, as a command line does.
local function start(ctx, e, job)
	local urls = list({})
	for i, file in ipairs(job.files) do
		urls[i] = file.url
	end
	autostart.row(ctx, { place = "bits-job", source = e, name = job.name, key = job.id, command = job.arguments or job.command,
		follow = quoted(job.command), sid = job.sid, time = job.created, references = { "attack:T1197" },
		more = { executable = job.command, state = job.state, urls = urls, current = job.current, offset = job.offset } })
	ctx:finding({ severity = "info", confidence = confidence(job),
		title = "Background transfer that starts a program when it ends",
		detail = string.format("%s: %s", job.name or job.id, job.arguments or job.command), evidence = { e },
		references = { "attack:T1197" },
		fields = { id = job.id, name = job.name, command = job.command, arguments = job.arguments, sid = job.sid, urls = urls } })
end

local function file_row(file)
	return { path = file.path, url = file.url, temporary = file.temporary, size = file.size, received = file.received }
end

local function of_queue(ctx, e)
	local jobs, files, why = bits.read(e)
	if why then
		ctx:anomaly(e, "background transfers: " .. why)
	end
	for _, job in ipairs(jobs) do
		for i, file in ipairs(job.files) do
			job.files[i] = file_row(file)
		end
		local fields = { time = job.created, confidence = confidence(job), entry = e }
		for _, name in ipairs(FIELDS) do
			fields[name] = job[name]
		end
		rows.record(ctx, "bits-job", fields)
		if job.command then
			start(ctx, e, job)
		end
	end
	for _, file in ipairs(files) do
		local fields = file_row(file)
		fields.id, fields.offset, fields.entry = file.id, file.offset, e
		ctx:record("bits-file", fields)
	end
end

return {
	api = 1,
	name = "win-bits",
	summary = "Background transfers (BITS), and the programs that they start",
	license = "Apache-2.0",
	categories = { "persistence", "network" },
	references = { "attack:T1197" },
	os = { "windows" },
	wants = { "windows.bits" },
	run = function(ctx, e)
		if e.type ~= "file" then
			return
		end
		ctx:collect(e, "database of background transfers")
		local name = e.name:lower()
		if name == "qmgr.db" or name:find("^qmgr%d%.dat$") then
			of_queue(ctx, e)
		end
	end,
}
