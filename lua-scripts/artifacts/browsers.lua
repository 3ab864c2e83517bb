-- Histories and profiles of web browsers, on all systems. The folders of
-- Chromium browsers have one form; only where they lie differs.

local CHROMIUM = {
	windows = "%profile%/AppData/Local/{Google/Chrome{, Beta, Dev, SxS},"
		.. "Microsoft/Edge{, Beta, Dev, SxS},BraveSoftware/Brave-Browser{,-Beta,-Nightly},"
		.. "Chromium,Vivaldi,Epic Privacy Browser}/User Data",
	macos = "Users/*/Library/Application Support/{Google/Chrome{, Beta, Canary},"
		.. "Microsoft Edge{, Beta},BraveSoftware/Brave-Browser{,-Beta,-Nightly},"
		.. "Chromium,Vivaldi,HiddenReflex/Epic}",
	linux = "{home/*,root}/.config/{google-chrome{,-beta,-unstable},microsoft-edge{,-beta,-dev},"
		.. "BraveSoftware/Brave-Browser{,-Beta,-Nightly},chromium,vivaldi}",
}

-- Opera keeps its only profile without the folder level of the others.
local OPERA = {
	windows = "%profile%/AppData/Roaming/Opera Software/Opera{ Stable, GX Stable}",
	macos = "Users/*/Library/Application Support/com.operasoftware.Opera{,GX}",
	linux = "{home/*,root}/.config/opera",
}

local FIREFOX = {
	windows = "%profile%/AppData/Roaming/{Mozilla/Firefox,librewolf,Waterfox}/Profiles/*",
	macos = "Users/*/Library/Application Support/{Firefox,librewolf,Waterfox}/Profiles/*",
	linux = "{home/*,root}/{.mozilla/firefox/*,.librewolf{,/*},"
		.. "snap/firefox/common/.mozilla/firefox/*}",
}

local FIREFOX_INI = {
	windows = "%profile%/AppData/Roaming/{Mozilla/Firefox,librewolf,Waterfox}/profiles.ini",
	macos = "Users/*/Library/Application Support/{Firefox,librewolf,Waterfox}/profiles.ini",
	linux = "{home/*,root}/{.mozilla/firefox,.librewolf}/profiles.ini",
}

-- A database and what SQLite keeps beside it: -wal, -shm, -journal.
local DB = "{,-*}"

local CHROMIUM_HISTORY = "{History,Archived History,Favicons,Top Sites,Shortcuts,Visited Links,"
	.. "Media History}"
local CHROMIUM_DATA = "{Network/Cookies,Cookies,Login Data,Login Data For Account,Web Data}"
local CHROMIUM_PLAIN = "{Bookmarks,Bookmarks.bak,Preferences,Secure Preferences,"
	.. "Network/TransportSecurity,Current Session,Current Tabs,Last Session,Last Tabs,Sessions/*,"
	.. "Extensions/*/*/manifest.json}"
local FIREFOX_FILES = "{places,cookies,favicons,formhistory,permissions,content-prefs,storage}"
	.. ".sqlite"
local FIREFOX_PLAIN = "{logins.json,key4.db,cert9.db,prefs.js,extensions.json,addons.json,"
	.. "handlers.json,sessionstore.jsonlz4,sessionstore-backups/*,bookmarkbackups/*}"

local out = {}

local function add(name, os, as, doc, globs)
	out[#out + 1] = { name = name, os = os, as = as, doc = doc, globs = globs }
end

for _, os in ipairs({ "windows", "macos", "linux" }) do
	local profile = CHROMIUM[os] .. "/*"
	add("browser.chromium.history", os, "database", "Visits and downloads of Chromium browsers",
		{ profile .. "/{History,Archived History}", CHROMIUM[os] .. "/History",
			OPERA[os] .. "/History" })
	add("browser.chromium.files", os, "file", "Databases and settings of Chromium profiles", {
		profile .. "/" .. CHROMIUM_HISTORY .. DB,
		profile .. "/" .. CHROMIUM_DATA .. DB,
		profile .. "/" .. CHROMIUM_PLAIN,
		CHROMIUM[os] .. "/Local State",
		OPERA[os] .. "/" .. CHROMIUM_HISTORY .. DB,
		OPERA[os] .. "/" .. CHROMIUM_DATA .. DB,
		OPERA[os] .. "/" .. CHROMIUM_PLAIN,
	})
	add("browser.chromium.old", os, "file", "Copies of the history that no browser makes",
		{ profile .. "/History.old*", OPERA[os] .. "/History.old*" })
	add("browser.firefox.places", os, "database", "Visits of Firefox and its kin",
		{ FIREFOX[os] .. "/places.sqlite" })
	add("browser.firefox.files", os, "file", "Databases and settings of Firefox profiles", {
		FIREFOX[os] .. "/" .. FIREFOX_FILES .. DB,
		FIREFOX[os] .. "/" .. FIREFOX_PLAIN,
		FIREFOX_INI[os],
	})
	add("browser.firefox.old", os, "file", "Copies of the history of Firefox",
		{ FIREFOX[os] .. "/places.sqlite.old*" })
end

add("browser.safari.history", "macos", "database", "Visits of Safari",
	{ "Users/*/Library/Safari/History.db" })
add("browser.safari.files", "macos", "file", "Databases and settings of Safari", {
	"Users/*/Library/Safari/{History,CloudTabs,Favicon Cache/favicons}.db" .. DB,
	"Users/*/Library/Safari/{Bookmarks,Downloads,LastSession,TopSites,History}.plist",
})
add("browser.wininet.webcache", "windows", "file", "History, cache and cookies of WinINet",
	{ "%profile%/AppData/Local/Microsoft/Windows/WebCache/WebCacheV*.dat" })
add("browser.wininet.files", "windows", "file", "WinINet's store with its logs, and its cookies", {
	"%profile%/AppData/Local/Microsoft/Windows/WebCache/*",
	"%profile%/AppData/Local/Microsoft/Windows/INetCookies/**",
})

return out
