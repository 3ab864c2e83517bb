-- What a profile of Chromium holds beside its history: bookmarks, names of cookies and of filled-in
-- fields, favicons, extensions, hosts. Values of cookies, fields and passwords are never read out.
local json = require("json")
local rows = require("browser-rows")

local M = {}

-- --- databases ---

-- Cookies: { time, host, name, path, expires, accessed, secure, http_only, same_site }.
function M.cookies(db)
	local sql = "SELECT c.host_key AS host, c.name, c.path, c.creation_utc, "
		.. rows.pick(db, "cookies", "c", { "expires_utc", "last_access_utc", "is_secure", "secure",
			"is_httponly", "httponly", "samesite" })
		.. ", in_wal('cookies', c.rowid) AS in_wal FROM cookies c "
		.. "ORDER BY c.host_key, c.name, c.path, c.creation_utc"
	return rows.each(db, sql, function(row)
		rows.time(row, "creation_utc", time.webkit, "cookies.creation_utc")
		row.expires = rows.when(time.webkit, row.expires_utc)
		row.accessed = rows.when(time.webkit, row.last_access_utc)
		-- the columns were renamed in 2018
		row.secure = (row.is_secure or row.secure) == 1
		row.http_only = (row.is_httponly or row.httponly) == 1
		row.expires_utc, row.last_access_utc, row.is_secure, row.is_httponly, row.httponly = nil, nil,
			nil, nil, nil
	end)
end

-- Names of fields that were filled in: { time, name, used, count }. Their values are left alone.
-- Until 2013 dates lay in a table of their own; those since are seconds since 1970.
function M.fields(db)
	if not rows.columns(db, "autofill").date_created then
		return function() end
	end
	return rows.each(db, "SELECT a.name, MIN(a.date_created) AS date_created, "
		.. "MAX(a.date_last_used) AS used, SUM(a.count) AS count, COUNT(*) AS entries "
		.. "FROM autofill a GROUP BY a.name ORDER BY a.name", function(row)
		rows.time(row, "date_created", time.unix, "autofill.date_created")
		row.used = rows.when(time.unix, row.used)
	end)
end

-- Sites that a password is kept for: { time, url, used, times_used }; neither name nor password.
function M.logins(db)
	local sql = "SELECT l.origin_url AS url, "
		.. rows.pick(db, "logins", "l", { "date_created", "date_last_used", "times_used",
			{ "blacklisted_by_user", "never" } })
		.. " FROM logins l ORDER BY l.origin_url, l.rowid"
	return rows.each(db, sql, function(row)
		rows.time(row, "date_created", time.webkit, "logins.date_created")
		row.used, row.date_last_used = rows.when(time.webkit, row.date_last_used), nil
		row.never = row.never == 1 or nil
	end)
end

-- Icons of pages: { time, url, icon }: a page that is in no history any more may still be here.
function M.favicons(db)
	return rows.each(db, "SELECT m.page_url AS url, f.url AS icon, "
		.. "(SELECT MAX(b.last_updated) FROM favicon_bitmaps b WHERE b.icon_id = f.id) AS updated "
		.. "FROM icon_mapping m JOIN favicons f ON f.id = m.icon_id ORDER BY m.page_url, f.url", function(row)
		rows.time(row, "updated", time.webkit, "favicon_bitmaps.last_updated")
	end)
end

-- Hosts that sent Reporting or Network Error Logging policies: { time, host, url }.
function M.reporting(db)
	if not rows.columns(db, "nel_policies").origin_host then
		return function() end
	end
	return rows.each(db, "SELECT n.origin_host AS host, n.origin_scheme AS scheme, n.origin_port AS port, "
		.. rows.pick(db, "nel_policies", "n", { "last_access_us_since_epoch" })
		.. " FROM nel_policies n ORDER BY n.origin_host, n.rowid", function(row)
		rows.time(row, "last_access_us_since_epoch", time.webkit, "nel_policies.last_access_us_since_epoch")
		row.from = "Network Error Logging"
	end)
end

-- chrome/browser/extensions/activity_log/activity_actions.h
local ACTIONS = { [0] = "call of an API", "event of an API", "blocked call of an API", "content script",
	"access to a page", "event of a page", "web request" }

