-- What is installed, for the machine and for each user, from where, and whether the package that
-- Windows Installer keeps of it is still there.
--
-- Records: installed (what a key tells of a program; of a former Windows with `origin` "Windows.old"),
-- installed-deleted (what free space of a hive still tells of programs that were removed), package (a
-- file in the cache of Windows Installer that no product or patch names).
local autostart = require("autostart")
local handlers = require("handlers")
local installed = require("installed")
local registry = require("registry")

local MIB <const> = 1 << 20

-- The package in the cache of Windows Installer, or why it is not there.
local function cache(ctx, fields, path)
	if not path then
		return
	end
	local e, why, code = ctx:lookup(path)
	if not e or e.type ~= "file" then
		fields.cache_missing = code == "not-found" and "not on this volume" or why or "no file"
		return
	end
	fields.cache, fields.cache_size = e, e.size
	if e.size <= ctx.options.packages_mib * MIB then
		ctx:collect(e, "package of an installed program")
		for name, value in pairs(autostart.about(ctx, e)) do
			fields["cache_" .. name] = value
		end
	end
end

local OF_MACHINE <const> = { software = true, amcache = true }

local function record(ctx, hive, entry, named)
	local fields = {}
	for name, value in pairs(entry) do
		fields[name] = value
	end
	fields.written, fields.time = nil, entry.written
	fields.user, fields.sid = hive.user, entry.sid or hive.entry.sid
	fields.scope = (entry.sid or not OF_MACHINE[registry.kind(hive)]) and "user" or "machine"
	fields.entry, fields.origin = hive.entry, registry.origin(hive)
	if not fields.origin then -- the folders of a former Windows have moved
		cache(ctx, fields, entry.package)
	end
	if fields.cache then
		named[fields.cache.path:lower()] = true
	end
	ctx:record("installed", fields)
end

-- Packages of the cache that nothing names: of something that was removed, or put there otherwise.
local function left_over(ctx, hive, named)
	for path in installed.patch_packages(hive) do
		local e = ctx:lookup(path)
		if e then
			named[e.path:lower()] = true
		end
	end
	for e in ctx:glob("Windows/Installer/*.{msi,msp}") do
		if e.type == "file" and not named[e.path:lower()] then
			ctx:record("package", { time = e.times.created, size = e.size, entry = e })
		end
	end
end

-- Programs that were removed, as free space of the hive tells.
local function removed(ctx, hive)
	for _, fields in ipairs(installed.deleted(hive)) do
		fields.time, fields.written = fields.written, nil
		fields.user, fields.sid = hive.user, hive.entry.sid
		fields.origin, fields.entry = registry.origin(hive), hive.entry
		ctx:record("installed-deleted", fields)
	end
end

local HAS_UNINSTALL <const> = { software = true, ntuser = true, default = true }

local function run(ctx, hive)
	local named = {}
	ctx:collect(hive, "hive with installed programs")
	installed.each(hive, function(entry)
		record(ctx, hive, entry, named)
	end)
	if HAS_UNINSTALL[registry.kind(hive)] then
		removed(ctx, hive)
	end
	if registry.kind(hive) == "software" and not registry.origin(hive) then
		left_over(ctx, hive, named)
	end
end

local HANDLERS = handlers.hives({ amcache = run, default = run, ntuser = run, software = run, usrclass = run }, "old")

return {
	api = 1,
	name = "win-installed",
	summary = "Installed programs, packages and web apps, and the cache of Windows Installer",
	license = "Apache-2.0",
	categories = { "system" },
	references = { "attack:T1518", "attack:T1546.016" },
	os = { "windows" },
	wants = handlers.wants(HANDLERS),
	options = {
		packages_mib = { default = 0, help = "collect packages in the cache of Windows Installer up to this size" },
	},
	run = handlers.run(HANDLERS),
}
