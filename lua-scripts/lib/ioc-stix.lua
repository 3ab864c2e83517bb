-- Bundles of STIX 2.0 and 2.1: patterns of indicators, and observables (SCOs) that stand by themselves. A pattern
-- becomes alternatives of what must all be seen together; what cannot be looked for is counted.
-- "STIX Version 2.1", OASIS, chapters 4.7 (Indicator), 6 (SCOs) and 9 (patterning).
local alternatives = require("ioc-alternatives")

local M = {}

local TOKENS_MAX <const> = 20000 -- of one pattern
local DEPTH_MAX <const> = 40
local OBJECTS_MAX <const> = 200000

-- Object paths of comparisons, and what they are here.
local PATHS = {
	["file:name"] = "file-name", ["file:size"] = "size", ["directory:path"] = "path",
	["file:parent_directory_ref.path"] = "folder", ["windows-registry-key:key"] = "registry-key",
	["windows-registry-key:values[*].name"] = "registry-name", ["windows-registry-key:values[*].data"] = "registry-data",
	["domain-name:value"] = "domain", ["url:value"] = "url", ["ipv4-addr:value"] = "ip", ["ipv6-addr:value"] = "ip",
}

local HASHES = { md5 = true, ["sha-1"] = true, sha1 = true, ["sha-256"] = true, sha256 = true }

-- "file-hash", … of an object path; nil and the path when it is not looked for.
local function kind_of(path)
	local hash = path:match("^file:hashes%.'?([%w%-]+)'?$")
	if hash then
		return HASHES[hash:lower()] and "file-hash" or nil
	end
	return PATHS[path:gsub("values%[%d+%]", "values[*]")]
end

