-- Places of the 3CX case: intel/3cx/paths.csv, for the artifacts and for the plugins that look there.
local former = require("former")
local glob = require("glob")
local intel = require("intel")

local M = {}

-- What a row may ask for: see the head of the table.
local CHECKS = { "presence", "file", "library", "program", "state", "icon", "txr", "task", "daemon", "client", "" }
local DEFAULTS = { malicious = { "high", "medium" }, suspicious = { "low", "low" } }

local wrong_os = intel.one_of("os", { "windows", "macos", "linux", "server" })
local wrong_verdict = intel.one_of("verdict", { "malicious", "suspicious", "context", "benign" })
local wrong_check = intel.one_of("check", CHECKS)
local wrong_severity = intel.one_of("severity", { "high", "medium", "low", "info" })
local wrong_confidence = intel.one_of("confidence", { "high", "medium", "low" })

local function weigh(row)
	local default = DEFAULTS[row.verdict]
	if row.check == "" and row.verdict == "malicious" then
		row.check = "presence"
	end
	if row.check ~= "presence" or not default then
		return nil
	end
	row.severity = row.severity ~= "" and row.severity or default[1]
	row.confidence = row.confidence ~= "" and row.confidence or default[2]
	return wrong_severity(row) or wrong_confidence(row)
end

local function wrong(row)
	local problem = wrong_os(row) or wrong_verdict(row) or wrong_check(row) or weigh(row)
	if problem then
		return problem
	elseif row.verdict == "suspicious" and row.check == "" then
		return "a suspicious place needs a check"
	elseif row.verdict == "benign" and row.check ~= "" then
		return "a benign place has no check"
	end
	local why
	row.fits, why = glob.compile(row.path)
	return not row.fits and "path is no glob: " .. why or nil
end

local loaded

local function rows()
	loaded = loaded or intel.rows("3cx/paths.csv", wrong)
	return loaded
end

-- Loads the table, so that intel.problems() knows of it.
M.load = rows

-- Globs of the rows of a system that ask for one of these checks, for an artifact.
function M.globs(os, ...)
	local out, wanted = {}, {}
	for _, check in ipairs({ ... }) do
		wanted[check] = true
	end
	for _, row in ipairs(rows()) do
		if row.os == os and wanted[row.check] then
			out[#out + 1] = row.path
		end
	end
	return out
end

-- The first row that fits an entry, also one of a former Windows, or nil.
function M.row(os, e)
	local at = former.place(e)
	for _, row in ipairs(rows()) do
		if row.os == os and row.fits(at) then
			return row
		end
	end
	return nil
end

-- The sign that a file's presence is, or nil (see M.finding of 3cx).
function M.presence(os, e)
	local row = M.row(os, e)
	if not row or row.check ~= "presence" or not DEFAULTS[row.verdict] then
		return nil
	end
	return { severity = row.severity, confidence = row.confidence, text = row.text,
		sign = row.sign ~= "" and row.sign or nil, detector = row.detector ~= "" and row.detector or nil }
end

return M
