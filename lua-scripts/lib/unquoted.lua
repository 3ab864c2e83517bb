-- Command lines whose program has blanks in its path and no quotes: Windows tries what stands before
-- each blank, the shortest first (CreateProcess, "lpApplicationName").
local trim = require("text").trim

local unquoted = {}

local PREFIXES_MAX <const> = 64

-- The expanded text when it is such a command line: a path with a drive letter, without quotes, with
-- a blank in it; else nil.
local function open_path(ctx, command)
	local text = ctx:expand(command)
	if not text or text:find('"', 1, true) then
		return nil
	end
	text = trim(text):gsub("^\\%?%?\\", "")
	if not text:find("^%a:[\\/]") or not text:find("%s") then
		return nil
	end
	return text
end

local function file(ctx, path)
	local e = ctx:lookup(path)
	return e and e.type == "file" and e or nil
end

-- What Windows would start for these words: the file of that name, or with ".exe".
local function program(ctx, prefix)
	local e = file(ctx, prefix)
	if not e and not prefix:find("%.[^\\/.]*$") then
		e = file(ctx, prefix .. ".exe")
	end
	return e
end

-- Ends of the texts before each blank, and of the whole.
local function ends(text)
	local out, at = {}, 1
	while #out < PREFIXES_MAX do
		local first, last = text:find("%s+", at)
		out[#out + 1] = (first or #text + 1) - 1
		if not first then
			break
		end
		at = last + 1
	end
	return out
end

-- Does the rest of a path go on behind the blank, up to the name of a program? Arguments do not look so.
local function goes_on(rest)
	local more = rest:match("^%s+(.-%.[eE][xX][eE])%f[%s\0]")
	return more ~= nil and more:find("\\", 1, true) ~= nil and not more:find("[:/]")
		and not more:find("^%-") and not more:find("%s%-")
end

-- Is the command line one with a blank in the path of its program, as far as the text tells?
function unquoted.is_open(ctx, command)
	local text = open_path(ctx, command)
	local path = text and (text:match("^(.-%.[eE][xX][eE])%f[%s\0]") or text)
	return path ~= nil and path:find("%s") ~= nil and not path:find("%s[-/]")
end

-- { entry, meant }: the program that starts, when it is not the one that the text means; `meant`
-- is that one when it is on the volume, too. nil when the text is not of that kind or nothing stands
-- in its way.
function unquoted.hijack(ctx, command)
	local text = open_path(ctx, command)
	local first, rest
	for _, stop in ipairs(text and ends(text) or {}) do
		local e = program(ctx, text:sub(1, stop))
		if e and first and e.path ~= first.path then
			return { entry = first, meant = e }
		end
		if e and not first then
			first, rest = e, text:sub(stop + 1)
		end
	end
	if first and goes_on(rest) then
		return { entry = first }
	end
	return nil
end

return unquoted