-- What extensions did: { time, id, action, api, url (page), target, count }, without arguments.
function M.activity(db)
	if not rows.columns(db, "activitylog_uncompressed").extension_id then
		return function() end
	end
	return rows.each(db, "SELECT a.activity_id AS activity, a.time AS at, a.extension_id AS id, a.action_type, "
		.. "a.api_name AS api, a.page_url AS url, a.arg_url AS target, a.count "
		.. "FROM activitylog_uncompressed a ORDER BY a.time, a.activity_id", function(row)
		rows.time(row, "at", time.webkit, "activitylog_compressed.time")
		row.action, row.action_type = ACTIONS[row.action_type], nil
	end)
end

-- --- JSON ---

local DEPTH_MAX = 30

local function number(text)
	return type(text) == "string" and math.tointeger(tonumber(text)) or rows.integer(text)
end

local function bookmark(node, folder)
	return { url = node.url, title = rows.text(node.name), folder = folder,
		time = rows.when(time.webkit, number(node.date_added)), time_column = "date_added",
		used = rows.when(time.webkit, number(node.date_last_used)) }
end

local function bookmarks_below(out, node, folder, depth)
	for _, child in ipairs(type(node.children) == "table" and depth < DEPTH_MAX and node.children or {}) do
		if type(child) == "table" and type(child.url) == "string" then
			out[#out + 1] = bookmark(child, folder)
		elseif type(child) == "table" then
			bookmarks_below(out, child, folder .. "/" .. (rows.text(child.name) or "?"), depth + 1)
		end
	end
end

-- Names of the members of a table that are tables themselves, sorted.
local function members(map)
	local names = {}
	for name, value in pairs(type(map) == "table" and map or {}) do
		if type(name) == "string" and type(value) == "table" then
			names[#names + 1] = name
		end
	end
	table.sort(names)
	return names
end

-- A member of a member …, or nil.
local function at(value, ...)
	for _, name in ipairs({ ... }) do
		value = type(value) == "table" and value[name] or nil
	end
	return value
end

-- The file Bookmarks: list of { url, title, folder, time, used }; nil, message.
function M.bookmarks(text)
	local top, why = json.decode(text)
	if not at(top, "roots") then
		return nil, why or "no bookmarks in it"
	end
	local out = {}
	for _, name in ipairs(members(top.roots)) do
		bookmarks_below(out, top.roots[name], name, 1)
	end
	return out
end

local PERMISSIONS = { { "active_permissions", "api" }, { "active_permissions", "explicit_host" },
	{ "active_permissions", "scriptable_host" } }

local function permissions(entry)
	local out = {}
	for _, place in ipairs(PERMISSIONS) do
		for _, name in ipairs(at(entry, table.unpack(place)) or {}) do
			out[#out + 1] = rows.text(name)
		end
	end
	return list(out)
end

-- Extensions in Preferences or Secure Preferences: list of { id, name, version, permissions, time,
-- store, state, path }; nil, message. Those that came with the browser have no date.
function M.extensions(text)
	local top, why = json.decode(text)
	if not top then
		return nil, why
	end
	local settings, out = at(top, "extensions", "settings"), {}
	for _, id in ipairs(members(settings)) do
		local entry = settings[id]
		local installed = entry.first_install_time or entry.install_time
		out[#out + 1] = { id = id, name = rows.text(at(entry, "manifest", "name")),
			version = rows.text(at(entry, "manifest", "version")), permissions = permissions(entry),
			store = entry.from_webstore == true, enabled = entry.state ~= 0, path = rows.text(entry.path),
			time = rows.when(time.webkit, number(installed)), time_column = "install_time" }
	end
	return out
end

-- Hosts in "Network Persistent State": list of { host }, sorted; nil, message.
function M.servers(text)
	local top, why = json.decode(text)
	local properties = at(top, "net", "http_server_properties")
	if not top then
		return nil, why
	end
	local seen, out = {}, {}
	for _, part in ipairs({ "servers", "broken_alternative_services" }) do
		for _, server in ipairs(at(properties, part) or {}) do
			local name = rows.text(at(server, "server")) or rows.text(at(server, "host"))
			if name and not seen[name] then
				seen[name] = true
				out[#out + 1] = { host = name:match("^%a[%w+.-]*://([^/:]+)") or name, server = name,
					from = "Network Persistent State" }
			end
		end
	end
	table.sort(out, function(a, b) return a.server < b.server end)
	return out
end

return M
