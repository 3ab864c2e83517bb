-- What Microsoft Defender tells of the 3CX case: its log, its history of detections, its quarantine. Handlers
-- for 3cx-traces; records: run, detection, quarantined, payload.
local container = require("3cx-container")
local cx = require("3cx")
local defender = require("defender")
local files = require("3cx-files")
local path = require("path")
local payload = require("3cx-payload")
local zone = require("zone")

local M = {}

-- Names that its vendor gave to this case, and those of others (dossier of the case, section 6).
local DETECTIONS = { "samscissors", "suddenicon", "smoothoperator", "iconicstealer" }

local function is_of_case(name)
	local lower = name:lower()
	for _, word in ipairs(DETECTIONS) do
		if lower:find(word, 1, true) then
			return true
		end
	end
	return false
end

-- Counts a detection: one finding for each name in a file.
local function note(seen, name, found)
	local hit = seen[name]
	if not hit then
		hit = { name = name, count = 0, path = found.path }
		seen[name] = hit
	end
	hit.count = hit.count + 1
	hit.action = found.action or hit.action
	hit.path = hit.path or found.path
	if found.time and (not hit.first or found.time < hit.first) then
		hit.first = found.time
	end
end

local function tell_detections(ctx, e, seen, source)
	for name, hit in pairs(seen) do
		ctx:collect(e, "names the 3CX compromise")
		ctx:finding({
			severity = "high", confidence = "high",
			title = "Microsoft Defender named the 3CX compromise",
			detail = string.format("%s in %s, %d times, the first at %s: %s%s", name, source, hit.count,
				hit.first or "an unknown time", hit.path or "path not told",
				hit.action and ", " .. hit.action or ""),
			evidence = { e }, references = cx.REFERENCES,
			fields = { sign = "detected.antivirus", name = name, action = hit.action, time = hit.first,
				path = hit.path, system = "windows", product = "Microsoft Defender",
				user = hit.path and hit.path:match("[Uu]sers\\([^\\]+)\\") },
		})
	end
end

-- A function that tells when a line was written: { time, local_time, time_zone }, the latter two for a line that has
-- only the time of the machine's own clock.
local function clock(ctx)
	local here, asked
	return function(line)
		local shown = defender.local_time(line)
		if shown and not asked then
			here, asked = zone.of(ctx), true
		end
		local when = zone.utc(here, shown)
		return { time = defender.time(line) or when, local_time = shown, time_zone = when and here.name }
	end
end

-- A line of the log: { name, path, action } of a detection, or nil.
local function detection_of(line)
	local name = line:match("%a+:%w+/[%w%.!_-]+")
	if not name or not is_of_case(name) then
		return nil
	end
	local action = line:match("MP_THREAT_ACTION_(%u+)")
	return { name = name, path = line:match("[Ff]ile:[_ ]*(%a:\\[^;\r\n|]+)"), action = action and action:lower() }
end

local function tell_line(ctx, e, line, when)
	local found = detection_of(line)
	local fields, kind = found, "detection"
	if not found and line:find("ProcessImageName: 3CXDesktopApp", 1, true) then
		kind, fields = "run", { program = line:match("ProcessImageName: ([^,]+)"), system = "windows" }
	end
	if fields then
		for name, value in pairs(when(line)) do
			fields[name] = value
		end
		fields.source, fields.entry = "Defender's log", e
		ctx:record(kind, fields)
	end
	return found
end

function M.log(ctx, e)
	local words = { "\\3cxdesktopapp\\", "processimagename: 3cxdesktopapp" }
	local seen, when = {}, clock(ctx)
	for _, word in ipairs(DETECTIONS) do
		words[#words + 1] = word
	end
	local ok, why = defender.lines(e, words, function(line)
		local found = tell_line(ctx, e, line, when)
		if found then
			note(seen, found.name, found)
		end
	end)
	if not ok then
		ctx:anomaly(e, "log of Defender: " .. why)
	end
	tell_detections(ctx, e, seen, "Defender's log")
end

-- Does what was put away belong to the app?
local function of_app(entry)
	for _, item in ipairs(entry.resources) do
		if item.path:lower():find("\\3cx ?desktop ?app\\") then
			return true
		end
	end
	return is_of_case(entry.name)
end

-- The file that was put away, looked at like one in its place.
local function put_away(ctx, e, item)
	local kept = item.id and #item.id >= 2
		and ctx:lookup(e.folder:gsub("[^/]*$", "") .. "ResourceData/" .. item.id:sub(1, 2) .. "/" .. item.id)
	local data = kept and defender.content(kept)
	if not data then
		return nil
	end
	local name, signs = path.name(item.path), {}
	local sha256 = bytes.sha256(data)
	signs[1] = cx.digest_sign({ sha256 = sha256 })
	payload.loader(signs, data)
	ctx:collect(kept, "file of the 3CX app in Defender's quarantine")
	ctx:payload({ bytes = data, from = kept, name = name, kind = "quarantined file" })
	local certificates, found = container.look(signs, data)
	if certificates and found then
		container.tell(ctx, kept, found, name)
	end
	cx.finding(ctx, kept, "File of the 3CX app in Defender's quarantine with signs of the trojanised build", signs,
		{ name = name, path = item.path, system = "windows", quarantined = true,
			user = item.path:match("[Uu]sers\\([^\\]+)\\") })
	return sha256
end

function M.entry(ctx, e)
	local entry, why = defender.entry(e)
	if not entry then
		ctx:anomaly(e, why)
		return
	elseif not of_app(entry) then
		return
	end
	local seen = {}
	for _, item in ipairs(entry.resources) do
		local sha256 = item.type == "file" and put_away(ctx, e, item) or nil
		ctx:record("quarantined", { time = entry.time, name = entry.name, path = item.path, type = item.type,
			sha256 = sha256, source = "Defender's quarantine", entry = e })
		if is_of_case(entry.name) then
			note(seen, entry.name, { path = item.path, time = entry.time, action = "quarantine" })
		end
	end
	tell_detections(ctx, e, seen, "Defender's quarantine")
end

-- As Defender spells its name of this case; the file has one detection.
local SPELT = { "SamScissors" }

function M.history(ctx, e)
	local data = e.type == "file" and files.read_small(e) or ""
	local seen = {}
	for _, found in ipairs(defender.detections(data, SPELT)) do
		found.time = e.times.created
		note(seen, found.name, found)
		ctx:record("detection", { time = found.time, name = found.name, path = found.path,
			source = "Defender's history", entry = e })
	end
	tell_detections(ctx, e, seen, "Defender's history")
end

return M
