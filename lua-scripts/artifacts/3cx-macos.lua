-- Places of the 3CX desktop app on macOS and of the malware that came with it in March 2023, after the
-- published analyses.

local BUNDLE = "{,Users/*/}Applications/3CX Desktop App.app"
local LIBRARIES = "/Contents/Frameworks/Electron Framework.framework/Versions/*/Libraries/"
local SUPPORT = "Users/*/Library/Application Support/3CX Desktop App"

local function macos(name, doc, ...)
	return { name = "3cx.macos." .. name, os = "macos", doc = doc, globs = { ... } }
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
	macos("library", "The library that was altered", BUNDLE .. LIBRARIES .. "libffmpeg.dylib"),
	macos("program", "Program and installers of the app",
		BUNDLE .. "/Contents/MacOS/3CX Desktop App",
		"Users/*/{Downloads,Desktop}/3CX*.dmg"),
	macos("state", "State file of the first stage", SUPPORT .. "/.main_storage"),
	macos("followon", "Files of the malware that followed",
		SUPPORT .. "/{UpdateAgent,.session-lock}",
		"Library/Graphics/Quartz",
		"private/etc/apdl.cf"),
	macos("daemon", "Daemons, one of which may start the malware", "Library/LaunchDaemons/*.plist"),
}
