-- The 3CX compromise on macOS: which builds of the app are or were there (18.11.1213, 18.12.402, 18.12.407 and
-- 18.12.416 carried the trojanised library), the library itself, state files, what followed, and what stays
-- when the app is gone.
--
-- Records: install (a build and where it says so), run, installer, download, program (who signed what),
-- asar, file (what was looked at, with its SHA-256), state (decoded state files), settings, protection.
local builds = require("3cx-builds")
local cx = require("3cx")
local files = require("3cx-files")
local handlers = require("handlers")
local intel = require("intel")
local json = require("json")
local macos = require("3cx-macos")
local package = require("3cx-package")
local path = require("path")
local text = require("text")
local traces = require("3cx-macos-traces")

local NAME <const> = "3CX Desktop App"
-- Between the build and the take-down "latest" was this one.
local LATEST <const> = { version = "18.12.416", from = "2023-03-13", to = "2023-03-30" }

local function fields_of(e, more)
	local out = { system = "macos", name = e.name, user = e.user, time = e.times.created }
	for name, value in pairs(more or {}) do
		out[name] = value
	end
	return out
end

local function named(e)
	return e.path:find(NAME, 1, true) ~= nil
end

-- --- the app ---

local function signed(ctx, e, program)
	local signer = macos.signer(program)
	if signer then
		ctx:record("program", { time = signer.time, name = e.name, cpu = signer.cpu, state = signer.state,
			signer = signer.name, team = signer.team, identifier = signer.identifier, cdhash = signer.cdhash,
			version = macos.signed_build(signer), user = e.user, entry = e })
	end
	return signer
end

local function main_program(ctx, seen, e, there)
	local signer = signed(ctx, e, macho.open(e, { content = false }))
	builds.note(seen, macos.signed_build(signer), "signing time", e, nil, there)
end

-- app.asar: the version in its package.json, and whether its index is the one that Info.plist names.
local function scripts(ctx, seen, e, keys, there)
	local archive, why = asar.open(e)
	if not archive then
		ctx:anomaly(e, "scripts of the app not readable: " .. why)
		return
	end
	local about = json.decode(asar.read(e, "package.json") or "")
	local version = type(about) == "table" and type(about.version) == "string" and about.version or nil
	local sums = type(keys.ElectronAsarIntegrity) == "table" and keys.ElectronAsarIntegrity["Resources/app.asar"]
	local wanted = type(sums) == "table" and sums.hash or nil
	ctx:record("asar", { time = e.times.created, version = version, files = #archive.files,
		index_sha256 = archive.index_sha256, index_fits = wanted and wanted == archive.index_sha256, user = e.user,
		entry = e })
	builds.note(seen, cx.version(version), "package.json in app.asar", e, nil, there)
end

-- What a bundle holds; `seen` gets its builds.
local function inside(ctx, seen, bundle, info, keys)
	local there = not bundle.path:find("/%.Trash/")
	builds.note(seen, cx.version(keys.CFBundleShortVersionString or keys.CFBundleVersion), "Info.plist", info, nil, there)
	for e in ctx:glob(path.escape(bundle.path) .. "/Contents/MacOS/" .. NAME) do
		main_program(ctx, seen, e, there)
	end
	for e in ctx:glob(path.escape(bundle.path) .. "/Contents/Resources/app.asar") do
		scripts(ctx, seen, e, keys, there)
	end
end

local PARTS = "/Contents/{Info.plist,PkgInfo,MacOS/*,_CodeSignature/*,Resources/app.asar,Frameworks/"
	.. "Electron Framework.framework/Versions/*/Libraries/*}"

