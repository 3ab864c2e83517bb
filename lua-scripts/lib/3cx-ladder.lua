-- The verdict of the 3CX case: how far did it go on this machine? Pure functions: what a run has found in, a
-- verdict out. A step is reached by what data prove; hints (a low confidence, names in raw bytes, a copy of a
-- history) are told and lift nothing by themselves.
--
--   absent        no bad build, no part of it
--   exposed       a bad build is or was there, or its installer
--   dormant       its altered libraries are or were there; nothing shows that what they carry ran
--   active        it ran: state file, contact with the network of the case, fetched icons
--   second stage  malware that came over it: UpdateAgent, TAXHAUL, Gopuram, FRP
local advice = require("3cx-advice")
local notes = require("3cx-notes")
local signs = require("3cx-signs")
local tidy = require("3cx-tidy")
local unexamined = require("3cx-unexamined")
local window = require("3cx-window")

local M = {}

M.CASE = "3CX desktop app compromise, March 2023"
local USERS = 3 -- users that the summary names
local SAME = 3 -- reasons of one kind that are told; the rest is counted
local RANK = {}
for i, name in ipairs(signs.STEPS) do
	RANK[name] = i
end

-- --- which steps are reached ---

local function proved(claims, step)
	for _, claim in ipairs(claims) do
		if claim.step == step and claim.counts then
			return true
		end
	end
	return false
end

local function highest(claims)
	local top = "absent"
	for _, claim in ipairs(claims) do
		if claim.counts and RANK[claim.step] > RANK[top] then
			top = claim.step
		end
	end
	return top
end

local HINTS = { ["network.c2"] = true, ["run.child"] = true, ["icon.trailer"] = true, ["stealer.deleted"] = true }

-- What Windows wrote of its memory to disk, and free space.
local RAW = { "pagefile%.sys", "hiberfil%.sys", "swapfile", "memory%.dmp", "sleepimage", "%$unallocated/" }

local function in_memory(claim)
	for _, name in ipairs(RAW) do
		if tostring(claim.place):lower():find(name) then
			return true
		end
	end
	return false
end

-- An icon in memory, whose trailer decrypts, counts on a machine with the altered libraries.
local function icons(claims)
	for _, claim in ipairs(proved(claims, "dormant") and claims or {}) do
		if claim.sign == "icon.trailer" and claim.solid and in_memory(claim) then
			claim.counts = true
		end
	end
end

local function near(copy, other)
	return not copy.user or not other.user or copy.user == other.user
end

-- A copy under the stealer's name counts on a machine with the altered libraries when another hint of the same
-- user stands beside it.
local function copies(claims)
	if not proved(claims, "dormant") then
		return
	end
	for _, copy in ipairs(claims) do
		for _, other in ipairs(copy.sign == "stealer.copy" and copy.solid and claims or {}) do
			if HINTS[other.sign] and near(copy, other) then
				copy.counts = true
			end
		end
	end
end

-- Sets `counts` on each claim. What came later counts by the step that it needs: a wlbsctrl.dll on a machine that
-- never had the app is another case.
local function weigh(claims)
	for _, claim in ipairs(claims) do
		claim.counts = claim.proof and claim.step ~= "second stage"
	end
	icons(claims)
	copies(claims)
	local top = RANK[highest(claims)]
	for _, claim in ipairs(claims) do
		if claim.step == "second stage" then
			claim.counts = claim.proof and RANK[claim.needs] ~= nil and top >= RANK[claim.needs]
		end
	end
end

-- --- reasons ---

-- Those of a step with their kinds, and how many there are of each kind.
local function reasons(claims, step)
	local out, kinds = {}, {}
	for _, claim in ipairs(claims) do
		if claim.step == step and claim.needs ~= "never" then
			local kind = claim.sign .. tostring(claim.counts)
			kinds[kind] = (kinds[kind] or 0) + 1
			if kinds[kind] <= SAME then
				out[#out + 1] = { text = (claim.counts and "" or "weak: ") .. claim.text, counts = claim.counts,
					kind = kind }
			end
		end
	end
	return out, kinds
end

