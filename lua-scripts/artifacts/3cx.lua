-- Places of the 3CX desktop app and of the malware that came with it in March
-- 2023, after the published analyses (see intel/3cx-*.csv for the sources).

local INSTALL = "{%profile%/AppData/Local/Programs/,Program Files/,Program Files (x86)/}"
	.. "{3CXDesktopApp,3CX Desktop App}"
local APP = "/{app,app-*}/" -- both names occur; after updates several side by side
local BUNDLE = "{,Users/*/}Applications/3CX Desktop App.app"
local LIBRARIES = "/Contents/Frameworks/Electron Framework.framework/Versions/*/Libraries/"
local SUPPORT = "Users/*/Library/Application Support/3CX Desktop App"
local SYSTEM = "Windows/System32/"

local function windows(name, doc, ...)
	return { name = "3cx." .. name, os = "windows", doc = doc, globs = { ... } }
end

local function macos(name, doc, ...)
	return { name = "3cx." .. name, os = "macos", doc = doc, globs = { ... } }
end

local function linux(name, doc, ...)
	return { name = "3cx." .. name, os = "linux", doc = doc, globs = { ... } }
end

return {
	-- where it is installed
	windows("install.folder", "Install folders, for a user or the machine", INSTALL),
	windows("install.files", "What the install folders hold", INSTALL .. "/**"),
	windows("install.logs", "Logs of the updater",
		"%profile%/AppData/Local/SquirrelTemp/SquirrelSetup.log"),
	windows("installer", "Installers that were downloaded or kept",
		"%profile%/{Downloads,Desktop}/*.msi", -- of any name: the package itself tells
		"Windows/Installer/*.msi",
		"%profile%/AppData/Local/Microsoft/Windows/INetCache/Content.Outlook/**/*.3cxconfig"),
	windows("shortcut", "Shortcuts that tell where it was installed",
		"%profile%/Desktop/3CX*.lnk",
		"%profile%/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/**/3CX*.lnk",
		"ProgramData/Microsoft/Windows/Start Menu/Programs/**/3CX*.lnk"),
	windows("data.files", "Settings and data of the app",
		"%profile%/AppData/Roaming/{3CXDesktopApp,3CX Desktop App}/**",
		"%profile%/AppData/Local/3CXDesktopApp/**"),
	windows("trace.files", "Traces of its runs and of its removal",
		"Windows/Prefetch/{3CX*,UPDATE,MSIEXEC,X_TRADER*,TPMVSCMGRSVR}.EXE-*.pf",
		"Windows/appcompat/Programs/Amcache.hve{,.LOG1,.LOG2}",
		SYSTEM .. "sru/SRUDB.dat",
		SYSTEM .. "winevt/Logs/*.evtx",
		"ProgramData/Microsoft/Windows Defender/Support/MPLog-*.log",
		"ProgramData/Microsoft/Windows Defender/Quarantine/**",
		"ProgramData/Microsoft/Windows/WER/Report*/AppCrash_3CX*/*",
		SYSTEM .. "Tasks/3CX*"),
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
	linux("installer", "Installers that a 3CX server hands out to clients",
		"var/lib/3cxpbx/Instance*/Data/Http/electron/{windows,osx}/*"),

	-- the libraries and programs that carried the code
	windows("payload.library", "The two libraries that were altered",
		INSTALL .. "{,/app,/app-*}/{ffmpeg,d3dcompiler_47,guard64}.dll",
		"%profile%/AppData/Local/Programs/*/{,app,app-*}/{ffmpeg,d3dcompiler_47}.dll"),
	windows("payload.program", "Programs, updates and installers of the app",
		INSTALL .. "{,/app,/app-*}/3CXDesktopApp.exe",
		INSTALL .. "/packages/*.nupkg",
		"%profile%/{Downloads,Desktop}/3CXDesktopApp*.msi",
		"Windows/Installer/*.msi"),
	windows("payload.state", "State file of the second stage",
		INSTALL .. "{,/app,/app-*}/manifest"),
	windows("payload.icon", "Icons in the cache of WinINet",
		"%profile%/AppData/Local/Microsoft/Windows/INetCache/**/icon*.ico"),
	windows("payload.txr", "Logs of registry transactions, and a file that poses as one",
		SYSTEM .. "config/TxR/*"),
	windows("payload.followon", "Files of the malware that followed",
		SYSTEM .. "{wlbsctrl.dll,WindowsPowerShell/v1.0/wlbsctrl.dll,MsMpEng.exe,krwve.jat}",
		SYSTEM .. "catroot2/edb.chk.log",
		"ProgramData/TPM/**",
		"%profile%/{Downloads,Desktop,Documents}/**/X_TRADER*",
		"%profile%/AppData/Local/Temp/pft*.tmp/**/X_TRADER*",
		"tt/x_trader/*"),
	windows("payload.task", "Tasks in the folder that the malware used",
		SYSTEM .. "Tasks/Microsoft/Windows/TPM/*"),
	macos("payload.library", "The library that was altered",
		BUNDLE .. LIBRARIES .. "libffmpeg.dylib"),
	macos("payload.program", "Program and installers of the app",
		BUNDLE .. "/Contents/MacOS/3CX Desktop App",
		"Users/*/{Downloads,Desktop}/3CX*.dmg"),
	macos("payload.state", "State file of the first stage", SUPPORT .. "/.main_storage"),
	macos("payload.followon", "Files of the malware that followed",
		SUPPORT .. "/{UpdateAgent,.session-lock}",
		"Library/Graphics/Quartz",
		"private/etc/apdl.cf"),
	macos("payload.task", "Daemons, one of which may start the malware",
		"Library/LaunchDaemons/*.plist"),
	linux("payload.program", "Installers that a 3CX server hands out to clients",
		"var/lib/3cxpbx/Instance*/Data/Http/electron/{windows,osx}/*"),
	linux("payload.followon", "A file of a related campaign", "home/*/.config/guiconfigd"),
}
