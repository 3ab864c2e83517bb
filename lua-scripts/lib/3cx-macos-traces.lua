-- What stays of the 3CX app on macOS when it is gone: receipts, reports of crashes, downloads, use of programs.
-- Each function gives plain rows.
local json = require("json")
local safari = require("browser-safari-files")

local M = {}

local IDENTIFIER <const> = "com.electron.3cx-desktop-app"

function M.is_identifier(text)
	return type(text) == "string" and text:sub(1, #IDENTIFIER):lower() == IDENTIFIER
end

local function is_name(text)
	return type(text) == "string" and text:lower():find("3cx%s?desktop%s?app") ~= nil
end

-- A receipt of Installer: { version, time, prefix, process }, or nil.
function M.receipt(e)
	local keys = plist.open(e)
	if type(keys) ~= "table" or not M.is_identifier(keys.PackageIdentifier) then
		return nil
	end
	return { version = keys.PackageVersion, time = keys.InstallDate, prefix = keys.InstallPrefixPath,
		process = keys.InstallProcessName }
end

local function names_app(item)
	for _, id in ipairs(type(item.packageIdentifiers) == "table" and item.packageIdentifiers or {}) do
		if M.is_identifier(id) then
			return true
		end
	end
	return is_name(item.displayName)
end

-- InstallHistory.plist: list of { version, time, process } of the app.
function M.history(e)
	local out, items = {}, plist.open(e)
	for _, item in ipairs(type(items) == "table" and items or {}) do
		if type(item) == "table" and names_app(item) then
			out[#out + 1] = { version = item.displayVersion, time = item.date, process = item.processName }
		end
	end
	return out
end

local MONTHS <const> = "^(%d%d%d%d%-%d%d%-%d%d) (%d%d:%d%d:%d%d)[.%d]* ([+-])(%d%d)(%d%d)$"

-- "2023-03-22 09:12:00.00 +0100" in UTC, or nil.
local function utc(stamp)
	local day, clock, way, hours, minutes = tostring(stamp):match(MONTHS)
	local ns = day and time.ns(day .. "T" .. clock .. "Z")
	local shift = ns and (tonumber(hours) * 60 + tonumber(minutes)) * 60 * (way == "+" and -1 or 1)
	return ns and time.unix(ns // 1000000000 + shift) or nil
end

-- A report of a crash or a hang, in JSON lines (.ips) or text (.crash): { version, time }, or nil.
function M.report(body)
	local first = body:match("^[^\n]*")
	local head = first:sub(1, 1) == "{" and json.decode(first)
	if type(head) == "table" then
		if not is_name(head.app_name) and not M.is_identifier(head.bundleID) then
			return nil
		end
		return { version = head.app_version, time = utc(head.timestamp) }
	end
	if not is_name(body:match("Process:%s*([^\n]*)")) then
		return nil
	end
	return { version = body:match("\nVersion:%s*(%d+%.%d+%.%d+)"), time = utc(body:match("\nDate/Time:%s*([^\n]*)")) }
end

-- Downloads of the app in the database of quarantined files: list of rows of browser-safari-files.
function M.downloads(db)
	local out, rows = {}, safari.quarantine(db)
	for row in rows or function() end do
		local url = row.url or row.origin or ""
		if url:lower():find("3cxdesktopapp", 1, true) or M.is_identifier(row.agent_id) then
			out[#out + 1] = row
		end
	end
	return out
end

local USE <const> = "SELECT COUNT(*) AS n, MIN(ZSTARTDATE) AS first, MAX(ZSTARTDATE) AS last FROM ZOBJECT "
	.. "WHERE ZSTREAMNAME IN ('/app/inFocus', '/app/usage') AND ZVALUESTRING LIKE '" .. IDENTIFIER .. "%'"

local function has_table(db, name)
	for _, one in ipairs(db:tables()) do
		if one == name then
			return true
		end
	end
	return false
end

-- Use of the app after knowledgeC.db: { count, first, last }, or nil.
function M.use(db)
	local row = has_table(db, "ZOBJECT") and db:rows(USE)()
	if not row or row.n == 0 then
		return nil
	end
	return { count = row.n, first = time.mac(row.first), last = time.mac(row.last) }
end

return M
