-- What findings of the 3CX case say for the ladder of its verdict. A finding tells by `fields.sign` what was
-- seen; here it becomes a claim: which step it speaks for, and whether it proves that step or is only weak.
--
-- A claim: { sign, step, proof, needs, text, time, user, system, place, order, attack, origin }. `needs` names the step
-- that must be reached by others before this one counts ("never": it names other malware).
local cx = require("3cx")

local M = {}

M.STEPS = { "absent", "exposed", "dormant", "active", "second stage" }

-- "2023-03-14T09:12:00Z" of any ISO time in UTC, without parts of a second; nil of anything else, such as
-- the local time of an unknown zone.
function M.moment(text)
	local whole = type(text) == "string" and text:match("^(%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d)%.?%d*Z$")
	return whole and whole .. "Z" or nil
end

-- The user of a path below the folder of users, or nil.
function M.user_of(place)
	local name = type(place) == "string" and place:match("[Uu]sers/([^/]+)/")
	return name ~= "Shared" and name or nil
end

-- Is a program the app itself, by its path or name? Its updater lies in the same folder.
function M.is_app(program)
	return type(program) == "string" and program:lower():match("[^/\\]*$"):find("^3cx%s?desktop%s?app") ~= nil
end

local SOLID = { medium = true, high = true }

-- Is a finding more than a hint? The dossier's single sources and inferences have a low confidence.
local function solid(finding)
	return SOLID[finding.severity] ~= nil and SOLID[finding.confidence] ~= nil
end

local function version(fields)
	return fields.version and " " .. fields.version or ""
end

local function build_words(fields)
	local state = ""
	if fields.present == true then
		state = ", its files are there"
	elseif fields.present == false then
		state = ", a trace of the past"
	end
	return "bad build" .. version(fields) .. state
end

local function container_words(fields)
	return "encrypted payload behind the signature of d3dcompiler_47.dll"
		.. (fields.proved and ", it decrypts to the loader" or "")
end

local function network_words(fields)
	return (fields.by == "app" and "contact of the app with " or "network name in raw data: ")
		.. tostring(fields.name or "a name of the case")
end

local function icon_words(fields)
	return "icon with an encrypted C2 address" .. (fields.url and ", " .. fields.url or "")
end

local function antivirus_words(fields)
	return "antivirus found " .. tostring(fields.name or "the compromise")
		.. (fields.action and " (" .. tostring(fields.action) .. ")" or "")
end

-- Stage 2 fetches its icons over WinINet. In a browser's own cache, or elsewhere, a person may have fetched them.
local function icon_proof(_, fields, place)
	return fields.by == "app" or place ~= nil
		and place:find("[Ii][Nn]et[Cc]ache/") ~= nil or place:find("Temporary Internet Files", 1, true) ~= nil
end

-- Names of related campaigns are told by the detectors, and are not this case.
local function by_app(_, fields)
	return fields.by == "app" and (fields.class or "c2") == "c2"
end

local function never()
	return false
end

-- TAXHAUL's file is certain by its name together with the library that reads it, which the detector weighs.
local function high(finding)
	return finding.severity == "high"
end

