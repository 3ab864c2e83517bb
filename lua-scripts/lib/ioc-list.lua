-- Lists of indicators as text: one a line, or CSV with a header. What a value is, is said by a column "type",
-- by the name of its column, or guessed from its form. `hxxp://` and `evil[.]com` are understood.
local csv = require("csv")
local forms = require("ioc-forms")
local text = require("text")

local M = {}

local FIELDS_MAX <const> = 256

-- Names of types in columns and headers.
local TYPES = {
	["file-hash"] = "file-hash", hash = "file-hash", md5 = "file-hash", sha1 = "file-hash", ["sha-1"] = "file-hash",
	sha256 = "file-hash", ["sha-256"] = "file-hash", filehash = "file-hash", ["file hash"] = "file-hash",
	["filehash-md5"] = "file-hash", ["filehash-sha1"] = "file-hash", ["filehash-sha256"] = "file-hash",
	md5_hash = "file-hash", sha1_hash = "file-hash", sha256_hash = "file-hash", digest = "file-hash",
	["file-name"] = "file-name", filename = "file-name", ["file name"] = "file-name", file_name = "file-name",
	path = "path", filepath = "path", ["file-path"] = "path", ["file path"] = "path", file_path = "path", path_glob = "path",
	["registry-key"] = "registry-key", registry = "registry-key", regkey = "registry-key", ["registry key"] = "registry-key",
	["registry-value"] = "registry-value", ["registry value"] = "registry-value",
	domain = "domain", hostname = "domain", host = "domain", fqdn = "domain", ["domain-name"] = "domain",
	url = "url", uri = "url", ["url-prefix"] = "url",
	ip = "ip", ipv4 = "ip", ipv6 = "ip", ["ip-src"] = "ip", ["ip-dst"] = "ip", ["ip address"] = "ip", ip_address = "ip",
	["ipv4-addr"] = "ip", ["ipv6-addr"] = "ip",
}
M.TYPES = TYPES

-- Names of columns with a value of any type; of the type; of what is said beside.
local VALUE = { value = true, indicator = true, ioc = true, observable = true, indicator_value = true, artifact = true }
local KIND = { type = true, indicator_type = true, ["indicator type"] = true, ioc_type = true, kind = true, data_type = true }
local ABOUT = {
	name = "name", description = "name", comment = "name", note = "name", context = "name", malware = "name",
	family = "name", title = "name", threat = "name",
	severity = "severity", confidence = "confidence", source = "from", sources = "from", reference = "from", size = "size",
	verdict = "class", class = "class",
}

local function column(name)
	return text.trim(name:lower():gsub("^\xef\xbb\xbf", ""))
end

-- What each column is, or nil when the line is no header.
local function header(list)
	local out, values = {}, 0
	for i, name in ipairs(list) do
		name = column(name)
		out[i] = VALUE[name] and "value" or KIND[name] and "type" or ABOUT[name] and "about" or TYPES[name] and "typed" or "other"
		values = values + ((out[i] == "value" or out[i] == "typed") and 1 or 0)
		out[i] = { what = out[i], name = name }
	end
	-- "path" is a word for a file, too: one column is a header only when it is no value itself
	return values > 0 and out or nil
end

local function about(columns, list)
	local out = {}
	for i, c in ipairs(columns) do
		if c.what == "about" and list[i] ~= "" then
			out[ABOUT[c.name]] = out[ABOUT[c.name]] or text.trim(list[i])
		elseif c.what == "type" then
			out.type = text.trim(list[i]:lower())
		end
	end
	return out
end

local function add(into, line, kind, value, facts)
	value = forms.refang(text.trim(value))
	kind = kind or forms.guess(value)
	if not kind then
		into:problem(line, "'" .. value:sub(1, 80) .. "' has the form of no indicator")
		return
	end
	into:add({ type = kind, value = value, name = facts.name, severity = facts.severity, confidence = facts.confidence,
		size = math.tointeger(tonumber(facts.size)), class = facts.class, line = line })
end

local function row_of(into, columns, list, line)
	if #list ~= #columns then
		return into:problem(line, string.format("%d fields instead of %d", #list, #columns))
	end
	local facts, used = about(columns, list), false
	for i, c in ipairs(columns) do
		local value = text.trim(list[i])
		if value ~= "" and value ~= "-" and (c.what == "value" or c.what == "typed") then
			used = true
			local kind = c.what == "typed" and TYPES[c.name] or nil
			if c.what == "value" and facts.type and facts.type ~= "" then
				kind = TYPES[facts.type]
				if not kind then
					into:unknown(facts.type)
					goto continue
				end
			end
			add(into, line, kind, value, facts)
		end
		::continue::
	end
	if not used then
		into:problem(line, "no value")
	end
end

-- A line of a list without a header: the indicator, and what is said behind it.
local function plain(into, line, s)
	local value, note = s:match("^(.-)%s+#%s*(.*)$")
	value = value or s
	local list = csv.fields(value, value:find(";", 1, true) and ";" or value:find("\t", 1, true) and "\t" or ",")
	if not list then
		return into:problem(line, "a quote is not closed")
	end
	if #list > 1 and forms.guess(forms.refang(text.trim(list[1]))) then
		value, note = list[1], note or text.trim(list[2])
	elseif #list == 1 then
		value = list[1]
	end
	local digest, name = value:match("^(%x+)%s+%*?(%S.*)$") -- as sha256sum writes it
	if digest and forms.algorithm(digest) then
		value, note = digest, note or name
	end
	add(into, line, nil, value, { name = note ~= "" and note or nil })
end

local function mark_of(line)
	for _, mark in ipairs({ ",", ";", "\t", "|" }) do
		if line:find(mark, 1, true) then
			return mark
		end
	end
	return ","
end

-- Reads a list; `lines` is an iterator of text and number.
function M.read(into, lines)
	local columns, mark, first = nil, ",", true
	for s, line in lines do
		s = text.trim(line == 1 and s:gsub("^\xef\xbb\xbf", "") or s)
		if s ~= "" and not s:find("^#") and not s:find("^//") then
			if first then
				mark, first = mark_of(s), false
				local list = csv.fields(s, mark)
				columns = list and #list <= FIELDS_MAX and header(list) or nil
				if not columns then
					plain(into, line, s)
				end
			elseif columns then
				local list = csv.fields(s, mark)
				if list then
					row_of(into, columns, list, line)
				else
					into:problem(line, "a quote is not closed")
				end
			else
				plain(into, line, s)
			end
		end
		if into:full() then
			return
		end
	end
end

-- Is this a list of digests and names of files alone, which a module reads faster? By its first lines.
function M.is_digests(lines)
	local seen = 0
	for s, line in lines do
		s = text.trim(line == 1 and s:gsub("^\xef\xbb\xbf", "") or s)
		if s ~= "" and not s:find("^[#;]") and not s:find("^//") then
			local found = false
			for word in s:gmatch("%f[%w]%x+%f[%W]") do
				found = found or forms.algorithm(word) ~= nil
			end
			if not found and seen > 0 then
				return false
			end
			seen = seen + 1
		end
		if seen > 100 then
			break
		end
	end
	return seen > 1
end

return M
