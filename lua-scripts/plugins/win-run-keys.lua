-- What the registry starts by itself, for each user and for the machine, and whether it is
-- there. The programs and libraries are collected.
--
-- The places are in lib/autostart-places.lua. Records: "autostart", one for each program that a
-- value names (fields: see autostart.row in lib/autostart.lua); "autostart-deleted", the same of values that lie in
-- free space of the hive, with their `offset` and what is there `now`; "startup-switch", one for each
-- switch of the task manager. Those of a former Windows have `origin` "Windows.old".
local autostart = require("autostart")
local classes = require("autostart-classes")
local deleted = require("autostart-deleted")
local findings = require("autostart-findings")
local places = require("autostart-places")
local registry = require("registry")
local values = require("autostart-values")

local LOOKED_MAX <const>, ALL_MAX <const> = 5000, 50000 -- rows of a place, of a hive, whose files are looked for
local FINDINGS_MAX <const> = 100 -- of one place in a hive
local CURRENT <const> = "Microsoft\\Windows\\CurrentVersion\\"
local APPROVED <const> = CURRENT .. "Explorer\\StartupApproved\\"

local function wide_and_narrow(prefix)
	return { { path = prefix }, { path = prefix .. "Wow6432Node\\", narrow = true } }
end

local CLASSES_OF_MACHINE = { { path = "Classes\\" }, { path = "Classes\\Wow6432Node\\", narrow = true },
	{ path = "Wow6432Node\\Classes\\", narrow = true } }
local OF_USER = { user = wide_and_narrow("Software\\"), profile = { { path = "" } },
	userclasses = wide_and_narrow("Software\\Classes\\") }

-- Where the keys of each kind of place begin in a hive. `narrow`: what 32-bit programs see.
local ROOTS = {
	software = { machine = wide_and_narrow(""), classes = CLASSES_OF_MACHINE },
	ntuser = OF_USER,
	default = OF_USER,
	usrclass = { userclasses = wide_and_narrow("") },
}

-- Those of SYSTEM begin in the control set that was in use.
local function roots_of(ctx, hive)
	if registry.kind(hive) ~= "system" then
		return ROOTS[registry.kind(hive)]
	end
	local set = registry.control_set(hive)
	if not set then
		ctx:anomaly(hive.entry, "no control set: what it starts cannot be told")
	end
	return { setup = { { path = "" } }, system = set and { { path = set.path .. "\\" } } }
end

-- --- switches of the task manager ---

-- The switch of a Run value. Those of the Run key for 32-bit programs lie in a list of their own,
-- which is in the wide part of the hive.
local function switch_of(hive, root, key, name)
	if not key.path:find("\\CurrentVersion\\Run$") then
		return nil
	end
	local base = root.path:gsub("Wow6432Node\\$", "")
	for _, list in ipairs(root.narrow and { base .. APPROVED .. "Run32", root.path .. APPROVED .. "Run" }
		or { base .. APPROVED .. "Run" }) do
		local switches = hive:key(list)
		local enabled, since = autostart.switch(switches and switches:value(name))
		if enabled ~= nil then
			return enabled, since
		end
	end
	return nil
end

-- All switches: they outlive the values that they were for.
local function switches(ctx, hive, root)
	for key in hive:keys(root.path .. APPROVED .. "*") do
		for v in key:values() do
			local enabled, since = autostart.switch(v)
			if enabled ~= nil then
				ctx:record("startup-switch", { list = key.name, name = v.name, enabled = enabled, time = since,
					key = key.path, user = hive.user, sid = hive.sid, origin = registry.origin(hive),
					entry = hive.entry })
			end
		end
	end
end

-- --- findings of the Run keys ---

-- One more of what `counts` counts by place; true while it is not over the limit.
local function within(counts, place, limit)
	counts[place] = (counts[place] or 0) + 1
	return counts[place] <= limit
end

local function missing_program(ctx, hive, fields)
	ctx:finding({
		severity = "info",
		confidence = "medium",
		title = "Autostart of a program that is not there",
		detail = string.format("%s starts %s: %s", fields.key, fields.command, fields.missing),
		evidence = { hive.entry },
		references = fields.references,
		fields = { key = fields.key, value = fields.name, command = fields.command, user = hive.user },
	})
end

local function app_of_3cx(ctx, hive, fields, program)
	ctx:finding({
		severity = "info",
		confidence = "high",
		title = "Autostart of the 3CX app",
		detail = string.format("%s, value \"%s\": %s", fields.key, fields.name, fields.command),
		evidence = { hive.entry, program },
		references = fields.references,
		fields = { key = fields.key, value = fields.name, command = fields.command, user = hive.user },
	})
end

local function is_3cx(command)
	return command:lower():find("3cx%s?desktop") ~= nil
end

-- What could not be looked for is not missing.
local function of_run_key(s, fields, program, code)
	if is_3cx(fields.command) then
		app_of_3cx(s.ctx, s.hive, fields, program)
	end
	if code == "not-found" and within(s.counts.findings, "missing", FINDINGS_MAX) then
		missing_program(s.ctx, s.hive, fields)
	end
end

-- --- from places to rows ---

local function is_ordinary(place, item)
	if item.ordinary then
		return true
	end
	local spelt = place.ordinary and values.spell(item.spelt or item.command)
	for _, text in ipairs(place.ordinary or {}) do
		if text == spelt then
			return true
		end
	end
	return false
