-- Tables of text: comma separated (or by another mark), "…" where a field holds the mark, lines
-- with # are comments, the first other line names the columns.
local csv = {}

-- The field that starts at the quote at `pos`, and where the next one starts; nil when the
-- quote does not end.
local function quoted(line, pos, mark)
	local parts = {}
	repeat
		local body, stop = line:match('^"([^"]*)"()', pos)
		if not body then
			return nil
		end
		parts[#parts + 1] = body
		pos = stop
	until line:sub(pos, pos) ~= '"'
	if pos <= #line and line:sub(pos, pos) ~= mark then
		return nil
	end
	return table.concat(parts, '"'), pos + 1
end

-- Fields of a line, or nil when a quote is not closed. `mark` is one character, "," when absent.
function csv.fields(line, mark)
	mark = mark or ","
	local out, pos = {}, 1
	while pos <= #line + 1 do
		if line:sub(pos, pos) == '"' then
			out[#out + 1], pos = quoted(line, pos, mark)
			if not pos then
				return nil
			end
		else
			local stop = line:find(mark, pos, true) or #line + 1
			out[#out + 1] = line:sub(pos, stop - 1)
			pos = stop + 1
		end
	end
	return out
end

-- A row by column name, or nil and what is wrong with it.
local function row_of(names, list, number)
	if not list then
		return nil, "a quote is not closed"
	elseif #list ~= #names then
		return nil, string.format("%d fields instead of %d", #list, #names)
	end
	local row = {}
	for i, field in ipairs(list) do
		row[names[i]] = field
	end
	row.line = number
	return row
end

-- Rows as tables by column name, each with `line`, the number of its line; and a list of { line, text }: what
-- is wrong with the rows that are left out.
function csv.read(text)
	local names, rows, problems, number = nil, {}, {}, 0
	for line in (text .. "\n"):gmatch("([^\n]*)\n") do
		line, number = line:gsub("\r$", ""), number + 1
		if line ~= "" and line:sub(1, 1) ~= "#" then
			local list = csv.fields(line)
			if not names then
				names = list or {}
			else
				local row, problem = row_of(names, list, number)
				rows[#rows + 1] = row
				problems[#problems + 1] = problem and { line = number, text = problem }
			end
		end
	end
	return rows, problems
end

return csv
