-- Forms of indicators: what a text is, and how it is compared. Types: file-hash, file-name, path,
-- registry-key, registry-value, domain, url, ip.
local M = {}

local VALUE_MAX <const> = 4096 -- bytes of one value

local HEX = { [32] = "md5", [40] = "sha1", [64] = "sha256" }

-- Digests of a file without content: they would find every empty file.
local EMPTY = {
	d41d8cd98f00b204e9800998ecf8427e = true,
	da39a3ee5e6b4b0d3255bfef95601890afd80709 = true,
	e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 = true,
}

-- Endings that are of files before they are of domains.
local ENDINGS = {}
for ending in ([[7z asp aspx bat bin cab cfg chm cmd conf cpl css csv dat db dll dmg doc docm docx dylib eml exe gz
	hta html htm ico img ini iso jar jpg jpeg js jse json jsp key lnk log msc msi msp ocx one pdf php pif pkg plist
	png pptx ppt ps1 psm1 py rar reg rtf scr sct service sh so sql sys tar tmp txt url vbe vbs vhd wav wsf wsh xls xlsm
	xlsx xml zip]]):gmatch("%S+") do
	ENDINGS[ending] = true
end

local ROOTS = {
	hklm = "HKEY_LOCAL_MACHINE", hkey_local_machine = "HKEY_LOCAL_MACHINE",
	hkcu = "HKEY_CURRENT_USER", hkey_current_user = "HKEY_CURRENT_USER",
	hku = "HKEY_USERS", hkey_users = "HKEY_USERS",
	hkcr = "HKEY_CLASSES_ROOT", hkey_classes_root = "HKEY_CLASSES_ROOT",
	hkcc = "HKEY_CURRENT_CONFIG", hkey_current_config = "HKEY_CURRENT_CONFIG",
}

-- "https://evil.com/x" of "hxxps://evil[.]com/x", as reports write it so that nobody clicks.
function M.refang(s)
	s = s:gsub("%[%.%]", "."):gsub("%(%.%)", "."):gsub("{%.}", "."):gsub("%[dot%]", "."):gsub("%(dot%)", ".")
	s = s:gsub("%[:%]", ":"):gsub("%[://%]", "://"):gsub("%[/%]", "/"):gsub("%[@%]", "@")
	return (s:gsub("^([hH])[xX][xX]([pP][sS]?)(%[?:)", "%1tt%2%3"):gsub("^([fF])[xX]([pP])(:)", "%1t%2%3"))
end

local function ip4(s)
	local a, b, c, d, bits = s:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)/?(%d*)$")
	for _, part in ipairs({ a, b, c, d }) do
		if #part > 3 or tonumber(part) > 255 then
			return false
		end
	end
	return a ~= nil and (bits == "" or tonumber(bits) <= 32)
end

local function ip6(s)
	local _, colons = s:gsub(":", "")
	return colons >= 2 and colons <= 7 and s:find("^[%x:%.]+/?%d*$") ~= nil and not s:find(":::", 1, true)
end

local function is_domain(s)
	if #s > 253 or not s:find("^[%w%-_%.]+$") or s:find("..", 1, true) or s:find("^[%.%-]") then
		return false
	end
	local last = s:match("%.(%a[%w%-]*%w)%.?$")
	return last ~= nil and #last >= 2
end

-- "HKEY_LOCAL_MACHINE\Software\X" of the ways to write it, or nil.
function M.registry(s)
	s = s:gsub("/", "\\"):gsub("\\\\+", "\\"):gsub("^\\[rR][eE][gG][iI][sS][tT][rR][yY]\\", "")
	s = s:gsub("^[mM][aA][cC][hH][iI][nN][eE]\\", "HKLM\\")
	s = s:gsub("^[uU][sS][eE][rR]\\", "HKU\\")
	local root, rest = s:match("^([%a_]+):?\\(.+)$")
	root = root and ROOTS[root:lower()]
	return root and root .. "\\" .. rest:gsub("\\+$", "") or nil
end

local VARIABLES = {
	appdata = "%profile%/AppData/Roaming", localappdata = "%profile%/AppData/Local",
	temp = "%profile%/AppData/Local/Temp", tmp = "%profile%/AppData/Local/Temp", userprofile = "%profile%",
	homepath = "%profile%", programdata = "ProgramData", allusersprofile = "ProgramData", windir = "Windows",
	systemroot = "Windows", system = "Windows/System32", public = "Users/Public",
	programfiles = "{Program Files,Program Files (x86)}", ["programfiles(x86)"] = "Program Files (x86)",
	commonprogramfiles = "{Program Files,Program Files (x86)}/Common Files", systemdrive = "", homedrive = "",
	csidl_profile = "%profile%", csidl_appdata = "%profile%/AppData/Roaming",
	csidl_local_appdata = "%profile%/AppData/Local", csidl_common_appdata = "ProgramData", csidl_windows = "Windows",
	csidl_system = "Windows/System32", csidl_program_files = "{Program Files,Program Files (x86)}",
}

