-- History, cache, names of cookies and downloads of Internet Explorer 10 and 11, of the old Edge and
-- of other programs that use WinINet, out of WebCacheV01.dat.
--
-- Records: visit, host, cache, cookie, download, history (one for each container, with its count).
-- Values of cookies are in none.
local browser = require("browser")
local handlers = require("handlers")
local webcache = require("webcache")

local function about(e, container)
	local out = browser.about(e)
	out.profile = container.partition
	out.browser = container.browser
	return out
end

-- The mark of the web and the file itself, when it is still there.
local function target(ctx, row)
	local e = row.target and ctx:lookup(row.target)
	if e and e.type == "file" then
		row.file = e
	end
end

local function container_rows(ctx, db, e, container)
	local whose = about(e, container)
	local rows, err = webcache.rows(db, container)
	if not rows then
		ctx:anomaly(e, container.table .. " cannot be read: " .. tostring(err))
		return
	end
	local count = 0
	for kind, row in rows do
		count = count + 1
		row.package = container.package
		if kind == "download" then
			target(ctx, row)
		end
		ctx:record(kind, browser.add(row, whose, e))
	end
	ctx:record("history", browser.add({ container = container.name, table = container.table,
		directory = container.directory, package = container.package, rows = count,
		time = container.accessed, time_column = container.accessed and "LastAccessTime" or nil }, whose, e))
end

local function cookies(ctx, db, e)
	for _, name in ipairs(db:tables()) do
		local rows = name:find("^CookieEntryEx_%d+$") and webcache.cookies(db, name)
		for row in rows or function() end do
			ctx:record("cookie", browser.add(row, about(e, { browser = "WinINet" }), e))
		end
	end
end

local function store(ctx, e)
	if e.type ~= "file" or e.size == 0 then
		return
	end
	local db, why = ese.open(e)
	local containers = db
	if db then
		containers, why = webcache.containers(db)
	end
	if not containers then
		ctx:anomaly(e, "WinINet's store: " .. tostring(why))
		return
	end
	for _, container in ipairs(containers) do
		if container.kind then
			container_rows(ctx, db, e, container)
		end
	end
	cookies(ctx, db, e)
end

local HANDLERS = {
	["browser.wininet.webcache"] = store,
}

return {
	api = 1,
	name = "browser-webcache",
	summary = "Visits, cache, cookies by name and downloads of Internet Explorer and the old Edge",
	license = "Apache-2.0",
	categories = { "browser" },
	references = { "attack:T1217" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