-- Any bundle: it is one of the app when its name or its identifier says so.
local function app_bundle(ctx, bundle)
	local info = bundle:sibling("Contents/Info.plist")
	local keys, why
	if info then
		keys, why = plist.open(info)
	end
	if type(keys) ~= "table" then
		if info and named(bundle) then
			ctx:anomaly(info, "version of the app not readable: " .. tostring(why))
		end
		keys = {}
	end
	if not named(bundle) and not traces.is_identifier(keys.CFBundleIdentifier) then
		return
	end
	local seen = {}
	for e in ctx:glob(path.escape(bundle.path) .. PARTS) do
		if e.type == "file" then
			ctx:collect(e, "the 3CX app")
		end
	end
	inside(ctx, seen, bundle, info, keys)
	builds.tell(ctx, "macos", seen, bundle.full, bundle.user)
end

-- The library of any Electron program: its content decides.
local function library(ctx, e)
	local signs = {}
	local searched, why = macos.dylib(signs, e)
	if not searched then
		ctx:anomaly(e, "cannot be searched: " .. why)
	end
	if not named(e) and #signs == 0 then
		return
	end
	signed(ctx, e, macho.open(e))
	files.examine(ctx, e, signs, "library.listed")
	ctx:collect(e, "library that was altered in the bad builds")
	files.tell(ctx, e, named(e) and "Library of the 3CX app with signs of the trojanised build"
		or "Library outside of the 3CX app with signs of its trojanised build", signs, fields_of(e))
end

local function installer(ctx, e)
	package.examine(ctx, e, "macos")
end

local function program_file(ctx, e)
	if e.ext ~= "" then
		return installer(ctx, e)
	end
	local signs = {}
	files.examine(ctx, e, signs, "build.bad")
	ctx:collect(e, "program of the 3CX app")
	files.tell(ctx, e, "Program of a bad build of the 3CX app", signs, fields_of(e, { present = not e.path:find("/%.Trash/") }))
end


-- --- what the malware leaves ---

local function state(ctx, e)
	local signs = {}
	local id, when = macos.main_storage(signs, e)
	ctx:record("state", { time = e.times.created, modified = e.times.modified, id = id, next_contact = when,
		wait_until = when, system = "macos", source = e.name, size = e.size, user = e.user, entry = e })
	ctx:collect(e, "state file of the macOS malware")
	files.tell(ctx, e, "State file of the macOS malware", signs, fields_of(e, { id = id, wait_until = when }))
end

local function follow_on(ctx, e)
	if e.type ~= "file" then
		return
	end
	local signs, program = {}, macho.open(e)
	if e.name == "UpdateAgent" then
		macos.update_agent(signs, program)
	end
	files.presence(signs, e, "macos")
	signed(ctx, e, program)
	files.examine(ctx, e, signs)
	ctx:collect(e, "place of malware that followed the 3CX compromise")
	files.tell(ctx, e, "File of the malware that followed", signs, fields_of(e))
end

local function daemon(ctx, e)
	local signs = {}
	macos.daemon(signs, e)
	files.tell(ctx, e, "Start of the malware that followed", signs, fields_of(e))
end

-- --- what stays ---

local function told(ctx, e, version, source, when)
	local seen = {}
	builds.note(seen, cx.version(version), source, e, when, false)
	builds.tell(ctx, "macos", seen, e.full, e.user)
end

local function ran(ctx, e, source, when, more)
	local row = { time = when, program = NAME, source = source, system = "macos", user = e.user, entry = e }
	for name, value in pairs(more or {}) do
		row[name] = value
	end
	ctx:record("run", row)
end

local function receipt(ctx, e)
	ctx:collect(e, "receipt of the 3CX app")
	local row = e.ext == "plist" and traces.receipt(e)
	if row then
		told(ctx, e, row.version, "install receipt", row.time)
	end
end

local function install_history(ctx, e)
	for _, row in ipairs(traces.history(e)) do
		ctx:collect(e, "names installs of the 3CX app")
		told(ctx, e, row.version, "install history", row.time)
	end
end

-- Preferences and the saved state are written while the app runs.
local function preferences(ctx, e)
	ctx:collect(e, "settings and data of the 3CX app")
	ran(ctx, e, e.path:find("/Preferences/", 1, true) and "preferences" or "saved state", e.times.modified, { first = e.times.created })
