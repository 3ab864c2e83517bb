-- What single events say about the 3CX case: pure functions of events and of their fields.
local cx = require("3cx")
local path = require("path")

local M = {}

local SECURITY <const> = "Microsoft-Windows-Security-Auditing"

-- Names that products of antivirus gave to the compromise. ESET's NukeSped is the name of all that the group
-- makes: it tells of this case only with a path of the app.
local NAMES <const> = { "samscissors", "suddenicon", "troj/steal-dlg", "osx/pws-cmv", "rankstank", "smoothoperator" }
local OF_THE_GROUP <const> = "nukesped"

-- Channel → events that are asked for, as options of evtx.records; nothing else is read. A service that changes its
-- state is told thousands of times (7036): of these only IKEEXT's.
M.CHOSEN = {
	["Microsoft-Windows-Windows Defender/Operational"] = { ids = { 1006, 1007, 1008, 1015, 1116, 1117, 1118, 1119 } },
	Application = { ids = { 1033, 1034, 11707, 11724 }, providers = { "MsiInstaller" },
		also = { OF_THE_GROUP, table.unpack(NAMES) } },
	Security = { ids = { 4688, 4697, 4698, 4702 }, providers = { SECURITY } },
	["Microsoft-Windows-Sysmon/Operational"] = { ids = { 1, 3, 7, 22 } },
	["Microsoft-Windows-DNS-Client/Operational"] = { ids = { 3008 } },
	System = { ids = { 7040, 7045 }, providers = { "Service Control Manager" }, also = { "IKEEXT" } },
	["Microsoft-Windows-TaskScheduler/Operational"] = { ids = { 106, 140, 200 } },
}

local function has_app_path(text)
	return tostring(text):lower():find("3cx%s?desktop%s?app") ~= nil
end

-- Does a product's name of a threat, found at `where`, tell of this case?
function M.is_detection(name, where)
	local lower = tostring(name or ""):lower()
	for _, known in ipairs(NAMES) do
		if lower:find(known, 1, true) then
			return true
		end
	end
	return lower:find(OF_THE_GROUP, 1, true) ~= nil and has_app_path(where)
end

-- Words in the names under which products of antivirus write to the log Application.
local VENDORS <const> = { "avast", "avg", "avira", "bitdefender", "crowdstrike", "cylance", "elastic", "eset", "hitmanpro",
	"kaspersky", "malwarebytes", "mcafee", "sentinelone", "sophos", "symantec", "trellix", "trend", "withsecure" }

local function is_vendor(provider)
	local lower = tostring(provider or ""):lower()
	for _, name in ipairs(VENDORS) do
		if lower:find("%f[%a]" .. name) then
			return true
		end
	end
	return false
end

-- All that an event says, as one text.
local function said(e)
	local out = {}
	for _, value in pairs(e.fields) do
		out[#out + 1] = tostring(value)
	end
	table.sort(out) -- of members without an order
	return table.concat(table.move(out, 1, #out, #(e.values or {}) + 1, table.move(e.values or {}, 1, #(e.values or {}), 1, {})),
		"\n")
end

-- The detection of an antivirus in the log Application, whose texts are free: { name, path }. One without a path of
-- a file may be about an update of signatures.
function M.antivirus(e)
	local text = said(e)
	local path = text:match("%f[%a]%a:\\[^\"'|;<>*?\r\n]+")
	if not path or not is_vendor(e.provider) or not M.is_detection(text, text) then
		return nil
	end
	local lower, at = text:lower(), nil
	for _, name in ipairs({ OF_THE_GROUP, table.unpack(NAMES) }) do
		at = at or lower:find(name, 1, true)
	end
	local before = text:sub(1, at - 1):match("[%w:/._-]*$")
	return { name = before .. text:sub(at):match("^[%w:/!._-]*"), path = path }
end

-- Lower-case name of the program in a path, command or field of Sysmon; "" of nothing.
function M.program(text)
	return path.name(type(text) == "string" and text or ""):lower()
end

function M.is_app(text)
	local name = M.program(text)
	return name == "3cxdesktopapp.exe" or name == "3cx desktop app.exe"
end

local SHELLS <const> = { ["cmd.exe"] = true, ["cscript.exe"] = true, ["mshta.exe"] = true, ["powershell.exe"] = true,
	["pwsh.exe"] = true, ["regsvr32.exe"] = true, ["rundll32.exe"] = true, ["wscript.exe"] = true }

function M.is_shell(text)
	return SHELLS[M.program(text)] ~= nil
end

local BROWSERS <const> = { ["chrome.exe"] = true, ["msedge.exe"] = true, ["firefox.exe"] = true, ["brave.exe"] = true,
	["iexplore.exe"] = true, ["opera.exe"] = true, ["vivaldi.exe"] = true }

-- Who asked for a name: "app", "person" (a browser), "text" (somebody else); see the signs of the case.
function M.by(program)
	if M.is_app(program) then
		return "app"
	end
	return BROWSERS[M.program(program)] and "person" or "text"
end

-- URL and version of an update in a command line of the updater, or nil. The pattern is that of the Sigma rule.
function M.update(command)
	local url = type(command) == "string"
		and command:match("[Hh][Tt][Tt][Pp][Ss]?://[^%s\"'<>]+/electron/update/win32/[^%s\"'<>]*")
	if not url then
		return nil
	end
	return url, cx.version(url:match("/electron/update/win32/(.*)$"))
end

-- Build in the path of a program ("…\app-18.12.416\3CXDesktopApp.exe"), or nil.
function M.build_of(program)
	return cx.version(tostring(program):match("[\\/]app%-([%d.]+)[\\/]"))
end

-- { sha256 =, sha1 =, md5 = } of "SHA1=…,MD5=…" of Sysmon; empty without any.
function M.hashes(text)
	local out = {}
	for name, hex in tostring(text or ""):gmatch("(%w+)=(%x+)") do
		out[name:lower()] = hex:lower()
	end
	return out
end

-- The service of an event of the service manager: its key is in Binary ("IKEEXT/4"), since names are translated.
function M.service(e)
	local key = e.fields.Binary and bytes.unhex(e.fields.Binary)
	local name = key and bytes.utf16(key):match("^([^/\0]+)/")
	return name or e.fields.ServiceName or e.fields.param4 or e.fields.param1
end

-- Tasks that Windows itself has below \Microsoft\Windows\TPM.
local OF_WINDOWS <const> = { ["tpm-maintenance"] = true, ["tpm-hascertretr"] = true,
	["tpm-preattestationhealthcheck"] = true }
local FOLDER <const> = "\\microsoft\\windows\\tpm\\"
local START <const> = "programdata\\tpm\\"

-- "start" for a task or service that runs a program of ProgramData\TPM, "name" for an unknown task in the
-- folder that VEILEDSIGNAL used, or nil.
function M.tpm(name, action)
	if tostring(action or ""):lower():find(START, 1, true) then
		return "start"
	end
	local lower = tostring(name or ""):lower()
	if lower:sub(1, #FOLDER) == FOLDER and not OF_WINDOWS[lower:sub(#FOLDER + 1)] then
		return "name"
	end
	return nil
end

return M
