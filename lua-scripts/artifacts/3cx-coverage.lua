-- What shows that a volume has a system, of which 3cx-coverage counts the traces.
return {
	{ name = "3cx.coverage.windows", os = "windows", doc = "The folder of Windows' own programs",
		globs = { "Windows/System32" } },
	{ name = "3cx.coverage.macos", os = "macos", doc = "The version of macOS",
		globs = { "System/Library/CoreServices/SystemVersion.plist" } },
	{ name = "3cx.coverage.server", os = "linux", doc = "The data of a 3CX server", globs = { "var/lib/3cxpbx" } },
}
