-- Histories and profiles of web browsers, on all systems. Which browsers there are and where their
-- profiles lie is in lib/browser-places.lua, a line for each; here stands what is in a profile.
local places = require("browser-places")

-- A "*" at the end: what SQLite keeps beside a database (-wal, -shm, -journal), and copies.
local DB = "{,-*}"

local CHROMIUM_FILES = "{{History,Archived History,Favicons,Top Sites,Shortcuts,Media History,"
	.. "Network Action Predictor,Extension Activity,Login Data,Web Data,Bookmarks}*,Visited Links,"
	.. "Preferences,Secure Preferences,{Current,Last} {Session,Tabs},Sessions/*,"
	.. "{Local,Session} Storage/**,Extensions/*/*/manifest.json}"
-- These moved into Network/ in 2021.
local CHROMIUM_NETWORK = "{Network/,}{{Cookies,Reporting and NEL}*,TransportSecurity,"
	.. "Network Persistent State}"
local CACHE = "Cache/{Cache_Data/,}"
local STORAGE = "{Local Storage/leveldb,Session Storage}/*.{log,ldb,sst}"
local SIMPLE = "????????????????_0"
local ELECTRON_FILES = "{Preferences,{Local,Session} Storage/**}"
local FIREFOX_FILES = "{places,cookies,favicons,formhistory,permissions,content-prefs,storage,downloads}"
	.. ".sqlite"
local FIREFOX_PLAIN = "{logins.json,key4.db,cert9.db,prefs.js,extensions.json,addons.json,"
	.. "handlers.json,SiteSecurityServiceState.{txt,bin},sessionstore.jsonlz4,sessionstore-backups/*,"
	.. "bookmarkbackups/*}"

local out = {}

