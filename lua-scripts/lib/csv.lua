-- Tables in lua-scripts/intel: comma separated, "…" where a field holds a
-- comma, lines with # are comments, the first other line names the columns.
local csv = {}

-- The field that starts at the quote at `pos`, and where the next one starts.
local function quoted(line, pos)
	local parts = {}
	repeat
		local body, stop = line:match('^"([^"]*)"()', pos)
		if not body then
			error("unclosed quote in: " .. line)
		end
		parts[#parts + 1] = body
		pos = stop
	until line:sub(pos, pos) ~= '"'
	return table.concat(parts, '"'), pos + 1
end

local function fields(line)
	local out, pos = {}, 1
	while pos <= #line + 1 do
		if line:sub(pos, pos) == '"' then
			out[#out + 1], pos = quoted(line, pos)
		else
			local text = line:match("^[^,]*", pos)
			out[#out + 1] = text
			pos = pos + #text + 1
		end
	end
	return out
end

-- Rows as tables by column name.
function csv.rows(text)
	local names, rows = nil, {}
	for line in text:gmatch("[^\r\n]+") do
		if line:sub(1, 1) == "#" then
			goto continue
		end
		if not names then
			names = fields(line)
			goto continue
		end
		local row = {}
		for i, field in ipairs(fields(line)) do
			row[names[i] or i] = field
		end
		rows[#rows + 1] = row
		::continue::
	end
	return rows
end

return csv
