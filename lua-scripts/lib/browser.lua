-- What is common to plugins about browsers: which browser, whose, and the library that reads
-- its history.
local chromium = require("browser-chromium")
local firefox = require("browser-firefox")
local places = require("browser-places")
local safari = require("browser-safari")

local M = {}

-- The artifacts that hold visits, with the library that reads them. All have the same functions:
-- visits, recovered_visits, recovered_urls, urls, span, downloads, searches.
M.HISTORIES = {
	["browser.chromium.history"] = chromium,
	["browser.firefox.places"] = firefox,
	["browser.safari.history"] = safari,
}

-- Name of the browser, after the folder it keeps its data in.
function M.name(path)
	local name = places.name(path)
	if name then
		return name
	end
	local lower = "/" .. path:lower()
	if lower:find("/safari/", 1, true) or lower:find("/cookies.binarycookies", 1, true) then
		return "Safari"
	elseif lower:find("/mobilesync/", 1, true) then
		return "Safari (iOS)"
	elseif lower:find("/webcache/", 1, true) or lower:find("/inetcookies/", 1, true) then
		return "WinINet"
	end
	return "unknown"
end

-- Folder of the profile: "Default", "Profile 1", "ab12cd34.default-release".
function M.profile(e)
	return e.folder:gsub("/[Nn]etwork$", ""):gsub("/[Cc]ache2?/[%w_]+$", ""):gsub("/[Cc]ache$", "")
		:gsub("/Local Storage/leveldb$", ""):gsub("/Session Storage$", ""):match("([^/]+)$")
end

-- Whose data a file holds; `former` when it is of a Windows before the present one.
function M.about(e)
	return { browser = M.name(e.path), profile = M.profile(e), user = e.user, sid = e.sid,
		former = e.path:match("^[Ww]indows%.old[^/]*") }
end

-- Adds that, and the file, to the fields of a record; returns them.
function M.add(fields, about, entry)
	fields.browser, fields.profile, fields.user, fields.sid, fields.former = about.browser,
		about.profile, about.user, about.sid, about.former
	fields.entry = entry
	return fields
end

-- What read(e) gives for a file with bytes in it. When it gives nil and why, that is an anomaly.
function M.read(ctx, e, what, read)
	if e.type ~= "file" or e.size == 0 then
		return nil
	end
	local found, why = read(e)
	if not found then
		ctx:anomaly(e, what .. ": " .. why)
	end
	return found
end

return M
