-- What stands beside the ladder of the 3CX case: clean builds, programs that must not be mistaken for the
-- app, other malware, visits of a person; and the facts of the machine that its advice needs.
local keys = require("keys")
local signs = require("3cx-signs")

local M = {}

local OTHER = {
	webclient = "the web client (PWA) is there: not affected",
	["3cxphone"] = "3CXPhone for Windows is there: not affected",
	msix = "the MSIX app of 2024 is there: not affected",
}

-- Clean builds by version, and by the digest of their installers.
local function clean(out, state)
	local present, past = {}, {}
	for _, record in ipairs(state.machine.records or {}) do
		local fields = record.fields or {}
		local by_hash = fields.listed == "benign" and tostring(fields.version):find("^18%.")
		if (record.kind == "install" and fields.class == "clean" or by_hash) and fields.version then
			local text = tostring(fields.version) .. (by_hash and " (by its hash)" or "")
			if fields.present == false then
				past[text] = true
			else
				present[text] = true
			end
		end
	end
	for _, version in ipairs(keys.of(present)) do
		out[#out + 1] = "clean build " .. version .. " is there"
			.. (state.top ~= "absent" and ": it does not undo what ran before" or "")
		past[version] = nil
	end
	for _, version in ipairs(keys.of(past)) do
		out[#out + 1] = "clean build " .. version .. " was installed once"
	end
end

-- Builds that no list names, and use of the app of which no build is known: no proof, but not nothing.
local function unlisted(out, state)
	local builds, used, installs = {}, {}, 0
	for _, record in ipairs(state.machine.records) do
		local fields = record.fields
		if record.kind == "install" and fields.version then
			installs = installs + 1
			builds[fields.class == "unlisted" and fields.version or false] = true
		elseif record.kind == "settings" or record.kind == "run" and signs.is_app(fields.program) then
			used[fields.user or "somebody"] = true
		end
	end
	builds[false] = nil
	for _, version in ipairs(keys.of(builds)) do
		out[#out + 1] = "build " .. version .. " is on no list: look at its libraries"
	end
	if installs == 0 and next(used) then
		out[#out + 1] = "the app was used by " .. table.concat(keys.of(used), ", ") .. ", in a build that nothing tells"
	end
end

local function others(out, state)
	local seen = {}
	for _, record in ipairs(state.machine.records or {}) do
		local what = record.kind == "other" and (record.fields or {}).what
		seen[OTHER[what] or false] = true
	end
	seen[false] = nil
	for _, text in ipairs(keys.of(seen)) do
		out[#out + 1] = text
	end
end

local MALWARE = { ["second.veiledsignal"] = "X_TRADER or VEILEDSIGNAL", ["second.poolrat"] = "POOLRAT",
	["second.task"] = "X_TRADER, VEILEDSIGNAL or POOLRAT" }

-- How 3CX itself was breached is a case of its own; so is what uses the same places without the app.
local function malware(out, state)
	local seen = {}
	for _, claim in ipairs(state.claims) do
		if claim.step == "second stage" and not claim.counts and claim.proof then
			local name = MALWARE[claim.sign]
			seen[name and name .. " (by which 3CX itself was breached): a case of its own, see the findings"
				or claim.words .. ": without any trace of the app, a case of its own, see the findings"] = true
		end
	end
	for _, text in ipairs(keys.of(seen)) do
		out[#out + 1] = text
	end
end

-- The malware uses no browser.
local function visits(out, state)
	local names = {}
	for _, finding in ipairs(state.machine.findings or {}) do
		local fields = finding.fields or {}
		if fields.sign == "network.c2" and fields.by == "person" then
			names[tostring(fields.name or "a name of the case")] = true
		end
	end
	local list = keys.of(names)
	if #list > 0 then
		out[#out + 1] = "a person's browser visited " .. list[1]
			.. (#list > 1 and string.format(" and %d more names", #list - 1) or "")
			.. " of the case: the malware uses no browser"
	end
end

-- What was there before an upgrade of Windows counts, and is gone from the Windows that runs now.
local function before(out, state)
	local counts, others = 0, 0
	for _, claim in ipairs(state.claims) do
		if claim.counts and claim.origin then
			counts = counts + 1
		elseif claim.counts then
			others = others + 1
		end
	end
	if counts > 0 then
		out[#out + 1] = (others == 0 and "all" or "some") .. " of it lies in Windows.old: it was there before an upgrade"
	end
end

-- What stands beside the ladder, as texts.
function M.of(state)
	local out = {}
	malware(out, state)
	before(out, state)
	clean(out, state)
	unlisted(out, state)
	others(out, state)
	visits(out, state)
	return out
end

-- { machine_guid, padding_check } as the registry has them.
function M.facts(machine)
	local system = (machine.facts or {})["win-system"] or {}
	local out = { machine_guid = type(system.machine_guid) == "string" and system.machine_guid or nil }
	for _, record in ipairs(machine.records or {}) do
		if record.kind == "host" and record.fields.present ~= false then -- that is of a former Windows
			out.machine_guid = out.machine_guid or record.fields.machine_guid
			out.padding_check = out.padding_check or record.fields.cert_padding_check
		end
	end
	return out
end

return M
