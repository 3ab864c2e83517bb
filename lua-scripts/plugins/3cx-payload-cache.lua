-- The parts of the 3CX compromise on a Windows disk: the two libraries that were
-- side-loaded by the app, the state file, the icons with hidden URLs, and the
-- places of the malware that followed. It looks at content first and at
-- published digests second.
--
-- Records: file (what was looked at, with its SHA-256), state (decoded state files).
local cx = require("3cx")
local files = require("3cx-files")
local payload = require("3cx-payload")
local registry = require("3cx-registry")
local handlers = require("handlers")
local text = require("text")

local examine, presence, tell = files.examine, files.presence, files.tell

-- Is the folder one of the app? Other programs ship libraries of the same names.
local function in_app(e)
	return e:sibling("3CXDesktopApp.exe") ~= nil
		or e.folder:lower():find("/3cx ?desktop ?app") ~= nil
end

local function windows_library(ctx, e, signs)
	local name = e.name:lower()
	if name == "guard64.dll" then
		if in_app(e) then
			signs[#signs + 1] = { severity = "medium", confidence = "low",
				text = "a library of this name was seen with the Gopuram malware; "
					.. "a genuine one belongs to Comodo's firewall" }
		end
		return
	end
	if name == "ffmpeg.dll" then
		local ok, err = payload.loader(signs, e)
		if not ok then
			ctx:anomaly(e, "cannot be searched: " .. tostring(err))
		end
	end
	local found, err = payload.certificate_slack(signs, e)
	if not found and err and in_app(e) then
		ctx:anomaly(e, "no readable program: " .. err)
	end
end

local LIBRARY_TITLE = "Library of the 3CX app with signs of the trojanised build"

local function library(ctx, e)
	local signs, title = {}, LIBRARY_TITLE
	windows_library(ctx, e, signs)
	if not in_app(e) then
		title = "Library outside of the 3CX app with signs of its trojanised build"
	end
	examine(ctx, e, signs)
	if in_app(e) then
		ctx:collect(e, "library that was altered in the bad builds")
	end
	tell(ctx, e, title, signs, { name = e.name, user = e.user })
end

-- Installers in the cache of Windows have random names and belong to all
-- programs: those of the size of the app's are looked at.
local MSI_MIN, MSI_MAX = 80 * 1024 * 1024, 120 * 1024 * 1024

local function program(ctx, e)
	local cached = e.path:lower():find("^windows/installer/")
	if cached and (e.size < MSI_MIN or e.size > MSI_MAX) then
		return
	end
	local signs = {}
	examine(ctx, e, signs)
	if not cached then
		ctx:collect(e, "program or installer of the 3CX app")
	end
	tell(ctx, e, "Program or installer of a bad build of the 3CX app", signs,
		{ name = e.name, user = e.user })
end

local function state(ctx, e)
	local signs, record = {}, { time = e.times.created, entry = e, user = e.user }
	local value = payload.manifest(signs, e)
	record.wait_until = value and time.unix(value)
	ctx:record("state", record)
	tell(ctx, e, "State file of the second stage", signs, { name = e.name, user = e.user })
end

local function icon(ctx, e)
	local signs = {}
	payload.icon(signs, e)
	examine(ctx, e, signs)
	tell(ctx, e, "Icon of the 3CX malware in a cache", signs, { name = e.name, user = e.user })
end

local function hardware_profile(ctx)
	local e = ctx:lookup("Windows/System32/config/SYSTEM")
	local hive = e and ctx:hive(e)
	return hive and registry.hardware_profile(hive)
end

local function txr(ctx, e)
	if not e.name:lower():find("%.txr%.0%.regtrans%-ms$") then
		return
	end
	local signs = {}
	local wlbsctrl = ctx:lookup("Windows/System32/wlbsctrl.dll")
	payload.lone_txr(signs, e, hardware_profile(ctx), wlbsctrl ~= nil)
	tell(ctx, e, "Registry transaction log without its set, the hiding place of TAXHAUL", signs,
		{ name = e.name })
end

-- Files whose presence says enough. Key: the end of the path, lower case.
local PRESENT = {
	{ "windows/system32/wlbsctrl.dll", "high", "medium",
		"the IKEEXT service loads it; client Windows has no such file (TAXHAUL, Gopuram)" },
	{ "v1.0/wlbsctrl.dll", "low", "low", "a position for side-loading, not tied to this case" },
	{ "windows/system32/msmpeng.exe", "high", "medium",
		"Defender's program never lies here (FRP reverse proxy)" },
	{ "windows/system32/krwve.jat", "high", "medium", "encrypted part of Gopuram" },
	{ "catroot2/edb.chk.log", "high", "medium", "not a name of this database (Gopuram)" },
	{ "programdata/tpm/tpmvscmgrsvr.exe", "high", "high",
		"genuine program, copied to load VEILEDSIGNAL" },
	{ "programdata/tpm/winscard.dll", "high", "high", "loader of VEILEDSIGNAL" },
	{ "programdata/tpm/msvcr100.dll", "high", "high", "loader of VEILEDSIGNAL" },
	{ "programdata/tpm/", "medium", "medium", "the folder of VEILEDSIGNAL does not exist otherwise" },
	{ "x_trader_r7.17.90p608.exe", "high", "medium", "installer that carried VEILEDSIGNAL" },
	{ "x_trader-ja.mst", "medium", "low", "part of the installer that carried VEILEDSIGNAL" },
}

local function follow_on(ctx, e)
	if e.type ~= "file" then
		return
	end
	local signs = {}
	presence(signs, e, PRESENT)
	examine(ctx, e, signs)
	if e.ext == "dll" or e.ext == "exe" then
		payload.certificate_slack(signs, e)
	end
	ctx:collect(e, "place of malware that followed the 3CX compromise")
	tell(ctx, e, "File of the malware that followed", signs, { name = e.name, user = e.user })
end

-- Tasks: genuine ones share the folder, the program they start decides.
local START = "ProgramData\\TPM\\"

local function task(ctx, e)
	local body = text.decode(files.read_small(e) or "")
	if body:lower():find(START:lower(), 1, true) then
		tell(ctx, e, "Start of the malware that followed", { { severity = "high",
			confidence = "high", text = "it starts " .. START } }, { name = e.name })
	end
end

local HANDLERS = {
	["3cx.payload.library"] = library,
	["3cx.payload.program"] = program,
	["3cx.payload.state"] = state,
	["3cx.payload.icon"] = icon,
	["3cx.payload.txr"] = txr,
	["3cx.payload.followon"] = follow_on,
	["3cx.payload.task"] = task,
}

return {
	api = 1,
	name = "3cx-payload-cache",
	summary = "Side-loaded libraries, state files and later stages of the 3CX compromise",
	license = "Apache-2.0",
	categories = { "malware", "supply-chain" },
	references = { "attack:T1195.002", "attack:T1574.002", "attack:T1027.009", "attack:T1553.002" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
