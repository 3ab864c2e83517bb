-- Jobs of the background transfer service (BITS): qmgr0.dat and qmgr1.dat up to Windows 8.1,
-- the database qmgr.db since Windows 10. Both hold the same records behind the same marks, so both are
-- searched for them; what was deleted is found, too. Layout and marks: ANSSI, bits_parser; FireEye,
-- BitsParser.
local ids = require("ids")

local bits = {}

local SIZE_MAX <const> = 48 << 20
local JOBS_MAX <const> = 20000
local FILES_MAX <const> = 20000
local TEXT_MAX <const> = 32768 -- UTF-16 units of a string
local RECORD_MAX <const> = 1 << 20 -- bytes of a job that are looked at

-- Before a job: one for each version of the service.
local JOB_MARKS = { "93362035a00c104a84f3b17e7b499cd7", "101370c83653b34183e581557f361b87",
	"8c93ea64030f6840b46ff97fe51d4dcd", "b346ed3d3b10f944bc2fe8378bd31986", "74e70c81d2bbcc489e47862e8d58f3c6",
	"a15609e143afc94292e66f9856eba7f6", "9f95d44c6470f24b84d7476a7e62699f", "f11926a93203bf4c9427898818958831",
	"c133bcddfb5aaf4db8a12268b39d01ad", "d057568f2c013e4ead2cf4a5d7656faf", "5067419457031d46a4cc5dd9990706e4" }
local FILE_MARK <const> = bytes.unhex("e4cf9e5146d99743b73e268513051ab2") -- of a file, since Windows 10
local PART_MARK <const> = bytes.unhex("36da56776f515a43acac44a248fff34d") -- around the files of a job
local QUEUE_MARK <const> = bytes.unhex("47445f00a9bdba449851c47bb6c07ace") -- around the jobs in force, *.dat

local TYPES = { [0] = "download", "upload", "upload-reply" }
local PRIORITIES = { [0] = "foreground", "high", "normal", "low" }
local STATES = { [0] = "queued", "connecting", "transferring", "suspended", "error", "transient-error", "transferred",
	"acknowledged", "cancelled" }

-- --- fields ---

-- A string with the count of its UTF-16 units in front: the text and the position behind it;
-- nil when it cannot be one.
local function text_at(s, at)
	local n = bytes.u32le(s, at)
	if not n or n > TEXT_MAX or at + 3 + 2 * n > #s then
		return nil
	end
	local raw = s:sub(at + 4, at + 3 + 2 * n)
	if n > 0 and raw:sub(-2) ~= "\0\0" then
		return nil
	end
	return bytes.utf16(raw), at + 4 + 2 * n
end

-- Several strings in turn: a list, and the position behind them; nil when one cannot be one.
local function texts_at(s, at, count)
	local out = {}
	for i = 1, count do
		local text, behind = text_at(s, at)
		if not text then
			return nil
		end
		out[i], at = text, behind
	end
	return out, at
end

local function not_empty(s)
	return s ~= "" and s or nil
end

-- A time between 2000 and 2100, else nil: what is carved may be anything.
local function time_at(s, at)
	local iso = bytes.u64le(s, at) and time.filetime(bytes.u64le(s, at))
	return iso and iso:find("^20") and iso or nil
end

-- -1 stands for "not known".
local function size_at(s, at)
	local n = bytes.u64le(s, at)
	return n and n >= 0 and n or nil
end

-- --- files ---

-- A file at that position: where to, from where, the name meanwhile, sizes; nil when it is none.
local function file_at(s, at)
	local texts, behind = texts_at(s, at, 3)
	if not texts or texts[1] == "" or not texts[2]:find("^%a[%w+.-]*://") and not texts[2]:find("^\\\\") then
		return nil
	end
	return { path = texts[1], url = texts[2], temporary = not_empty(texts[3]), received = size_at(s, behind),
		size = size_at(s, behind + 8) }, behind
end