-- The reasons for a step as texts: what counts first, then what is weak.
local function texts(claims, step)
	local found, kinds = reasons(claims, step)
	local strong, weak, told = {}, {}, {}
	for _, reason in ipairs(found) do
		local kind = reason.kind
		told[kind] = (told[kind] or 0) + 1
		local more = told[kind] == SAME and kinds[kind] > SAME and string.format("; and %d more", kinds[kind] - SAME)
		table.insert(reason.counts and strong or weak, reason.text .. (more or ""))
	end
	return table.move(weak, 1, #weak, #strong + 1, strong)
end

local function any(claims, test)
	for _, claim in ipairs(claims) do
		if test(claim) then
			return claim
		end
	end
	return nil
end

local function has(claims, sign)
	return any(claims, function(claim)
		return claim.sign == sign and claim.counts
	end)
end

local AGAINST = {}

-- Does something say that a bad build was installed, more than that its installer lies there?
local function installed(claims)
	return has(claims, "build.bad") or has(claims, "build.loaded") or has(claims, "build.deleted")
end

function AGAINST.exposed(out, state)
	if not state.reached.exposed then
		out[#out + 1] = state.top == "absent" and "no bad build, and no installer of one"
			or "no trace of the install: the app may have been removed with its entries"
	elseif not installed(state.claims) then
		out[#out + 1] = "only an installer lies there: nothing says that it was installed"
	end
end

local function in_app(claim)
	return claim.step == "dormant" and claim.counts and tostring(claim.place):lower():find("3cx%s?desktop%s?app")
end

function AGAINST.dormant(out, state)
	if not state.reached.dormant then
		out[#out + 1] = RANK[state.top] > RANK.dormant and "none of its libraries lies there any more"
			or "no altered library and no encrypted container"
	elseif not any(state.claims, in_app) and not has(state.claims, "detected.antivirus") then
		out[#out + 1] = "outside of the folders of the app: may be a copy of an analyst"
	end
end

local function waited(out, rows)
	local wait, last = rows["waits until"], rows["last run"]
	if wait and last and last.time < wait.time then
		out[#out + 1] = "the last known run, " .. last.time .. ", is before the end of the wait, " .. wait.time
	end
end

function AGAINST.active(out, state)
	local rows = state.rows
	if not state.reached.active then
		out[#out + 1] = "no state file, no fetched icon, no contact of the app with the names of the case"
		if RANK[state.top] == RANK.dormant and not rows["last run"] then
			out[#out + 1] = "no run of the app is known"
		end
	elseif not has(state.claims, "network.c2") and not has(state.claims, "icon.trailer") then
		waited(out, rows)
		out[#out + 1] = "no contact with the names of the case was seen: it may not have gone beyond its wait"
	end
end

AGAINST["second stage"] = function(out, state)
	if not state.reached["second stage"] then
		out[#out + 1] = "none of the known files of TAXHAUL, Gopuram, FRP or UpdateAgent"
		return
	end
	if has(state.claims, "second.updateagent") then
		out[#out + 1] = "UpdateAgent removes itself when it starts: while it lies there it may not have run"
	end
	if not state.reached.active then
		out[#out + 1] = "nothing shows how it came: no sign that the payload of the app ran"
	end
end

local function step_row(state, name)
	if name == "absent" then
		local blind = unexamined.blind(state.machine)
		local none = state.top == name and not blind and { "no bad build and no part of the compromise in what was read" }
		local against = state.top == name and blind and { "no system was found that could be examined" }
		return { name = name, reached = state.top == name, ["for"] = list(none or {}), against = list(against or {}) }
	end
	local against = {}
	AGAINST[name](against, state)
	return { name = name, reached = state.reached[name], ["for"] = list(texts(state.claims, name)),
		against = list(against) }
end

-- --- users ---

-- The highest step of each user whose files speak, by name.
local function users(claims)
	local steps, names = {}, {}
	for _, claim in ipairs(claims) do
		local user = claim.user
		if user and claim.counts and claim.step ~= "second stage" then
			if not steps[user] then
				names[#names + 1] = user
			end
			if not steps[user] or RANK[claim.step] > RANK[steps[user]] then
				steps[user] = claim.step
			end
		end
	end
	table.sort(names, function(a, b)
		return RANK[steps[a]] > RANK[steps[b]] or steps[a] == steps[b] and a < b
	end)
	local out = {}
	for i, name in ipairs(names) do
		out[i] = { user = name, step = steps[name] }
	end
	return out
end

-- "anna active, jonas exposed"; nil for fewer than two.
local function users_text(rows)
	local out = {}
	for i = 1, math.min(#rows, USERS) do
		out[i] = rows[i].user .. " " .. rows[i].step
	end
	local more = #rows > USERS and string.format(" and %d more", #rows - USERS) or ""
	return #rows > 1 and "By user: " .. table.concat(out, ", ") .. more .. "." or nil
end

-- --- words ---

local function versions(claims)
	local seen, out = {}, {}
	for _, claim in ipairs(claims) do
		local version = claim.step == "exposed" and claim.counts and claim.fields.version
		if version and not seen[version] then
			seen[version] = true
			out[#out + 1] = tostring(version)
		end
	end
	table.sort(out)
	return table.concat(out, " and ")
end

local function build_words(state)
	local which = versions(state.claims)
	return "Bad build" .. (which:find(" and ") and "s" or "") .. (which ~= "" and " " .. which or "")
end

-- How far the payload got into the network.
local function reach(state)
	local contact = has(state.claims, "network.c2")
	if contact then
		return ", and reached " .. tostring(contact.fields.name or "a name of the case") .. "."
	elseif state.rows["first contact"] then
		return ", and reached a name of the case."
	elseif has(state.claims, "icon.trailer") then
		return ", and fetched an icon of the case."
	end
	return "; no contact with the network of the case was seen."
end

local SUMMARY = {
	absent = function(state)
		if unexamined.blind(state.machine) then
			return "Nothing to judge: none of the volumes holds a system that could be examined."
		end
		return "No bad build of the app and no part of the compromise was found."
	end,
	exposed = function(state)
		if state.server then
			return "This 3CX server keeps bad builds of the app and may hand them out: the clients are exposed, not it."
		elseif not installed(state.claims) then
			return build_words(state) .. " lies there as an installer; nothing says that it was installed."
		end
		return build_words(state) .. " is or was installed; its altered libraries were not found."
	end,
	dormant = function(state)
		return (state.reached.exposed and build_words(state) .. ": its" or "The")
			.. " altered libraries are or were there; nothing shows that their payload ran."
	end,
	active = function(state)
		local since = state.rows["state file"] or state.rows["first contact"]
		return "The payload of the app ran" .. (since and ", since " .. since.time or "") .. reach(state)
	end,
	["second stage"] = function(state)
		local first = any(state.claims, function(claim)
			return claim.step == "second stage" and claim.counts
		end)
		return "Malware that came over the app is there: " .. first.words .. "."
	end,
}

local function summary(state)
	local out = { SUMMARY[state.top](state) }
	out[#out + 1] = users_text(state.users)
	if state.top ~= "absent" or not unexamined.blind(state.machine) then
		out[#out + 1] = state.worth
	end
	return table.concat(out, " ")
end

local function references(claims)
	local seen, out = {}, { "attack:C0057", "cve:CVE-2023-29059" }
	for _, claim in ipairs(claims) do
		if claim.counts and claim.attack and not seen[claim.attack] then
			seen[claim.attack] = true
			out[#out + 1] = "attack:" .. claim.attack
		end
	end
	table.sort(out)
	return out
end

-- --- the machine ---

-- A server of 3CX hands builds out and runs none of them.
local function is_server(claims)
	if any(claims, function(claim) return claim.system ~= "server" and claim.counts end) then
		return false
	end
	return any(claims, function(claim) return claim.counts end) ~= nil
end

local function system_of(machine, claims)
	for _, volume in ipairs(machine.volumes or {}) do
		if volume.os then
			return volume.os
		end
	end
	return claims[1] and claims[1].system or nil
end

local function weighed(machine)
	local claims = signs.claims(machine)
	weigh(claims)
	local state = { machine = machine, claims = claims, top = highest(claims), reached = {} }
	for _, name in ipairs(signs.STEPS) do
		state.reached[name] = name == "absent" or proved(claims, name)
	end
	state.rows, state.times = window.rows(machine, claims)
	state.users = users(claims)
	state.server = is_server(claims)
	local grave
	local seen = state.rows["first seen"]
	state.unexamined, grave = unexamined.list(machine, seen and seen.time)
	state.worth = unexamined.worth(machine, state.top, grave)
	return state
end

local function advise(state)
	local facts = notes.facts(state.machine)
	facts.system = system_of(state.machine, state.claims)
	facts.server = state.server
	local seen = state.rows["first seen"]
	facts.since = seen and not unexamined.is_copy(state.machine) and seen.time:sub(1, 10) or nil
	facts.shut = unexamined.shut(state.machine) > 0
	return advice.of(state.top, facts)
end

-- The verdict on a machine, as ctx:verdict takes it.
function M.judge(machine)
	local state = weighed(tidy.machine(machine))
	local steps = {}
	for i, name in ipairs(signs.STEPS) do
		steps[i] = step_row(state, name)
	end
	return {
		case = M.CASE, ladder = list({ table.unpack(signs.STEPS) }), step = state.top,
		summary = summary(state), steps = list(steps),
		times = list(state.times), unexamined = list(state.unexamined), notes = list(notes.of(state)),
		advice = list(advise(state)), references = list(references(state.claims)),
		fields = { users = list(state.users), server = state.server or nil },
	}
end

return M
