-- Tables of lua-scripts/intel: rows with their place in the table, and what is wrong with a row.
-- A row with a mistake is left out and told; the rest counts.
local csv = require("csv")

local M = {}

local PROBLEMS_MAX <const> = 1000

local problems, dropped, told = {}, 0, 0

local function note(name, line, text)
	if #problems == PROBLEMS_MAX then
		dropped = dropped + 1
		return
	end
	problems[#problems + 1] = { table = name, text = string.format("line %d: %s; the row is left out", line, text) }
end

-- Rows of a table as csv.read gives them, with `source` ("3cx/hashes.csv:12"). `check(row)` gives what is
-- wrong with one, or nil.
function M.rows(name, check)
	local out = {}
	local rows, wrong = csv.read(data(name))
	for _, problem in ipairs(wrong) do
		note(name, problem.line, problem.text)
	end
	for _, row in ipairs(rows) do
		local problem = check and check(row)
		if problem then
			note(name, row.line, problem)
		else
			row.source = name .. ":" .. row.line
			out[#out + 1] = row
		end
	end
	return out
end

-- A check that a column has one of these values.
function M.one_of(column, values)
	local known = {}
	for _, value in ipairs(values) do
		known[value] = true
	end
	return function(row)
		if not known[row[column]] then
			return string.format("%s '%s' is none of %s", column, tostring(row[column]), table.concat(values, ", "))
		end
		return nil
	end
end

-- Texts about the tables that were loaded so far.
function M.problems()
	local out = list {}
	for i, one in ipairs(problems) do
		out[i] = one.table .. ": " .. one.text
	end
	if dropped > 0 then
		out[#out + 1] = string.format("tables: %d more rows are left out", dropped)
	end
	return out
end

-- Tells what was not told yet, as anomalies.
function M.tell(ctx)
	while told < #problems do
		told = told + 1
		ctx:anomaly(problems[told].table, problems[told].text)
	end
end

-- The run function of a plugin that uses tables: they are loaded when they are needed.
function M.run(run)
	return function(ctx, item)
		run(ctx, item)
		M.tell(ctx)
	end
end

return M
