-- When the 3CX app ran on a Windows, and what happened to it: prefetch files, crash reports, what SRUM
-- counted, Defender's log and quarantine. And starts of the malware that 3CX was breached with.
--
-- Records: run, loaded (which of the altered files a run opened), installer-run, traffic (bytes of a
-- day), detection, quarantined, install (builds that these traces name).
local builds = require("3cx-builds")
local container = require("3cx-container")
local cx = require("3cx")
local defender = require("defender")
local files = require("3cx-files")
local handlers = require("handlers")
local path = require("path")
local payload = require("3cx-payload")
local prefetched = require("3cx-prefetch")
local srum = require("3cx-srum")
local text = require("text")

-- A build that a trace of the past names by its folder.
local function build(ctx, e, version, source, when, user)
	local seen = {}
	builds.note(seen, version, source, e, when, false)
	builds.tell(ctx, "windows", seen, e.full, user)
end

-- --- prefetch ---

local STARTS = {
	veiledsignal = { "high", "high", "D10", "a program in ProgramData\\TPM ran, from where VEILEDSIGNAL is loaded" },
	x_trader = { "low", "low", nil, "X_TRADER ran; only the installer of its release 7.17.90p608 carried VEILEDSIGNAL" },
}

local function start(ctx, e, told)
	local weight = STARTS[told.role]
	if weight then
		files.tell(ctx, e, "Start of the malware that followed", { { sign = "second.veiledsignal",
			severity = weight[1], confidence = weight[2], detector = weight[3], text = weight[4] } },
			{ name = told.program, system = "windows", user = told.user, time = told.runs[#told.runs],
				last = told.runs[1], count = told.count })
	end
end

local KINDS = { app = "run", updater = "updater-run", installer = "installer-run", veiledsignal = "run",
	x_trader = "run" }

local function runs(ctx, e, told)
	for _, at in ipairs(told.runs) do
		ctx:record(KINDS[told.role], { time = at, program = told.program, version = told.version,
			class = told.class, count = told.count, last = told.runs[1], system = "windows", user = told.user,
			sid = told.sid, source = "prefetch", entry = e })
	end
end

local function prefetch_file(ctx, e)
	local pf, why = prefetch.open(e)
	if not pf then
		ctx:anomaly(e, why)
		return
	end
	local told = prefetched.read(ctx, pf)
	if not told then
		return
	end
	ctx:collect(e, "tells runs of the 3CX app")
	runs(ctx, e, told)
	start(ctx, e, told)
	if told.role == "app" then
		ctx:record("loaded", { time = told.runs[1], first = told.runs[#told.runs], program = told.program,
			files = told.opened, version = told.version, system = "windows", user = told.user, sid = told.sid,
			source = "prefetch", entry = e })
		build(ctx, e, told.version, "prefetch " .. e.name, told.runs[#told.runs], told.user)
	end
end

-- --- crash reports ---

local MODULES_MAX <const> = 2000

local function crash(ctx, e)
	if e.name:lower() ~= "report.wer" then
		return
	end
	local body = "\n" .. text.decode(files.read_small(e) or "")
	local function get(name)
		return body:match("\n" .. name .. "=([^\r\n]*)")
	end
	local program = get("AppPath") or get("TargetAppId") or "3CXDesktopApp.exe"
	local version = cx.version(get("Sig%[1%]%.Value"))
	local when = time.filetime(math.tointeger(tonumber(get("EventTime"))))
	local modules = list({})
	for name in body:gmatch("\nLoadedModule%[%d+%]=([^\r\n]*)") do
		if #modules < MODULES_MAX and name:lower():find("3cx", 1, true) then
			modules[#modules + 1] = name
		end
	end
	ctx:collect(e, "crash report of the 3CX app")
	ctx:record("run", { time = when, program = program, version = version, system = "windows", user = e.user,
		class = version and cx.version_class("windows", version), source = "crash report", entry = e })
	ctx:record("loaded", { time = when, program = program, files = modules, version = version,
		system = "windows", user = e.user, source = "crash report", entry = e })
	build(ctx, e, version, "crash report", when, e.user)
end

-- --- SRUM ---

local function traffic(ctx, e)
	if e.name:lower() ~= "srudb.dat" then
		return
	end
	local db = ese.open(e)
	for _, day in ipairs(db and srum.days(db) or {}) do
		day.system, day.source, day.entry = "windows", "SRUM", e
		ctx:record("traffic", day)
	end
end

-- --- Defender ---

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
local function note(seen, order, name, found)
	local hit = seen[name]
	if not hit then
		hit = { name = name, count = 0, path = found.path }
		seen[name], order[#order + 1] = hit, name
	end
	hit.count = hit.count + 1
	hit.action = found.action or hit.action
	hit.path = hit.path or found.path
	if found.time and (not hit.first or found.time < hit.first) then
		hit.first = found.time
	end
end

local function tell_detections(ctx, e, seen, order, source)
	table.sort(order)
	for _, name in ipairs(order) do
		local hit = seen[name]
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

-- A line of the log: { name, path, action } of a detection, or nil.
local function detection_of(line)
	local name = line:match("%a+:%w+/[%w%.!_-]+")
	if not name or not is_of_case(name) then
		return nil
	end
	local action = line:match("MP_THREAT_ACTION_(%u+)")
	return { name = name, path = line:match("[Ff]ile:[_ ]*(%a:\\[^;\r\n|]+)"), time = defender.time(line),
		action = action and action:lower() }
end

local function protection_log(ctx, e)
	local words = { "\\3cxdesktopapp\\", "processimagename: 3cxdesktopapp" }
	local seen, order = {}, {}
	for _, word in ipairs(DETECTIONS) do
		words[#words + 1] = word
	end
	local ok, why = defender.lines(e, words, function(line)
		local found = detection_of(line)
		if found then
			note(seen, order, found.name, found)
			ctx:record("detection", { time = found.time, name = found.name, path = found.path,
				action = found.action, source = "Defender's log", entry = e })
		elseif line:find("ProcessImageName: 3CXDesktopApp", 1, true) then
			ctx:record("run", { time = defender.time(line), program = line:match("ProcessImageName: ([^,]+)"),
				system = "windows", source = "Defender's log", entry = e })
		end
	end)
	if not ok then
		ctx:anomaly(e, "log of Defender: " .. why)
	end
	tell_detections(ctx, e, seen, order, "Defender's log")
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

local function quarantine_entry(ctx, e)
	local entry, why = defender.entry(e)
	if not entry then
		ctx:anomaly(e, why)
		return
	elseif not of_app(entry) then
		return
	end
	local seen, order = {}, {}
	for _, item in ipairs(entry.resources) do
		local sha256 = item.type == "file" and put_away(ctx, e, item) or nil
		ctx:record("quarantined", { time = entry.time, name = entry.name, path = item.path, type = item.type,
			sha256 = sha256, source = "Defender's quarantine", entry = e })
		if is_of_case(entry.name) then
			note(seen, order, entry.name, { path = item.path, time = entry.time, action = "quarantine" })
		end
	end
	tell_detections(ctx, e, seen, order, "Defender's quarantine")
end

-- As Defender spells its name of this case; the file has one detection.
local SPELT = { "SamScissors" }

local function history(ctx, e)
	local data = e.type == "file" and files.read_small(e) or ""
	local seen, order = {}, {}
	for _, found in ipairs(defender.detections(data, SPELT)) do
		found.time = e.times.created
		note(seen, order, found.name, found)
		ctx:record("detection", { time = found.time, name = found.name, path = found.path,
			source = "Defender's history", entry = e })
	end
	tell_detections(ctx, e, seen, order, "Defender's history")
end

local HANDLERS = {
	["3cx.trace.prefetch"] = prefetch_file,
	["3cx.trace.crash"] = crash,
	["3cx.trace.srum"] = traffic,
	["3cx.trace.defender.log"] = protection_log,
	["3cx.trace.defender.entry"] = quarantine_entry,
	["3cx.trace.defender.history"] = history,
}

return {
	api = 1,
	name = "3cx-traces",
	summary = "Runs of the 3CX app, and what Windows and Defender tell of them",
	license = "Apache-2.0",
	categories = { "malware", "execution" },
	references = cx.REFERENCES,
	os = { "windows" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
