-- Builds of the 3CX app that traces tell: a record for each trace, a finding for each bad build.
local cx = require("3cx")

local M = {}

-- One build: { version, source, entry, time }. `seen` maps a version to its list. `present`: its
-- files are there now (true), or this is a trace of the past (false); nil when that is not known.
-- `when` is the time of the trace: nil for that of the entry, false for none.
function M.note(seen, version, source, e, when, present)
	if version then
		seen[version] = seen[version] or {}
		if when == nil then
			when = e and e.times and e.times.created
		end
		table.insert(seen[version], { source = source, entry = e, present = present, time = when or nil })
	end
end

-- Of a build: true when one trace shows that it is there, false when all are of the past.
local function presence(list)
	local past = 0
	for _, item in ipairs(list) do
		if item.present then
			return true
		end
		past = past + (item.present == false and 1 or 0)
	end
	if past == #list then
		return false
	end
	return nil
end

local function earliest(list)
	local first
	for _, item in ipairs(list) do
		if item.time and (not first or item.time < first) then
			first = item.time
		end
	end
	return first
end

local function sid_of(list)
	for _, item in ipairs(list) do
		if item.entry and item.entry.sid then
			return item.entry.sid
		end
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
		fields = { sign = "build.bad", detector = "D5", version = version, system = os, user = user,
			sid = sid_of(list), present = presence(list), time = earliest(list), sources = sources },
	})
end

-- Tells every build: a record for each sign, a finding for each bad build.
function M.tell(ctx, os, seen, where, user)
	for version, list in pairs(seen) do
		local class = cx.version_class(os, version)
		for _, item in ipairs(list) do
			ctx:record("install", { time = item.time, version = version, class = class,
				system = os, source = item.source, where = where, user = user,
				present = item.present, entry = item.entry })
		end
		if class == "bad" then
			exposed(ctx, os, version, list, where, user)
		end
	end
end

-- Versions in the names of packages that a text tells ("3CXDesktopApp-18.12.416-full.nupkg"). The first
-- was written when the file was made, the last when it was written; when the others were is not known.
function M.packages_in(seen, body, source, e, present)
	local known, order = {}, {}
	for name in body:gmatch("3[cC][xX][dD]esktop[aA]pp%-%d+%.%d+%.%d+") do
		local version = cx.version(name)
		if not known[version] then
			known[version] = true
			order[#order + 1] = version
		end
	end
	for i, version in ipairs(order) do
		local when = i == 1 and e.times.created or i == #order and e.times.modified or false
		M.note(seen, version, source, e, when, present)
	end
end

return M
