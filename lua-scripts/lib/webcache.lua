-- WinINet's store of Windows 8 and later, WebCacheV01.dat: history, cache, cookies' names and
-- downloads of Internet Explorer 10 and 11, of the old Edge and of every program that uses WinINet.
-- The table "Containers" tells what is in each "Container_<n>". Times are FILETIMEs.
-- Format: as plaso's msie_webcache parser and libyal's documentation of ESE databases have it.
local M = {}

local EDGE = "microsoft.microsoftedge_"

local function text(value)
	if type(value) ~= "string" or value == "" then
		return nil
	end
	return (value:gsub("%z+$", ""))
end

local function when(value)
	return math.type(value) == "integer" and value > 0 and time.filetime(value) or nil
end

-- What fills a container: the browser, and the package of an app that has one of its own.
local function program(directory)
	local package = directory:match("[\\/][Pp]ackages[\\/]([^\\/]+)")
	if not package then
		return "Internet Explorer"
	elseif package:lower():find(EDGE, 1, true) == 1 then
		return "Edge (old)"
	end
	return "WinINet", package
end

-- The kind of rows in a container, after its name: "visit", "cache", "cookie", "download"; nil
-- for others. Names of days and weeks ("MSHist01…") hold visits, too.
function M.kind(name)
	local lower = name:lower()
	if lower == "history" or lower:find("^mshist") then
		return "visit"
	elseif lower == "content" or lower:find("^appcache") or lower == "ietld" then
		return "cache"
	elseif lower:find("^cookies") then
		return "cookie"
	elseif lower == "iedownload" or lower == "edownload" then
		return "download"
	end
	return nil
end

-- Containers: list of { id, table, name, kind, directory, partition, browser, package, accessed,
-- scavenged }, by number; nil, message.
function M.containers(db)
	local rows, err = db:rows("Containers")
	if not rows then
		return nil, err
	end
	local out = {}
	for row in rows do
		local id, name = row.ContainerId, text(row.Name)
		if math.type(id) == "integer" and name then
			local directory = text(row.Directory) or ""
			local browser, package = program(directory)
			out[#out + 1] = { id = id, table = "Container_" .. id, name = name, kind = M.kind(name),
				directory = directory, partition = text(row.PartitionId), browser = browser,
				package = package, accessed = when(row.LastAccessTime),
				scavenged = when(row.LastScavengeTime) }
		end
	end
	table.sort(out, function(a, b) return a.id < b.id end)
	return out
end

-- --- rows ---

-- "Visited: ann@https://…", ":2023032920230330: ann@https://…", "ann@:Host: example.org":
-- { url or host, account }, or nil.
function M.visited(value)
	local rest = value:gsub("^Visited: *", ""):gsub("^:%d+: *", "")
	local account, url = rest:match("^([^@/]*)@(.+)$")
	if not account then
		account, url = nil, rest
	end
	local host = url:match("^:Host: *(.*)$")
	if host then
		return { host = host, account = account }
	end
	return url:find("^%a[%w+.-]*:") and { url = url, account = account } or nil
end

local function is_ascii_pair(blob, at)
	local low, high = blob:byte(at, at + 1)
	return high == 0 and low and low >= 0x20 and low < 0x7f
end

-- One unit of UTF-16 that is no control character.
local function is_unit(blob, at)
	if at + 1 > #blob then
		return false
	end
	local unit = bytes.u16le(blob, at)
	return unit >= 0x20 and unit ~= 0x7f and (unit < 0xd800 or unit > 0xdfff) and unit < 0xfffe
end

local STRINGS_MAX = 64
local BLOB_MAX = 256 * 1024

