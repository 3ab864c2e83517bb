-- Lists of what was used last ("most recently used"), as Explorer and others keep them: numbered or
-- lettered values, and one value that tells their order, the latest first.
local registry = require("registry")

local mru = {}

local ENTRIES_MAX <const> = 10000
local END <const> = 0xffffffff

-- Names of the values, in order: of MRUListEx (numbers, ended by -1) or MRUList (letters). The
-- order may be cut off; nil when the key has none.
local function order(key)
	local numbers = key:value("MRUListEx")
	if numbers then
		local out, raw = {}, numbers.raw
		for at = 1, math.min(#raw - 3, 4 * ENTRIES_MAX), 4 do
			local number = bytes.u32le(raw, at)
			if number == END then
				break
			end
			out[#out + 1] = tostring(number)
		end
		return out
	end
	local letters = registry.text(key, "MRUList")
	if not letters then
		return nil
	end
	local out = {}
	for letter in letters:gmatch("[%g ]") do
		out[#out + 1] = letter
	end
	return out
end

local IS_ORDER <const> = { mrulist = true, mrulistex = true, viewstream = true }

-- Calls each(value, position) for the entries of a key, the latest first; then, without a position,
-- for those that the order leaves out.
function mru.each(key, each)
	local seen = {}
	for position, name in ipairs(order(key) or {}) do
		local value = key:value(name)
		if value and not seen[name] then
			seen[name] = true
			each(value, position)
		end
	end
	for value in key:values() do
		if not seen[value.name] and not IS_ORDER[value.name:lower()] and value.name:find("^%w%d*$") then
			each(value, nil)
		end
	end
end

-- Text of an entry: as it is, or UTF-16 up to the first zero in front of other data.
function mru.text(value)
	local data = value.data
	if value.type == "REG_BINARY" or value.type == "REG_NONE" then
		data = bytes.utf16(value.raw)
	end
	return type(data) == "string" and data ~= "" and data or nil
end

return mru
