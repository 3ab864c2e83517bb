-- Tests of the verdict on the 3CX case (lib 3cx-ladder): what findings and records make which step, with which
-- reasons, times and restrictions. Run as a plugin by tests/e2e/plugins_libs.sh.
local ladder = require("3cx-ladder")

local cases = {}

local function is(name, got, wanted)
	cases[#cases + 1] = { name = "verdict: " .. name, got = tostring(got), wanted = tostring(wanted) }
end

local APP = "C:/Users/anna/AppData/Local/Programs/3CXDesktopApp/"

-- Findings by a short name: { sign, severity, confidence, place, fields }.
local FOUND = {
	build = { "build.bad", "medium", "high", APP .. "app-18.12.416", { version = "18.12.416", present = true,
		time = "2023-03-14T09:12:00.5Z" } },
	gone = { "build.bad", "medium", "high", "C:/Windows/appcompat/Programs/Amcache.hve", { version = "18.12.407",
		present = false } },
	msi = { "installer.bad", "medium", "high", "C:/Users/anna/Downloads/3CXDesktopApp-18.12.416.msi",
		{ version = "18.12.416" } },
	loader = { "library.loader", "high", "high", APP .. "app-18.12.416/ffmpeg.dll", {} },
	container = { "library.container", "high", "high", APP .. "app-18.12.416/d3dcompiler_47.dll",
		{ proved = true } },
	copied = { "library.loader", "high", "high", "D:/cases/samples/ffmpeg.dll", {} },
	defender = { "detected.antivirus", "high", "high", "C:/Windows/System32/winevt/Logs/Defender.evtx",
		{ name = "Trojan:Win64/SamScissors", action = "quarantined" } },
	detected = { "detected.antivirus", "high", "high", "C:/x.evtx", { name = "SamScissors", path = "C:\\a\\b.MSI" } },
	state = { "state.manifest", "high", "high", APP .. "app-18.12.416/manifest", { time = "2023-03-14T09:14:00Z" } },
	large = { "state.manifest", "medium", "low", APP .. "app/manifest", {} },
	app = { "network.c2", "high", "medium", "C:/Users/anna/AppData/Local/Microsoft/Windows/WebCache/WebCacheV01.dat",
		{ by = "app", name = "pbxsources.com", time = "2023-03-24T00:00:00Z" } },
	person = { "network.c2", "high", "medium", "C:/Users/jonas/History", { by = "person", name = "pbxsources.com" } },
	raw = { "network.c2", "high", "medium", "C:/pagefile.sys", { by = "text", name = "pbxsources.com" } },
	icon = { "icon.trailer", "high", "high", "C:/Users/anna/AppData/Local/Microsoft/Windows/INetCache/IE/A/i.ico", {} },
	seen = { "icon.trailer", "high", "high", "C:/Users/anna/AppData/Local/Google/Chrome/User Data/x", {} },
	copy = { "stealer.copy", "medium", "medium", "C:/Users/anna/AppData/Local/x/History.old", {} },
	places = { "stealer.copy", "info", "low", "C:/Users/anna/AppData/Roaming/x/places.sqlite.old", {} },
	child = { "run.child", "low", "low", "C:/x.evtx", { user = "anna" } },
	wlb = { "second.loader", "high", "medium", "C:/Windows/System32/wlbsctrl.dll", {} },
	txr = { "second.txr", "high", "high", "C:/Windows/System32/config/TxR/{g}.TxR.0.regtrans-ms", {} },
	lone = { "second.txr", "low", "low", "C:/Windows/System32/config/TxR/{h}.TxR.0.regtrans-ms", {} },
	frp = { "second.frp", "high", "medium", "C:/Windows/System32/MsMpEng.exe", {} },
	agent = { "second.updateagent", "high", "high", "Users/mia/Library/x/UpdateAgent", { system = "macos" } },
	storage = { "state.main_storage", "high", "high", "Users/mia/Library/x/.main_storage", { system = "macos" } },
	poolrat = { "second.poolrat", "high", "high", "private/etc/apdl.cf", { system = "macos" } },
	veiled = { "second.veiledsignal", "high", "high", "C:/ProgramData/TPM/winscard.dll", {} },
	gopuram = { "file.listed", "high", "high", "C:/x/wlbsctrl.dll", { family = "GOPURAM-loader" } },
	server = { "installer.bad", "medium", "medium", "var/lib/3cxpbx/Instance1/Data/Http/electron/osx/a.dmg",
		{ system = "server", version = "18.12.416" } },
	review = { "slack.review", "low", "low", "C:/x.dll", {} },
	doubtful = { "library.listed", "low", "low", APP .. "app/ffmpeg.dll", {} },
}

local function record(kind, fields)
	return { plugin = "3cx-install", kind = kind, fields = fields }
end

local WINDOWS = { source = 0, volume = 1, letter = "C", os = "windows", fs = "ntfs", length = 1 << 36 }
local WHOLE = {}
for _, what in ipairs({ "user profiles", "machine hives", "event logs", "prefetch", "change journal" }) do
	WHOLE[#WHOLE + 1] = { plugin = "3cx-coverage", kind = "examined", fields = { system = "windows", what = what,
		count = 3 } }
