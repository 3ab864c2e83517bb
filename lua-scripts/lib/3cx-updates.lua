-- Updates of the 3CX app, as its updater (made like Squirrel) leaves them in an install folder and in
-- logs. Its times are of the machine's own clock; the zone is in the registry.
local cx = require("3cx")
local files = require("3cx-files")
local path = require("path")
local text = require("text")
local zone = require("zone")

local M = {}

local LINES_MAX <const> = 20000 -- of a log

-- "2023-04-07T07:30:00" at the begin of a line, in either form of the updater; nil without one.
local function stamp(line)
	local y, m, d, clock = line:match("^%[?(%d%d%d%d)%-(%d%d)%-(%d%d)[ T](%d%d:%d%d:%d%d)")
	if not y then
		d, m, y, clock = line:match("^%[(%d%d)/(%d%d)/(%d%d) (%d%d:%d%d:%d%d)%]")
		y = y and "20" .. y
	end
	return y and string.format("%s-%s-%sT%s", y, m, d, clock)
end

local PACKAGE <const> = "3[cC][xX][dD]esktop[aA]pp%-%d+%.%d+%.%d+"

-- What a line says: its kind ("update", "removed"), version and URL; nil for other lines.
local function read_line(line)
	local lower = line:lower()
	local url = line:match("https?://[^%s\"'<>]+/electron/update/win32/[^%s\"'<>]*")
	if url then
		return "update", cx.version(url), url
	end
	local version = cx.version(line:match(PACKAGE))
	if not version and lower:find("3cx", 1, true) then
		version = cx.version(lower:match("app%-%d+%.%d+%.%d+"))
	end
	if not version then
		return nil
	end
	return lower:find("uninstall", 1, true) and "removed" or "update", version
end

-- What a log tells, in its order: { kind, version, from, url, local_time }. A version that is told
-- again and again comes once.
function M.log(body)
	local out, seen, last, count = {}, {}, nil, 0
	for line in body:gmatch("[^\r\n]+") do
		count = count + 1
		if count > LINES_MAX then
			break
		end
		local kind, version, url = read_line(line)
		local known = kind and seen[kind .. (version or url)]
		if kind and not known then
			local from = version ~= last and last or nil
			seen[kind .. (version or url)] = true
			out[#out + 1] = { kind = kind, version = version, from = from, url = url, local_time = stamp(line) }
			last = version or last
		end
	end
	return out
end

-- Records what a log tells. Where the zone is not known the last line was written when the file was.
function M.tell_log(ctx, e)
	local rows = M.log(text.decode(files.read_small(e) or ""))
	local here = #rows > 0 and zone.of(ctx) or nil
	for i, row in ipairs(rows) do
		local when = zone.utc(here, row.local_time)
		ctx:record(row.kind, { time = when or i == #rows and e.times.modified or nil,
			local_time = row.local_time, time_zone = when and here.name, version = row.version, from = row.from, url = row.url, system = "windows", user = e.user,
			sid = e.sid, source = "log " .. e.name, entry = e })
	end
end

-- When a folder of a build was made: the time of its program, which is written with it.
function M.made(folder)
	local program = folder:sibling("3CXDesktopApp.exe")
	return program and program.times.created or folder.times.created
end

-- Records of packages and folders of builds, by the time they were made.
function M.tell_folder(ctx, folder)
	local found, base = {}, path.escape(folder.path)
	for e in ctx:glob(base .. "{/app-*,/packages/*.nupkg}") do
		local version = e.type == "dir" and cx.version(e.name) or cx.package_version(e.name)
		if version then
			found[#found + 1] = { time = e.type == "dir" and M.made(e) or e.times.created, version = version, entry = e,
				source = (e.type == "dir" and "folder " or "package ") .. e.name }
		end
	end
	table.sort(found, function(a, b)
		local x, y = a.time or "", b.time or ""
		return x < y or x == y and a.entry.path < b.entry.path
	end)
	local last
	for _, item in ipairs(found) do
		local is_folder = item.entry.type == "dir"
		if last or not is_folder then -- the first folder is the install itself
			ctx:record("update", { time = item.time, version = item.version,
				from = is_folder and last or nil, system = "windows", source = item.source,
				user = folder.user, sid = folder.sid, entry = item.entry })
		end
		last = is_folder and item.version or last
	end
end

return M
