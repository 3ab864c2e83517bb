-- Rows about what Windows starts by itself, one form for all plugins that know such places.
-- Each row follows its command to the file, which is collected, and tells what that file is;
-- or why it is not there.
local rows = require("rows")
local trim = require("text").trim

local autostart = {}

-- Digests in rows are for reading along, the manifest has those of every file; signatures need them,
-- too. These limits keep a machine with very many or very large programs from being read twice.
local DIGEST_SIZE_MAX <const> = 64 << 20 -- bytes of one file
local DIGEST_TOTAL_MAX <const> = 2 << 30 -- bytes of all files that one plugin digests
local KNOWN_MAX <const> = 20000 -- files remembered, about 300 bytes each

local known, nknown, digested = {}, 0, 0

-- The signature inside a program; `state` as pe.signature tells it. Programs without one may be signed in a
-- catalogue, as most of Windows are.
local function tell_signature(about, s)
	about.signature, about.signature_why = s.state, s.why
	about.signer, about.issuer, about.signed = s.name or s.subject, s.issuer, s.time
	about.stamped = s.stamped or nil
end

local function digests_of(e, signature)
	if signature and signature.file_digests then
		return signature.file_digests
	end
	return e:digests()
end

-- What a row says of a file, apart from its path.
local function examine(e)
	local about = { size = e.size }
	local whole = e.size <= DIGEST_SIZE_MAX and digested + e.size <= DIGEST_TOTAL_MAX
	local signature = pe.signer(e, { digests = whole, content = whole })
	if signature then
		tell_signature(about, signature)
	end
	if not whole then
		return about
	end
	digested = digested + e.size
	local digests, why = digests_of(e, signature)
	if not digests then
		about.unread = why
		return about
	end
	about.sha256, about.sha1, about.md5 = digests.sha256, digests.sha1, digests.md5
	return about
end

-- Size, digests and signature of a file, as a table that is not to be changed. Each file is
-- read once, however many rows name it.
function autostart.about(ctx, e)
	local id = table.concat({ ctx.volume.source, ctx.volume.index, e.full, e.stream or "" }, "|")
	local about = known[id]
	if about then
		return about
	end
	about = examine(e)
	if nknown < KNOWN_MAX then
		known[id] = about
		nknown = nknown + 1
	end
	return about
end

-- --- from the text to the file ---

-- A text that is one path, with blanks or without.
local function quoted(text)
	return '"' .. text:gsub('"', "") .. '"'
end

local function is_bare(text)
	return not text:find("[\\/:%%]")
end

-- The folders in which the loader of that word size seeks a library without a folder.
local function system_folders(narrow)
	if narrow then
		return { "%SystemRoot%\\SysWOW64\\", "%SystemRoot%\\System32\\" }
	end
	return { "%SystemRoot%\\System32\\" }
end

-- A library: a path of its own, or a name that the loader seeks, with or without ".dll".
local function library(ctx, text, options, narrow)
	if not is_bare(text) then
		return ctx:follow(quoted(text), options)
	end
	local name = text:gsub('"', "")
	local suffixes = name:find("%.[^.]*$") and { "", ".dll" } or { ".dll", "" }
	for _, folder in ipairs(system_folders(narrow)) do
		for _, suffix in ipairs(suffixes) do
			local e = ctx:follow(quoted(folder .. name .. suffix), options)
			if e then
				return e
			end
		end
	end
	return nil, '"' .. name .. '": not in the folder of system libraries', "not-found"
end

-- How the text of a row leads to its file, by `what`.
local WAYS = {
	command = function(ctx, text, options)
		return ctx:follow(text, options)
	end,
	library = library,
	-- paths without arguments, for which blanks and commas are like other letters
	path = function(ctx, text, options)
		return ctx:follow(quoted(text), options)
	end,
	driver = function(ctx, text, options)
		return ctx:follow(quoted(text), options)
	end,
}

-- --- lists ---