-- In the order in which reasons are told. `proof` narrows what a solid finding proves.
local SIGNS = {
	{ "second.txr", "second stage", "payload file of TAXHAUL",
		proof = high, needs = "absent", attack = "T1027.013" },
	{ "second.loader", "second stage", "wlbsctrl.dll, which IKEEXT starts and clients do not have",
		needs = "exposed", attack = "T1543.003" },
	{ "second.gopuram", "second stage", "file of Gopuram", needs = "exposed", attack = "T1036.005" },
	{ "second.frp", "second stage", "MsMpEng.exe in a wrong place (FRP)", needs = "exposed", attack = "T1090" },
	{ "second.updateagent", "second stage", "UpdateAgent, the second stage on macOS", needs = "absent",
		attack = "T1041" },
	{ "second.poolrat", "second stage", "place of POOLRAT", needs = "active", attack = "T1543.004" },
	{ "second.task", "second stage", "a start of VEILEDSIGNAL or POOLRAT", needs = "never" },
	{ "second.deleted", "second stage", function(fields)
		return "trace of " .. fields.name .. " that is gone"
	end, proof = never, needs = "exposed" },
	{ "second.veiledsignal", "second stage", "file of X_TRADER or VEILEDSIGNAL", needs = "never" },
	{ "network.c2", "active", network_words, proof = by_app, attack = "T1071.001" },
	{ "icon.trailer", "active", icon_words, proof = icon_proof, attack = "T1102.001" },
	{ "state.manifest", "active", "state file 'manifest'", attack = "T1497.003" },
	{ "state.opened", "active", "the app opened its state file 'manifest' (prefetch)", attack = "T1497.003" },
	{ "state.deleted", "active", "trace of a state file 'manifest' that is gone", attack = "T1070.004" },
	{ "state.main_storage", "active", "state file '.main_storage'", attack = "T1497.003" },
	{ "stealer.deleted", "active", "trace of a copy of a browser history that is gone", proof = never,
		attack = "T1217" },
	{ "stealer.copy", "active", "copy of a browser history under the stealer's name", proof = never,
		attack = "T1217" },
	{ "run.child", "active", "the app started a shell or a script host", proof = never },
	{ "library.loader", "dormant", "trojanised ffmpeg.dll", attack = "T1574.002" },
	{ "library.container", "dormant", container_words, attack = "T1027.009" },
	{ "library.dylib", "dormant", "trojanised libffmpeg.dylib", attack = "T1195.002" },
	{ "library.listed", "dormant", "library on the published list", attack = "T1574.002" },
	{ "detected.antivirus", "dormant", antivirus_words },
	{ "file.listed", "dormant", "file on the published list", proof = high },
	{ "build.bad", "exposed", build_words, attack = "T1195.002" },
	{ "build.loaded", "exposed", function(fields)
		return "the app of bad build " .. fields.version .. " ran: prefetch lists its ffmpeg.dll"
	end, attack = "T1574.002" },
	{ "build.deleted", "exposed", function(fields)
		return "trace of files of bad build " .. fields.version .. " that are gone"
	end, attack = "T1195.002" },
	{ "installer.bad", "exposed", function(fields)
		return "installer or update of the bad build" .. version(fields)
	end, attack = "T1195.002" },
}

local BY_NAME = {}
for order, row in ipairs(SIGNS) do
	row.order = order
	BY_NAME[row[1]] = row
end

-- What a listed file is by its family speaks louder than that it is listed.
local FAMILIES = {
	{ "^GOPURAM", "second.gopuram" }, { "POOLRAT", "second.poolrat" }, { "SIMPLESEA", "second.poolrat" },
	{ "VEILEDSIGNAL", "second.veiledsignal" }, { "X_TRADER", "second.veiledsignal" },
	{ "macOS%-stage2", "second.updateagent" }, { "installer", "installer.bad" }, { "host%-exe", "build.bad" },
	{ "^ICONIC%-icon$", "icon.trailer" }, { "^ICONIC%-loader%-stage1", "library.listed" },
	{ "^SigFlip%-container", "library.listed" }, { "^SmoothOperator%-macOS$", "library.listed" },
}

local function sign_of(fields)
	if fields.sign == "file.listed" and type(fields.family) == "string" then
		for _, row in ipairs(FAMILIES) do
			if fields.family:find(row[1]) then
				return row[2]
			end
		end
	end
	return fields.sign
end

-- A detection of an installer says that it lay there, not that it was installed.
local function step_of(row, fields, place)
	local what = tostring(fields.path or fields.file or place):lower()
	if row[1] == "detected.antivirus" and (what:find("%.msi$") or what:find("%.nupkg$") or what:find("%.dmg$")) then
		return "exposed"
	end
	return row[2]
end

local function place_of(finding)
	local first = finding.evidence and finding.evidence[1]
	return first and (first.place or first.path) or nil
end

local function text_of(words, when, place)
	return words .. (when and ", " .. when or "") .. (place and ": " .. place or "")
end

-- The claim of a finding, or nil when it has no sign of the ladder, or tells of ordinary things.
function M.claim(finding)
	local fields = finding.fields or {}
	local row = BY_NAME[sign_of(fields)]
	if not row or finding.severity == "info" then
		return nil
	end
	local place, when = place_of(finding), M.moment(fields.time)
	local words = type(row[3]) == "function" and row[3](fields) or row[3]
	return {
		sign = row[1], step = step_of(row, fields, place), order = row.order, needs = row.needs,
		solid = solid(finding), proof = solid(finding) and (not row.proof or row.proof(finding, fields, place)),
		words = words, text = text_of(words, when, place), time = when, place = place,
		user = fields.user or M.user_of(place), attack = row.attack, fields = fields, origin = fields.origin,
		system = finding.plugin == "3cx-server" and "server" or fields.system,
	}
