-- What a profile of Firefox holds beside its visits: bookmarks, names of cookies and of filled-in fields,
-- favicons, extensions, sites with a password or a permission. Values are never read out.
local json = require("json")
local lz4 = require("lz4")
local rows = require("browser-rows")

local M = {}

-- Folders of bookmarks up to the root, whose own names are in the columns guid and title.
local FOLDERS = { ["menu________"] = "menu", ["toolbar_____"] = "toolbar", ["unfiled_____"] = "unfiled",
	["mobile______"] = "mobile", ["tags________"] = "tags" }

local BOOKMARKS = "SELECT b.id, b.title, b.dateAdded, p.url, b.parent, f.title AS folder, %s "
	.. "FROM moz_bookmarks b LEFT JOIN moz_places p ON p.id = b.fk "
	.. "LEFT JOIN moz_bookmarks f ON f.id = b.parent WHERE b.type = 1 AND p.url IS NOT NULL "
	.. "ORDER BY b.dateAdded, b.id"

-- Bookmarks, in the order they were made: { time, url, title, folder, modified }.
function M.bookmarks(db)
	if not rows.columns(db, "moz_bookmarks").fk then
		return function() end
	end
	local sql = BOOKMARKS:format(rows.pick(db, "moz_bookmarks", "f", { { "guid", "folder_id" } }) .. ", "
		.. rows.pick(db, "moz_bookmarks", "b", { "lastModified" }))
	return rows.each(db, sql, function(row)
		rows.time(row, "dateAdded", time.prtime, "moz_bookmarks.dateAdded")
		row.folder = FOLDERS[row.folder_id] or row.folder
		row.modified = rows.when(time.prtime, row.lastModified)
		row.id, row.parent, row.folder_id, row.lastModified = nil, nil, nil, nil
	end)
end

function M.cookies(db)
	local sql = "SELECT c.host, c.name, c.path, "
		.. rows.pick(db, "moz_cookies", "c", { "creationTime", "lastAccessed", "expiry", "isSecure",
			"isHttpOnly", { "originAttributes", "container" } })
		.. ", in_wal('moz_cookies', c.rowid) AS in_wal FROM moz_cookies c ORDER BY c.host, c.name, c.path, c.id"
	return rows.each(db, sql, function(row)
		rows.time(row, "creationTime", time.prtime, "moz_cookies.creationTime")
		row.accessed = rows.when(time.prtime, row.lastAccessed)
		row.expires = rows.when(time.unix, row.expiry)
		row.secure, row.http_only = row.isSecure == 1, row.isHttpOnly == 1
		row.container = row.container ~= "" and row.container or nil
		row.lastAccessed, row.expiry, row.isSecure, row.isHttpOnly = nil, nil, nil, nil
	end)
end

function M.fields(db)
	return rows.each(db, "SELECT f.fieldname AS name, MIN(f.firstUsed) AS firstUsed, MAX(f.lastUsed) AS used, "
		.. "SUM(f.timesUsed) AS count, COUNT(*) AS entries FROM moz_formhistory f "
		.. "GROUP BY f.fieldname ORDER BY f.fieldname", function(row)
		rows.time(row, "firstUsed", time.prtime, "moz_formhistory.firstUsed")
		row.used = rows.when(time.prtime, row.used)
	end)
end

function M.favicons(db)
	if not rows.columns(db, "moz_pages_w_icons").page_url then
		return function() end
	end
	return rows.each(db, "SELECT p.page_url AS url, i.icon_url AS icon FROM moz_icons_to_pages m "
		.. "JOIN moz_pages_w_icons p ON p.id = m.page_id JOIN moz_icons i ON i.id = m.icon_id "
		.. "ORDER BY p.page_url, i.icon_url", function() end)
end

-- Sites that were given a permission: { time, host, name }.
function M.permissions(db)
	if not rows.columns(db, "moz_perms").origin then
		return function() end
	end
	return rows.each(db, "SELECT p.origin AS host, p.type AS name, p.modificationTime FROM moz_perms p "
		.. "ORDER BY p.origin, p.type", function(row)
		row.modificationTime = rows.integer(row.modificationTime) and row.modificationTime / 1000
		rows.time(row, "modificationTime", time.unix, "moz_perms.modificationTime")
		row.from = "permission"
	end)
