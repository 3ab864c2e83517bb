-- Rows that are always told: one that is too large is told with its long texts cut.
local rows = {}

local TEXT_MAX <const> = 2048 -- bytes that stay of a long text
local LIST_MAX <const> = 50 -- entries that stay of a long list

-- The first bytes of a text, not in the middle of a letter.
local function cut_text(s)
	if #s <= TEXT_MAX then
		return s
	end
	return s:sub(1, utf8.offset(s, 0, TEXT_MAX + 1) - 1)
end

-- A copy with long texts and lists cut; evidence objects stay.
local function cut(value)
	if type(value) == "string" then
		return cut_text(value)
	elseif type(value) ~= "table" then
		return value
	end
	local out = #value > 0 and list({}) or {}
	for name, part in pairs(value) do
		if type(name) ~= "number" or name <= LIST_MAX then
			out[name] = cut(part)
		end
	end
	return out
end

-- As ctx:record. A row that is too large comes with `cut` = true; the anomaly that says so stays.
function rows.record(ctx, kind, fields)
	if ctx:record(kind, fields) then
		return true
	end
	local shorter = cut(fields)
	shorter.cut = true
	return ctx:record(kind, shorter)
end

return rows
