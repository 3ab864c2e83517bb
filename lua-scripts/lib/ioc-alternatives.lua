-- What indicators of several parts say, as alternatives: a list of conjunctions, each a list of { kind, value };
-- kind "?" cannot be looked for. Both functions raise when there are too many.
local M = {}

local ALTERNATIVES_MAX <const> = 1000
local TOO_MANY <const> = "too many alternatives"

-- Each of `a` together with each of `b`.
function M.both(a, b)
	local out = {}
	for _, x in ipairs(a) do
		for _, y in ipairs(b) do
			if #out == ALTERNATIVES_MAX then
				error(TOO_MANY, 0)
			end
			local all = table.move(x, 1, #x, 1, {})
			out[#out + 1] = table.move(y, 1, #y, #all + 1, all)
		end
	end
	return out
end

-- Those of `a`, which is changed, and of `b`.
function M.either(a, b)
	if #a + #b > ALTERNATIVES_MAX then
		error(TOO_MANY, 0)
	end
	return table.move(b, 1, #b, #a + 1, a)
end

return M
