-- Events of MISP as JSON: one, a list of them, or inside "response" and "Event" as servers wrap them. Attributes
-- that are not meant for detection (to_ids false) and deleted ones are counted, not looked for.
-- Members and types: "MISP core format" and "MISP Standard attribute types", misp-standard.org.
local M = {}

local OBJECTS_MAX <const> = 200000

local TYPES = {
	md5 = "file-hash", sha1 = "file-hash", sha256 = "file-hash", filename = "file-name",
	["malware-sample"] = "filename|md5",
	domain = "domain", hostname = "domain", url = "url", uri = "url", ["ip-src"] = "ip", ["ip-dst"] = "ip",
	regkey = "registry-key", ["domain|ip"] = true, ["hostname|port"] = true, ["ip-src|port"] = true,
	["ip-dst|port"] = true, ["regkey|value"] = true, ["filename|md5"] = true, ["filename|sha1"] = true,
	["filename|sha256"] = true,
}

local SEVERITY = { ["1"] = "high", ["2"] = "medium", ["3"] = "low" }

local function text_of(v)
	return type(v) == "string" and v or nil
end

local function false_of(v)
	return v == false or v == "0" or v == 0 or v == "false"
end

-- A value of two parts: which of them are indicators.
local PAIRS = {
	["domain|ip"] = function(put, a, b)
		put("domain", a)
		put("ip", b)
	end,
	["hostname|port"] = function(put, a)
		put("domain", a)
	end,
	["ip-src|port"] = function(put, a)
		put("ip", a)
	end,
	["regkey|value"] = function(put, a, b)
		put("registry-value", a, nil, b)
	end,
	["filename|md5"] = function(put, a, b)
		put("file-hash", b, a)
	end,
}
PAIRS["ip-dst|port"] = PAIRS["ip-src|port"]
PAIRS["filename|sha1"], PAIRS["filename|sha256"] = PAIRS["filename|md5"], PAIRS["filename|md5"]

local function attribute(into, a, event, size)
	local kind, value = text_of(a.type), text_of(a.value)
	local id = text_of(a.uuid) or text_of(a.id) or "?"
	if not kind or not value then
		return into:problem(nil, "an attribute without type or value", id)
	elseif not TYPES[kind] then
		return kind ~= "size-in-bytes" and into:unknown(kind)
	elseif a.deleted == true or false_of(a.to_ids) then
		return into:passed("attributes of MISP that are deleted or not for detection")
	end
	local note = text_of(a.comment)
	local function put(as, v, name, data)
		into:add({ type = as, value = v, data = data, id = id, size = as == "file-hash" and size or nil,
			name = name or (note ~= "" and note) or event.info, severity = event.severity })
	end
	local pair = PAIRS[kind] or PAIRS[TYPES[kind]]
	if not pair then
		return put(TYPES[kind], value)
	end
	local first, second = value:match("^(.-)|(.*)$")
	if not first then
		return into:problem(nil, "a value of type " .. kind .. " without its two parts", id)
	end
	pair(put, first, second)
end

local function size_of(attributes)
	for _, a in ipairs(attributes) do
		if type(a) == "table" and a.type == "size-in-bytes" then
			return math.tointeger(tonumber(a.value))
		end
	end
	return nil
end

local function attributes(into, list, event, size)
	for _, a in ipairs(type(list) == "table" and list or {}) do
		if into:full() then
			return
		elseif type(a) == "table" then
			attribute(into, a, event, size)
		end
	end
end

local function event_of(into, e)
	local event = { info = text_of(e.info), severity = SEVERITY[tostring(e.threat_level_id)] }
	attributes(into, e.Attribute, event)
	for i, object in ipairs(type(e.Object) == "table" and e.Object or {}) do
		if i > OBJECTS_MAX then
			return into:problem(nil, "more than " .. OBJECTS_MAX .. " objects")
		elseif type(object) == "table" and type(object.Attribute) == "table" and object.deleted ~= true then
			attributes(into, object.Attribute, event, size_of(object.Attribute))
		end
	end
end

local function visit(into, node, depth)
	if type(node) ~= "table" or depth > 8 or into:full() then
		return
	end
	if type(node.Event) == "table" then
		visit(into, node.Event, depth + 1)
	elseif type(node.Attribute) == "table" or type(node.Object) == "table" then
		event_of(into, node)
	elseif type(node.response) == "table" then
		visit(into, node.response, depth + 1)
	else
		for _, child in ipairs(node) do
			visit(into, child, depth + 1)
		end
	end
end

-- Is this a tree of such a file?
function M.is(tree)
	local one = tree[1] or tree
	return type(one) == "table" and (one.Event or one.response or one.Attribute or one.Object) and true or false
end

function M.read(into, tree)
	visit(into, tree, 0)
end

return M