local function split(text, pattern)
	local parts = {}
	for part in text:gmatch(pattern) do
		part = trim(part)
		if part ~= "" then
			parts[#parts + 1] = part
		end
	end
	return parts
end

-- "a.exe /x,b.exe," as Userinit has it: the command lines. A comma in quotes is part of one.
function autostart.commands(text)
	local marked = text:gsub('"[^"]*"', function(inner)
		return (inner:gsub(",", "\1"))
	end)
	local parts = split(marked, "[^,]+")
	for i, part in ipairs(parts) do
		parts[i] = part:gsub("\1", ",")
	end
	return parts
end

-- "a.dll b.dll, c.dll" as AppInit_DLLs has it: names parted by blanks or commas, in quotes or not.
function autostart.names(text)
	local parts = {}
	local at = 1
	while at <= #text do
		local first, last, inner = text:find('^"([^"]*)"?', at)
		if not first then
			first, last, inner = text:find('^([^%s,"]+)', at)
		end
		if first and inner:find("%S") then
			parts[#parts + 1] = inner
		end
		at = (last or at) + 1
	end
	return parts
end

-- A switch of the task manager (a value below StartupApproved): true, false (and since when), or
-- nil when it was never touched. An odd first byte means disabled.
function autostart.switch(v)
	local raw = v and v.raw
	if not raw or #raw < 1 then
		return nil
	end
	if raw:byte(1) % 2 == 0 then
		return true
	end
	return false, #raw >= 12 and time.filetime(bytes.u64le(raw, 5)) or nil
end

-- --- the row ---

local function startup(enabled)
	if enabled == nil then
		return nil
	end
	return enabled and "enabled" or "disabled"
end

local function find(ctx, t)
	if t.missing then
		return nil, t.missing
	end
	local way = assert(WAYS[t.what or "command"], "what")
	local options = { user = t.user, wow64 = t.narrow, root = t.root, dir = t.dir }
	return way(ctx, t.follow or t.command, options, t.narrow)
end

-- How ctx:follow came to its result: the program that was looked through, …
local function tell_how(fields, how)
	if type(how) == "table" then
		fields.via, fields.host, fields.host_file, fields.script = how.via, how.host, how.program, how.script
	end
end

-- Emits a row of kind "autostart" and collects the file that it names. Returns the fields of the
-- row and the entry of that file, or the fields, nil, why and the code of why.
--
-- Fields of a row: time, place, key, name, type, command, user, sid, scope, startup ("enabled",
-- "disabled"; absent when nothing says so), disabled (since when), references, entry (where it
-- stands), and
--   program, file    full path and locator of what is started; then size, sha256, sha1, md5, of
--                    programs also signature, signature_why, signer, issuer, signed (time), stamped
--   missing          why there is no such file
--   via, host, host_file, script    how the file was found, see ctx:follow
--
-- `t` has
--   kind        of the row, if not "autostart"
--   place       what starts it: "run", "winlogon", "service", "task", "startup-folder", …
--   command     the text as it was found
--   follow      the text that leads to the file, where that is not `command`
--   missing     why there is nothing to follow
--   what        what the text is: "command" (if absent), "library" (a bare name is sought in
--               System32), "path" or "driver" (nothing but a path)
--   source      the hive or entry in which it stands
--   key, name, type    where in the registry; `name` also of a service or task
--   user, sid   whom it starts for, and as whom
--   scope       "user" or "machine" (if absent: "user" when there is a user)
--   time        of the last change of that place
--   enabled, disabled  true, false or nil when nothing says so, and since when it is off
--   narrow      true for places that 32-bit programs read
--   root        folder of a former Windows that the place is of
--   dir         the working folder, where the place names one
--   references  list of strings
--   more        table with further fields of the row
function autostart.row(ctx, t)
	local program, why, code, how = find(ctx, t)
	local fields = {
		time = t.time, place = t.place, key = t.key, name = t.name, type = t.type,
		command = t.command, user = t.user, sid = t.sid, scope = t.scope or (t.user and "user" or "machine"),
		startup = startup(t.enabled), disabled = t.disabled, references = t.references,
		entry = t.source,
	}
	tell_how(fields, program and why or how)
	if program then
		why, code = nil, nil
		fields.program, fields.file = program.full, program
		for name, value in pairs(autostart.about(ctx, program)) do
			fields[name] = value
		end
	else
		fields.missing = tostring(why)
	end
	for name, value in pairs(t.more or {}) do
		fields[name] = value
	end
	rows.record(ctx, t.kind or "autostart", fields)
	return fields, program, why, code
end

return autostart