end

-- --- claims of records ---

local function app_folder(path)
	return path:lower():gsub("\\", "/"):match("3cx%s?desktop%s?app/(.*)$")
end

-- What prefetch lists: the folder of a bad build whose library was loaded, and the state file.
local function of_loaded(add, fields)
	for _, path in ipairs(type(fields.files) == "table" and fields.files or {}) do
		local rest = app_folder(tostring(path))
		local version = rest and cx.version(rest:match("^app%-([^/]+)/ffmpeg%.dll$"))
		if version and cx.version_class("windows", version) == "bad" then
			add("build.loaded", { version = version })
		elseif rest and (rest == "manifest" or rest:find("^app[^/]*/manifest$")) then
			add("state.opened", {})
		end
	end
end

local LATER = { ["wlbsctrl.dll"] = true, ["krwve.jat"] = true }

-- Names in the change journal and in folders. A manifest counts in the folder of the app only.
local function of_deleted(add, fields)
	local place = tostring(fields.path or fields.name or "")
	local rest, name = app_folder(place), place:lower():match("[^/\\]*$")
	local version = rest and cx.version(rest:match("^app%-[^/]+"))
	if rest and name == "manifest" then
		add("state.deleted", {})
	elseif version and cx.version_class("windows", version) == "bad" then
		add("build.deleted", { version = version })
	elseif name == "history.old" or name == "places.sqlite.old" then
		add("stealer.deleted", {})
	elseif LATER[name] and place:lower():gsub("\\", "/"):find("system32/", 1, true) then
		add("second.deleted", { name = name })
	end
end

local KINDS = { loaded = of_loaded, deleted = of_deleted }

local function claim_of_record(name, record, more)
	local row, fields = BY_NAME[name], record.fields
	local place = fields.path or type(fields.entry) == "table" and fields.entry.path or nil
	local when = M.moment(fields.time)
	local words = type(row[3]) == "function" and row[3](more) or row[3]
	return { sign = name, step = row[2], order = row.order, solid = true, proof = row.proof == nil, words = words,
		text = text_of(words, when, place), time = when, place = place, user = fields.user or M.user_of(place),
		system = fields.system or "windows", attack = row.attack, needs = row.needs, fields = more,
		origin = fields.origin }
end

local function claims_of_records(out, records)
	for _, record in ipairs(records or {}) do
		local read = KINDS[record.kind]
		if read and record.fields then
			read(function(name, more)
				out[#out + 1] = claim_of_record(name, record, more)
			end, record.fields)
		end
	end
end

-- { [path] = family } of the files that are on the list, as the detectors have recorded them.
local function families(records)
	local out = {}
	for _, record in ipairs(records or {}) do
		local fields = record.fields or {}
		if record.kind == "file" and fields.family and type(fields.entry) == "table" then
			out[tostring(fields.entry.volume) .. tostring(fields.entry.path)] = fields.family
		end
	end
	return out
end

local function with_family(finding, known)
	local fields = finding.fields or {}
	local first = finding.evidence and finding.evidence[1]
	if fields.sign == "file.listed" and not fields.family and first then
		fields.family = known[tostring(first.volume) .. tostring(first.path)]
	end
end

local function before(a, b)
	if a.order ~= b.order then
		return a.order < b.order
	elseif a.time ~= b.time then
		return a.time ~= nil and (b.time == nil or a.time < b.time)
	end
	return a.text < b.text
end

-- All claims of a machine, strongest kinds first. A person's visit to a name of the case is none: the malware
-- uses no browser.
function M.claims(machine)
	local out, known = {}, families(machine.records)
	claims_of_records(out, machine.records)
	for _, finding in ipairs(machine.findings or {}) do
		with_family(finding, known)
		local claim = M.claim(finding)
		if claim and not (claim.sign == "network.c2" and claim.fields.by == "person") then
			out[#out + 1] = claim
		end
	end
	table.sort(out, before)
	return out
end

return M
