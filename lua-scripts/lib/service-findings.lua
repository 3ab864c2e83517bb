-- When a service is worth a look. Each check asks for something that Windows and ordinary programs do not
-- have; what it saw is in the row of the service anyway.
local service = require("service")
local unquoted = require("unquoted")

local findings = {}

local function fields_of(s, more)
	local out = { service = s.name, key = s.key, start = service.start_word(s.start), account = s.account }
	for name, value in pairs(more or {}) do
		out[name] = value
	end
	return out
end

-- --- a program in the way of a path without quotes ---

local function weak_path(ctx, hive, s)
	local found = s.image and not service.is_driver(s.kind) and unquoted.hijack(ctx, s.image)
	if not found then
		return
	end
	ctx:collect(found.entry, "starts instead of a service")
	if found.meant then
		ctx:collect(found.meant, "program that a service means")
	end
	ctx:finding({
		severity = "medium", confidence = found.meant and "high" or "medium",
		title = "Program that starts in place of a service, by its path without quotes",
		detail = string.format("%s: %s starts %s", s.name, s.image, found.entry.full),
		evidence = { found.entry, hive.entry }, references = { "attack:T1574.009" },
		fields = fields_of(s, { command = s.image, meant = found.meant and found.meant.full }),
	})
end

-- --- command interpreters ---

local INTERPRETERS <const> = { cmd = true, powershell = true, pwsh = true, mshta = true, wscript = true,
	cscript = true }

-- What attack tools write behind the interpreter: a pipe or share of this machine for what comes out,
-- commands that are encoded or come from the network.
local WORSE <const> = { "\\\\%.\\pipe\\", "\\\\127%.0%.0%.1\\", "\\\\localhost\\",
	"%s%-e[ncodemat]*%s+[%w+/=]+", "frombase64string", "downloadstring", "%f[%w]iex%f[%W]", "https?://" }

local function worse(command)
	for _, pattern in ipairs(WORSE) do
		if command:find(pattern) then
			return true
		end
	end
	return false
end

local function interpreter(ctx, hive, s)
	local command = not service.is_driver(s.kind) and s.image
	if not command or not INTERPRETERS[service.program_name(command)] then
		return
	end
	ctx:finding({
		severity = worse(command:lower()) and "medium" or "low", confidence = "high",
		title = "Service that starts a command interpreter",
		detail = s.name .. ": " .. command,
		evidence = { hive.entry }, references = { "attack:T1543.003", "attack:T1569.002" },
		fields = fields_of(s, { command = command }),
	})
end

-- --- places ---

-- Folders in which programs of services do not live: profiles, temporary files, waste.
local PLACES <const> = { "^users/", "^documents and settings/", "^windows/temp/", "^temp/",
	"^%$recycle%.bin/", "^recycler/", "^perflogs/" }

local function odd_place(ctx, hive, s, started)
	for _, one in ipairs(started) do
		local path = one.entry.path:lower()
		for _, place in ipairs(PLACES) do
			if path:find(place) then
				ctx:finding({
					severity = "low", confidence = "high",
					title = "Service with its program in a user's folder or one for temporary files",
					detail = string.format("%s, %s: %s", s.name, one.part, one.entry.full),
					evidence = { one.entry, hive.entry }, references = { "attack:T1543.003" },
					fields = fields_of(s, { part = one.part, program = one.entry.full }),
				})
				return
			end
		end
	end
end

-- --- hidden services ---

-- Whom a service must not be hidden from, or tools that list services do not show it.
local LISTERS <const> = { ["S-1-1-0"] = true, ["S-1-5-4"] = true, ["S-1-5-6"] = true,
	["S-1-5-11"] = true, ["S-1-5-18"] = true, ["S-1-5-32-544"] = true }

local function hidden(ctx, hive, s)
	local from = {}
	for _, sid in ipairs(s.hidden_from or {}) do
		if LISTERS[sid] then
			from[#from + 1] = sid
		end
	end
	if #from == 0 then
		return
	end
	ctx:finding({
		severity = "medium", confidence = "high", title = "Service that lists of services do not show",
		detail = s.name .. ": its security descriptor keeps its state from " .. table.concat(from, ", "),
		evidence = { hive.entry }, references = { "attack:T1564", "attack:T1543.003" },
		fields = fields_of(s, { command = s.image, hidden_from = from }),
	})
end

-- --- counters ---

-- Services without counters whose keys let users add one below on Windows 7 and Server 2008 R2 (C.
-- Labro, "Windows RpcEptMapper Service Insecure Registry Permissions EoP"): who reads counters loads
-- that library.
local WITHOUT_COUNTERS <const> = { rpceptmapper = true, dnscache = true }

local function counters(ctx, hive, s)
	if not s.counters or not WITHOUT_COUNTERS[s.name:lower()] then
		return
	end
	ctx:finding({
		severity = "medium", confidence = "high",
		title = "Library for counters of a service that has none",
		detail = s.name .. ": " .. s.counters, evidence = { hive.entry }, references = { "attack:T1574.011" },
		fields = fields_of(s, { library = s.counters }),
	})
end

-- All checks of a service, as service.read gives it. `started` is a list of { part, entry } for the
-- files that it starts and that are on the volume.
function findings.report(ctx, hive, s, started)
	weak_path(ctx, hive, s)
	interpreter(ctx, hive, s)
	odd_place(ctx, hive, s, started)
	hidden(ctx, hive, s)
	counters(ctx, hive, s)
end

return findings