end

-- --- JSON and text ---

local function milliseconds(value)
	return rows.integer(value) and value > 0 and time.unix(value / 1000) or nil
end

local function words(value)
	local out = {}
	for _, word in ipairs(type(value) == "table" and value or {}) do
		out[#out + 1] = rows.text(word)
	end
	return out
end

-- The list `name` in JSON: row(element) for each table in it whose member `id` is a text; nil, message.
local function elements(text, name, id, row)
	local top, why = json.decode(text)
	if type(top) ~= "table" or type(top[name]) ~= "table" then
		return nil, why or ("no %s in it"):format(name)
	end
	local out = {}
	for _, element in ipairs(top[name]) do
		if type(element) == "table" and type(element[id]) == "string" then
			out[#out + 1] = row(element)
		end
	end
	return out
end

local function extension(addon)
	local user = type(addon.userPermissions) == "table" and addon.userPermissions or {}
	local locale = type(addon.defaultLocale) == "table" and addon.defaultLocale or {}
	local granted, origins = words(user.permissions), words(user.origins)
	table.move(origins, 1, #origins, #granted + 1, granted)
	return { id = addon.id, name = rows.text(locale.name), version = rows.text(addon.version),
		kind = rows.text(addon.type), permissions = list(granted), enabled = addon.active == true,
		path = rows.text(addon.path), source = rows.text(addon.sourceURI),
		time = milliseconds(addon.installDate), time_column = "installDate" }
end

-- extensions.json: list of { id, name, version, permissions, time, … }; nil, message.
function M.extensions(text)
	return elements(text, "addons", "id", extension)
end

local function login(saved)
	return { url = saved.hostname, time = milliseconds(saved.timeCreated), time_column = "timeCreated",
		used = milliseconds(saved.timeLastUsed), times_used = rows.integer(saved.timesUsed) }
end

-- logins.json: list of { url, time, used, times_used }; nil, message.
function M.logins(text)
	return elements(text, "logins", "hostname", login)
end

local MOZLZ4 = "mozLz40\0"

-- The page that a tab shows is the one that `index` counts, the others are behind it.
local function add_tab(out, tab, closed)
	for i, entry in ipairs(type(tab.entries) == "table" and tab.entries or {}) do
		if type(entry) == "table" and type(entry.url) == "string" then
			out[#out + 1] = { url = entry.url, title = rows.text(entry.title), shown = i == tab.index,
				closed = closed, time = milliseconds(tab.lastAccessed), time_column = "lastAccessed" }
		end
	end
end

local function add_window(out, window, closed)
	for _, tab in ipairs(type(window.tabs) == "table" and window.tabs or {}) do
		if type(tab) == "table" then
			add_tab(out, tab, closed)
		end
	end
	for _, tab in ipairs(type(window._closedTabs) == "table" and window._closedTabs or {}) do
		if type(tab) == "table" and type(tab.state) == "table" then
			add_tab(out, tab.state, true)
		end
	end
end

-- Open and closed tabs in a file of the session store, JSON, with LZ4 or without: list of { url, title,
-- time, shown, closed }; nil, message.
function M.tabs(text)
	local why
	if text:sub(1, #MOZLZ4) == MOZLZ4 and #text > #MOZLZ4 + 4 then
		text, why = lz4.block(text, #MOZLZ4 + 5, bytes.u32le(text, #MOZLZ4 + 1))
	end
	local top = nil
	if text then
		top, why = json.decode(text)
	end
	if type(top) ~= "table" or type(top.windows) ~= "table" then
		return nil, why or "no windows in it"
	end
	local out = {}
	for _, list in ipairs({ "windows", "_closedWindows" }) do
		for _, window in ipairs(type(top[list]) == "table" and top[list] or {}) do
			if type(window) == "table" then
				add_window(out, window, list ~= "windows" or nil)
			end
		end
	end
	return out
end

-- SiteSecurityServiceState.txt: hosts that want to be asked by HTTPS only; list of { host, from }.
function M.strict_hosts(text)
	local out = {}
	for line in text:gmatch("[^\r\n]+") do
		local host = line:match("^([^\t:%^]+)[^\t]*:HSTS\t")
		out[#out + 1] = host and { host = host, from = "HSTS" } or nil
	end
	return out
end

return M