-- Tokens of a pattern: { what, text }, or nil and a reason.
local function tokens(s)
	local out, at = {}, 1
	while true do
		at = s:find("%S", at)
		if not at then
			return out
		elseif #out == TOKENS_MAX then
			return nil, "a pattern that is too long"
		end
		local c, stop = s:sub(at, at), nil
		local value
		if c == "'" then
			local parts, from = {}, at + 1
			repeat
				local hit = s:find("['\\]", from)
				if not hit then
					return nil, "a text of a pattern does not end"
				end
				parts[#parts + 1] = s:sub(from, hit - 1)
				local escaped = s:sub(hit, hit) == "\\"
				if escaped then
					parts[#parts + 1] = s:sub(hit + 1, hit + 1)
				end
				from = hit + (escaped and 2 or 1)
			until not escaped
			out[#out + 1], at = { "text", table.concat(parts) }, from
		elseif c:find("[%(%)%[%],]") then
			out[#out + 1], at = { c }, at + 1
		elseif c:find("[=!<>]") then
			value, stop = s:match("^([=!<>]+)()", at)
			out[#out + 1], at = { "op", value }, stop
		else
			value, stop = s:match("^([%w_%-]+:[%w_%-%.%*%[%]']+)()", at)
			if value and not value:find("^%d+:") then
				out[#out + 1], at = { "path", value }, stop
			else
				value, stop = s:match("^([%w_%-%.:+]+)()", at)
				if not value then
					return nil, "a pattern that is not understood"
				end
				out[#out + 1], at = { "word", value }, stop
			end
		end
	end
end

local parser = {}
parser.__index = parser

function parser:is(what, word)
	local t = self[self.at]
	return t and t[1] == what and (not word or (t[2] or ""):upper() == word)
end

function parser:take(what)
	if not self:is(what) then
		error("a pattern that is not understood", 0)
	end
	self.at = self.at + 1
	return self[self.at - 1][2]
end

local function atom(path, value, like)
	local kind = kind_of(path)
	if like and kind then
		if kind == "file-hash" or kind == "size" or value:find("[%*%?]") then
			return { "?", path }
		end
		value = value:gsub("%%", "*"):gsub("_", "?")
	end
	return { kind or "?", kind and value or path }
end

function parser:literal()
	if self:is("word") then
		return self:take("word")
	end
	return self:take("text")
end

-- After a path: "= 'x'", "IN ('x','y')", "LIKE 'x%'", and others.
function parser:comparison()
	local path, out = self:take("path"), {}
	local negated = self:is("word", "NOT")
	self.at = self.at + (negated and 1 or 0)
	local op = self:is("op") and self:take("op") or self:take("word"):upper()
	if op == "IN" then
		self:take("(")
		repeat
			out[#out + 1] = { atom(path, self:literal()) }
			local more = self:is(",")
			self.at = self.at + (more and 1 or 0)
		until not more
		self:take(")")
	else
		local value = self:literal()
		local known = op == "=" or op == "LIKE" or op == "ISSUBSET"
		out[1] = { known and atom(path, value, op == "LIKE") or { "?", path .. " " .. op } }
	end
	return negated and { { { "?", path .. " NOT" } } } or out
end

function parser:inside()
	self.depth = self.depth + 1
	if self.depth > DEPTH_MAX then
		error("a pattern that is nested too deep", 0)
	end
	local out
	if self:is("(") then
		self:take("(")
		out = self:disjunction()
		self:take(")")
	else
		out = self:comparison()
	end
	self.depth = self.depth - 1
	return out
end

function parser:conjunction()
	local out = self:inside()
	while self:is("word", "AND") do
		self.at = self.at + 1
		out = alternatives.both(out, self:inside())
	end
	return out
end

function parser:disjunction()
	local out = self:conjunction()
	while self:is("word", "OR") do
		self.at = self.at + 1
		out = alternatives.either(out, self:conjunction())
	end
	return out
end

-- Observations: "[…]", with OR between them; what must follow each other is not looked for.
function parser:observation()
	local out
	self.depth = self.depth + 1
	if self.depth > DEPTH_MAX then
		error("a pattern that is nested too deep", 0)
	elseif self:is("(") then
		self:take("(")
		out = self:observations()
		self:take(")")
	else
		self:take("[")
		out = self:disjunction()
		self:take("]")
	end
	self.depth = self.depth - 1
	return out
end

function parser:observations()
	local out = self:observation()
	while self:is("word", "OR") or self:is("word", "AND") or self:is("word", "FOLLOWEDBY") do
		local joined = not self:is("word", "OR")
		self.at = self.at + 1
		local other = self:observation()
		if joined then
			out = alternatives.both(alternatives.both(out, other), { { { "?", "observations that belong together" } } })
		else
			out = alternatives.either(out, other)
		end
	end
	return out
end

-- Alternatives of a pattern, or nil and a reason.
function M.pattern(s)
	local list, why = tokens(s)
	if not list then
		return nil, why
	end
	list.at, list.depth = 1, 0
	setmetatable(list, parser)
	local ok, out = pcall(list.observations, list)
	if not ok then
		return nil, tostring(out)
	elseif list.at <= #list and not (list:is("word", "WITHIN") or list:is("word", "REPEATS") or list:is("word", "START")) then
		return nil, "a pattern that is not understood"
	end
	return out
end

local function severity_of(object)
	local confidence = math.tointeger(tonumber(object.confidence))
	return nil, confidence and (confidence >= 70 and "high" or confidence >= 30 and "medium" or "low") or nil
end

local function indicator(into, o)
	local name = type(o.name) == "string" and o.name or nil
	if o.revoked == true then
		return into:passed("indicators of STIX that are revoked")
	elseif type(o.pattern) ~= "string" then
		return into:problem(nil, "an indicator without a pattern", o.id)
	elseif o.pattern_type and o.pattern_type ~= "stix" then
		return into:unknown("pattern of type " .. tostring(o.pattern_type))
	end
	local alternatives, why = M.pattern(o.pattern)
	if not alternatives then
		return into:problem(nil, why, o.id)
	end
	local _, confidence = severity_of(o)
	for _, all in ipairs(alternatives) do
		into:add_all(all, { name = name, id = o.id, confidence = confidence })
	end
end

local function hashes(into, o)
	for kind, value in pairs(type(o.hashes) == "table" and o.hashes or {}) do
		if type(kind) == "string" and HASHES[kind:lower()] and type(value) == "string" then
			into:add({ type = "file-hash", value = value, id = o.id, name = type(o.name) == "string" and o.name or nil,
				size = math.tointeger(o.size) })
		else
			into:unknown("file:hashes." .. tostring(kind))
		end
	end
end

local function value(kind, field)
	return function(into, o)
		if type(o[field]) == "string" then
			into:add({ type = kind, value = o[field], id = o.id })
		end
	end
end

local OBSERVABLES = {
	file = function(into, o)
		if type(o.hashes) == "table" and next(o.hashes) ~= nil then
			hashes(into, o)
		else
			value("file-name", "name")(into, o)
		end
	end,
	directory = value("path", "path"), ["domain-name"] = value("domain", "value"), url = value("url", "value"),
	["ipv4-addr"] = value("ip", "value"), ["ipv6-addr"] = value("ip", "value"),
	["windows-registry-key"] = value("registry-key", "key"), indicator = indicator,
}
-- Objects that tell about others.
local ABOUT = {}
for name in ([[attack-pattern campaign course-of-action grouping identity incident infrastructure intrusion-set
	location malware malware-analysis marking-definition note observed-data opinion relationship report sighting
	threat-actor tool vulnerability extension-definition language-content]]):gmatch("%S+") do
	ABOUT[name] = true
end

function M.is(tree)
	return tree.type == "bundle" or type(tree.objects) == "table"
end

function M.read(into, tree)
	for i, o in ipairs(type(tree.objects) == "table" and tree.objects or {}) do
		if into:full() then
			return
		elseif i > OBJECTS_MAX then
			return into:problem(nil, "more than " .. OBJECTS_MAX .. " objects")
		elseif type(o) == "table" and type(o.type) == "string" then
			if type(o.id) ~= "string" then
				o.id = nil
			end
			if OBSERVABLES[o.type] then
				OBSERVABLES[o.type](into, o)
			elseif not ABOUT[o.type] then
				into:unknown(o.type)
			end
		end
	end
end

return M
