-- Client builds that a 3CX server on Linux hands out: bad ones stay in its cache and infect again.
--
-- An update package is judged by what lies in it, an msi by its database, a dmg by digest and name.
--
-- Records: installer (what a package says of itself), package (what it holds), payload (what a library in it
-- hides), file (what was looked at, with its SHA-256).
local cx = require("3cx")
local files = require("3cx-files")
local handlers = require("handlers")
local intel = require("intel")
local package = require("3cx-package")

local function client(ctx, e)
	package.examine(ctx, e, "server")
end

local function follow_on(ctx, e)
	if e.type ~= "file" then
		return
	end
	local signs = {}
	files.presence(signs, e, "linux")
	files.examine(ctx, e, signs)
	ctx:collect(e, "place of malware that followed the 3CX compromise")
	files.tell(ctx, e, "File of the malware that followed", signs, { system = "server", name = e.name,
		user = e.user, time = e.times.created })
end

local HANDLERS = {
	["3cx.server.client"] = client,
	["3cx.server.followon"] = follow_on,
}

return {
	api = 1,
	name = "3cx-server",
	summary = "Client builds of the 3CX app that a 3CX server on Linux hands out",
	license = "Apache-2.0",
	categories = { "malware", "supply-chain" },
	references = cx.REFERENCES,
	os = { "linux" },
	wants = handlers.wants(HANDLERS),
	run = intel.run(handlers.run(HANDLERS)),
}