end

-- machine("build loader", records…): a Windows with all its traces, and these findings.
local function machine(names, ...)
	local out = { volumes = { WINDOWS }, findings = {}, records = { table.unpack(WHOLE) }, anomalies = {},
		plugins = { { name = "3cx-install", ok = true, lost = 0 } }, facts = {}, sources = {} }
	for name in names:gmatch("%S+") do
		local f = FOUND[name]
		f[5].sign = f[1]
		out.findings[#out.findings + 1] = { plugin = "3cx", severity = f[2], confidence = f[3], title = name,
			fields = f[5], evidence = { { place = f[4], source = 0, volume = 1 } } }
	end
	for _, one in ipairs({ ... }) do
		out.records[#out.records + 1] = one
	end
	return out
end

local function row(verdict, name)
	for _, step in ipairs(verdict.steps) do
		if step.name == name then
			return step
		end
	end
end

-- --- which step ---

for _, case in ipairs({
	{ "", "absent" },
	{ "review", "absent" }, { "doubtful", "absent" }, { "person", "absent" }, { "places copy", "absent" },
	{ "raw", "absent" }, { "seen", "absent" }, { "large", "absent" }, { "child", "absent" },
	{ "lone", "absent" }, { "raw copy child", "absent" },
	{ "build", "exposed" }, { "gone", "exposed" }, { "msi", "exposed" }, { "server", "exposed" },
	{ "detected", "exposed" }, { "build copy", "exposed" }, { "build raw copy child", "exposed" },
	{ "build large person", "exposed" }, { "build doubtful", "exposed" }, { "build lone", "exposed" },
	{ "build loader", "dormant" }, { "container", "dormant" }, { "copied", "dormant" }, { "gone defender", "dormant" },
	{ "build loader copy", "dormant" }, { "build loader raw", "dormant" }, { "build loader seen person", "dormant" },
	{ "build loader copy places", "dormant" },
	{ "build loader state", "active" }, { "state", "active" }, { "build loader app", "active" },
	{ "build icon", "active" }, { "storage", "active" }, { "build loader copy raw", "active" },
	{ "build loader copy child", "active" }, { "build loader state veiled", "active" },
	{ "wlb", "absent" }, { "frp", "absent" }, { "veiled", "absent" }, { "poolrat", "absent" },
	{ "txr wlb", "second stage" }, { "build wlb", "second stage" }, { "build frp", "second stage" },
	{ "build veiled", "exposed" }, { "build poolrat", "exposed" }, { "storage poolrat", "second stage" },
	{ "agent", "second stage" }, { "gone gopuram", "second stage" }, { "loader state txr wlb", "second stage" },
}) do
	is("step of '" .. case[1] .. "'", ladder.judge(machine(case[1])).step, case[2])
end

local PREFETCH = "\\VOLUME{01d95abc00000000-64bb3469}\\USERS\\ANNA\\APPDATA\\LOCAL\\PROGRAMS\\3CXDESKTOPAPP\\"
for _, case in ipairs({
	{ "", "absent", "loaded", { files = { PREFETCH .. "APP-18.12.425\\FFMPEG.DLL", "\\X\\MANIFEST" } } },
	{ "", "exposed", "loaded", { files = { PREFETCH .. "APP-18.12.416\\FFMPEG.DLL" } } },
	{ "build loader", "active", "loaded", { files = { PREFETCH .. "APP-18.12.416\\MANIFEST" } } },
	{ "", "absent", "deleted", { name = "manifest" } },
	{ "", "absent", "deleted", { path = "Users/anna/ChatBox/app-18.12.416/manifest" } },
	{ "", "absent", "deleted", { name = "History.old" } },
	{ "", "active", "deleted", { path = APP .. "app-18.12.416/manifest" } },
	{ "", "exposed", "deleted", { path = "Users/anna/AppData/Local/Programs/3CXDesktopApp/app-18.12.407" } },
	{ "", "exposed", "deleted", { path = "Users/anna/AppData/Local/Programs/3CXDesktopApp/app-18.12.407/ffmpeg.dll" } },
	{ "", "absent", "deleted", { path = "Users/anna/AppData/Local/Programs/3CXDesktopApp/app-18.12.425/ffmpeg.dll" } },
	{ "build", "exposed", "deleted", { path = "Windows/System32/wlbsctrl.dll" } },
	{ "build loader copy", "active", "deleted", { name = "History.old", user = "anna" } },
	{ "build", "exposed", "contact", { by = "person", name = "pbxsources.com" } },
}) do
	is(string.format("step of '%s' and %s %s", case[1], case[3], case[4].path or case[4].name or case[4].files[1]),
		ladder.judge(machine(case[1], record(case[3], case[4]))).step, case[2])
end
FOUND.related = { "network.c2", "high", "medium", "C:/x", { by = "app", class = "related", name = "a.example" } }
is("a name of a related campaign", ladder.judge(machine("build related")).step, "exposed")
local by_record = machine("build", { plugin = "3cx", kind = "file", fields = { family = "GOPURAM", listed = "bad",
	entry = { volume = 1, path = "x/y.dll" } } })
by_record.findings[2] = { severity = "high", confidence = "high", fields = { sign = "file.listed" },
	evidence = { { volume = 1, path = "x/y.dll" } } }
is("the family of a listed file stands in its record", ladder.judge(by_record).step, "second stage")

FOUND.paged = { "icon.trailer", "high", "high", "C:/pagefile.sys", { proved = true } }
is("an icon in memory", ladder.judge(machine("paged")).step, "absent")
is("an icon in memory, with the libraries", ladder.judge(machine("build loader paged")).step, "active")

local backwards = machine("build loader state app icon copy wlb txr")
local forwards = ladder.judge(backwards).summary .. row(ladder.judge(backwards), "active")["for"][1]
for i = 1, #backwards.findings // 2 do
	local other = #backwards.findings + 1 - i
	backwards.findings[i], backwards.findings[other] = backwards.findings[other], backwards.findings[i]
end
is("the order of findings does not matter",
	ladder.judge(backwards).summary .. row(ladder.judge(backwards), "active")["for"][1], forwards)

-- --- reasons ---

local function reasons(names, step, side, ...)
	return table.concat(row(ladder.judge(machine(names, ...)), step)[side], " | ")
end

is("a reason has words, time and place", reasons("build loader state", "active", "for"),
	"state file 'manifest', 2023-03-14T09:14:00Z: " .. APP .. "app-18.12.416/manifest")
is("times without parts of a second", reasons("build", "exposed", "for"),
	"bad build 18.12.416, its files are there, 2023-03-14T09:12:00Z: " .. APP .. "app-18.12.416")
is("what proves comes first, hints say so", reasons("build loader copy state", "active", "for"),
	"state file 'manifest', 2023-03-14T09:14:00Z: " .. APP .. "app-18.12.416/manifest"
	.. " | weak: copy of a browser history under the stealer's name: C:/Users/anna/AppData/Local/x/History.old")
is("a step without the one below", reasons("state", "exposed", "against"),
	"no trace of the install: the app may have been removed with its entries")
is("its libraries are gone", reasons("build state", "dormant", "against"), "none of its libraries lies there any more")
is("only an installer", reasons("msi", "exposed", "against"),
	"only an installer lies there: nothing says that it was installed")
is("a library elsewhere", reasons("copied", "dormant", "against"),
	"outside of the folders of the app: may be a copy of an analyst")
is("dormant without a run", reasons("build loader", "active", "against"),
	"no state file, no fetched icon, no contact of the app with the names of the case | no run of the app is known")
is("the wait was not over", reasons("build loader state", "active", "against",
	record("state", { time = "2023-03-14T09:14:00Z", wait_until = "2023-03-22T10:12:00Z", user = "anna" }),
	record("run", { program = "3CXDESKTOPAPP.EXE", time = "2023-03-20T08:00:00Z", source = "prefetch" })),
	"the last known run, 2023-03-20T08:00:00Z, is before the end of the wait, 2023-03-22T10:12:00Z | "
	.. "no contact with the names of the case was seen: it may not have gone beyond its wait")
is("UpdateAgent that is still there", reasons("storage agent", "second stage", "against"),
	"UpdateAgent removes itself when it starts: while it lies there it may not have run")
is("a file of a later stage that is gone", reasons("build", "second stage", "for",
	record("deleted", { path = "Windows/System32/wlbsctrl.dll", time = "2023-04-04T00:00:00Z" })),
	"weak: trace of wlbsctrl.dll that is gone, 2023-04-04T00:00:00Z: Windows/System32/wlbsctrl.dll")
is("nothing shows how it came", reasons("build wlb", "second stage", "against"),
	"nothing shows how it came: no sign that the payload of the app ran")
is("many of a kind are counted", #row(ladder.judge(machine("state state state state state")), "active")["for"], 3)
is("and said", reasons("state state state state state", "active", "for"):match("; and 2 more$"), "; and 2 more")
is("references", table.concat(ladder.judge(machine("build state")).references, " "),
	"attack:C0057 attack:T1195.002 attack:T1497.003 cve:CVE-2023-29059")

-- --- times ---

local function times(names, ...)
	local out = {}
	for _, one in ipairs(ladder.judge(machine(names, ...)).times) do
		out[#out + 1] = one.what .. " " .. one.time .. " (" .. one.source .. ")"
	end
	return table.concat(out, " | ")
end

is("the window", times("loader state app",
	record("install", { time = "2023-03-14T09:12:00Z", class = "bad", version = "18.12.416", source = "Amcache" }),
	record("install", { time = "2023-03-13T07:00:00Z", class = "clean", version = "18.11.1213", source = "Amcache" }),
	record("install", { time = "2023-04-07T07:30:00Z", class = "clean", version = "18.12.425",
		source = ".installInfo.json" }),
	record("install", { time = "2023-03-15T07:30:00Z", class = "clean", version = "18.12.425", source = "RELEASES" }),
	record("install", { time = "2022-03-15T07:30:00Z", class = "bad", version = "18.12.416", source = "RELEASES" }),
	record("run", { program = "\\X\\3CXDESKTOPAPP\\UPDATE.EXE", time = "2023-01-01T00:00:00Z", source = "prefetch" }),
	record("run", { program = "3CXDesktopApp.exe", version = "18.12.425", last = "2023-05-01T00:00:00Z", source = "x" }),
	record("run", { program = "C:\\x\\3CXDesktopApp.exe", first = "2023-03-14T09:13:30.25Z",
		last = "2023-04-11T16:45:00Z", source = "prefetch", user = "anna" }),
	record("run", { program = "UPDATE.EXE", time = "2023-01-01T00:00:00Z", source = "prefetch" }),
	record("state", { time = "2023-03-14T09:14:00Z", wait_until = "2023-03-22T10:12:00Z", user = "anna" }),
	record("contact", { time = "2023-03-23T01:02:03Z", by = "app", source = "WinINet" }),
	record("contact", { time = "2023-03-20T01:02:03Z", by = "person", source = "Chrome" }),
	record("removed", { time = "2023-04-12T00:00:00Z", source = "MsiInstaller" })),
	"first seen 2023-03-14T09:12:00Z (Amcache) | first run 2023-03-14T09:13:30Z (prefetch of anna) | "
	.. "first contact 2023-03-23T01:02:03Z (WinINet) | "
	.. "last run 2023-04-11T16:45:00Z (prefetch of anna) | "
	.. "updated 2023-04-07T07:30:00Z (18.12.425, .installInfo.json) | removed 2023-04-12T00:00:00Z (MsiInstaller) | "
	.. "state file 2023-03-14T09:14:00Z (manifest of anna) | waits until 2023-03-22T10:12:00Z (manifest of anna) | last contact 2023-03-24T00:00:00Z "
	.. "(contact of the app with pbxsources.com, anna)")
is("a state file is made by the first run", times("",
	record("state", { time = "2023-03-14T09:14:00Z", user = "anna" }),
	record("run", { program = "3CXDesktopApp.exe", time = "2023-03-20T09:13:00Z", source = "UserAssist" })),
	"first run 2023-03-14T09:14:00Z (at the latest: manifest of anna) | "
	.. "last run 2023-03-20T09:13:00Z (UserAssist) | state file 2023-03-14T09:14:00Z (manifest of anna)")
is("nothing known", times(""), "")
is("no ISO time", times("", record("run", { program = "3cxdesktopapp", time = "yesterday" })), "")

-- --- users, notes ---

FOUND.jonas = { "build.bad", "medium", "high", "C:/Users/jonas/NTUSER.DAT", { version = "18.12.407", user = "jonas" } }
is("several users, one active", ladder.judge(machine("build loader state jonas")).summary,
	"The payload of the app ran; no contact with the network of the case was seen. "
	.. "By user: anna active, jonas exposed.")

local by_sid = machine("build loader defender", record("run", { user = "jonas", sid = "S-1-5-21-1-2-3-1002" }))
by_sid.findings[3].fields = { sign = "detected.antivirus", name = "x", sid = "S-1-5-21-1-2-3-1002" }
is("a SID that another row explains", ladder.judge(by_sid).fields.users[2].user, "jonas")
by_sid.findings[3].fields = { sign = "detected.antivirus", name = "x", user = "FIXTURE-PC\\karl" }
is("a user with the name of the machine", ladder.judge(by_sid).fields.users[2].user, "karl")

local function noted(names, ...)
	return table.concat(ladder.judge(machine(names, ...)).notes, " | ")
end

is("a clean build", noted("", record("install", { class = "clean", version = "18.12.425" })),
	"clean build 18.12.425 is there")
is("a clean build after a bad one", noted("build state", record("install", { class = "clean", version = "18.12.425" })),
	"clean build 18.12.425 is there: it does not undo what ran before")
is("a clean build of the past", noted("", record("install", { class = "clean", version = "18.12.425",
	present = false })), "clean build 18.12.425 was installed once")
is("a clean build by its hash", noted("", record("file", { listed = "benign", version = "18.13.959" })),
	"clean build 18.13.959 (by its hash) is there")
is("a build on no list", noted("", record("install", { class = "unlisted", version = "18.12.402" })),
	"build 18.12.402 is on no list: look at its libraries")
is("use without a build", noted("", record("settings", { user = "karl" }), record("run", { user = "anna",
	program = "3CXDesktopApp.exe" }), record("run", { user = "mia", program = "MSIEXEC.EXE" })),
	"the app was used by anna, karl, in a build that nothing tells")
is("programs that are not affected", noted("", record("other", { what = "msix" }),
	record("other", { what = "webclient" }), record("other", { what = "3cxphone" }), record("other", { what = "x" })),
	"3CXPhone for Windows is there: not affected | the MSIX app of 2024 is there: not affected | "
	.. "the web client (PWA) is there: not affected")
is("a person's visit", noted("person"),
	"a person's browser visited pbxsources.com of the case: the malware uses no browser")
is("how 3CX was breached", noted("build veiled"),
	"X_TRADER or VEILEDSIGNAL (by which 3CX itself was breached): a case of its own, see the findings")
is("the same places without the app", noted("wlb"),
	"wlbsctrl.dll, which IKEEXT starts and clients do not have: without any trace of the app, a case of its own, "
	.. "see the findings")

-- --- the server ---

is("a server hands out builds", ladder.judge(machine("server")).summary:match("^This 3CX server keeps bad builds"),
	"This 3CX server keeps bad builds")
is("what a server does", ladder.judge(machine("server")).advice[2].text:match("^List the clients"), "List the clients")

FOUND.cached = { "installer.bad", "medium", "medium", "var/lib/3cxpbx/Instance1/Data/Http/electron/windows/a.msi",
	{ system = "windows", version = "18.12.416" } }
local pbx = machine("cached")
pbx.findings[1].plugin = "3cx-server"
is("a server by its plugin", ladder.judge(pbx).summary:match("^This 3CX server"), "This 3CX server")

-- --- what was not examined ---

local function shut(volume, anomaly, more)
	local m = machine("")
	m.volumes[2] = volume
	m.anomalies[1] = anomaly
	for name, value in pairs(more or {}) do
		m[name] = value
	end
	local verdict = ladder.judge(m)
	return table.concat(verdict.unexamined, " | ") .. " > " .. verdict.summary:sub(66)
end

local D = { source = 0, volume = 2, label = "Data", length = 3 << 30 }
local NOTHING = " > "
is("all was there", shut(nil, nil), NOTHING)
is("an encrypted volume", shut(D, { code = "unsupported", object = 'volume 2 of "disk.E01"', source = 0,
	reason = "encrypted: BitLocker" }), "volume 2 (Data), 3.0 GiB: encrypted: BitLocker > "
	.. "This holds for what was read: 1 volume stayed shut.")
is("a volume without a file system", shut(D), "volume 2 (Data), 3.0 GiB: no known file system > "
	.. "This holds for what was read: 1 volume stayed shut.")
is("a reserved partition", shut({ source = 0, volume = 2, description = "Microsoft reserved", length = 16 << 20 }),
	NOTHING)
is("swap", shut({ source = 0, volume = 2, description = "Linux swap", length = 16 << 30 }), NOTHING)
is("damaged hives and files", shut(nil, nil, { anomalies = {
	{ code = "corrupt", path = "Windows/System32/config/SOFTWARE.LOG1", reason = "x" },
	{ code = "corrupt", path = "Users/anna/NTUSER.DAT", reason = "x" },
	{ code = "corrupt", path = "Users/anna/NTUSER.DAT", reason = "y" },
	{ code = "io", status = "partial", path = "Users/anna/c", reason = "y" },
	{ code = "io", status = "unreadable", path = "Users/anna/b", reason = "y" },
	{ code = "corrupt", path = "Users/anna/d", reason = "y" } } }),
	"2 damaged hives not read or in part: Users/anna/NTUSER.DAT, Windows/System32/config/SOFTWARE.LOG1 | "
	.. "3 files not read or in part: Users/anna/b, Users/anna/c and 1 more > "
	.. "This holds for what was read: not all could be read.")
is("a lost plugin", shut(nil, nil, { plugins = { { name = "3cx-browser", ok = true, lost = 2 },
	{ name = "3cx-events", ok = false, lost = 0, error = "field 'x'" } } }),
	"1 plugin failed: 3cx-events; field 'x' | plugins lost steps: 3cx-browser (2 steps) > "
	.. "This holds for what was read: 1 plugin failed.")
is("too many rows", shut(nil, nil, { truncated = true }), "rows beyond the limit: the verdict does not know them > "
	.. "This holds for what was read: not all could be read.")
local other = machine("")
other.records, other.volumes = {}, { { source = 0, volume = 0, fs = "fat32", length = 1 << 33 } }
is("no system", ladder.judge(other).summary, "Nothing to judge: none of the volumes holds a system that could be "
	.. "examined.")
is("no system, and so no reason", table.concat(row(ladder.judge(other), "absent").against),
	"no system was found that could be examined")
other.anomalies[1] = { code = "unsupported", object = '"disk.img"', reason = "encrypted: LUKS" }
is("a source that is encrypted as a whole", ladder.judge(other).unexamined[1], '"disk.img": encrypted: LUKS')
other.anomalies[1] = nil
is("no system, said", table.concat(ladder.judge(other).unexamined), "system: none of the volumes holds a known one")
local bare = machine("build")
bare.records[3].fields.count, bare.records[4] = 0, bare.records[5]
is("no event logs, no prefetch", table.concat(ladder.judge(bare).unexamined, " | "),
	"event logs: none | prefetch: none (runs are told by other traces only)")
is("a step above may be hidden", ladder.judge(bare).summary:match("It may have.*"),
	"It may have gone further: not all could be read.")
WHOLE[3].fields.count = 3
WHOLE[5].fields.count = 0
is("a change journal alone is no matter", ladder.judge(machine("build")).summary:match("It may have.*"), "nil")
WHOLE[5].fields.count = 3

local tree = machine("build")
tree.volumes = { { source = 0, volume = 0, fs = "directory" } }
is("a folder as source", table.concat(ladder.judge(tree).unexamined, " | "),
	"a folder as source: deleted files are not in it, times of creation may be those of the copy")

local function log_of(channel, first)
	return record("log", { channel = channel, first = first, last = "2023-12-01T00:00:00Z" })
end
is("logs that begin too late", table.concat(ladder.judge(machine("build", log_of("Security", "2023-06-02T01:02:03Z"),
	log_of("System", "2022-01-01T00:00:00Z"), log_of("Microsoft-Windows-Windows Defender/Operational",
	"2023-03-15T00:00:00Z"), log_of("Setup", "2023-06-02T01:02:03Z"))).unexamined, " | "),
	"event logs that begin after 2023-03-14: Defender (2023-03-15), Security (2023-06-02)")

-- --- what to do ---

local function advised(names, ...)
	local out = {}
	for _, one in ipairs(ladder.judge(machine(names, ...)).advice) do
		out[#out + 1] = one.text:match("^%S+ %S+") .. " (" .. one.source .. ")"
	end
	return table.concat(out, " | ")
end

is("advice: absent", advised(""), "")
is("advice: exposed", advised("build"), "Uninstall the (3CX alert, March 2023) | "
	.. "Search proxy (Volexity) | Set EnableCertPaddingCheck (MSRC, CVE-2013-3900)")
is("advice: the check of padding is on", advised("build", record("host", { cert_padding_check = "1" })),
	"Uninstall the (3CX alert, March 2023) | Search proxy (Volexity)")
is("advice: active", advised("build state"):match("^Isolate it %(NIST SP 800%-86%)"), "Isolate it (NIST SP 800-86)")
is("advice: second stage", advised("txr wlb"):match("Call incident %(Mandiant"), "Call incident (Mandiant")
is("advice: the id of the machine", ladder.judge(machine("build", record("host", { machine_guid = "3cf05510" })))
	.advice[2].text:match("3cf05510"), "3cf05510")

-- --- nothing at all, and anything ---

-- Fields hold what a detector of tomorrow puts there: the verdict does not stop at it.
local function strange(value)
	local m = machine("build loader state app person agent jonas")
	for _, finding in ipairs(m.findings) do
		local fields = { sign = finding.fields.sign }
		for _, name in ipairs({ "version", "user", "time", "name", "by", "path", "file", "family", "system", "action",
			"present", "class" }) do
			fields[name] = value
		end
		finding.fields, finding.evidence = fields, { { place = finding.evidence[1].place, path = value, volume = value } }
	end
	for _, kind in ipairs({ "install", "run", "update", "removed", "state", "contact", "other", "loaded", "deleted",
		"file", "host", "examined" }) do
		local fields = {}
		for _, name in ipairs({ "time", "version", "class", "system", "present", "source", "program", "count", "first",
			"last", "by", "name", "what", "files", "path", "entry", "listed", "family", "wait_until", "user",
			"machine_guid" }) do
			fields[name] = value
		end
		m.records[#m.records + 1] = record(kind, fields)
	end
	m.anomalies[1] = { code = value, object = value, reason = value, status = value, path = value }
	return ladder.judge(m).step
end
for _, value in ipairs({ 7, true, "", "\0\xff\n", { 1, "x" }, { sign = "y" } }) do
	local good, step = pcall(strange, value)
	is("fields that are a " .. type(value) .. " " .. tostring(value):sub(1, 1):gsub("[^%w]", "?"), good and step or step,
		"second stage")
end

is("an empty machine", ladder.judge({}).step, "absent")

return {
	api = 1,
	name = "ladder-tests",
	summary = "Tests of the verdict on the 3CX case",
	wants = { "*" },
	run = function(ctx)
		for number, case in ipairs(cases) do
			ctx:record("case", { number = number, name = case.name, got = case.got,
				wanted = case.wanted, good = case.got == case.wanted })
		end
	end,
}
