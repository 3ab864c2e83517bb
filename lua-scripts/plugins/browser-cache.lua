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
		local row = browser.read(ctx, e, "cache", read)
		if row then
			emit(ctx, row, e)
		end
	end
end

local function blocks(ctx, e)
	for row in browser.read(ctx, e, "cache", cache.blocks) or function() end do
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
