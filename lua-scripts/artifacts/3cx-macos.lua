-- Places of the 3CX desktop app on macOS and of the malware that came with it in March 2023, after the
-- published analyses (see intel/3cx for the sources).
local places = require("3cx-places")

local BUNDLE = "{,Users/*/}Applications/3CX Desktop App.app"
local LIBRARIES = "/Contents/Frameworks/Electron Framework.framework/Versions/*/Libraries/"
local SUPPORT = "Users/*/Library/Application Support/3CX Desktop App"

local function macos(name, doc, ...)
	return { name = "3cx.macos." .. name, os = "macos", doc = doc, globs = { ... } }
end

-- Places that rows of intel/3cx/paths.csv with these checks name.
local function payload(name, doc, ...)
	return { name = "3cx.macos." .. name, os = "macos", doc = doc, globs = places.globs("macos", ...) }
end

return {
	macos("app.bundle", "The app", BUNDLE),
	macos("app.files", "What tells the version of the app",
		BUNDLE .. "/Contents/{Info.plist,PkgInfo,MacOS/*,_CodeSignature/*}",
		BUNDLE .. LIBRARIES .. "*",
		BUNDLE .. "/Contents/Resources/app.asar"),
	macos("data.files", "Settings and data of the app", SUPPORT .. "/**",
		"Users/*/Library/Preferences/com.electron.3cx-desktop-app*.plist",
		"Users/*/Library/Saved Application State/com.electron.3cx-desktop-app.savedState/**",
		"Users/*/Library/Logs/3CX Desktop App/**",
		"Users/*/Library/Caches/com.electron.3cx-desktop-app*/**"),
	macos("trace.files", "Traces of its download and install",
		"private/var/db/receipts/com.electron.3cx-desktop-app*",
		"Users/*/Library/Preferences/com.apple.LaunchServices.QuarantineEventsV2{,-wal,-shm}"),
	macos("installer", "Installers that were downloaded",
		"Users/*/{Downloads,Desktop}/3CX*.{dmg,zip}"),
	payload("library", "The library that was altered", "library"),
	payload("program", "Program and installers of the app", "program"),
	payload("state", "State file of the first stage", "state"),
	payload("followon", "Files of the malware that followed", "presence", "file"),
	payload("daemon", "Daemons, one of which may start the malware", "daemon"),
}
