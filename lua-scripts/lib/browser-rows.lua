-- What the databases of all browsers have in common: tables and columns differ between versions, so
-- that a query names only columns that are there.
local M = {}

-- Names of the columns of a table, in lower case; empty when there is no such table.
function M.columns(db, name)
	local out = {}
	for _, column in ipairs(db:columns(name) or {}) do
		out[column:lower()] = true
	end
	return out
end

-- "a.x AS x, a.y AS why, NULL AS z": `wanted` is a list of names, or of { column, name }, or of
-- { column, name, true } when an empty text is none.
function M.pick(db, name, alias, wanted)
	local there, out = M.columns(db, name), {}
	for _, want in ipairs(wanted) do
		local column = type(want) == "table" and want[1] or want
		local as = type(want) == "table" and want[2] or want
		local sql = there[column:lower()] and alias .. "." .. column or "NULL"
		if type(want) == "table" and want[3] then
			sql = "NULLIF(" .. sql .. ", '')"
		end
		out[#out + 1] = sql .. ' AS "' .. as .. '"'
	end
	return table.concat(out, ", ")
end

-- Rows of a query, each put into form by a function that changes the row itself; nil, message when
-- the query cannot be made.
function M.each(db, sql, form)
	local rows, err = db:rows(sql)
	if not rows then
		return nil, err
	end
	return function()
		local row = rows()
		if row then
			form(row)
		end
		return row
	end
end

-- A number of evidence as a time; nil for what is no number.
function M.when(read, value)
	if type(value) ~= "number" then
		return nil
	end
	return read(value)
end

-- The time of a row: `column` holds what `read` understands, and is named in `time_column`.
function M.time(row, column, read, where)
	row.time, row.time_column = M.when(read, row[column]), where
	if column ~= "time" then
		row[column] = nil
	end
end

-- Rows that are no longer in a table, through the same `form` as those that are; each marked
-- `recovered`, with its place. An empty iterator when the table cannot be searched.
function M.recovered(db, name, form)
	local rows = db:recovered(name)
	if not rows then
		return function() end
	end
	return function()
		local gone = rows()
		if not gone then
			return nil
		end
		local row = gone.values
		form(row)
		row.recovered = { page = gone.page, offset = gone.offset, frame = gone.frame, from = gone.from,
			carved = gone.carved, ambiguous = gone.ambiguous, replaced = gone.replaced,
			partial = gone.partial }
		return row
	end
end

-- A text cell, or nil: what is no text in evidence is not taken for one.
function M.text(value)
	return type(value) == "string" and value or nil
end

function M.integer(value)
	return math.type(value) == "integer" and value or nil
end

return M
