-- Where browsers keep their profiles: one line for each. Below the folder of the user on Windows, below
-- ~/Library/Application Support on macOS (or ~ where that is written), below the home on Linux.
--
-- The last column: "profiles" when folders of profiles lie in it (Default, Profile 1), "flat" when it is
-- the only profile itself. Channels (Beta, Dev, Canary, Nightly) are what a "*" at the end of a name
-- stands for. The first line that matches gives the name. `covered`: it gives a name only, a line behind it has
-- all of its places.
local M = {}

M.CHROMIUM = {
	{ "Chrome", "AppData/Local/Google/Chrome*/User Data", "Google/Chrome*",
		"{.config,.var/app/com.google.Chrome*/config}/google-chrome*", "profiles" },
	{ "Edge", "AppData/Local/Microsoft/Edge*/User Data", "Microsoft Edge*",
		"{.config,.var/app/com.microsoft.Edge*/config}/microsoft-edge*", "profiles" },
	{ "Brave", "AppData/Local/BraveSoftware/Brave-Browser*/User Data", "BraveSoftware/Brave-Browser*",
		"{.config,.var/app/com.brave.Browser/config}/BraveSoftware/Brave-Browser*", "profiles" },
	{ "Opera GX", "AppData/Roaming/Opera Software/Opera GX*", "com.operasoftware.OperaGX*",
		nil, "profiles", covered = true },
	{ "Opera GX", "AppData/Roaming/Opera Software/Opera GX*", "com.operasoftware.OperaGX*",
		nil, "flat", covered = true },
	{ "Opera", "AppData/Roaming/Opera Software/Opera *",
		"com.operasoftware.Opera*", ".config/opera*", "profiles" },
	{ "Opera", "AppData/Roaming/Opera Software/Opera *",
		"com.operasoftware.Opera*", ".config/opera*", "flat" },
	{ "Vivaldi", "AppData/Local/Vivaldi/User Data", "Vivaldi*", ".config/vivaldi*",
		"profiles" },
	{ "Epic", "AppData/Local/Epic Privacy Browser/User Data", "HiddenReflex/Epic", nil, "profiles" },
	{ "Arc", "AppData/Local/Packages/TheBrowserCompany.Arc_*/LocalCache/Local/Arc/User Data", "Arc/User Data",
		nil, "profiles" },
	{ "Yandex", "AppData/Local/Yandex/YandexBrowser*/User Data", "Yandex/YandexBrowser*",
		".config/yandex-browser*", "profiles" },
	{ "Chromium", "AppData/Local/Chromium/User Data", "Chromium",
		"{.config,.var/app/org.chromium.Chromium/config,snap/chromium/common}/chromium", "profiles" },
	{ "CocCoc", "AppData/Local/CocCoc/Browser/User Data", "CocCoc/Browser", nil, "profiles" },
	{ "Comodo Dragon", "AppData/Local/Comodo/Dragon/User Data", nil, nil, "profiles" },
	{ "Iridium", "AppData/Local/Iridium/User Data", "Iridium", ".config/iridium", "profiles" },
	{ "Slimjet", "AppData/Local/Slimjet/User Data", nil, ".config/slimjet", "profiles" },
	{ "Cent", "AppData/Local/CentBrowser/User Data", nil, nil, "profiles" },
	{ "Whale", "AppData/Local/Naver/Naver Whale/User Data", "Naver/Whale", nil, "profiles" },
	{ "Avast Secure Browser", "AppData/Local/AVAST Software/Browser/User Data", nil, nil, "profiles" },
	{ "Thorium", "AppData/Local/Thorium/User Data", "Thorium", ".config/thorium", "profiles" },
}

-- Programs made with Electron: a profile without history. Any folder there may be one.
M.ELECTRON = {
	{ "3CX Desktop App", "AppData/Roaming/3CXDesktopApp", "3CX Desktop App", ".config/3CXDesktopApp", "flat",
		covered = true },
	{ "Electron", "AppData/Roaming/*", "*", ".config/*", "flat" },
}

