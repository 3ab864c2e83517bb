-- Places of the 3CX desktop app on macOS and of the malware that came with it in March 2023, after the
-- published analyses (see intel/3cx for the sources).
local places = require("3cx-places")

local HELD = "Users/*/{.Trash,Downloads,Desktop}/3CX*.app" -- out of use, or never installed
local SUPPORT = "Users/*/Library/Application Support/3CX Desktop App"

local function macos(name, doc, ...)
	return { name = "3cx.macos." .. name, os = "macos", doc = doc, globs = { ... } }
end

-- Places that rows of intel/3cx/paths.csv with these checks name.
local function payload(name, doc, ...)
	return { name = "3cx.macos." .. name, os = "macos", doc = doc, globs = places.globs("macos", ...) }
end

return {
	macos("bundle", "Apps, one of which may be that of 3CX", "{,Users/*/}Applications/*.app", HELD),
	payload("library", "The library that was altered; other programs have one of that name", "library"),
	payload("program", "Program and installers of the app", "program"),
	macos("installer", "Installers that were downloaded",
		"Users/*/{.Trash,Downloads,Desktop}/3CX*.zip", "Users/*/.Trash/3CX*.dmg"),
	macos("data.files", "Settings and data of the app", SUPPORT .. "/**",
		"Users/*/Library/Caches/com.electron.3cx-desktop-app*/**"),
	payload("state", "State file of the first stage", "state"),
	payload("followon", "Files of the malware that followed", "presence", "file"),
	payload("daemon", "Daemons and agents, one of which may start the malware", "daemon"),
	macos("preferences", "What the app writes while it runs",
		"Users/*/Library/Preferences/com.electron.3cx-desktop-app*.plist",
		"Users/*/Library/Saved Application State/com.electron.3cx-desktop-app.savedState/windows.plist"),
	macos("log", "Logs of the app", "Users/*/Library/Logs/3CX Desktop App/**"),
	macos("report", "Reports of its crashes",
		"{,Users/*/}Library/Logs/DiagnosticReports/3CX Desktop App*.{ips,crash,diag,hang}"),
	macos("receipt", "Receipts of its install", "private/var/db/receipts/com.electron.3cx-desktop-app*"),
	macos("xprotect", "Rules of XProtect",
		"Library/Apple/System/Library/CoreServices/XProtect.bundle/Contents/Resources/XProtect.yara"),
}
