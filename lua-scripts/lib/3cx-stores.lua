-- Network names of the 3CX compromise in what browsers keep beside their histories: cookies, favicons,
-- caches, storage, lists of hosts. One finding for each name and file.
local browser = require("browser")
local cache = require("browser-cache")
local cx = require("3cx")
local icons = require("3cx-icon")
local span = require("span")
local stores = require("stores")

local M = {}

-- Classes that make a finding, with its severity, confidence and the first words of its title.
M.CLASSES = {
	c2 = { "high", "medium", "Network name of the 3CX compromise" },
	related = { "medium", "medium", "Network name of a related campaign" },
}

local function listed(row)
	for _, name in ipairs({ "url", "icon", "site", "server" }) do
		local url = row[name]
		local found = type(url) == "string" and cx.url(url)
		if found and M.CLASSES[found.class] then
			return found, url
		end
	end
	local host = type(row.host) == "string" and row.host:lower():gsub("^%.", ""):gsub("%.$", "")
	local found = host and cx.host(host)
	if found and M.CLASSES[found.class] then
		return found, row.host
	end
	return nil
end

local function tell(ctx, e, what, hit)
	local class, about = M.CLASSES[hit.row.class], browser.about(e)
	ctx:record("contact", { time = hit.first, last = hit.last, name = hit.row.value, by = "person",
		class = hit.row.class, count = hit.count, source = what, user = about.user, sid = about.sid, entry = e })
	ctx:finding({
		severity = class[1], confidence = class[2], title = class[3] .. " in " .. what,
		detail = string.format("%s, %d times, from %s to %s, the first is %s (%s)", hit.row.value,
			hit.count, hit.first or "an unknown time", hit.last or "an unknown time", hit.text,
			hit.row.sources),
		evidence = { e },
		references = cx.REFERENCES,
		fields = { sign = "network.c2", detector = "D9", class = hit.row.class, by = "person",
			time = hit.first, sid = about.sid,
			name = hit.row.value, count = hit.count, first = hit.first, last = hit.last,
			browser = about.browser, profile = about.profile, user = about.user },
	})
end

-- Looks at every row of an iterator; `what` names the store.
local function search(ctx, e, what, rows)
	local hits = {}
	for row in rows do
		local found, text = listed(row)
		if found then
			local hit = hits[found.value]
			if not hit then
				hit = { row = found, count = 0, text = text }
				hits[found.value] = hit
			end
			hit.count = hit.count + 1
			span.widen(hit, row.time, row.time)
		end
	end
	for _, hit in pairs(hits) do
		tell(ctx, e, what, hit)
	end
end

-- --- icons in caches ---

local CONTENT <const> = 256 * 1024 -- icons of the case have less than 120 KB

-- Is the answer an icon, by its type, its name, or where it is from?
local function is_icon(row)
	local kind, url = (row.type or ""):lower(), (row.url or ""):lower():gsub("[?#].*$", "")
	return kind:find("icon", 1, true) or url:find("%.ico$") or url:find("/iconstorages/", 1, true)
end

local function tell_icon(ctx, e, row, found)
	local sign, about = icons.sign(found, "in the answer that is kept of " .. row.url), browser.about(e)
	ctx:finding({
		severity = sign.severity, confidence = sign.confidence, title = "Icon of the 3CX malware in a browser's cache",
		detail = sign.text, evidence = { e }, references = cx.REFERENCES,
		fields = { sign = sign.sign, detector = sign.detector, proved = sign.proved, by = "person", time = row.time,
			url = found.url, from = row.url, browser = about.browser, profile = about.profile, user = about.user,
			sid = about.sid },
	})
end

-- The rows as they are; contents of icons are looked into on the way. `content(row, more)` gives their
-- first bytes.
local function with_icons(ctx, e, rows, content)
	return function()
		local row, more = rows()
		local data = row and is_icon(row) and content(row, more)
		local found = data and icons.find(data)
		if found then
			tell_icon(ctx, e, row, found)
		end
		return row
	end
end

-- A cache with one entry in each file.
local function cached(read, content)
	return function(ctx, e)
		local row = e.type == "file" and e.size > 0 and read(e)
		search(ctx, e, "a cache", with_icons(ctx, e, stores.each({ row or nil }), function(found)
			return content(e, found, CONTENT)
		end))
	end
end

-- By artifact: function(ctx, item). Histories and WinINet's store are read by the plugin itself.
M.HANDLERS = {}

for artifact, reader in pairs(stores.READERS) do
	if not reader.history then
		M.HANDLERS[artifact] = function(ctx, item)
			search(ctx, reader.database and item.entry or item, reader.what, reader.read(item))
		end
	end
end

M.HANDLERS["browser.chromium.cache.simple"] = cached(cache.simple, cache.simple_content)
M.HANDLERS["browser.firefox.cache"] = cached(cache.firefox, cache.firefox_content)
M.HANDLERS["browser.chromium.cache.blocks"] = function(ctx, e)
	search(ctx, e, "a cache", with_icons(ctx, e, cache.blocks(e) or stores.nothing, function(_, block)
		return cache.block_content(e, block, CONTENT)
	end))
end

return M
