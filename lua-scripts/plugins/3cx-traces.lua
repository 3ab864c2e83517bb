-- When the 3CX app ran on a Windows, and what happened to it: prefetch files, crash reports, what SRUM
-- counted, Defender's log and quarantine. And starts of the malware that 3CX was breached with.
--
-- Records: run, loaded (which of the altered files a run opened), installer-run, traffic (bytes of a
-- day), detection, quarantined, install (builds that these traces name).
local builds = require("3cx-builds")
local cx = require("3cx")
local defender = require("3cx-defender")
local files = require("3cx-files")
local former = require("former")
local handlers = require("handlers")
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

local HANDLERS = {
	["3cx.trace.prefetch"] = prefetch_file,
	["3cx.trace.crash"] = crash,
	["3cx.trace.srum"] = traffic,
	["3cx.trace.defender.log"] = defender.log,
	["3cx.trace.defender.entry"] = defender.entry,
	["3cx.trace.defender.history"] = defender.history,
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
	run = former.run(handlers.run(HANDLERS)),
}
