-- Indicators that are names and paths of files: the wants that find them, and which of them an entry fits.
local forms = require("ioc-forms")
local glob = require("glob")
local keys = require("keys")

local M = {}

local WANT_MAX <const> = 1000 -- bytes of a glob with %profile%; others may be longer
local WANTS_MAX <const> = 200
local MARK = "%profile%/"

local plain = forms.plain

-- Puts globs together, with `front` before them: "front{a,b}". Returns the list, and how many did not fit in.
local function group(out, globs, front)
	local left, i = 0, 1
	while i <= #globs do
		local parts, bytes = {}, #front + 2
		while i <= #globs and (#parts == 0 or bytes + #globs[i] < WANT_MAX) do
			parts[#parts + 1], bytes, i = globs[i], bytes + #globs[i] + 1, i + 1
		end
		local one = #parts == 1 and front .. parts[1] or front .. "{" .. table.concat(parts, ",") .. "}"
		if #out >= WANTS_MAX or not glob.compile(one) then
			left = left + #parts
		else
			out[#out + 1] = one
		end
	end
	return left
end

-- Places of the indicators in a list: { wants, left, fits = function(e) → list of indicators }. `left` of them are in
-- no want, because there are too many.
function M.new(list)
	local names, patterns, paths = {}, {}, {}
	local below, marked, anywhere = {}, {}, {}
	for _, one in ipairs(list) do
		if one.type == "file-name" then
			local lower = one.value:lower()
			anywhere[plain(lower)] = true
			if lower:find("[%*%?]") then
				patterns[#patterns + 1] = { one = one, fits = glob.compile("**/" .. plain(one.value)) }
			else
				names[lower] = names[lower] or {}
				table.insert(names[lower], one)
			end
		elseif one.type == "path" then
			local at = forms.glob(one.value)
			local fits = glob.compile(at)
			if fits then
				paths[#paths + 1] = { one = one, fits = fits }
				if at:sub(1, #MARK) == MARK then
					marked[at:sub(#MARK + 1)] = true
				else
					below[at] = true
				end
			end
		end
	end
	local wants = {}
	local left = group(wants, keys.of(below), "") + group(wants, keys.of(marked), MARK) + group(wants, keys.of(anywhere), "**/")
	return { wants = wants, left = left, fits = function(e)
		local out = {}
		for _, one in ipairs(names[e.name:lower()] or {}) do
			out[#out + 1] = one
		end
		for _, set in ipairs({ patterns, paths }) do
			for _, p in ipairs(set) do
				if p.fits(e) then
					out[#out + 1] = p.one
				end
			end
		end
		return out
	end }
end

return M