-- Files in bytes: each begins six bytes before the stroke behind the letter of its drive, or four
-- before the two strokes of a server.
local function files_in(s, out)
	local at, colon, server = 1, 0, 0
	while #out < FILES_MAX do
		-- each is sought once for every place where it is
		colon = colon and (colon >= at and colon or s:find(":\0\\\0", at, true))
		server = server and (server >= at and server or s:find("\\\0\\\0", at, true))
		local start = math.min(colon and colon - 6 or #s, server and server - 4 or #s)
		if start >= #s then
			return
		end
		local file, behind
		if start > 0 then
			file, behind = file_at(s, start)
		end
		out[#out + 1] = file
		at = behind or start + 7
	end
end

-- Files of the database, by their identifier: it stands in the column before.
local function database_files(s)
	local out, list = {}, {}
	local at = s:find(FILE_MARK, 1, true)
	while at and #list < FILES_MAX do
		local file = file_at(s, at + 16)
		if file then
			file.id = at > 22 and ids.guid(s:sub(at - 22, at - 7)) or nil
			file.offset = at - 1
			list[#list + 1] = file
			out[file.id or ""] = file
		end
		at = s:find(FILE_MARK, at + 16, true)
	end
	return out, list
end

-- --- jobs ---

-- Errors, retries and times behind the files.
local function metadata(s, at, job)
	local errors = bytes.u32le(s, at)
	if not errors or errors > 1000 then
		return
	end
	at = at + 4 + 25 * errors + 12
	job.created, job.modified, job.other = time_at(s, at), time_at(s, at + 8), time_at(s, at + 16)
end

-- Behind the texts of a job: references to files of the database, or the files themselves.
local function parts(s, at, job, by_id)
	local first = s:find(PART_MARK, at, true)
	if not first then
		return
	end
	local second = s:find(PART_MARK, first + 16, true)
	for i = 0, math.min(bytes.u32le(s, first + 16) or 0, 1000) - 1 do
		local file = by_id[ids.guid(s:sub(first + 20 + 16 * i, first + 35 + 16 * i)) or "none"]
		if file then
			file.used = true
			job.files[#job.files + 1] = file
		end
	end
	if #job.files == 0 then
		files_in(s:sub(first + 20, (second or #s + 1) - 1), job.files)
	end
	if second then
		metadata(s, second + 16, job)
	end
end

-- The job in the bytes between its mark and the next, or nil.
local function job_of(s, by_id)
	local kind, priority, state = bytes.u32le(s, 1), bytes.u32le(s, 5), bytes.u32le(s, 9)
	local texts, behind = texts_at(s, 33, 5)
	if not texts or not TYPES[kind] or not STATES[state] then
		return nil
	end
	local job = { type = TYPES[kind], priority = PRIORITIES[priority], state = STATES[state], id = ids.guid(s:sub(17, 32)),
		name = not_empty(texts[1]), description = not_empty(texts[2]), command = not_empty(texts[3]),
		arguments = not_empty(texts[4]), sid = not_empty(texts[5]), files = list({}) }
	parts(s, behind, job, by_id)
	return job
end

local function marks(s)
	local out = {}
	for _, hex in ipairs(JOB_MARKS) do
		local mark = bytes.unhex(hex)
		local at = s:find(mark, 1, true)
		while at and #out < JOBS_MAX do
			out[#out + 1] = at
			at = s:find(mark, at + 16, true)
		end
	end
	table.sort(out)
	return out
end

-- Where the jobs in force lie in a *.dat: between the first two marks of the queue.
local function queue(s)
	local first = s:find(QUEUE_MARK, 1, true)
	local second = first and s:find(QUEUE_MARK, first + 16, true)
	return first, second
end

-- List of jobs in a file, by offset: { type, priority, state, id, name, description, command,
-- arguments, sid, created, modified, other (a time), files, offset, current }; list of files of which no job
-- knows; and why it is not all, or nil. `current`: true or false in a *.dat, nil in a database,
-- where only its own tables could tell.
function bits.read(e)
	if e.size > SIZE_MAX then
		return {}, {}, "larger than " .. SIZE_MAX .. " bytes"
	end
	local s, why = e:read()
	if not s then
		return {}, {}, why
	end
	local by_id, files = database_files(s)
	local starts, out = marks(s), {}
	local first, second = queue(s)
	for i, at in ipairs(starts) do
		local to = math.min(starts[i + 1] or #s + 1, at + RECORD_MAX)
		local job = job_of(s:sub(at + 16, to - 1), by_id)
		if job then
			job.offset = at - 1
			job.current = first and (at > first and at < (second or 0))
			out[#out + 1] = job
		end
	end
	local lost = {}
	for _, file in ipairs(files) do
		lost[#lost + 1] = not file.used and file or nil
	end
	return out, lost, #starts >= JOBS_MAX and "more than " .. JOBS_MAX .. " jobs" or nil
end

return bits
