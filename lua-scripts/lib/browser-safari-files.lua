-- What Safari keeps beside its database: property lists of bookmarks, downloads, open and closed tabs, of
-- visits until 2014 (also on Windows), its cookies without values, tabs of other devices; and the database
-- in which macOS notes where downloaded files came from.
local rows = require("browser-rows")

local M = {}

local COOKIES_SIZE_MAX <const> = 16 << 20
local COOKIES_MAX <const> = 100000 -- of one file
local COOKIE_MAX <const> = 16384 -- bytes of one

local function entries(value)
	return type(value) == "table" and value or {}
end

local function each_table(value)
	local i, all = 0, entries(value)
	return function()
		repeat
			i = i + 1
		until all[i] == nil or type(all[i]) == "table"
		return all[i]
	end
end

-- Dates are texts in property lists: only those that are dates.
local function date(value)
	return rows.text(value) and value:find("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[.%d]*Z$") and value or nil
end

-- Seconds since 2001, as a number or a text.
local function seconds(value)
	return rows.when(time.mac, tonumber(value))
end

-- --- property lists: each function gets an entry, and returns a list or nil, message ---

local function of_dictionary(read)
	return function(e)
		local top, why = plist.open(e)
		if type(top) ~= "table" then
			return nil, why or "no dictionary"
		end
		return read(top)
	end
end

-- Downloads.plist: { time, ended, url, target, received, size }.
M.downloads = of_dictionary(function(top)
	if type(top.DownloadHistory) ~= "table" then
		return nil, "no list of downloads"
	end
	local out = {}
	for d in each_table(top.DownloadHistory) do
		out[#out + 1] = { time = date(d.DownloadEntryDateAddedKey), time_column = "DownloadEntryDateAddedKey",
			ended = date(d.DownloadEntryDateFinishedKey), url = rows.text(d.DownloadEntryURL),
			target = rows.text(d.DownloadEntryPath), guid = rows.text(d.DownloadEntryIdentifier),
			received = rows.integer(d.DownloadEntryProgressBytesSoFar),
			size = rows.integer(d.DownloadEntryProgressTotalToLoad) }
	end
	return out
end)

