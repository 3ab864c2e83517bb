-- Many events as few records: equal ones become one with a count, and what is too much is counted.
local rows = require("rows")

local M = {}

local GROUPS_MAX <const> = 10000 -- of one log
local SINGLE_MAX <const> = 5000 -- events of one number in one log that have a record each
local TEXT_MAX <const> = 2048 -- bytes of a text that stay

M.__index = M

-- For one log; `e` is its file.
function M.new(ctx, e)
	return setmetatable({ ctx = ctx, entry = e, groups = {}, keys = {}, singles = {}, rest = {} }, M)
end

local function short(value)
	if type(value) ~= "string" or #value <= TEXT_MAX then
		return value
	end
	return value:sub(1, utf8.offset(value, 0, TEXT_MAX + 1) - 1)
end

local function key_of(id, fields, by)
	local parts = { tostring(id) }
	for i, name in ipairs(by) do
		local value = fields[name]
		parts[i + 1] = type(value) == "table" and table.concat(value, "\1") or tostring(value)
	end
	return table.concat(parts, "\0")
end

function M:count_rest(kind, e)
	local key = kind .. "\0" .. tostring(e.id)
	local rest = self.rest[key]
	if not rest then
		rest = { of = kind, event = e.id, count = 0, channel = e.channel, entry = self.entry }
		self.rest[key] = rest
	end
	rest.count = rest.count + 1
end

-- An event that has a record of its own.
function M:single(kind, fields, e)
	local n = (self.singles[e.id] or 0) + 1
	self.singles[e.id] = n
	if n > SINGLE_MAX then
		self:count_rest(kind, e)
		return
	end
	fields.time, fields.number = e.time, e.number
	rows.record(self.ctx, kind, fields)
end

-- An event of which there may be many with the same fields `by`; the record has those of the first.
function M:grouped(kind, fields, e, by)
	local key = key_of(e.id, fields, by)
	local group = self.groups[key]
	if not group and #self.keys == GROUPS_MAX then
		self:count_rest(kind, e)
		return
	elseif not group then
		for name, value in pairs(fields) do
			fields[name] = short(value)
		end
		fields.time, fields.last, fields.count, fields.number = e.time, e.time, 0, e.number
		group = { kind = kind, fields = fields }
		self.groups[key], self.keys[#self.keys + 1] = group, key
	end
	local of = group.fields
	of.count = of.count + 1
	of.time = e.time < of.time and e.time or of.time
	of.last = e.time > of.last and e.time or of.last
end

-- Records the groups, and what had no place: kind "events-rest".
function M:tell()
	table.sort(self.keys)
	for _, key in ipairs(self.keys) do
		local group = self.groups[key]
		if group.fields.count == 1 then
			group.fields.count, group.fields.last = nil, nil
		end
		rows.record(self.ctx, group.kind, group.fields)
	end
	for _, rest in pairs(self.rest) do
		self.ctx:record("events-rest", rest)
	end
end

return M