-- All of them, each once: a browser that has had two layouts stands in the list twice.
local function join(...)
	local all, seen = {}, {}
	for _, list in ipairs({ ... }) do
		for _, glob in ipairs(list) do
			if not seen[glob] then
				seen[glob] = true
				all[#all + 1] = glob
			end
		end
	end
	return all
end

local function add(name, os, as, doc, globs)
	out[#out + 1] = { name = name, os = os, as = as, doc = doc, globs = join(globs) }
end

for _, os in ipairs({ "windows", "macos", "linux" }) do
	local function chromium(name, where)
		return places.globs(places.CHROMIUM, os, name, where)
	end
	local function electron(name)
		return places.globs(places.ELECTRON, os, name)
	end
	local function firefox(name, where)
		return places.globs(places.FIREFOX, os, name, where)
	end

	add("browser.chromium.history", os, "database", "Visits and downloads of Chromium browsers",
		join(chromium("{History,Archived History}"), chromium("History", "beside")))
	add("browser.chromium.files", os, "file", "Databases and settings of Chromium profiles", join(
		chromium(CHROMIUM_FILES), chromium(CHROMIUM_NETWORK), chromium("Local State", "beside"),
		electron(ELECTRON_FILES), electron(CHROMIUM_NETWORK)))
	add("browser.chromium.old", os, "file", "Copies of the history that no browser makes",
		chromium("History.old*"))
	add("browser.chromium.cookies", os, "database", "Cookies of Chromium browsers and of Electron",
		join(chromium("{Network/,}Cookies"), electron("{Network/,}Cookies")))
	add("browser.chromium.webdata", os, "database", "What was filled into forms", chromium("Web Data"))
	add("browser.chromium.logins", os, "database", "Sites with a password",
		chromium("{Login Data,Login Data For Account}"))
	add("browser.chromium.favicons", os, "database", "Icons of pages", chromium("Favicons"))
	add("browser.chromium.reporting", os, "database", "Hosts that want reports of errors",
		join(chromium("{Network/,}Reporting and NEL"), electron("{Network/,}Reporting and NEL")))
	add("browser.chromium.activity", os, "database", "What extensions did, where that is logged",
		chromium("Extension Activity"))
	add("browser.chromium.bookmarks", os, "file", "Bookmarks of Chromium browsers",
		join(chromium("Bookmarks"), chromium("Bookmarks", "beside")))
	add("browser.chromium.preferences", os, "file", "Settings, extensions among them",
		chromium("{Preferences,Secure Preferences}"))
	add("browser.chromium.servers", os, "file", "Servers whose properties are remembered",
		join(chromium("{Network/,}Network Persistent State"), electron("{Network/,}Network Persistent State")))
	add("browser.chromium.cache.simple", os, "file", "Entries of the Simple Cache",
		join(chromium(CACHE .. SIMPLE, "caches"), electron(CACHE .. SIMPLE)))
	add("browser.chromium.cache.blocks", os, "file", "Entries of the cache in blocks",
		join(chromium(CACHE .. "data_1", "caches"), electron(CACHE .. "data_1")))
	add("browser.chromium.storage", os, "file", "Local and session storage of sites",
		join(chromium(STORAGE), electron(STORAGE)))
	add("browser.firefox.cache", os, "file", "Entries of the cache of Firefox",
		firefox("cache2/entries/*", "caches"))
	add("browser.firefox.cookies", os, "database", "Cookies of Firefox", firefox("cookies.sqlite"))
	add("browser.firefox.fields", os, "database", "What was filled into forms", firefox("formhistory.sqlite"))
	add("browser.firefox.favicons", os, "database", "Icons of pages", firefox("favicons.sqlite"))
	add("browser.firefox.permissions", os, "database", "Sites with permissions", firefox("permissions.sqlite"))
	add("browser.firefox.extensions", os, "file", "Extensions of Firefox", firefox("extensions.json"))
	add("browser.firefox.logins", os, "file", "Sites with a password", firefox("logins.json"))
	add("browser.firefox.tabs", os, "file", "Open and closed tabs of Firefox",
		firefox("{sessionstore,sessionstore-backups/*}.{js,json,jsonlz4,baklz4}"))
	add("browser.firefox.strict", os, "file", "Hosts that want HTTPS", firefox("SiteSecurityServiceState.txt"))
	add("browser.firefox.places", os, "database", "Visits of Firefox and its kin", firefox("places.sqlite"))
	add("browser.firefox.downloads", os, "database", "Downloads of Firefox before version 26",
		firefox("downloads.sqlite"))
	add("browser.firefox.files", os, "file", "Databases and settings of Firefox profiles", join(
		firefox(FIREFOX_FILES .. DB), firefox(FIREFOX_PLAIN), firefox("profiles.ini", "beside")))
	add("browser.firefox.old", os, "file", "Copies of the history of Firefox", firefox("places.sqlite.old*"))
end

-- A backup of an iPhone keeps files under the SHA-1 of domain and path: of
-- HomeDomain-Library/Safari/History.db, and AppDomain-com.apple.mobilesafari-… since iOS 13.
local IOS_HISTORY = "MobileSync/Backup/*/{1a/1a0e7afc19d307da602ccdcece51af33afe92c53,"
	.. "e7/e74113c185fd8297e140cfcf9c99436c5cc06b57}"
local IOS = {
	macos = { "Users/*/Library/Application Support/" .. IOS_HISTORY },
	windows = { "%profile%/AppData/Roaming/Apple Computer/" .. IOS_HISTORY, "%profile%/Apple/" .. IOS_HISTORY },
}

add("browser.safari.history", "macos", "database", "Visits of Safari",
	join({ "Users/*/Library/Safari/History.db",
		"Users/*/Library/Containers/com.apple.Safari/Data/Library/Safari/{,Profiles/*/}History.db" }, IOS.macos))
add("browser.safari.history", "windows", "database", "Visits of Safari in backups of phones", IOS.windows)
local SAFARI = {
	macos = "Users/*/Library/{,Containers/com.apple.Safari/Data/Library/}Safari/{,Profiles/*/}",
	windows = "%profile%/AppData/Roaming/Apple Computer/Safari/",
}
local SAFARI_LISTS = {
	{ "bookmarks", "Bookmarks of Safari", "Bookmarks.plist" },
	{ "downloads", "Downloads of Safari", "Downloads.plist" },
	{ "visits", "Visits of Safari before version 8", "History.plist" },
	{ "tabs", "Open and closed tabs of Safari", "{LastSession,RecentlyClosedTabs}.plist" },
}
local SAFARI_COOKIES = "{,Containers/com.apple.Safari/Data/Library/}Cookies/Cookies.binarycookies"

for _, os in ipairs({ "macos", "windows" }) do
	for _, one in ipairs(SAFARI_LISTS) do
		add("browser.safari." .. one[1], os, "file", one[2], { SAFARI[os] .. one[3] })
	end
end
add("browser.safari.cookies", "macos", "file", "Cookies of Safari", { "Users/*/Library/" .. SAFARI_COOKIES })
add("browser.safari.cookies", "windows", "file", "Cookies of Safari",
	{ SAFARI.windows .. "{,Cookies/}Cookies.binarycookies" })
add("browser.safari.cloud", "macos", "database", "Tabs of the user's other devices",
	{ SAFARI.macos .. "CloudTabs.db" })
add("browser.safari.files", "windows", "file", "Settings of Safari",
	{ SAFARI.windows .. "*.plist", SAFARI.windows .. "{,Cookies/}Cookies.binarycookies" })
add("browser.safari.files", "macos", "file", "Databases and settings of Safari", {
	"Users/*/Library/{,Containers/com.apple.Safari/Data/Library/}Safari/"
		.. "{,Profiles/*/}{History,CloudTabs,Favicon Cache/favicons}.db" .. DB,
	"Users/*/Library/{,Containers/com.apple.Safari/Data/Library/}Safari/"
		.. "{Bookmarks,Downloads,LastSession,TopSites,History,RecentlyClosedTabs}.plist",
	"Users/*/Library/{,Containers/com.apple.Safari/Data/Library/}Cookies/Cookies.binarycookies",
})
add("browser.wininet.webcache", "windows", "file", "History, cache and cookies of WinINet",
	{ "%profile%/AppData/Local/Microsoft/Windows/WebCache/WebCacheV*.dat" })
add("browser.wininet.files", "windows", "file", "WinINet's store with its logs, and its cookies", {
	"%profile%/AppData/Local/Microsoft/Windows/WebCache/*",
	"%profile%/AppData/Local/Microsoft/Windows/INetCookies/**",
})

return out
