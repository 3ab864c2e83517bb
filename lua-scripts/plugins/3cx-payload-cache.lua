-- The parts of the 3CX compromise on a Windows disk: the two libraries that were
-- side-loaded by the app, the state file, the icons with hidden URLs, and the
-- places of the malware that followed. It looks at content first and at
-- published digests second.
--
-- Records: file (what was looked at, with its SHA-256), state (decoded state files), payload (what
-- the library hides), icon (what an icon hides), other (what only looks like a part of it).
local container = require("3cx-container")
local cx = require("3cx")
local files = require("3cx-files")
local former = require("former")
local handlers = require("handlers")
local icons = require("3cx-icon")
local intel = require("intel")
local package = require("3cx-package")
local payload = require("3cx-payload")
local registry = require("3cx-registry")
local text = require("text")

local examine, presence, tell = files.examine, files.presence, files.tell

-- Is the folder one of the app? Other programs ship libraries of the same names.
local function in_app(e)
	return e:sibling("3CXDesktopApp.exe") ~= nil
		or (e.folder:lower() .. "/"):find("/3cx ?desktop ?app/") ~= nil
end

-- What lies behind the signature of a program; `expected`: that it is none is an anomaly.
local function behind_signature(ctx, e, signs, expected)
	local certificates, found = container.look(signs, e)
	if not certificates and found and expected then
		ctx:anomaly(e, "no readable program: " .. found)
	elseif certificates and found then
		container.tell(ctx, e, found)
	end
end

-- Vendors of the firewall whose library has this name.
local GUARD = { "comodo", "xcitium" }

-- guard64.dll: Gopuram used the name; the one that its vendor signed is genuine.
local function guard(ctx, e, signs)
	local signer = pe.signer(e)
	local name = signer and signer.state == "valid-digest" and (signer.name or ""):lower() or ""
	for _, vendor in ipairs(GUARD) do
		if name:find(vendor, 1, true) then
			ctx:record("other", { what = "comodo", time = e.times.created, signer = signer.name,
				user = e.user, source = "signature", entry = e })
			return
		end
	end
	if in_app(e) then
		signs[#signs + 1] = { sign = "second.gopuram", severity = "medium", confidence = "low",
			text = "a library of this name was seen with the Gopuram malware; "
				.. "a genuine one is signed by Comodo, which this one is not" }
	end
end

local function windows_library(ctx, e, signs)
	local name = e.name:lower()
	if name == "guard64.dll" then
		return guard(ctx, e, signs)
	end
	if name == "ffmpeg.dll" then
		local ok, err = payload.loader(signs, e)
		if not ok then
			ctx:anomaly(e, "cannot be searched: " .. tostring(err))
		end
	end
	behind_signature(ctx, e, signs, in_app(e))
end

local function fields_of(e, more)
	local out = { name = e.name, version = cx.version(e.folder:match("[^/]*$")), system = "windows",
		user = e.user, sid = e.sid, created = e.times.created }
	for name, value in pairs(more or {}) do
		out[name] = value
	end
	return out
end

local LIBRARY_TITLE = "Library of the 3CX app with signs of the trojanised build"

local function library(ctx, e)
	local signs, title, app = {}, LIBRARY_TITLE, in_app(e)
	windows_library(ctx, e, signs)
	if not app then
		title = "Library outside of the 3CX app with signs of its trojanised build"
	end
	if app or #signs > 0 then -- those of other programs are not worth the reading
		examine(ctx, e, signs, "library.listed")
	end
	if app then
		ctx:collect(e, "library that was altered in the bad builds")
	end
	tell(ctx, e, title, signs, fields_of(e, { time = e.times.created }))
end

-- Installers in the cache of Windows have random names and belong to all programs: those that have the size
-- of the app's and are of it, or cannot be read, are hashed.
local MSI_MIN, MSI_MAX = 80 * 1024 * 1024, 120 * 1024 * 1024

local function of_interest(e)
	if e.ext ~= "msi" or not former.place(e).path:lower():find("^windows/installer/") then
		return true
	end
	return e.size >= MSI_MIN and e.size <= MSI_MAX and package.facts(e) ~= nil
end

