-- What browsers keep beside their histories: bookmarks, names of cookies and of filled-in fields, sites
-- with a password, favicons, extensions with what they may do and did, hosts in lists of the network.
-- Values of cookies and fields, names of users and passwords are in no record.
--
-- Records: bookmark, cookie, field, login, favicon, extension, extension-activity, host, tab.
local browser = require("browser")
local chromium = require("browser-chromium-profile")
local firefox = require("browser-firefox-profile")
local handlers = require("handlers")
local safari = require("browser-safari-files")

local TEXT_MAX = 64 * 1024 * 1024

local function emit(ctx, kind, row, about, entry)
	ctx:record(kind, browser.add(row, about, entry))
end

-- A handler of databases: each of `readers` is { kind, function(db) → iterator or nil, message }.
local function database(...)
	local readers = { ... }
	return function(ctx, db)
		local about = browser.about(db.entry)
		for _, reader in ipairs(readers) do
			local rows, err = reader[2](db)
			if not rows then
				ctx:anomaly(db.entry, reader[1] .. "s cannot be read: " .. tostring(err))
			end
			for row in rows or function() end do
				emit(ctx, reader[1], row, about, db.entry)
			end
		end
	end
end

-- A handler of files: function(entry) → list or nil, and what is wrong with it.
local function file(kind, read)
	return function(ctx, e)
		if e.type ~= "file" then
			return
		end
		local found, err = read(e)
		if err or not found then
			ctx:anomaly(e, kind .. "s: " .. tostring(err))
		end
		local about = browser.about(e)
		for _, row in ipairs(found or {}) do
			emit(ctx, kind, row, about, e)
		end
	end
end

-- The same of files in JSON or text: function(text) → list or nil, message.
local function document(kind, read)
	return file(kind, function(e)
		local text = e.size <= TEXT_MAX and e:read()
		if not text then
			return nil, e.size > TEXT_MAX and "too large" or "cannot be read"
		end
		return read(text)
	end)
end

local HANDLERS = {
	["browser.chromium.cookies"] = database({ "cookie", chromium.cookies }),
	["browser.chromium.webdata"] = database({ "field", chromium.fields }),
	["browser.chromium.logins"] = database({ "login", chromium.logins }),
	["browser.chromium.favicons"] = database({ "favicon", chromium.favicons }),
	["browser.chromium.activity"] = database({ "extension-activity", chromium.activity }),
	["browser.chromium.reporting"] = database({ "host", chromium.reporting }),
	["browser.chromium.bookmarks"] = document("bookmark", chromium.bookmarks),
	["browser.chromium.preferences"] = document("extension", chromium.extensions),
	["browser.chromium.servers"] = document("host", chromium.servers),
	["browser.firefox.places"] = database({ "bookmark", firefox.bookmarks }),
	["browser.firefox.cookies"] = database({ "cookie", firefox.cookies }),
	["browser.firefox.fields"] = database({ "field", firefox.fields }),
	["browser.firefox.favicons"] = database({ "favicon", firefox.favicons }),
	["browser.firefox.permissions"] = database({ "host", firefox.permissions }),
	["browser.firefox.extensions"] = document("extension", firefox.extensions),
	["browser.firefox.logins"] = document("login", firefox.logins),
	["browser.safari.bookmarks"] = file("bookmark", safari.bookmarks),
	["browser.safari.cookies"] = document("cookie", safari.cookies),
	["browser.firefox.tabs"] = document("tab", firefox.tabs),
	["browser.firefox.strict"] = document("host", firefox.strict_hosts),
}

return {
	api = 1,
	name = "browser-profile",
	summary = "Bookmarks, cookies and fields by name, extensions and hosts that browsers know",
	license = "Apache-2.0",
	categories = { "browser" },
	references = { "attack:T1176", "attack:T1217" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