M.FIREFOX = {
	{ "Firefox", "AppData/Roaming/Mozilla/Firefox/Profiles", "Firefox/Profiles",
		"{.mozilla/firefox,snap/firefox/common/.mozilla/firefox,.var/app/org.mozilla.firefox/.mozilla/firefox}",
		"profiles" },
	{ "LibreWolf", "AppData/Roaming/librewolf/Profiles", "librewolf/Profiles",
		"{.librewolf,.var/app/io.gitlab.librewolf-community/.librewolf}", "profiles" },
	{ "LibreWolf", nil, nil, ".librewolf", "flat" },
	{ "Waterfox", "AppData/Roaming/Waterfox/Profiles", "Waterfox/Profiles", ".waterfox", "profiles" },
	{ "Tor Browser", "{Desktop,Downloads,OneDrive/Desktop}/Tor Browser/Browser/TorBrowser/Data/Browser",
		"TorBrowser-Data/Browser",
		"{,Desktop/,Downloads/,.local/share/torbrowser/tbb/x86_64/}tor-browser*/Browser/TorBrowser/Data/Browser",
		"profiles" },
	{ "Thunderbird", "AppData/Roaming/Thunderbird/Profiles", nil,
		"{.thunderbird,snap/thunderbird/common/.thunderbird}", "profiles" },
	{ "Thunderbird", nil, "~/Library/Thunderbird/Profiles", nil, "profiles" },
}

-- Where the paths of a column begin, by system.
M.BASES = {
	windows = { "%profile%/", "Windows.old*/Users/*/" },
	macos = { "Users/*/Library/Application Support/" },
	linux = { "{home/*,root}/" },
}

local COLUMN = { windows = 2, macos = 3, linux = 4 }

local function folder(base, path)
	if path:sub(1, 2) == "~/" then
		return base:gsub("Library/Application Support/$", "") .. path:sub(3)
	end
	return base .. path
end

-- Caches lie apart, but for those of Chromium on Windows: in Local, ~/Library/Caches and ~/.cache.
local CACHES = {
	windows = function(root) return (root:gsub("/AppData/Roaming/(%a+ ?%a*/)", "/AppData/Local/%1")) end,
	macos = function(root) return (root:gsub("/Application Support/", "/Caches/")) end,
	linux = function(root)
		return (root:gsub("/%.config/", "/.cache/"):gsub("/%.(%a+)/firefox", "/.cache/%1/firefox"))
	end,
}

-- Globs of what is called `name` in the profiles of a family. `where` may be "beside" them: Firefox
-- has its profiles in a folder of that name, and the list of them above it; or in their "caches".
function M.globs(family, os, name, where)
	local out = {}
	for _, place in ipairs(family) do
		local path = not place.covered and place[COLUMN[os]]
		for _, base in ipairs(path and M.BASES[os] or {}) do
			local root = folder(base, path) .. "/"
			if where == "caches" then
				root = CACHES[os](root)
			end
			if where == "beside" then
				out[#out + 1] = root:gsub("/Profiles/$", "/") .. name
			elseif place[5] == "flat" then
				out[#out + 1] = root .. name
			else
				out[#out + 1] = root .. "*/" .. name
			end
		end
	end
	return out
end

-- --- names ---

-- The texts that "a{b,c}d" stands for.
local function expand(glob)
	local before, inside, after = glob:match("^(.-)(%b{})(.*)$")
	if not before then
		return { glob }
	end
	local out = {}
	for part in (inside:sub(2, -2) .. ","):gmatch("(.-),") do
		for _, whole in ipairs(expand(before .. part .. after)) do
			out[#out + 1] = whole
		end
	end
	return out
end

-- As a pattern for a part of a path in lower case.
local function pattern_of(path)
	local escaped = path:lower():gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0")
	return (escaped:gsub("%*", "[^/]*"))
end

local names

local function read_names()
	names = {}
	for _, family in ipairs({ M.CHROMIUM, M.FIREFOX, M.ELECTRON }) do
		for _, place in ipairs(family) do
			for os, column in pairs(COLUMN) do
				for _, text in ipairs(place[column] and expand(place[column]) or {}) do
					local base = os == "macos" and "Library/Application Support/" or ""
					local root = "/" .. folder(base, text) .. "/"
					names[#names + 1] = { pattern_of(root), place[1] }
					names[#names + 1] = { pattern_of(CACHES[os](root)), place[1] }
				end
			end
		end
	end
	return names
end

-- Name of the browser that keeps a path, or nil.
function M.name(path)
	local lower = "/" .. path:lower()
	for _, rule in ipairs(names or read_names()) do
		if lower:find(rule[1]) then
			return rule[2]
		end
	end
	return nil
end

return M
