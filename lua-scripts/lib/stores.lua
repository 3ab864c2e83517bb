-- Where names of hosts and URLs lie in what browsers and WinINet keep: histories, cookies, favicons, caches,
-- storage, lists of hosts. For plugins that look for names; what cannot be read is an anomaly of the plugins that
-- record these stores.
local browser = require("browser")
local cache = require("browser-cache")
local chromium = require("browser-chromium-profile")
local firefox = require("browser-firefox-profile")
local span = require("span")
local storage = require("browser-storage")
local url = require("url")
local webcache = require("webcache")

local M = {}

-- Iterators of nothing, and of a list.
function M.nothing()
	return nil
end

function M.each(list)
	local i = 0
	return function()
		i = i + 1
		return list[i]
	end
end

local nothing, each = M.nothing, M.each

local function database(what, read)
	return { what = what, database = true, read = function(db)
		return read(db) or nothing
	end }
end

local function file(what, read)
	return { what = what, read = function(e)
		return e.type == "file" and e.size > 0 and each(read(e) or {}) or nothing
	end }
end

local function of_text(read)
	return function(e)
		local text = e:read()
		return text and read(text)
	end
end

local function single(read)
	return function(e)
		local row = read(e)
		return row and { row }
	end
end

-- URLs of a history, and of its downloads; `span` of a row gives count, first and last time when it is asked for.
local history = { what = "a history", history = true, database = true, read = function(db)
	local family = browser.HISTORIES[db.artifact]
	local urls, downloads = family.urls(db) or nothing, family.downloads(db) or nothing
	return function()
		local row = urls and urls()
		if row then
			local id = row.id
			row.span = function()
				return family.span(db, id)
			end
			return row
		end
		urls = nil
		return downloads()
	end
end }

-- Rows of WinINet's store.
local function wininet(e)
	local db = e.type == "file" and e.size > 0 and ese.open(e)
	local list = {}
	for _, container in ipairs(db and webcache.containers(db) or {}) do
		for _, row in container.kind and webcache.rows(db, container) or nothing do
			list[#list + 1] = row
		end
	end
	return each(list)
end

-- By artifact: { what = "cookies", read = function(item) → iterator of rows }; `database`: items are databases. A row has some of `url`, `icon`,
-- `site`, `server` (URLs), `host`, `time`.
M.READERS = {
	["browser.chromium.history"] = history,
	["browser.firefox.places"] = history,
	["browser.safari.history"] = history,
	["browser.wininet.webcache"] = { what = "WinINet's store", history = true, read = wininet },
	["browser.chromium.cookies"] = database("cookies", chromium.cookies),
	["browser.chromium.favicons"] = database("favicons", chromium.favicons),
	["browser.chromium.reporting"] = database("a list of hosts", chromium.reporting),
	["browser.chromium.servers"] = file("a list of hosts", of_text(chromium.servers)),
	["browser.chromium.storage"] = file("the storage of sites", storage.sites),
	["browser.chromium.cache.simple"] = file("a cache", single(cache.simple)),
	["browser.chromium.cache.blocks"] = { what = "a cache", read = function(e)
		return cache.blocks(e) or nothing
	end },
	["browser.firefox.cookies"] = database("cookies", firefox.cookies),
	["browser.firefox.favicons"] = database("favicons", firefox.favicons),
	["browser.firefox.permissions"] = database("a list of hosts", firefox.permissions),
	["browser.firefox.strict"] = file("a list of hosts", of_text(firefox.strict_hosts)),
	["browser.firefox.cache"] = file("a cache", single(cache.firefox)),
}

local URLS = { "url", "icon", "site", "server" }

-- Calls found(row, text, url or nil, host or nil) for each name in a row.
local function names(row, found)
	for _, field in ipairs(URLS) do
		local text = row[field]
		local host = type(text) == "string" and url.host(text)
		if host then
			found(row, text, text, host)
		end
	end
	if type(row.host) == "string" then
		found(row, row.host, nil, (row.host:lower():gsub("^%.", ""):gsub("%.$", "")))
	end
end

-- Looks at every row of a store. `match(url, host)` gives a key and what is kept of it, or nil; the result is a list
-- of { key, match, count, first, last, text }, by key.
function M.search(item, reader, match)
	local hits = {}
	local function found(row, text, address, host)
		local key, what = match(address, host)
		if not key then
			return
		end
		local hit = hits[key]
		if not hit then
			hit = { key = key, match = what, count = 0, text = text }
			hits[key] = hit
		end
		local count, first, last = 1, row.time, row.time
		if row.span then
			count, first, last = row.span()
		end
		hit.count = hit.count + (count or 1)
		if span.widen(hit, first, last) then
			hit.text = text
		end
	end
	for row in reader.read(item) do
		names(row, found)
	end
	local out = {}
	for _, hit in pairs(hits) do
		out[#out + 1] = hit
	end
	return out
end

return M
