-- OpenIOC 1.0 and 1.1: trees of Indicator (AND, OR) and IndicatorItem. They become alternatives of what must all be
-- seen together, as patterns of STIX do. "OpenIOC 1.1", Mandiant: the schemas ioc.xsd and ioc-TR.xsd.
local alternatives = require("ioc-alternatives")
local text = require("text")
local xml = require("xml")

local M = {}

local DEPTH_MAX <const> = 40

local SEARCHES = {
	["FileItem/FullPath"] = "path", ["FileItem/FilePath"] = "folder", ["FileItem/FileName"] = "file-name",
	["FileItem/Md5sum"] = "file-hash", ["FileItem/Sha1sum"] = "file-hash", ["FileItem/Sha256sum"] = "file-hash",
	["FileItem/SizeInBytes"] = "size",
	["RegistryItem/Path"] = "registry-key", ["RegistryItem/KeyPath"] = "registry-key",
	["RegistryItem/ValueName"] = "registry-name", ["RegistryItem/Value"] = "registry-data",
	["RegistryItem/Text"] = "registry-data",
	["DnsEntryItem/RecordName"] = "domain", ["DnsEntryItem/Host"] = "domain", ["Network/DNS"] = "domain",
	["UrlHistoryItem/URL"] = "url", ["UrlHistoryItem/HostName"] = "domain", ["Network/URI"] = "url",
	["PortItem/remoteIP"] = "ip", ["RouteEntryItem/Destination"] = "ip", ["DnsEntryItem/RecordData/IPv4Address"] = "ip",
	["FileDownloadHistoryItem/SourceURL"] = "url", ["FileDownloadHistoryItem/FileName"] = "file-name",
}

local function item_of(element)
	local context, content = xml.child(element, "Context"), xml.text(element, "Content")
	local search = context and context.attributes.search or "?"
	local condition = (element.attributes.condition or "is"):lower()
	local kind = SEARCHES[search]
	if not kind or not content or element.attributes.negate == "true" then
		return { "?", search .. (kind and content and " (negated)" or "") }
	end
	local joined = kind == "path" or kind == "folder" or kind == "file-name" or kind:find("^registry") or kind == "domain"
	if condition == "is" then
		return { kind, content }
	elseif condition == "contains" and joined then
		return { kind, "*" .. content .. "*" }
	elseif condition == "starts-with" and joined then
		return { kind, content .. "*" }
	elseif condition == "ends-with" and joined then
		return { kind, "*" .. content }
	end
	return { "?", search .. " " .. condition }
end

local function tree_of(element, depth)
	if depth > DEPTH_MAX then
		error("nested too deep", 0)
	elseif element.name == "IndicatorItem" then
		return { { item_of(element) } }
	end
	local all = (element.attributes.operator or "OR"):upper() == "AND"
	local out
	for _, child in ipairs(element) do
		if child.name == "Indicator" or child.name == "IndicatorItem" then
			local one = tree_of(child, depth + 1)
			if not out then
				out = one
			else
				out = (all and alternatives.both or alternatives.either)(out, one)
			end
		end
	end
	return out or {}
end

-- Alternatives at the top of a definition each stand alone, so that a long list is no limit.
local function definition(into, element, facts)
	for _, child in ipairs(element or {}) do
		local list = { child }
		if child.name == "Indicator" and (child.attributes.operator or "OR"):upper() == "OR" then
			list = child
		end
		for _, one in ipairs(list) do
			if into:full() then
				return
			elseif one.name == "Indicator" or one.name == "IndicatorItem" then
				local id = one.attributes.id or facts.id
				local ok, out = pcall(tree_of, one, 0)
				if not ok then
					into:problem(nil, tostring(out), id)
				end
				for _, all in ipairs(ok and out or {}) do
					into:add_all(all, { name = facts.name, id = id })
				end
			end
		end
	end
end

-- Reads an ioc, or several of them in one element.
function M.read(into, s)
	local root, problem = xml.parse(text.decode(s))
	if problem then
		into:problem(nil, "XML: " .. problem)
	end
	if not root then
		return
	end
	local list = (root.name == "ioc" or root.name == "OpenIOC") and { root } or root
	local seen = 0
	for _, one in ipairs(list) do
		if one.name == "ioc" or one.name == "OpenIOC" then
			seen = seen + 1
			local facts = { id = one.attributes.id, name = xml.text(one, "short_description")
				or xml.text(one, "metadata", "short_description") }
			definition(into, xml.child(one, "definition") or xml.child(one, "criteria"), facts)
		end
	end
	if seen == 0 then
		into:problem(nil, "XML that is no OpenIOC: the first element is " .. root.name)
	end
end

return M
