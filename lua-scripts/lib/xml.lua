-- A small reader of XML for files of evidence: elements, attributes, text, CDATA. It fetches
-- nothing, knows only the five entities of XML and numbers, and passes over comments,
-- processing instructions and DOCTYPE. What is read before a mistake is kept.
-- The grammar: "Extensible Markup Language (XML) 1.0", W3C.
local text = require("text")

local xml = {}

local SIZE_MAX <const> = 16 << 20 -- bytes of a document
local DEPTH_MAX <const> = 100 -- elements inside each other
local ELEMENTS_MAX <const> = 100000
local ATTRIBUTES_MAX <const> = 100 -- of one element

local NAMED = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'" }

local function character(digits, base)
	local code = tonumber(digits, base)
	if not code or code < 1 or code > 0x10ffff or (code >= 0xd800 and code < 0xe000) then
		return nil -- stays as it is written
	end
	return utf8.char(code)
end

local function unescape(s)
	if not s:find("&", 1, true) then
		return s
	end
	s = s:gsub("&(#?)([xX]?)(%w+);", function(number, hex, name)
		if number == "" then
			return NAMED[hex .. name]
		end
		return character(name, hex == "" and 10 or 16)
	end)
	return s
end

-- The name without its prefix: "b" of "a:b".
local function localname(name)
	return name:match(":([^:]+)$") or name
end

-- Attributes of a tag from `at` on, and the position behind them.
local function attributes(s, at)
	local out = {}
	for _ = 1, ATTRIBUTES_MAX do
		local _, last, name, quote = s:find("^%s*([^%s=<>/\"']+)%s*=%s*([\"'])", at)
		if not name then
			return out, at
		end
		local stop = s:find(quote, last + 1, true)
		if not stop then
			return nil, "an attribute does not end"
		end
		out[localname(name)] = unescape(s:sub(last + 1, stop - 1))
		at = stop + 1
	end
	return nil, "too many attributes"
end

local function add_text(state, s)
	local texts = state.texts[#state.texts]
	if texts then
		texts[#texts + 1] = s
	end
end

local function opened(state, s, at)
	local _, last, name = s:find("^<([^%s/<>&=\"']+)", at)
	if not name then
		return nil, "a tag without a name"
	end
	local found, behind = attributes(s, last + 1)
	if not found then
		return nil, behind
	end
	local _, stop, slash = s:find("^%s*(/?)>", behind)
	if not stop then
		return nil, "a tag does not end"
	end
	local element = { name = localname(name), attributes = found, text = "" }
	state.count = state.count + 1
	if state.count > ELEMENTS_MAX then
		return nil, "more than " .. ELEMENTS_MAX .. " elements"
	elseif #state.path >= DEPTH_MAX then
		return nil, "more than " .. DEPTH_MAX .. " elements inside each other"
	elseif #state.path == 0 and state.root then
		return nil, "more than one element at the top"
	end
	local parent = state.path[#state.path]
	state.root = state.root or element
	if parent then
		parent[#parent + 1] = element
	end
	if slash == "" then
		state.path[#state.path + 1] = element
		state.texts[#state.texts + 1] = {}
		state.names[#state.names + 1] = name
	end
	return stop + 1
end

local function close(state)
	local element = table.remove(state.path)
	element.text = table.concat(table.remove(state.texts))
	return table.remove(state.names)
end

local function closed(state, s, at)
	local _, stop, name = s:find("^</([^%s<>]+)%s*>", at)
	if not stop then
		return nil, "an end tag does not end"
	elseif name ~= state.names[#state.names] then
		return nil, "an end tag without its element"
	end
	close(state)
	return stop + 1
end

-- Behind `mark`, or nil and the reason.
local function behind(s, at, mark, what)
	local _, stop = s:find(mark, at, true)
	if not stop then
		return nil, what .. " does not end"
	end
	return stop + 1
end

local function doctype(s, at)
	local stop, why = behind(s, at, ">", "a DOCTYPE")
	if stop and s:sub(at, stop):find("[", 1, true) then
		return nil, "a DOCTYPE with declarations of its own"
	end
	return stop, why
end

-- What follows "<" at `at`: the position behind it, or nil and the reason.
local function markup(state, s, at)
	local two = s:sub(at + 1, at + 1)
	if two == "/" then
		return closed(state, s, at)
	elseif two == "?" then
		return behind(s, at + 2, "?>", "a processing instruction")
	elseif two ~= "!" then
		return opened(state, s, at)
	elseif s:find("^<!%-%-", at) then
		return behind(s, at + 4, "-->", "a comment")
	elseif s:find("^<!%[CDATA%[", at) then
		local stop, why = behind(s, at + 9, "]]>", "a CDATA section")
		add_text(state, s:sub(at + 9, (stop or #s + 4) - 4))
		return stop, why
	elseif s:find("^<!DOCTYPE", at) then
		return doctype(s, at)
	end
	return nil, "a declaration that is not known"
end

local function read(state, s)
	local at = 1
	while true do
		local start = s:find("<", at, true)
		add_text(state, unescape(s:sub(at, (start or #s + 1) - 1)))
		if not start then
			return #state.path > 0 and "it ends inside of " .. state.names[#state.names] or nil
		end
		local why
		at, why = markup(state, s, start)
		if not at then
			return why .. ", at offset " .. start - 1
		end
	end
end

-- The element at the top of a document in UTF-8 (see text.decode), or nil; and what is wrong with
-- the document, or nil. An element is { name, attributes, text, child, child, … }; `text` is
-- all text directly inside, names are without prefix.
function xml.parse(s)
	if #s > SIZE_MAX then
		return nil, "larger than " .. SIZE_MAX .. " bytes"
	end
	local state = { path = {}, texts = {}, names = {}, count = 0 }
	local problem = read(state, s)
	while #state.path > 0 do
		close(state)
	end
	if not state.root then
		return nil, problem or "no element"
	end
	return state.root, problem
end

-- The first child of that name, or nil; `element` may be nil. With more names, deeper.
function xml.child(element, name, ...)
	for _, child in ipairs(element or {}) do
		if child.name == name then
			if ... then
				return xml.child(child, ...)
			end
			return child
		end
	end
	return nil
end

-- Text of such a child without white space around it; nil when there is none or it is empty.
function xml.text(element, ...)
	local child = xml.child(element, ...)
	local trimmed = child and text.trim(child.text)
	return trimmed ~= "" and trimmed or nil
end

return xml
