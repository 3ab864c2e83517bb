-- When a row about an autostart is worth a look. Only what the data prove: the value is not
-- what Windows has there, and in most places the program is there as well.
local path = require("path")
local registry = require("registry")

local findings = {}

-- --- what the conditions ask ---

-- Is the file below the folder of a Windows? Paths of a volume, '/' separated.
local function in_windows(e)
	local where = e.path:lower()
	return where:find("^windows/") ~= nil or where:find("^winnt/") ~= nil
		or where:find("^windows%.old/windows/") ~= nil
end

-- Does a text name a file below the folder of Windows, as far as the text alone tells?
local function names_windows(text)
	text = text:lower():gsub('"', "")
	return not text:find("[\\/]") or text:find("^%%systemroot%%\\") ~= nil or text:find("^%%windir%%\\") ~= nil
		or text:find("^%a:\\windows\\") ~= nil or text:find("^%a:\\winnt\\") ~= nil
end

local function bare_name(text)
	local word = text:lower():match('^%s*"([^"]+)"') or text:lower():match("^%s*(%S+)") or ""
	return path.name(word)
end

-- Debuggers, and a task manager that its own menu puts there.
local DEBUGGERS = { ["windbg.exe"] = true, ["ntsd.exe"] = true, ["cdb.exe"] = true, ["vsjitdebugger.exe"] = true,
	["procexp.exe"] = true, ["procexp64.exe"] = true }

-- Programs that the logon screen starts for anyone who presses their keys.
local AT_LOGON = { ["sethc.exe"] = true, ["utilman.exe"] = true, ["osk.exe"] = true, ["magnify.exe"] = true,
	["narrator.exe"] = true, ["displayswitch.exe"] = true, ["atbroker.exe"] = true }

local function image_of(key)
	for part in key.path:gmatch("[^\\]+") do
		if part:lower():find("%.exe$") then
			return part
		end
	end
	return key.name
end

local FLG_MONITOR_SILENT_PROCESS_EXIT <const> = 0x200
local LAUNCH_MONITORPROCESS <const> = 1

-- GlobalFlag is a number, or a number in text.
local function global_flag(key)
	local value = key and key:value("GlobalFlag")
	return value and tonumber(value.data) or 0
end

-- --- conditions: true, or a severity, when the row is worth a finding ---

local conditions = {}

function conditions.other(x)
	return not x.ordinary
end

function conditions.there(x)
	return not x.ordinary and x.program ~= nil
end

function conditions.outside(x)
	return not x.ordinary and x.program ~= nil and not in_windows(x.program)
end

-- Since Windows 7 a switch says whether AppInit_DLLs counts; before, it always did.
function conditions.appinit(x)
	local switch = registry.number(x.key, "LoadAppInit_DLLs")
	return conditions.there(x) and (switch == nil or switch == 1)
end

function conditions.debugger(x)
	if not conditions.there(x) or DEBUGGERS[bare_name(x.fields.command)] then
		return false
	end
	return AT_LOGON[image_of(x.key):lower()] and "high" or true
end

-- A monitor is started only when the program's own flags ask for it.
function conditions.monitor(x)
	local options = x.key.path:gsub("SilentProcessExit", "Image File Execution Options")
	local flags = global_flag(x.hive:key(options))
	local mode = registry.number(x.key, "ReportingMode") or 0
	return conditions.there(x) and flags & FLG_MONITOR_SILENT_PROCESS_EXIT ~= 0 and mode & LAUNCH_MONITORPROCESS ~= 0
end

-- SetupType says whether there is something to run.
function conditions.setup(x)
	return not x.ordinary and (registry.number(x.key, "SetupType") or 0) ~= 0
end

-- The user's server takes the place of one that is Windows' own.
function conditions.com(x)
	local machine = x.fields.machine
	return machine and x.program and names_windows(machine) and not in_windows(x.program)
		and bare_name(machine) ~= "mscoree.dll"
end

-- --- findings ---

-- A program whose publisher can be held to account weighs one step less: drivers and managers of
-- large networks are in these places, too.
local LESS = { medium = "low", low = "info" }

local function severity_of(x, worth)
	if type(worth) == "string" then
		return worth
	end
	local severity = x.place.alarm[2]
	return x.fields.signature == "valid-digest" and LESS[severity] or severity
end

-- Whether a row is worth a finding: true, a severity, or false. `x` has place, fields, program, hive,
-- key and ordinary.
function findings.worth(x)
	local alarm = x.place.alarm
	return alarm and conditions[alarm[1]](x) or false
end

-- The finding of such a row.
function findings.report(ctx, x)
	local fields = x.fields
	ctx:finding({
		severity = severity_of(x, findings.worth(x)),
		confidence = x.program and "high" or "medium",
		title = x.place.alarm[3],
		detail = string.format("%s, value \"%s\": %s", fields.key, fields.name or "", fields.command),
		evidence = x.program and { x.hive.entry, x.program } or { x.hive.entry },
		references = fields.references,
		fields = { key = fields.key, value = fields.name, command = fields.command, user = fields.user,
			place = fields.place, machine = fields.machine, program = fields.program, sha256 = fields.sha256,
			signature = fields.signature, signer = fields.signer },
	})
end

return findings
