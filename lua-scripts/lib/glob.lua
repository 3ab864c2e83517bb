-- Globs of fossick, matched against paths in Lua: for tables and indicators that name many places,
-- to tell which of them an item fits. `*` and `?` stay inside of a name, `**` stands for any
-- number of folders, `[a-z]` and `[!a-z]` for a character, `{a,b}` for alternatives; `%profile%/`
-- in front for the folder of a user. Letters fit in either case. A name costs its length times
-- that of the pattern at most, whatever is in it.
local M = {}

local ALTERNATIVES_MAX <const> = 4096 -- of one glob
local PARTS_MAX <const> = 256 -- folders in one glob
local LENGTH_MAX <const> = 4096
local MARKED_MAX <const> = 1024 -- with %profile%

-- Ends of the brace that begins at `at`, and where its commas are; nil when it does not end.
local function brace(s, at)
	local depth, commas = 0, { at }
	for i = at, #s do
		local c = s:sub(i, i)
		if c == "{" then
			depth = depth + 1
		elseif c == "}" then
			depth = depth - 1
			if depth == 0 then
				commas[#commas + 1] = i
				return i, commas
			end
		elseif c == "," and depth == 1 then
			commas[#commas + 1] = i
		end
	end
	return nil
end

-- Adds `s` without braces to `out`; nil and a reason when there are too many.
local function expand(out, s)
	local at = s:find("{", 1, true)
	if not at then
		out[#out + 1] = s
		return #out <= ALTERNATIVES_MAX or nil, "too many alternatives"
	end
	local stop, commas = brace(s, at)
	if not stop then
		return nil, "a brace does not end"
	end
	for i = 1, #commas - 1 do
		local ok, why = expand(out, s:sub(1, at - 1) .. s:sub(commas[i] + 1, commas[i + 1] - 1) .. s:sub(stop + 1))
		if not ok then
			return nil, why
		end
	end
	return true
end

-- Tokens of a name: "*", or a Lua pattern of one character that has no repetition.
local function tokens(name)
	local out, at = {}, 1
	while at <= #name do
		local c = name:sub(at, at)
		local set, stop = name:match("^%[(!?[^%]]+)%]()", at)
		if c == "*" then
			out[#out + 1] = "*"
		elseif c == "?" then
			out[#out + 1] = "."
		elseif set then
			out[#out + 1] = "[" .. set:gsub("^!", "^"):gsub("%%", "%%%%") .. "]"
		elseif c == "[" then
			return nil, "a bracket does not end"
		else
			out[#out + 1] = "%" .. c
			if c:find("[%w\x80-\xff]") then
				out[#out] = c
			end
		end
		at = set and stop or at + 1
	end
	return out
end

-- Do the first `count` items fit the list, in which `star` stands for any number of them? fits(one, items, at):
-- does one of the list fit that item? Of the stars only the last one is ever moved.
local function fits_all(list, star, items, count, fits)
	local i, at, last, from = 1, 1, nil, nil
	while at <= count do
		local one = list[i]
		if one == star then
			last, from, i = i, at, i + 1
		elseif one and fits(one, items, at) then
			i, at = i + 1, at + 1
		elseif last then
			from = from + 1
			i, at = last + 1, from
		else
			return false
		end
	end
	while list[i] == star do
		i = i + 1
	end
	return i > #list
end

local function fits_character(token, name, at)
	return name:find("^" .. token, at)
end

local function fits_name(part, names, at)
	local name = names[at]
	return part == name or type(part) == "table" and fits_all(part, "*", name, #name, fits_character)
end

local function compile_one(glob)
	local parts = {}
	for name in (glob:lower() .. "/"):gmatch("([^/]*)/") do
		if name == "**" then
			parts[#parts + 1] = "**"
		elseif name ~= "" then
			local list, why = tokens(name)
			if not list then
				return nil, why
			end
			parts[#parts + 1] = name:find("[*?%[]") and list or name
		end
	end
	if parts[#parts] == "**" then
		parts[#parts + 1] = { "*" } -- at the end it stands for what is in a folder
	end
	if #parts > PARTS_MAX or #parts == 0 then
		return nil, #parts == 0 and "it is empty" or "too many folders"
	end
	return parts
end

local function fits_path(parts, names)
	return fits_all(parts, "**", names, #names, fits_name)
end

local function split(path)
	local out = {}
	for name in path:lower():gmatch("[^/]+") do
		out[#out + 1] = name
	end
	return out
end

-- What the collector would refuse, beside that.
local function malformed(glob)
	local _, marks = glob:lower():gsub("%%profile%%", "")
	local marked = glob:lower():find("%%profile%%/") ~= nil
	local opened, closed = select(2, glob:gsub("{", "")), select(2, glob:gsub("}", ""))
	if marks > 1 or marks == 1 and not marked then
		return "%profile% stands once, for a folder in front of a path"
	elseif opened ~= closed then
		return "a brace is not closed"
	elseif #glob > (marks == 0 and LENGTH_MAX or MARKED_MAX) then
		return "it is too long"
	elseif glob:find("[%c\\]") then
		return "folders are parted by /"
	end
	return nil
end

local function build(glob)
	local all, compiled = {}, {}
	local ok, why = expand(all, glob)
	for _, one in ipairs(ok and all or {}) do
		local profile, rest = one:match("^(%%[pP][rR][oO][fF][iI][lL][eE]%%/)(.*)$")
		local parts
		parts, why = compile_one(rest or one)
		if not parts then
			return nil, why
		end
		compiled[#compiled + 1] = { parts = parts, profile = profile ~= nil }
	end
	if not ok then
		return nil, why
	end
	return function(e)
		local whole, below = split(e.path), nil
		for _, one in ipairs(compiled) do
			if not one.profile then
				if fits_path(one.parts, whole) then
					return true
				end
			elseif e.profile then
				below = below or split(e.path:sub(#e.profile + 2))
				if fits_path(one.parts, below) then
					return true
				end
			end
		end
		return false
	end
end

local PLAIN_COMMAS <const> = 12 -- make no more than ALTERNATIVES_MAX

-- Can nothing be wrong with it that only its alternatives would show?
local function plain(glob)
	local _, commas = glob:gsub(",", "")
	local _, slashes = glob:gsub("/", "")
	local outside = glob:gsub("%b{}", "")
	return commas <= PLAIN_COMMAS and slashes < PARTS_MAX and not glob:find("[", 1, true)
		and not outside:find("[{}]") and outside:find("[^/]") ~= nil
end

-- function(e): does the glob fit the entry, which is a table with `path` and, for %profile%,
-- `profile`? Nil and a reason when it is no glob. Of a plain one its alternatives are made when it is
-- first asked: tables have many, of which a run needs few.
function M.compile(glob)
	local problem = malformed(glob)
	if problem then
		return nil, problem
	elseif not plain(glob) then
		return build(glob)
	end
	local fits
	return function(e)
		fits = fits or build(glob)
		return fits(e)
	end
end

return M
