-- A reader of JSON for files found in evidence, or given by the analyst. It gives nil and a reason for
-- anything malformed; depth and size are bounded. The grammar: RFC 8259.
local json = {}

local DEPTH_MAX <const> = 32
local SIZE_MAX <const> = 4 << 20

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function unicode(hex)
	local code = #hex == 4 and tonumber(hex, 16) or error("bad escape", 0)
	-- halves of surrogate pairs have no UTF-8 form of their own
	return code >= 0xd800 and code <= 0xdfff and "\u{fffd}" or utf8.char(code)
end

local function unescape(u, c, rest)
	if u == "u" then
		return unicode(c .. rest)
	end
	return (ESCAPES[c] or c) .. rest
end

-- Text that begins behind the quote in front of `pos`, and the position behind it.
local function string_at(s, pos)
	local stop = s:find('["\\]', pos) or error("unclosed string", 0)
	if s:byte(stop) == 34 then
		return s:sub(pos, stop - 1), stop + 1
	end
	repeat
		local quote = s:byte(stop) == 34
		if not quote then
			stop = s:find('["\\]', stop + 2) or error("unclosed string", 0)
		end
	until quote
	return s:sub(pos, stop - 1):gsub("\\(u?)(.)(%x?%x?%x?)", unescape), stop + 1
end

local WORDS = { ["true"] = true, ["false"] = false, null = false }

-- A number or word that begins at `pos`.
local function scalar(s, pos)
	local word, stop = s:match("^([%w%.%+%-]+)()", pos)
	local number = tonumber(word)
	if number then
		return number, stop
	elseif WORDS[word] ~= nil then
		return WORDS[word], stop
	end
	error("value expected", 0)
end

-- Tables are put where they belong when they begin, so that what was read before a mistake is kept.
local function put(state, value)
	local top = state[#state]
	if not top then
		state.root, state.done = value, true
	elseif top.list then
		top.count = top.count + 1
		top.table[top.count] = value
	else
		top.table[top.key] = value
	end
end

local function open(state, is_list)
	local out = {}
	if #state >= DEPTH_MAX then
		error("nested too deep", 0)
	end
	put(state, out)
	state[#state + 1] = { table = out, list = is_list, count = 0 }
	state.done = false
end

local function value_at(state, s, pos, c)
	if c == 34 then
		local text, stop = string_at(s, pos + 1)
		put(state, text)
		return stop
	elseif c == 123 or c == 91 then
		open(state, c == 91)
		return pos + 1
	end
	local value, stop = scalar(s, pos)
	put(state, value)
	return stop
end

local function key_at(state, s, pos, c)
	if c ~= 34 then
		error("name expected", 0)
	end
	local top, stop = state[#state], nil
	top.key, stop = string_at(s, pos + 1)
	return s:match("^[ \t\r\n]*:()", stop) or error("colon expected", 0)
end

-- Behind a value: a comma, or the ends of the tables in hand. False at the end of all.
local function behind(state, s)
	local pos = state.pos
	while #state > 0 do
		local top, at = state[#state], s:find("[^ \t\r\n]", pos)
		local c = at and s:byte(at)
		if c == 44 then
			state.pos = at + 1
			return true
		elseif c ~= (top.list and 93 or 125) then
			state.pos = at or #s + 1
			error("comma expected", 0)
		end
		state[#state], pos = nil, at + 1
	end
	state.pos = pos
	return false
end

local function next_value(state, s)
	local at = s:find("[^ \t\r\n]", state.pos)
	local c, top = at and s:byte(at), state[#state]
	state.pos = at or #s + 1
	if top and not top.list then
		state.pos = key_at(state, s, state.pos, c)
		at = s:find("[^ \t\r\n]", state.pos)
		c = at and s:byte(at)
		state.pos = at or #s + 1
	end
	local depth = #state
	state.pos = value_at(state, s, state.pos, c)
	if #state == depth then
		return behind(state, s)
	end
	at = s:find("[^ \t\r\n]", state.pos)
	if at and s:byte(at) == (state[#state].list and 93 or 125) then -- it is empty
		return behind(state, s)
	end
	return true
end

local function run(state, s)
	while next_value(state, s) do
	end
	state.pos = s:find("[^ \t\r\n]", state.pos) or #s + 1
	if state.pos <= #s then
		error("text after the end", 0)
	end
end

local function line_of(s, pos)
	local _, count = s:sub(1, pos - 1):gsub("\n", "")
	return count + 1
end

-- The value as far as it can be read (nil when there is nothing); what is wrong with the text, or
-- nil, and in which line. null reads as false. At most `max` bytes, 4 MiB when absent.
function json.read(s, max)
	if #s > (max or SIZE_MAX) then
		return nil, "too large", 1
	end
	local state = { pos = s:match("^\xef\xbb\xbf()") or 1 }
	local ok, problem = pcall(run, state, s)
	if ok then
		return state.root
	end
	return state.root, tostring(problem), line_of(s, state.pos)
end

-- The value, or nil and a reason. null reads as false.
function json.decode(s)
	local value, problem = json.read(s)
	if problem then
		return nil, problem
	end
	return value
end

return json
