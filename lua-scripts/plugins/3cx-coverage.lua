-- What of a system the detectors of the 3CX case had to read: how many event logs, prefetch files, hives and
-- profiles of users are there. The verdict says by it what an absence is worth.
--
-- And which programs of the vendor are there that had no part in the compromise: nothing may be told of them.
--
-- Records: examined (what, count, system), one for each kind of trace of a volume with a system; other.
local handlers = require("handlers")

local SYSTEMS = {
	["3cx.coverage.windows"] = { "windows", {
		{ "user profiles", "{Users,Documents and Settings}/*/NTUSER.DAT" },
		{ "machine hives", "Windows/System32/config/{SOFTWARE,SYSTEM}" },
		{ "event logs", "Windows/System32/{winevt/Logs/*.evtx,config/*.[eE]vt}" },
		{ "prefetch", "Windows/Prefetch/*.pf" },
		{ "change journal", "$Extend/$UsnJrnl:$J" },
	} },
	["3cx.coverage.macos"] = { "macos", {
		{ "user profiles", "Users/*/Library" },
	} },
	["3cx.coverage.server"] = { "server", {
		{ "client installers", "var/lib/3cxpbx/Instance*/Data/Http/electron/{windows,osx}/*" },
	} },
}

local function count(ctx, pattern)
	local n = 0
	for e in ctx:glob(pattern) do
		n = n + ((e.type == "dir" or e.size > 0) and 1 or 0)
	end
	return n
end

local function examine(name)
	return function(ctx, e)
		local system, traces = table.unpack(SYSTEMS[name])
		for _, row in ipairs(traces) do
			ctx:record("examined", { what = row[1], count = count(ctx, row[2]), system = system, entry = e })
		end
	end
end

local function other(what)
	return function(ctx, e)
		ctx:record("other", { what = what, time = e.times.created, source = "file " .. e.name, user = e.user, sid = e.sid,
			entry = e })
	end
end

local HANDLERS = {
	["3cx.other.webclient"] = other("webclient"),
	["3cx.other.macos.webclient"] = other("webclient"),
	["3cx.other.3cxphone"] = other("3cxphone"),
	["3cx.other.msix"] = other("msix"),
}
for name in pairs(SYSTEMS) do
	HANDLERS[name] = examine(name)
end

return {
	api = 1,
	name = "3cx-coverage",
	summary = "Which traces of a system were there to be read, and which programs had no part",
	license = "Apache-2.0",
	categories = { "malware" },
	references = { "attack:C0057" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
