-- Sites that keep something in the local or session storage of Chromium browsers and Electron
-- programs: which, when they last wrote, and how many keys. The values are in no record.
--
-- Each file of the store is read by itself, so that sites of which only older files tell, or that
-- were deleted, are there as well. Record: storage (one for each site and file).
local browser = require("browser")
local handlers = require("handlers")
local storage = require("browser-storage")

local function sites(ctx, e)
	local found = browser.read(ctx, e, "storage", storage.sites)
	if not found then
		return
	end
	local about = browser.about(e)
	for _, row in ipairs(found) do
		ctx:record("storage", browser.add(row, about, e))
	end
end

local HANDLERS = { ["browser.chromium.storage"] = sites }

return {
	api = 1,
	name = "browser-storage",
	summary = "Sites in the local and session storage of Chromium browsers and Electron programs",
	license = "Apache-2.0",
	categories = { "browser" },
	references = { "attack:T1217" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