end

local function log(ctx, e)
	if e.type ~= "file" then
		return
	end
	ctx:collect(e, "log of the 3CX app")
	ran(ctx, e, "log " .. e.name, e.times.modified, { first = e.times.created })
	local body, seen = text.decode(files.read_small(e) or ""), {}
	for _, version in ipairs(macos.versions(body)) do
		builds.note(seen, version, "log " .. e.name, e, nil, false)
	end
	builds.tell(ctx, "macos", seen, e.full, e.user)
end

local function report(ctx, e)
	local row = traces.report(files.read_small(e) or "")
	if row then
		ctx:collect(e, "report of a crash of the 3CX app")
		ran(ctx, e, "report of a crash", row.time or e.times.created, { version = cx.version(row.version) })
		told(ctx, e, row.version, "report of a crash", row.time)
	end
end

local function download(ctx, e, row)
	local url = row.url or row.origin
	local version = url and cx.package_version(url)
	local day = tostring(row.time):sub(1, 10)
	local class = version and cx.version_class("macos", version)
	local latest = not version and day >= LATEST.from and day <= LATEST.to and LATEST.version or nil
	ctx:record("download", { time = row.time, url = row.url, origin = row.origin, agent = row.agent, version = version,
		class = class, probably = latest, in_wal = row.in_wal, system = "macos", source = "quarantine events",
		user = e.user, entry = e })
	if class == "bad" then
		files.tell(ctx, e, "Download of the bad build " .. version .. " of the 3CX app", { {
			severity = "medium", confidence = "medium", sign = "installer.bad", detector = "D5", version = version,
			text = "macOS noted a download from " .. url } }, fields_of(e, { time = row.time }))
	end
end

local function quarantine(ctx, db)
	for _, row in ipairs(traces.downloads(db)) do
		download(ctx, db.entry, row)
	end
end

local function knowledge(ctx, e)
	local db = e.size > 0 and ctx:database(e)
	local use = db and traces.use(db)
	if use then
		ctx:collect(e, "tells when the 3CX app was used")
		ran(ctx, e, "knowledgeC.db", use.last, use)
	end
end

-- XProtect: from when on Apple's own rules knew the library.
local function protection(ctx, e)
	local body = e:read(0, math.min(e.size, 16 * files.SMALL)) or ""
	if body:lower():find("rankstank", 1, true) then
		ctx:record("protection", { time = e.times.modified, what = "XProtect rule RankStank", entry = e })
	end
end

local data_file = files.collector("settings and data of the 3CX app")

local HANDLERS = {
	["3cx.macos.bundle"] = app_bundle,
	["3cx.macos.library"] = library,
	["3cx.macos.program"] = program_file,
	["3cx.macos.data.files"] = function(ctx, e)
		data_file(ctx, e)
		if e.name == "config.json" then
			files.settings(ctx, e)
		end
	end,
	["3cx.macos.installer"] = installer,
	["3cx.macos.state"] = state,
	["3cx.macos.followon"] = follow_on,
	["3cx.macos.daemon"] = daemon,
	["3cx.macos.receipt"] = receipt,
	["3cx.macos.preferences"] = preferences,
	["3cx.macos.log"] = log,
	["3cx.macos.report"] = report,
	["3cx.macos.xprotect"] = protection,
	["macos.install.history"] = install_history,
	["macos.knowledge"] = function(ctx, e)
		if e.ext == "db" then
			knowledge(ctx, e)
		end
	end,
	["macos.quarantine"] = quarantine,
}

return {
	api = 1,
	name = "3cx-macos",
	summary = "The 3CX compromise on macOS: builds of the app, its library, state files, later stages",
	license = "Apache-2.0",
	categories = { "malware", "supply-chain" },
	references = cx.REFERENCES,
	os = { "macos" },
	wants = handlers.wants(HANDLERS),
	run = intel.run(handlers.run(HANDLERS)),
}