end

-- Counts a row. Where a place names more programs than it does in any real hive the rest has rows,
-- but is not looked for, so that the other places have their turn.
local function count(s, item)
	if within(s.counts.rows, s.place, LOOKED_MAX) and within(s.counts.rows, "all", ALL_MAX) then
		return
	end
	item.missing = "not looked for: the registry names too many such programs"
	if s.counts.rows[s.place] == LOOKED_MAX + 1 or s.counts.rows.all == ALL_MAX + 1 then
		s.ctx:anomaly(s.hive.entry, string.format("too many autostarts (%s): not all of their files are looked for",
			s.place.place))
	end
end

local function row(s, key, name, v, item)
	local place = s.place
	count(s, item)
	local enabled, since
	if place.place == "run" then
		enabled, since = switch_of(s.hive, s.root, key, name)
	end
	local ordinary = is_ordinary(place, item)
	item.more = item.more or {}
	item.more.ordinary = ordinary or nil
	item.more.origin = registry.origin(s.hive)
	local fields, program, _, code = autostart.row(s.ctx, {
		place = place.place, references = { "attack:" .. place.attack }, source = s.hive, key = key.path, name = name,
		type = v and v.type, time = key.written, user = s.hive.user, sid = s.hive.sid, enabled = enabled,
		disabled = since, root = registry.former_root(s.hive.entry),
		command = item.command, follow = item.follow, missing = item.missing, what = item.what,
		narrow = s.root.narrow, more = item.more,
	})
	if item.more.origin then -- nothing of a former Windows starts any more
		return
	end
	if place.place == "run" then
		of_run_key(s, fields, program, code)
	end
	local seen = { place = place, fields = fields, program = program, hive = s.hive, key = key, ordinary = ordinary }
	if findings.worth(seen) and within(s.counts.findings, place, FINDINGS_MAX) then
		findings.report(s.ctx, seen)
	end
end

-- What one value, or the key itself, names.
local function datum(s, key, name, text, v)
	if type(text) ~= "string" and v == nil then
		return
	end
	local items = values.ways[s.place.read]({ ctx = s.ctx, hive = s.hive, narrow = s.root.narrow,
		root = s.root.path, classes = s.classes }, key, text, v)
	for _, item in ipairs(items) do
		row(s, key, name, v, item)
	end
	local excess = values.excess(v, items)
	if excess then
		s.ctx:anomaly(s.hive.entry, string.format("key \"%s\", value \"%s\": %s", key.path, name, excess))
	end
end

local function values_of(s, key)
	local which = s.place.values
	if which == places.KEY then
		datum(s, key, key.name, key.name)
	elseif which == places.ALL or which == places.NAMES then
		for v in key:values() do
			datum(s, key, v.name, which == places.NAMES and v.name or v.data, v)
		end
	else
		for _, name in ipairs(which) do
			local v = key:value(name)
			if v then
				datum(s, key, v.name, v.data, v)
			end
		end
	end
end

local function keys_of(s)
	for _, pattern in ipairs(s.place.keys) do
		for key in s.hive:keys(s.root.path .. pattern) do
			values_of(s, key)
		end
	end
end

-- What was deleted, or had another text before; files that are still there are collected.
local function remains(ctx, hive, roots)
	for _, found in ipairs(deleted.values(hive, roots)) do
		local d = found.d
		for _, item in ipairs(values.ways[found.place.read]({ ctx = ctx, hive = hive }, nil, d.data, d)) do
			local more = item.more or {}
			more.offset, more.now, more.origin = d.offset, found.now, registry.origin(hive)
			autostart.row(ctx, {
				kind = "autostart-deleted", place = found.word, references = { "attack:" .. found.place.attack },
				source = hive, key = d.path, name = d.name, type = d.type, user = hive.user, sid = hive.sid,
				root = registry.former_root(hive.entry), command = item.command, follow = item.follow,
				what = item.what, narrow = found.root and found.root.narrow, more = more,
			})
		end
	end
end

local function run(ctx, hive)
	ctx:collect(hive, "hive with autostarts")
	local roots = roots_of(ctx, hive)
	local resolver, counts = classes.new(ctx, hive), { rows = {}, findings = {} }
	for _, place in ipairs(places.list) do
		for _, where in ipairs(place.where) do
			for _, root in ipairs(roots[where] or {}) do
				if not root.narrow or place.twin ~= false then
					keys_of({ ctx = ctx, hive = hive, place = place, root = root, classes = resolver, counts = counts })
				end
			end
		end
	end
	for _, where in ipairs({ "machine", "user" }) do
		for _, root in ipairs(roots[where] or {}) do
			switches(ctx, hive, root)
		end
	end
	remains(ctx, hive, roots)
end

return {
	api = 1,
	name = "win-run-keys",
	summary = "What the registry starts by itself: Run keys, Winlogon, session manager, LSA, shell, COM and others",
	license = "Apache-2.0",
	categories = { "persistence" },
	references = { "attack:T1547", "attack:T1546" },
	os = { "windows" },
	wants = { "windows.hive.software", "windows.hive.system", "windows.hive.ntuser", "windows.hive.usrclass",
		"windows.hive.default", "windows.old.hive.software", "windows.old.hive.system", "windows.old.hive.ntuser",
		"windows.old.hive.usrclass", "windows.old.hive.default" },
	run = run,
}