-- A name for a glob: it is taken as it is, but for * and ?; what a glob would read otherwise becomes "?", and commas
-- too, which part alternatives.
function M.plain(s)
	return (s:gsub("[%[%]{},]", "?"):gsub("%%([pP][rR][oO][fF][iI][lL][eE])%%", "?%1?"))
end

-- A glob of fossick for a path as reports write it, with `*` and `?`: below the root of any volume, or
-- anywhere (`**/`) when it does not begin at a root. Nil when nothing is left of it.
function M.glob(s)
	local rest = s:gsub("\\", "/"):gsub("/+", "/")
	local front = ""
	local name, behind = rest:match("^%%([%w_%(%)]+)%%/?(.*)$")
	if not name then
		name, behind = rest:match("^([cC][sS][iI][dD][lL]_[%w_]+)/?(.*)$")
	end
	if name then
		if not VARIABLES[name:lower()] then
			return nil
		end
		front, rest = VARIABLES[name:lower()], behind
	elseif rest:find("^%a:/") then
		rest = rest:sub(4)
	elseif rest:find("^~/") then
		front, rest = "{%profile%,home/*,root}", rest:sub(3)
	elseif rest:find("^/") then
		rest = rest:sub(2)
	else
		front = "**"
	end
	rest = M.plain(rest):gsub("/+$", "")
	local users = rest:match("^[uU][sS][eE][rR][sS]/[%*%?]+/(.+)$") or rest:match("^[uU][sS][eE][rR][sS]/%%[%w]+%%/(.+)$")
	if front == "" and users and not s:find("^/") then
		front, rest = "%profile%", users
	end
	if rest == "" or not rest:find("[^%*%?/]") then
		return nil
	end
	return front == "" and rest or front .. "/" .. rest
end

-- What a text is, by its form; nil when that is not clear. The text is refanged already.
function M.guess(s)
	if HEX[#s] and s:find("^%x+$") then
		return "file-hash"
	elseif M.registry(s) then
		return "registry-key"
	elseif s:find("^%a[%w+.-]*://[^/]") then
		return "url"
	elseif s:find("^%a:[\\/]") or s:find("^%%[%w_%(%)]+%%") or s:find("\\", 1, true) or s:find("^[/~]") then
		return "path"
	elseif ip4(s) or ip6(s) then
		return "ip"
	elseif s:find("^[%w%-_%.]+%.%a%a+[:/]") and is_domain(s:match("^[^:/]+")) then
		return "url"
	elseif s:find("/", 1, true) then
		return "path"
	end
	local ending = s:lower():match("%.(%w+)$")
	if ending and (ENDINGS[ending] or s:find("[^%w%-_%.]")) and #ending <= 6 then
		return "file-name"
	elseif is_domain(s) then
		return "domain"
	end
	return nil
end

local CLEAN = {}

CLEAN["file-hash"] = function(s)
	s = s:lower():gsub("%s", "")
	if not s:find("^%x+$") or not HEX[#s] then
		return nil, "no MD5, SHA-1 or SHA-256"
	elseif EMPTY[s] then
		return nil, "the digest of an empty file"
	end
	return s
end
CLEAN["file-name"] = function(s)
	if s:find("[\\/]") then
		return CLEAN.path(s), nil, "path"
	end
	return s:find("[^%*%?]") and s or nil, "no name"
end
function CLEAN.path(s)
	return M.glob(s) and s or nil, "a path that says no place"
end
CLEAN["registry-key"] = function(s)
	return M.registry(s) or (s:find("\\", 1, true) and s:gsub("^\\+", ""):gsub("\\+$", "")) or nil, "no key"
end
CLEAN["registry-value"] = CLEAN["registry-key"]
function CLEAN.domain(s)
	s = s:lower():gsub("%.$", ""):gsub("^%*%.", "")
	if ip4(s) then
		return s, nil, "ip"
	end
	return is_domain(s) and s or nil, "no name of a host"
end
function CLEAN.url(s)
	if not s:find("^%a[%w+.-]*://[^/]") then
		s = "http://" .. s
	end
	return s:find("^%a[%w+.-]*://[^/%s]+") and not s:find("%s") and s or nil, "no URL"
end
function CLEAN.ip(s)
	return (ip4(s) or ip6(s)) and s:lower() or nil, "no address"
end

-- The value of a type as it is compared, and its type if that is another; nil and what is wrong with it.
function M.clean(kind, s)
	if #s > VALUE_MAX then
		return nil, "longer than " .. VALUE_MAX .. " bytes"
	elseif s == "" or s:find("%c") then
		return nil, s == "" and "no value" or "characters that no value has"
	end
	local value, why, other = CLEAN[kind](s)
	if not value then
		return nil, why or "no " .. kind
	end
	return value, other or kind
end

-- "md5", "sha1" or "sha256" of a digest in hex, or nil.
function M.algorithm(hex)
	return HEX[#hex]
end

return M
