-- Readers of lua-scripts/lib under the fuzzer: the first byte of the file says which, the rest is
-- what it reads. Mistakes of the evidence are told by results; an error that is raised, or that a
-- reader caught in itself ("x.lua:1: attempt to …"), is a mistake of ours.
local appcompat = require("appcompat")
local bits = require("bits")
local defender = require("defender")
local icons = require("3cx-icon")
local csv = require("csv")
local glob = require("glob")
local ioc = require("ioc")
local ioc_places = require("ioc-places")
local json = require("json")
local safari = require("browser-safari-files")
local security = require("security")
local startup_item = require("startup-item")
local task_cache = require("task-cache")
local task_job = require("task-job")
local task_xml = require("task-xml")
local updates = require("3cx-updates")
local wmi = require("wmi")
local xml = require("xml")

-- An entry whose bytes are `s`.
local function entry(s, name)
	return { path = name, name = name, full = "C:/" .. name, size = #s, type = "file", ext = name:match("%.(%w+)$"),
		read = function(_, offset, n)
			return s:sub((offset or 0) + 1, n and (offset or 0) + n)
		end,
		sibling = function(_, other)
			return other:find("^MAPPING") and entry(s:sub(2), other) or nil
		end }
end

-- A file of the analyst whose bytes are `s`.
local function given_file(s)
	return { name = "given", size = #s, text = s, lines = function()
		local number = 0
		local next_line = (s .. "\n"):gmatch("([^\n]*)\n")
		return function()
			number = number + 1
			return next_line(), number
		end
	end }
end

-- Indicators, and whether an entry fits one: what is told of the file.
local function indicators(s)
	local set, out = ioc.load({ given_file(s) }), {}
	local places = ioc_places.new(set.list)
	for i, one in ipairs(places.fits({ path = "Users/ann/a.exe", name = "a.exe", profile = "Users/ann" })) do
		out[i] = { value = one.value }
	end
	for _, want in ipairs(places.wants) do
		assert(glob.compile(want) or #want > 1000, want)
	end
	for _, text in ipairs(ioc.told(set.files[1])) do
		out[#out + 1] = { problem = text:sub(1, 300) }
	end
	return out
end

local READERS = {
	a = task_cache.actions,
	b = function(s)
		return bits.read(entry(s, "qmgr.db"))
	end,
	c = appcompat.entries,
	d = task_cache.dynamic,
	g = function(s)
		local fits = glob.compile(s:match("^[^\n]*"))
		return fits and { fits({ path = s:match("\n(.*)$") or "a/b/c.exe", profile = "a" }) }
	end,
	q = indicators,
	e = function(s)
		return defender.entry(entry(s, "{1}"))
	end,
	f = function(s)
		return defender.content(entry(s, "AA"))
	end,
	h = function(s)
		return defender.detections(s, { "SamScissors" })
	end,
	i = icons.find,
	j = task_job.read,
	k = safari.cookies,
	l = function(s)
		local out = {}
		return defender.lines(entry(s, "MPLog.log"), { "scissors", "3cx" }, function(line)
			out[#out + 1] = defender.time(line) or line
		end) and out
	end,
	n = json.decode,
	s = security.sddl,
	t = task_cache.triggers,
	u = function(s)
		return startup_item.of(entry(s, "x.url"))
	end,
	v = updates.log,
	w = function(s)
		return wmi.instances(entry(s, "OBJECTS.DATA"))
	end,
	m = csv.read,
	x = task_xml.read,
	y = xml.parse,
}

local function ours(text)
	return type(text) == "string" and (text:find("%.lua:%d+: attempt to ") or text:find("%.lua:%d+: bad argument ")) ~= nil
end

return {
	api = 1,
	name = "readers",
	summary = "Readers of lua-scripts/lib under the fuzzer",
	wants = { "*" },
	run = function(ctx, item)
		local s = item:read()
		local read = READERS[s:sub(1, 1)]
		if not read then
			return
		end
		local result, problem = read(s:sub(2))
		ctx:record("result", { result = result, problem = problem })
		for _, i in ipairs(type(result) == "table" and result or {}) do
			problem = problem or type(i) == "table" and rawget(i, "problem")
		end
		if ours(problem) then
			error(problem, 0)
		end
	end,
}
