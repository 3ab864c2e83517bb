-- Is the 3CX desktop app installed, or was it, and in which builds? On Windows
-- 18.12.407 and 18.12.416 carried the trojanised library, on macOS 18.11.1213,
-- 18.12.402, 18.12.407 and 18.12.416. Several builds can lie side by side after
-- updates: a clean active one does not prove that a bad one never ran.
--
-- Records: install (a build and where it says so), run, host, settings.
local cx = require("3cx")
local handlers = require("handlers")
local json = require("json")
local path = require("path")
local registry = require("3cx-registry")
local text = require("text")

local SMALL = 1024 * 1024 -- configuration files and logs are read up to here
-- Names under which Windows kept the installer of a bad build, in public uploads.
local KNOWN_NAMES <const> = { ["717d29.msi"] = true, ["72c2f7.msi"] = true }

-- One build: { version, source, entry, time }. `seen` maps a version to its list.
local function note(seen, version, source, e, when)
	if version then
		seen[version] = seen[version] or {}
		table.insert(seen[version], { source = source, entry = e,
			time = when or e and e.times and e.times.created })
	end
end

local function exposed(ctx, os, version, list, where, user)
	local evidence, sources, known = {}, {}, {}
	for _, item in ipairs(list) do
		if item.entry and not known[item.entry.path] then
			known[item.entry.path] = true
			evidence[#evidence + 1] = item.entry
		end
		sources[#sources + 1] = item.source
	end
	ctx:finding({
		severity = "medium",
		confidence = "high",
		title = "Exposed: bad build " .. version .. " of the 3CX app is or was installed",
		detail = where .. ": " .. table.concat(sources, ", "),
		evidence = evidence,
		references = cx.REFERENCES,
		fields = { version = version, system = os, user = user, sources = sources },
	})
end

-- Tells every build: a record for each sign, a finding for each bad build.
local function tell(ctx, os, seen, where, user)
	local versions = {}
	for version in pairs(seen) do
		versions[#versions + 1] = version
	end
	table.sort(versions)
	for _, version in ipairs(versions) do
		local class = cx.version_class(os, version)
		for _, item in ipairs(seen[version]) do
			ctx:record("install", { time = item.time, version = version, class = class,
				system = os, source = item.source, where = where, user = user,
				entry = item.entry })
		end
		if class == "bad" then
			exposed(ctx, os, version, seen[version], where, user)
		end
	end
end

local function read_small(e)
	return e and e:read(0, math.min(e.size, SMALL))
end

-- Versions in the names of packages that a text tells ("3CXDesktopApp-18.12.416-full.nupkg").
local function packages_in(seen, body, source, e)
	local known = {}
	for name in body:gmatch("3[cC][xX][dD]esktop[aA]pp%-%d+%.%d+%.%d+") do
		local version = cx.version(name)
		if not known[version] then
			known[version] = true
			note(seen, version, source, e)
		end
	end
end

local function install_info(seen, e)
	local info = json.decode(read_small(e) or "")
	if type(info) == "table" and type(info.installVersion) == "string" then
		note(seen, cx.version(info.installVersion), ".installInfo.json", e)
	end
end

-- Everything directly inside an install folder that tells a build.
local function install_folder(ctx, folder)
	local seen, base = {}, path.escape(folder.path)
	for e in ctx:glob(base .. "/app-*") do
		if e.type == "dir" then
			note(seen, cx.version(e.name), "folder " .. e.name, e)
		end
	end
	for e in ctx:glob(base .. "{,/app,/app-*}/3CXDesktopApp.exe") do
		local version = pe.version(e)
		note(seen, cx.version(version and version.file), "version resource of " .. e.name, e)
	end
	for e in ctx:glob(base .. "/packages/*.nupkg") do
		note(seen, cx.package_version(e.name), "package " .. e.name, e)
	end
	for _, name in ipairs({ "packages/RELEASES", "*.log" }) do
		for e in ctx:glob(base .. "/" .. name) do
			packages_in(seen, read_small(e) or "", e.name, e)
		end
	end
	for e in ctx:glob(base .. "/.installInfo.json") do
		install_info(seen, e)
	end
	ctx:record("folder", { time = folder.times.created, entry = folder, user = folder.user,
		builds = next(seen) and true or false })
	tell(ctx, "windows", seen, folder.full, folder.user)
end

-- A bundle: Info.plist says the version.
local function app_bundle(ctx, bundle)
	local seen = {}
	local info = bundle:sibling("Contents/Info.plist")
	local keys, why
	if info then
		keys, why = plist.open(info)
	end
	if type(keys) == "table" then
		note(seen, cx.version(keys.CFBundleShortVersionString or keys.CFBundleVersion),
			"Info.plist", info)
	elseif info then
		ctx:anomaly(info, "version of the app not readable: " .. tostring(why))
	end
	tell(ctx, "macos", seen, bundle.full, bundle.user)
end

-- What an installer tells of itself: { version =, by =, … }, or nil when it is of another program.
-- A package says which product it holds; where it cannot be read, and of other files, the name does.
local function installer_facts(e)
	local package, why
	if e.ext == "msi" then
		package, why = msi.open(e)
	end
	if package and cx.is_app_name(package.name or package.summary and package.summary.subject) then
		return { version = cx.version(package.version), by = "its database", package = package }
	elseif package then
		return nil
	elseif e.ext == "msi" and not e.name:lower():find("^3cx") and not KNOWN_NAMES[e.name:lower()] then
		return nil
	end
	return { version = cx.package_version(e.name), by = "the name " .. e.name, unread = why }
end

local function installer_record(ctx, e, facts, os, class)
	local zone = e:sibling(e.name .. ":Zone.Identifier")
	local mark, package = read_small(zone), facts.package or {}
	if zone then
		ctx:collect(zone, "where the installer came from")
	end
	ctx:record("installer", { time = e.times.created, version = facts.version, class = class,
		system = os, user = e.user, entry = e, unread = facts.unread,
		from = mark and mark:match("HostUrl=([^\r\n]+)"),
		product = package.product_code, manufacturer = package.manufacturer,
		package_code = package.summary and package.summary.revision, signer = package.signer })
end

-- An installer or update package. It says that the file is there, which is less than an install.
local function installer(ctx, e)
	local facts = installer_facts(e)
	if not facts then
		return
	end
	ctx:collect(e, "installer of the 3CX app")
	if not facts.version then
		return
	end
	local mac = e.ext == "dmg" or e.ext == "zip" or e.path:lower():find("/electron/osx/", 1, true)
	local os = mac and "macos" or "windows"
	local class = cx.version_class(os, facts.version)
	installer_record(ctx, e, facts, os, class)
	if class == "bad" then
		ctx:finding({
			severity = "medium", confidence = facts.package and "high" or "medium",
			title = "Installer of the bad build " .. facts.version .. " of the 3CX app",
			detail = facts.by .. " says so; whether it ran is told by other findings",
			evidence = { e }, references = cx.REFERENCES,
			fields = { version = facts.version, system = os, user = e.user },
		})
	end
end

-- Provisioning data: what a stealer that reads this file could send away.
local function settings(ctx, e)
	local config = json.decode(read_small(e) or "")
	if type(config) ~= "table" then
		return
	end
	local function field(name)
		return type(config[name]) == "string" and config[name] or nil
	end
	ctx:record("settings", { time = e.times.modified, account = field("AccountName"),
		pbx = field("url") or field("PBXUrl"), user = e.user, entry = e })
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
		note(seen, item.version, item.where .. " " .. item.key, hive.entry, item.written)
		if listed then
			note(seen, cx.version(listed.version), "SHA-1 in " .. item.where, hive.entry,
				item.written)
		end
	end
	tell(ctx, "windows", seen, hive.entry.full, hive.user)
end

local function hive_facts(ctx, hive)
	registry_installs(ctx, hive)
	for _, run in ipairs(registry.runs(hive)) do
		run.user, run.entry = hive.user, hive.entry
		ctx:record("run", run)
	end
	local facts = registry.host_facts(hive)
	if next(facts) then
		facts.entry = hive.entry
		ctx:record("host", facts)
	end
end

-- Builds that the shared log of the updater names; other programs write there too.
local function updater_log(ctx, e)
	ctx:collect(e, "log of the updater")
	local seen = {}
	packages_in(seen, text.decode(read_small(e) or ""), e.name, e)
	tell(ctx, "windows", seen, e.full, e.user)
end

local function collector(reason)
	return function(ctx, e)
		if e.type == "file" then
			ctx:collect(e, reason)
		end
	end
end

local data_file = collector("settings and data of the 3CX app")

local HANDLERS = {
	["3cx.install.folder"] = install_folder,
	["3cx.install.files"] = collector("install folder of the 3CX app"),
	["3cx.install.logs"] = updater_log,
	["3cx.installer"] = installer,
	["3cx.shortcut"] = collector("shortcut of the 3CX app"),
	["3cx.trace.files"] = collector("may tell runs and removal of the 3CX app"),
	["3cx.app.bundle"] = app_bundle,
	["3cx.app.files"] = collector("the 3CX app"),
	["3cx.data.files"] = function(ctx, e)
		data_file(ctx, e)
		if e.name == "config.json" then
			settings(ctx, e)
		end
	end,
	["windows.hive.software"] = hive_facts,
	["windows.hive.system"] = hive_facts,
	["windows.hive.ntuser"] = hive_facts,
	["windows.hive.usrclass"] = hive_facts,
	["windows.hive.amcache"] = hive_facts,
}

return {
	api = 1,
	name = "3cx-install",
	summary = "Installs of the 3CX desktop app, and which builds",
	license = "Apache-2.0",
	categories = { "malware", "supply-chain" },
	references = cx.REFERENCES,
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