-- Strings of UTF-16 in a blob that look like a URL or a path: they begin with a letter and a
-- colon or with "\\", and end at a zero.
local function strings(blob)
	local out, at = {}, 1
	blob = blob:sub(1, BLOB_MAX)
	while at + 3 <= #blob and #out < STRINGS_MAX do
		local stop = at
		if is_ascii_pair(blob, at) then
			while is_unit(blob, stop) do
				stop = stop + 2
			end
		end
		if stop - at >= 8 then
			out[#out + 1] = bytes.utf16(blob:sub(at, stop - 1))
			at = stop
		else
			at = at + 1
		end
	end
	return out
end

-- The blob of a download, a serialized set of properties: what is a URL in it and what is a path.
-- { url, urls, target, paths }: the target comes last, behind the file it was loaded into.
function M.download(blob)
	local urls, paths = {}, {}
	for _, s in ipairs(strings(blob)) do
		local path = s:match("^%a:\\.+") or s:match("^\\\\[^\\]+\\.+")
		local url = s:match("^%a[%w+.-]+://.+")
		if path then
			paths[#paths + 1] = path
		elseif url then
			urls[#urls + 1] = url
		end
	end
	return { url = urls[#urls], urls = #urls > 1 and urls or nil, target = paths[#paths],
		paths = #paths > 1 and paths or nil }
end

-- Status and type of an answer.
local function answer(headers)
	headers = text(headers) or ""
	if not headers:find("^HTTP/") then
		return nil
	end
	return headers:match("^([^\r\n]*)"), headers:match("\n[Cc]ontent%-[Tt]ype: *([^\r\n]*)"),
		headers:match("\n[Ll]ocation: *([^\r\n]*)")
end

local FORMS = {}

function FORMS.visit(_, out)
	local what = M.visited(out.stored)
	if not what then
		return nil
	end
	out.url, out.host, out.account = what.url, what.host, what.account
	return what.host and "host" or "visit"
end

function FORMS.cache(row, out)
	out.url = out.stored
	out.status, out.type, out.location = answer(row.ResponseHeaders)
	return "cache"
end

-- "Cookie:ann@example.org/": never its value.
function FORMS.cookie(_, out)
	local account, host, path = out.stored:match("^[Cc]ookie:([^@]*)@([^/]*)(/?.*)$")
	if not host then
		return nil
	end
	out.account, out.host, out.path = account, host, path ~= "" and path or nil
	return "cookie"
end

function FORMS.download(row, out)
	local found = M.download(type(row.ResponseHeaders) == "string" and row.ResponseHeaders or "")
	out.id = out.stored:match("{.-}")
	out.url, out.urls, out.target, out.paths = found.url, found.urls, found.target, found.paths
	return "download"
end

-- Rows of a container, as an iterator that gives a kind ("visit", "host", "cache", "cookie",
-- "download") and { time, time_column, url, modified, created, expires, synced, count,
-- filename, size, row, container, … }. Rows without a URL, or one of another form, are passed over.
function M.rows(db, container)
	local rows, err = db:rows(container.table)
	if not rows then
		return nil, err
	end
	return function()
		for row in rows do
			local stored = text(row.Url)
			local out = stored and { stored = stored, time = when(row.AccessedTime),
				modified = when(row.ModifiedTime), created = when(row.CreationTime),
				expires = when(row.ExpiryTime), synced = when(row.SyncTime), count = row.AccessCount,
				filename = text(row.Filename), size = row.FileSize, row = row.EntryId,
				container = container.name, table = container.table }
			local kind = out and FORMS[container.kind](row, out)
			if kind then
				out.time_column = out.time and "AccessedTime" or nil
				out.stored = nil
				return kind, out
			end
		end
		return nil
	end
end

-- --- cookies of the later Windows 10 ---

-- A domain that is stored from its end: "org.example.www".
local function turned(domain)
	local parts = {}
	for part in domain:gmatch("[^.]+") do
		table.insert(parts, 1, part)
	end
	return table.concat(parts, ".")
end

-- Tables "CookieEntryEx_<n>": { name, host, path, time, expires, modified }; no values.
function M.cookies(db, name)
	local rows, err = db:rows(name)
	if not rows then
		return nil, err
	end
	return function()
		for row in rows do
			local domain = text(row.RDomain)
			if domain then
				return { name = text(row.Name), host = turned(domain), path = text(row.Path),
					time = when(row.LastModified), time_column = row.LastModified and "LastModified" or nil,
					expires = when(row.Expires), table = name }
			end
		end
		return nil
	end
end

return M
