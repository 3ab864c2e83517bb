-- Places of a 3CX server on Linux, and of a related campaign there: rows of intel/3cx/paths.csv.
local places = require("3cx-places")

return {
	{ name = "3cx.server.client", os = "linux", doc = "Installers that a 3CX server hands out to clients",
		globs = places.globs("server", "client") },
	{ name = "3cx.server.followon", os = "linux", doc = "A file of a related campaign",
		globs = places.globs("linux", "presence", "file") },
}
