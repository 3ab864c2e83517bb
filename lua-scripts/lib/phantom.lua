-- Libraries that services of Windows load although Windows does not have them: whoever puts a file
-- of that name there has it started as the service. From SpecterOps, "Lateral Movement: SCM and DLL
-- Hijacking Primer", the Sigma rule file_event_win_create_non_existent_dlls, Mandiant's and 3CX's
-- reports on TAXHAUL, and blackarrowsec's "LPE via StorSvc".
local service = require("service")
local registry = require("registry")

local phantom = {}

local SYSTEM <const> = "Windows/System32/"

-- `server`: Windows Server has a file of that name when it has a certain role. `twin`: where the genuine
-- file lies; when it is not there, Windows is so old that it has its own in the first place.
local LIBRARIES <const> = {
	{ service = "IKEEXT", path = SYSTEM .. "wlbsctrl.dll", severity = "high", server = true,
		note = "client Windows has no such file, Windows Server with Network Load Balancing does; "
			.. "TAXHAUL and Gopuram were started so",
		references = { "attack:T1574.001", "attack:T1543.003", "attack:C0057" } },
	{ service = "SessionEnv", path = SYSTEM .. "TSMSISrv.dll", severity = "medium", server = true,
		note = "client Windows has no such file, Windows Server as a Remote Desktop host does" },
	{ service = "SessionEnv", path = SYSTEM .. "TSVIPSrv.dll", severity = "medium", server = true,
		note = "client Windows has no such file, Windows Server as a Remote Desktop host does" },
	{ service = "Schedule", path = SYSTEM .. "WptsExtensions.dll", severity = "medium",
		note = "Windows has no such file" },
	{ service = "CDPSvc", path = SYSTEM .. "cdpsgshims.dll", severity = "medium",
		note = "Windows has no such file" },
	{ service = "StorSvc", path = SYSTEM .. "SprintCSP.dll", severity = "medium",
		note = "Windows has no such file" },
	{ service = "Winmgmt", path = SYSTEM .. "wbem/wbemcomn.dll", severity = "medium",
		twin = SYSTEM .. "wbemcomn.dll", note = "the genuine library lies one folder above" },
	{ service = "MSDTC", path = SYSTEM .. "oci.dll", severity = "low",
		note = "Windows has no such file; Oracle's client has one, seldom in this folder" },
}

local REFERENCES <const> = { "attack:T1574.001", "attack:T1543.003" }

local function is_server(hive)
	local set = registry.control_set(hive)
	local kind = registry.text(set and set:key("Control\\ProductOptions"), "ProductType")
	return kind ~= nil and kind:lower() ~= "winnt"
end

-- How much a file matters: "info" where Windows itself may have put it there, and where the service that
-- would load it does not exist.
local function weight(known, server, key)
	if not key or known.server and server then
		return "info"
	end
	return known.severity
end

local function lies_there(ctx, path)
	local e = ctx:lookup(path)
	return e and e.type == "file" and e or nil
end

-- Those that are on the volume, as a list of { service, entry, note, severity, references, start }.
function phantom.present(ctx, hive)
	local out, server = {}, is_server(hive)
	for _, known in ipairs(LIBRARIES) do
		local e = lies_there(ctx, known.path)
		if e and (not known.twin or lies_there(ctx, known.twin)) then
			local key = service.find(hive, known.service)
			local start = registry.number(key, "Start")
			out[#out + 1] = {
				service = known.service, entry = e, note = known.note, severity = weight(known, server, key),
				references = known.references or REFERENCES, start = start and service.start_word(start),
			}
		end
	end
	return out
end

return phantom
