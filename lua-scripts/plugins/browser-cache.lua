-- URLs in the caches of browsers, with the time and the first line of each answer: Simple Cache and
-- Blockfile of Chromium and Electron, cache2 of Firefox. The contents are not collected.
--
-- Record: cache.
local browser = require("browser")
local cache = require("browser-cache")
local handlers = require("handlers")

local function emit(ctx, row, e)
	ctx:record("cache", browser.add(row, browser.about(e), e))
end

local function single(read)
	return function(ctx, e)
		if e.type ~= "file" or e.size == 0 then
			return
		end
		local row, why = read(e)
		if row then
			emit(ctx, row, e)
		else
			ctx:anomaly(e, "cache: " .. why)
		end
	end
end

local function blocks(ctx, e)
	if e.type ~= "file" or e.size == 0 then
		return
	end
	local rows, why = cache.blocks(e)
	if not rows then
		ctx:anomaly(e, "cache: " .. why)
	end
	for row in rows or function() end do
		emit(ctx, row, e)
	end
end

local HANDLERS = {
	["browser.chromium.cache.simple"] = single(cache.simple),
	["browser.chromium.cache.blocks"] = blocks,
	["browser.firefox.cache"] = single(cache.firefox),
}

return {
	api = 1,
	name = "browser-cache",
	summary = "URLs in the caches of web browsers, with times and answers",
	license = "Apache-2.0",
	categories = { "browser" },
	references = { "attack:T1217" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