local function program(ctx, e)
	if not of_interest(e) then
		return
	end
	local signs, fields = {}, fields_of(e)
	local installed = e.ext == "exe" -- a glob of install folders
	local held = package.contents(ctx, e)
	if held then
		table.move(held.signs, 1, #held.signs, 1, signs)
		fields.version = held.version or fields.version
	end
	examine(ctx, e, signs, installed and "build.bad" or "installer.bad")
	if installed then
		fields.present = true
	end
	ctx:collect(e, "program or installer of the 3CX app")
	tell(ctx, e, "Program or installer of a bad build of the 3CX app", signs, fields)
end

local function state(ctx, e)
	local signs, record = {}, { time = e.times.created, entry = e, user = e.user, sid = e.sid,
		size = e.size, modified = e.times.modified, system = "windows", source = "file manifest" }
	local value = payload.manifest(signs, e)
	record.wait_until = value and time.unix(value)
	ctx:record("state", record)
	tell(ctx, e, "State file of the second stage", signs,
		fields_of(e, { time = e.times.created, wait_until = record.wait_until }))
end

local ICON_MAX <const> = 16 * 1024 * 1024 -- icons with pictures of all sizes have less than 1 MiB

local function icon(ctx, e)
	local signs = {}
	if e.size > ICON_MAX then
		ctx:anomaly(e, string.format("%d bytes are more than an icon has: only its end is looked at", e.size))
	end
	local hidden = icons.look(signs, e)
	if not hidden then
		return
	end
	local whole = not hidden.behind_png and ico.open(e) -- of the others the place is clear
	local trailer = whole and whole.trailer or {}
	ctx:record("icon", { time = e.times.created, entry = e, user = e.user, sid = e.sid, url = hidden.url,
		position = hidden.position - 1, trailer_offset = trailer.offset, trailer_size = trailer.size,
		source = "cached file" })
	examine(ctx, e, signs)
	tell(ctx, e, "Icon of the 3CX malware in a cache", signs,
		fields_of(e, { time = e.times.created, url = hidden.url }))
end

-- What the registry says that the later stages depend on: { hardware_profile, ikeext_start, … }.
local function host(ctx)
	local e = ctx:lookup("Windows/System32/config/SYSTEM")
	local hive = e and ctx:hive(e)
	return hive and registry.host_facts(hive) or {}
end

local function txr(ctx, e)
	if not e.name:lower():find("%.txr%.0%.regtrans%-ms$") then
		return
	end
	local signs = {}
	local wlbsctrl = ctx:lookup("Windows/System32/wlbsctrl.dll")
	payload.lone_txr(signs, e, host(ctx).hardware_profile, wlbsctrl ~= nil)
	tell(ctx, e, "Registry transaction log without its set, the hiding place of TAXHAUL", signs,
		fields_of(e, { time = e.times.created }))
end

local AUTOMATIC <const> = 2 -- start type of a service; IKEEXT's is 3 otherwise, and a trigger starts it

local function follow_on(ctx, e)
	if e.type ~= "file" then
		return
	end
	local signs, fields = {}, fields_of(e, { time = e.times.created })
	presence(signs, e, "windows")
	if e.name:lower() == "wlbsctrl.dll" then
		fields.ikeext_start = host(ctx).ikeext_start
		if fields.ikeext_start == AUTOMATIC and signs[1] then
			signs[1].text = signs[1].text .. "; IKEEXT starts by itself on this machine"
		end
	end
	examine(ctx, e, signs)
	if e.ext == "dll" or e.ext == "exe" then
		behind_signature(ctx, e, signs)
	end
	ctx:collect(e, "place of malware that followed the 3CX compromise")
	tell(ctx, e, "File of the malware that followed", signs, fields)
end

-- Tasks: genuine ones share the folder, the program they start decides.
local START = "ProgramData\\TPM\\"

local function task(ctx, e)
	local body = text.decode(files.read_small(e) or "")
	if body:lower():find(START:lower(), 1, true) then
		tell(ctx, e, "Start of the malware that followed", { { sign = "second.task",
			severity = "high", confidence = "high", text = "it starts " .. START } }, fields_of(e))
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
	run = intel.run(former.run(handlers.run(HANDLERS))),
}