-- History.plist, before Safari 8: the last visit of each URL, { time, url, title, visits, redirects }.
M.visits = of_dictionary(function(top)
	if type(top.WebHistoryDates) ~= "table" then
		return nil, "no list of visits"
	end
	local out = {}
	for v in each_table(top.WebHistoryDates) do
		local redirects = {}
		for _, url in ipairs(entries(v.redirectURLs)) do
			redirects[#redirects + 1] = rows.text(url)
		end
		out[#out + 1] = { time = seconds(v.lastVisitedDate), time_column = "lastVisitedDate",
			url = rows.text(v[""]), title = rows.text(v.title), visits = rows.integer(v.visitCount),
			redirects = redirects[1] and list(redirects) or nil }
	end
	return out
end)

local function tab(state, closed, window)
	return { time = seconds(state.LastVisitTime), time_column = "LastVisitTime", url = rows.text(state.TabURL),
		title = rows.text(state.TabTitle), closed = date(closed) or date(state.DateClosed),
		private = (state.IsPrivateWindow or window and window.IsPrivateWindow) == true or nil }
end

local function tabs_of(out, window, closed)
	for state in each_table(window.TabStates) do
		out[#out + 1] = tab(state, closed, window)
	end
end

-- LastSession.plist and RecentlyClosedTabs.plist: { time, url, title, closed, private }.
M.tabs = of_dictionary(function(top)
	local open, gone = top.SessionWindows, top.ClosedTabOrWindowPersistentStates
	if type(open) ~= "table" and type(gone) ~= "table" then
		return nil, "no list of windows"
	end
	local out = {}
	for window in each_table(open) do
		tabs_of(out, window)
	end
	for one in each_table(gone) do
		local state = entries(one.PersistentState)
		if type(state.TabStates) == "table" then
			tabs_of(out, state, state.DateClosed)
		else
			out[#out + 1] = tab(state)
		end
	end
	return out
end)

local FOLDERS = { BookmarksBar = "toolbar", BookmarksMenu = "menu", ["com.apple.ReadingList"] = "reading list" }

local function bookmarks_below(out, node, folder)
	for child in each_table(node.Children) do
		local name = rows.text(child.Title)
		if rows.text(child.URLString) then
			local later = entries(child.ReadingList)
			out[#out + 1] = { url = child.URLString, title = rows.text(entries(child.URIDictionary).title), folder = folder,
				time = date(later.DateAdded), time_column = later.DateAdded and "ReadingList.DateAdded" or nil,
				used = date(later.DateLastViewed) }
		elseif child.Children then
			name = FOLDERS[name] or name or "?"
			bookmarks_below(out, child, folder and folder .. "/" .. name or name)
		end
	end
end

-- Bookmarks.plist: { url, title, folder, time }; only what is to be read later has a time.
M.bookmarks = of_dictionary(function(top)
	if type(top.Children) ~= "table" then
		return nil, "no bookmarks in it"
	end
	local out = {}
	bookmarks_below(out, top)
	return out
end)

-- --- Cookies.binarycookies: pages of cookies; layout as plaso's "safari_cookies" documents it ---

local function text_at(s, at)
	if at < 56 or at >= #s then
		return nil
	end
	local stop = s:find("\0", at + 1, true)
	return s:sub(at + 1, (stop or #s + 1) - 1)
end

-- One cookie; the value, which lies between the others, is left alone.
local function cookie(s)
	local flags, host, name, path = bytes.u32le(s, 9), bytes.u32le(s, 17), bytes.u32le(s, 21), bytes.u32le(s, 25)
	local expires, created = string.unpack("<dd", s, 41)
	return { time = seconds(created), time_column = "creation", expires = seconds(expires), host = text_at(s, host),
		name = text_at(s, name), path = text_at(s, path), secure = flags & 1 ~= 0, http_only = flags & 4 ~= 0 }
end

-- Adds the cookies of a page; what is wrong with it, or nil.
local function page(out, s)
	local count = bytes.u32be(s) == 0x100 and bytes.u32le(s, 5)
	if not count or count > (#s - 8) // 4 then
		return "the head is damaged"
	end
	local bad = 0
	for i = 1, count do
		local at = bytes.u32le(s, 5 + 4 * i)
		local size = bytes.u32le(s, at + 1)
		if not size or size < 56 or size > COOKIE_MAX or at + size > #s then
			bad = bad + 1
		elseif #out >= COOKIES_MAX then
			return "more than " .. COOKIES_MAX .. " cookies"
		else
			out[#out + 1] = cookie(s:sub(at + 1, at + size))
		end
	end
	return bad > 0 and bad .. " damaged cookies" or nil
end

-- { time, host, name, path, expires, secure, http_only }, and what is damaged; nil, message when the file
-- is none.
function M.cookies(s)
	local count = s:sub(1, 4) == "cook" and bytes.u32be(s, 5)
	if not count or #s > COOKIES_SIZE_MAX or count > (#s - 8) // 4 then
		return nil, #s > COOKIES_SIZE_MAX and "too large" or "no file of cookies"
	end
	local out, at, wrong = {}, 8 + 4 * count, nil
	for i = 1, count do
		local size = bytes.u32be(s, 5 + 4 * i)
		local why = page(out, s:sub(at + 1, at + size))
		wrong = wrong or why and "page " .. i .. ": " .. why
		at = at + size
		if at > #s then
			return out, wrong or "page " .. i .. " is cut off"
		end
	end
	return out, wrong
end

-- --- databases ---

-- CloudTabs.db: { time, url, title, device }; the time is that of the device's last change.
function M.cloud_tabs(db)
	local sql = "SELECT t.url, t.title, " .. rows.pick(db, "cloud_tab_devices", "d",
		{ { "device_name", "device" }, "last_modified" })
		.. " FROM cloud_tabs t LEFT JOIN cloud_tab_devices d ON d.device_uuid = t.device_uuid "
		.. "ORDER BY t.device_uuid, t.url, t.rowid"
	return rows.each(db, sql, function(row)
		rows.time(row, "last_modified", time.mac, "cloud_tab_devices.last_modified")
	end)
end

-- LSQuarantineEvent: { time, url, origin, origin_title, agent, agent_id, sender, id }.
function M.quarantine(db)
	local name = "LSQuarantineEvent"
	local sql = "SELECT " .. rows.pick(db, name, "e", {
		{ name .. "Identifier", "id" }, { "LSQuarantineTimeStamp", "stamp" }, { "LSQuarantineAgentName", "agent" },
		{ "LSQuarantineAgentBundleIdentifier", "agent_id" }, { "LSQuarantineDataURLString", "url" },
		{ "LSQuarantineOriginURLString", "origin" }, { "LSQuarantineOriginTitle", "origin_title" },
		{ "LSQuarantineSenderName", "sender" }, { "LSQuarantineSenderAddress", "sender_address" } })
		.. ", in_wal('LSQuarantineEvent', e.rowid) AS in_wal FROM LSQuarantineEvent e ORDER BY stamp, id"
	return rows.each(db, sql, function(row)
		rows.time(row, "stamp", time.mac, "LSQuarantineTimeStamp")
	end)
end

return M
