-- Is the 3CX desktop app installed on a Windows, or was it, and in which builds?
-- 18.12.407 and 18.12.416 carried the trojanised library. Several builds can lie
-- side by side after updates: a clean active one does not prove that a bad one
-- never ran.
--
-- Records: install (a build and where it says so), folder, registered, update, removed, run,
-- program (seen by AppCompatCache), host, settings.
local builds = require("3cx-builds")
local cx = require("3cx")
local files = require("3cx-files")
local former = require("former")
local handlers = require("handlers")
local intel = require("intel")
local json = require("json")
local package = require("3cx-package")
local places = require("3cx-places")
local path = require("path")
local registry = require("3cx-registry")
local text = require("text")
local updates = require("3cx-updates")
local windows = require("registry")

local note, tell, packages_in = builds.note, builds.tell, builds.packages_in
local collector, read_small = files.collector, files.read_small

-- Each update writes this file anew.
local function install_info(seen, e)
	local info = json.decode(read_small(e) or "")
	if type(info) == "table" and type(info.installVersion) == "string" then
		note(seen, cx.version(info.installVersion), ".installInfo.json", e, e.times.modified)
	end
end

-- Everything directly inside an install folder that tells a build.
local function install_folder(ctx, folder)
	local seen, base = {}, path.escape(folder.path)
	for e in ctx:glob(base .. "/app-*") do
		if e.type == "dir" then
			note(seen, cx.version(e.name), "folder " .. e.name, e, updates.made(e),
				path.has(e, "3CXDesktopApp.exe") or path.has(e, "ffmpeg.dll"))
		end
	end
	for e in ctx:glob(base .. "{,/app,/app-*}/3CXDesktopApp.exe") do
		local version = pe.version(e)
		note(seen, cx.version(version and version.file), "version resource of " .. e.name, e,
			nil, true)
	end
	for e in ctx:glob(base .. "/packages/*.nupkg") do
		note(seen, cx.package_version(e.name), "package " .. e.name, e, nil, false)
	end
	for _, name in ipairs({ "packages/RELEASES", "*.log" }) do
		for e in ctx:glob(base .. "/" .. name) do
			packages_in(seen, read_small(e) or "", e.name, e, false)
			if e.ext == "log" then
				updates.tell_log(ctx, e)
			end
		end
	end
	for e in ctx:glob(base .. "/.installInfo.json") do
		install_info(seen, e)
	end
	updates.tell_folder(ctx, folder)
	ctx:record("folder", { time = folder.times.created, entry = folder, user = folder.user,
		builds = next(seen) and true or false })
	tell(ctx, "windows", seen, folder.full, folder.user)
end

local function registry_installs(ctx, hive)
	local seen = {}
	for _, item in ipairs(registry.installs(hive)) do
		local _, listed = cx.digest_sign({ sha1 = item.sha1 })
		ctx:record("registered", { time = item.written, where = item.where, key = item.key,
			name = item.name, version = item.version, version_text = item.version_text,
			class = item.version and cx.version_class("windows", item.version),
			publisher = item.publisher, folder = item.folder, installed = item.installed,
			package = item.package, sha1 = item.sha1, listed = listed and listed.class,
			user = hive.user, entry = hive.entry })
		note(seen, item.version, item.where .. " " .. item.key, hive.entry, item.written,
			item.present)
		if listed then
			note(seen, cx.version(listed.version), "SHA-1 in " .. item.where, hive.entry,
				item.written, item.present)
		end
	end
	tell(ctx, "windows", seen, hive.entry.full, hive.user)
end

local function hive_facts(ctx, hive)
	registry_installs(ctx, hive)
	local users = windows.users(ctx)
	for _, run in ipairs(registry.runs(hive)) do
		run.sid = run.sid or hive.sid
		run.user, run.entry = hive.user or users[run.sid], hive.entry
		ctx:record("run", run)
	end
	local seen = {}
	for _, item in ipairs(registry.seen(hive)) do
		note(seen, item.version, "AppCompatCache " .. item.program, hive.entry, item.modified, false)
		item.source, item.system, item.entry = "AppCompatCache", "windows", hive.entry
		ctx:record("program", item)
	end
	tell(ctx, "windows", seen, hive.entry.full, hive.user)
	local facts = registry.host_facts(hive)
	if next(facts) then
		ctx:machine(facts)
		facts.entry = hive.entry
		ctx:record("host", facts)
	end
end

-- Builds that the shared log of the updater names; other programs write there too.
local function updater_log(ctx, e)
	ctx:collect(e, "log of the updater")
	local seen = {}
	packages_in(seen, text.decode(read_small(e) or ""), e.name, e, false)
	updates.tell_log(ctx, e)
	tell(ctx, "windows", seen, e.full, e.user)
end

local data_file = collector("settings and data of the 3CX app")

local HANDLERS = {
	["3cx.install.folder"] = install_folder,
	["3cx.install.files"] = collector("install folder of the 3CX app"),
	["3cx.install.logs"] = updater_log,
	["3cx.installer"] = package.installer,
	["3cx.shortcut"] = collector("shortcut of the 3CX app"),
	["3cx.trace.files"] = collector("may tell runs and removal of the 3CX app"),
	["3cx.data.files"] = function(ctx, e)
		data_file(ctx, e)
		if e.name == "config.json" then
			files.settings(ctx, e)
		end
	end,
}

local HIVES = handlers.hives({ software = hive_facts, system = hive_facts, ntuser = hive_facts, usrclass = hive_facts,
	amcache = hive_facts }, "old")
for artifact, handler in pairs(HIVES) do
	HANDLERS[artifact] = handler
end

return {
	api = 1,
	name = "3cx-install",
	summary = "Installs of the 3CX desktop app, and which builds",
	license = "Apache-2.0",
	categories = { "malware", "supply-chain" },
	references = cx.REFERENCES,
	wants = handlers.wants(HANDLERS),
	check = function()
		cx.load()
		places.load()
		return intel.problems()
	end,
	run = intel.run(former.run(handlers.run(HANDLERS))),
}
