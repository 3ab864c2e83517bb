-- A JSON reader for small configuration files found in evidence. It gives
-- nil and a reason for anything malformed; depth and size are bounded.
local json = {}

local DEPTH_MAX = 32
local SIZE_MAX = 4 * 1024 * 1024

local value

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function unicode(hex)
	local code = #hex == 4 and tonumber(hex, 16) or error("bad escape")
	-- halves of surrogate pairs have no UTF-8 form of their own
	return code >= 0xd800 and code <= 0xdfff and "\u{fffd}" or utf8.char(code)
end

local function string_at(s, pos)
	local stop = pos
	repeat
		stop = s:find('["\\]', stop)
		if not stop then
			error("unclosed string")
		end
		local quote = s:sub(stop, stop) == '"'
		stop = stop + (quote and 1 or 2)
	until quote
	local body = s:sub(pos, stop - 2)
	body = body:gsub("\\(u?)(.)(%x?%x?%x?)", function(u, c, rest)
		if u == "u" then
			return unicode(c .. rest)
		end
		return (ESCAPES[c] or c) .. rest
	end)
	return body, stop
end

local function skip(s, pos)
	return s:match("^%s*()", pos)
end

local function object(s, pos, depth)
	local out = {}
	pos = skip(s, pos)
	if s:sub(pos, pos) == "}" then
		return out, pos + 1
	end
	while true do
		local key, sep
		key, pos = string_at(s, s:match('^"()', pos) or error("name expected"))
		pos = s:match("^%s*:()", pos) or error("colon expected")
		out[key], pos = value(s, pos, depth)
		sep, pos = s:match("^%s*([,}])%s*()", pos)
		if sep == "}" then
			return out, pos
		end
		if not sep then
			error("comma expected")
		end
	end
end

local function array(s, pos, depth)
	local out = {}
	pos = skip(s, pos)
	if s:sub(pos, pos) == "]" then
		return out, pos + 1
	end
	while true do
		local sep
		out[#out + 1], pos = value(s, pos, depth)
		sep, pos = s:match("^%s*([,%]])()", pos)
		if sep == "]" then
			return out, pos
		end
		if not sep then
			error("comma expected")
		end
	end
end

local WORDS = { ["true"] = true, ["false"] = false, null = false }

function value(s, pos, depth)
	if depth > DEPTH_MAX then
		error("nested too deep")
	end
	pos = skip(s, pos)
	local c = s:sub(pos, pos)
	if c == "{" then
		return object(s, pos + 1, depth + 1)
	elseif c == "[" then
		return array(s, pos + 1, depth + 1)
	elseif c == '"' then
		return string_at(s, pos + 1)
	end
	local word, stop = s:match("^([%w%.%+%-]+)()", pos)
	local number = tonumber(word)
	if number then
		return number, stop
	elseif WORDS[word] ~= nil then
		return WORDS[word], stop
	end
	error("value expected")
end

-- The value, or nil and a reason. null reads as false.
function json.decode(s)
	if #s > SIZE_MAX then
		return nil, "too large"
	end
	local start = s:match("^\xef\xbb\xbf()") or 1
	local ok, result, stop = pcall(value, s, start, 0)
	if not ok then
		return nil, tostring(result)
	end
	if skip(s, stop) <= #s then
		return nil, "text after the end"
	end
	return result
end

return json
