-- The 3CX compromise on macOS: which builds of the app are there (18.11.1213, 18.12.402, 18.12.407 and
-- 18.12.416 carried the trojanised library), the library itself, the state file, and what followed.
--
-- Records: install (a build and where it says so), installer, file (what was looked at, with its
-- SHA-256), state (decoded state files), settings.
local builds = require("3cx-builds")
local cx = require("3cx")
local files = require("3cx-files")
local handlers = require("handlers")
local intel = require("intel")
local macos = require("3cx-macos")
local package = require("3cx-package")
local text = require("text")

local examine, tell = files.examine, files.tell

-- A bundle: Info.plist says the version.
local function app_bundle(ctx, bundle)
	local seen = {}
	local info = bundle:sibling("Contents/Info.plist")
	local keys, why
	if info then
		keys, why = plist.open(info)
	end
	if type(keys) == "table" then
		builds.note(seen, cx.version(keys.CFBundleShortVersionString or keys.CFBundleVersion),
			"Info.plist", info)
	elseif info then
		ctx:anomaly(info, "version of the app not readable: " .. tostring(why))
	end
	builds.tell(ctx, "macos", seen, bundle.full, bundle.user)
end

local function library(ctx, e)
	local signs = {}
	macos.dylib(signs, e)
	examine(ctx, e, signs)
	ctx:collect(e, "library that was altered in the bad builds")
	tell(ctx, e, "Library of the 3CX app with signs of the trojanised build", signs,
		{ sign = "library.dylib", system = "macos", name = e.name, user = e.user })
end

local function program(ctx, e)
	local signs = {}
	examine(ctx, e, signs)
	ctx:collect(e, "program or installer of the 3CX app")
	tell(ctx, e, "Program or installer of a bad build of the 3CX app", signs,
		{ sign = "installer.bad", system = "macos", name = e.name, user = e.user })
end

local function state(ctx, e)
	local signs, record = {}, { time = e.times.created, entry = e, user = e.user }
	record.id, record.next_contact = macos.main_storage(signs, e)
	ctx:record("state", record)
	tell(ctx, e, "State file of the macOS malware", signs,
		{ sign = "state.main_storage", system = "macos", name = e.name, user = e.user })
end

local function follow_on(ctx, e)
	if e.type ~= "file" then
		return
	end
	local signs = {}
	files.presence(signs, e, "macos")
	examine(ctx, e, signs)
	ctx:collect(e, "place of malware that followed the 3CX compromise")
	tell(ctx, e, "File of the malware that followed", signs,
		{ system = "macos", name = e.name, user = e.user })
end

local START = "/Library/Graphics/Quartz"

local function daemon(ctx, e)
	if text.has(text.decode(files.read_small(e) or ""), START) then
		tell(ctx, e, "Start of the malware that followed", { { severity = "high",
			confidence = "high", text = "it starts " .. START } },
			{ sign = "second.poolrat", system = "macos", name = e.name })
	end
end

local data_file = files.collector("settings and data of the 3CX app")

local HANDLERS = {
	["3cx.macos.app.bundle"] = app_bundle,
	["3cx.macos.app.files"] = files.collector("the 3CX app"),
	["3cx.macos.data.files"] = function(ctx, e)
		data_file(ctx, e)
		if e.name == "config.json" then
			files.settings(ctx, e)
		end
	end,
	["3cx.macos.trace.files"] = files.collector("may tell runs and removal of the 3CX app"),
	["3cx.macos.installer"] = package.installer,
	["3cx.macos.library"] = library,
	["3cx.macos.program"] = program,
	["3cx.macos.state"] = state,
	["3cx.macos.followon"] = follow_on,
	["3cx.macos.daemon"] = daemon,
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
