-- Keys of tables.
local keys = {}

-- List of the keys, in the order of pairs: of texts that is the order of their bytes.
function keys.of(map)
	local out = {}
	for key in pairs(map) do
		out[#out + 1] = key
	end
	return out
end

return keys
