-- Places of a 3CX server on Linux, and of a related campaign there.

return {
	{ name = "3cx.server.client", os = "linux", doc = "Installers that a 3CX server hands out to clients",
		globs = { "var/lib/3cxpbx/Instance*/Data/Http/electron/{windows,osx}/*" } },
	{ name = "3cx.server.followon", os = "linux", doc = "A file of a related campaign",
		globs = { "home/*/.config/guiconfigd" } },
}
