-- What the registry keeps about installed programs: Uninstall keys, the database of Windows
-- Installer, packages of the Store, App Paths. Keys and values after Microsoft's documentation
-- ("Uninstall Registry Key", "Application Registration", MsiGetProductInfo); the rest, such as the keys
-- of packages, as hives have it.
local amcache = require("installed-amcache")
local day = require("day")
local msi = require("msi")
local registry = require("registry")
local remains = require("remains")

local installed = {}

local CURRENT <const> = "Microsoft\\Windows\\CurrentVersion\\"
local MACHINE_SID <const> = "S-1-5-18" -- Windows Installer files products for all users here
local REPOSITORY <const> = "Local Settings\\Software\\" .. CURRENT .. "AppModel\\Repository\\"

-- Where "Software" and its twin for 32-bit programs start in each kind of hive.
local ROOTS <const> = {
	software = { "", "Wow6432Node\\" },
	ntuser = { "Software\\", "Software\\Wow6432Node\\" },
	default = { "Software\\", "Software\\Wow6432Node\\" },
}

-- --- small forms ---

-- The product code in the name of an Uninstall key: "{…}" of what Windows Installer removes, or
-- "{…}.msq" as electron-wix-msi names the entry that its updater keeps. Other programs use GUIDs, too.
local function product_code(key, removal)
	local guid = key.name:match("^({.*})%.[mM][sS][qQ]$")
	local by_installer = registry.number(key, "WindowsInstaller") == 1
		or (removal or ""):lower():find("msiexec", 1, true)
	if not guid and by_installer then
		guid = key.name:match("^({.*})$")
	end
	return msi.packed(guid) and guid:upper()
end

-- Parts of a package's full name, "Name_Version_Architecture_Resource_Publisher", or nil.
function installed.package_name(full)
	local name, version, architecture, publisher = full:match("^([^_]+)_([%d.]+)_([^_]*)_[^_]*_(%w+)$")
	return name and { name = name, version = version, architecture = architecture, publisher_id = publisher }
end

-- A web app that a browser of the Chromium family has installed, by its command for removal.
local function web_app(command)
	local id = command and command:match("%-%-uninstall%-app%-id=(%l+)")
	if not id then
		return nil
	end
	return { id = id, browser = command:match("([^\\/\"]+%.exe)"),
		profile = command:match('%-%-profile%-directory="([^"]+)"')
			or command:match("%-%-profile%-directory=(%S+)") }
end

-- --- Uninstall ---

local function dates(out, key)
	local text = registry.label(key, "InstallDate")
	out.installed = day.iso(text)
	out.install_date_text = not out.installed and text or nil
end

-- What Uninstall keys and InstallProperties have in common.
local function common(key, source)
	local function get(name)
		return registry.label(key, name)
	end
	local out = {
		source = source, key = key.path, written = key.written,
		name = get("DisplayName"), version = get("DisplayVersion"), publisher = get("Publisher"),
		location = get("InstallPath") or get("InstallLocation") or get("Inno Setup: App Path"),
		from = get("InstallSource"), removal = get("UninstallString"), url = get("URLInfoAbout"),
		size_kib = registry.number(key, "EstimatedSize"),
		hidden = registry.number(key, "SystemComponent") == 1 or nil,
	}
	dates(out, key)
	return out
end

local function uninstall(each, hive, root, wow64)
	for key in registry.keys(hive:key(root .. CURRENT .. "Uninstall")) do
		local out = common(key, "uninstall")
		out.id = key.name
		out.code = product_code(key, out.removal)
		out.wow64 = wow64
		out.icon = registry.label(key, "DisplayIcon")
		out.parent = registry.label(key, "ParentKeyName")
		out.bundle = registry.label(key, "BundleCachePath")
		out.web_app = web_app(out.removal)
		each(out)
	end
end

-- --- Windows Installer ---

-- Names of patches, or their codes.
local function patches(product)
	local out = {}
	for patch in registry.keys(product:key("Patches")) do
		out[#out + 1] = registry.label(patch, "DisplayName") or msi.unpacked(patch.name)
	end
	return #out > 0 and out or nil
end

local function user_data(each, hive)
	for user in registry.keys(hive:key(CURRENT .. "Installer\\UserData")) do
		for product in registry.keys(user:key("Products")) do
			local properties = product:key("InstallProperties")
			local out = common(properties or product, "installer")
			out.id, out.code = product.name, msi.unpacked(product.name)
			out.sid = user.name ~= MACHINE_SID and user.name or nil
			out.package = properties and registry.label(properties, "LocalPackage")
			out.patches = patches(product)
			each(out)
		end
	end
end

-- Products by what they are advertised as; the version is packed.
local function products(each, parent, sid)
	for product in registry.keys(parent and parent:key("Products")) do
		local list = product:key("SourceList")
		each({
			source = "product", key = product.path, written = product.written, id = product.name,
			code = msi.unpacked(product.name), sid = sid,
			name = registry.label(product, "ProductName"),
			version = msi.version(registry.number(product, "Version")),
			package_code = msi.unpacked(registry.text(product, "PackageCode")),
			package_name = list and registry.label(list, "PackageName"),
			from = list and msi.last_source(registry.label(list, "LastUsedSource")),
			icon = registry.label(product, "ProductIcon"),
		})
	end
end

local function managed(each, hive)
	for user in registry.keys(hive:key(CURRENT .. "Installer\\Managed")) do
		products(each, user:key("Installer"), user.name)
	end
end

-- Iterator of the files that Windows Installer keeps for patches: texts.
function installed.patch_packages(hive)
	local keys = hive:keys(CURRENT .. "Installer\\UserData\\*\\Patches\\*")
	return function()
		for key in keys do
			local package = registry.label(key, "LocalPackage")
			if package then
				return package
			end
		end
		return nil
	end
end

-- --- packages ---

local function package(key, source)
	local parts = installed.package_name(key.name) or {}
	return { source = source, key = key.path, written = key.written, id = key.name,
		name = parts.name or key.name, version = parts.version, architecture = parts.architecture,
		publisher_id = parts.publisher_id }
end

local function store(each, hive)
	for key in registry.keys(hive:key(CURRENT .. "Appx\\AppxAllUserStore\\Applications")) do
		local out = package(key, "appx store")
		out.location = registry.label(key, "Path")
		each(out)
	end
end

-- When a package was installed: Families\<Name>_<Publisher>\<full name>.
local function install_time(hive, out)
	if not out.publisher_id then
		return nil
	end
	local key = hive:key(table.concat({ REPOSITORY, "Families\\", out.name, "_", out.publisher_id, "\\", out.id }))
	return time.filetime(registry.number(key, "InstallTime"))
end

local function user_packages(each, hive)
	for key in registry.keys(hive:key(REPOSITORY .. "Packages")) do
		local out = package(key, "appx")
		out.display = registry.label(key, "DisplayName")
		out.location = registry.label(key, "PackageRootFolder")
		out.installed = install_time(hive, out)
		each(out)
	end
end

-- --- App Paths ---

local function app_paths(each, hive, root, wow64)
	for key in registry.keys(hive:key(root .. CURRENT .. "App Paths")) do
		each({ source = "app path", key = key.path, written = key.written, id = key.name, name = key.name,
			wow64 = wow64, program = registry.label(key, ""),
			location = registry.label(key, "Path") })
	end
end

-- --- Linux inside of Windows ---

local WSL_STATES <const> = { "installed", [3] = "being installed", [4] = "being removed" }

local function distributions(each, hive)
	for key in registry.keys(hive:key("Software\\" .. CURRENT .. "Lxss")) do
		local name = registry.label(key, "DistributionName")
		local state = registry.number(key, "State")
		if name then
			each({ source = "wsl", key = key.path, written = key.written, id = key.name, name = name,
				location = registry.label(key, "BasePath"),
				package_family = registry.label(key, "PackageFamilyName"),
				uid = registry.number(key, "DefaultUid"), wsl = registry.number(key, "Version"),
				state = state and (WSL_STATES[state] or tostring(state)) })
		end
	end
end

-- --- what was removed ---

-- What a hive still has of Uninstall keys that were deleted: list of { id, key, name, version, publisher,
-- location, removal, written, offset, exists }. `exists`: there is such a key again, or still.
function installed.deleted(hive)
	local out = {}
	for _, unit in ipairs((remains.units(hive, remains.below(".*microsoft\\windows\\currentversion\\uninstall")))) do
		local function get(name)
			local data = unit.values[name]
			return type(data) == "string" and data:find("%S") and data or nil
		end
		local one = { id = unit.path:match("[^\\]+$"), key = unit.path, written = unit.written, offset = unit.offset,
			exists = unit.exists, name = get("displayname"), version = get("displayversion"),
			publisher = get("publisher"), location = get("installpath") or get("installlocation"),
			removal = get("uninstallstring"), installed = day.iso(get("installdate")) }
		if not one.exists or one.name or one.version then
			out[#out + 1] = one
		end
	end
	return out
end

-- --- all of it ---

-- Calls each(entry) for everything that a hive tells of installed programs. An entry has
--   source    "uninstall"; "installer" (UserData of Windows Installer); "product" (what Windows
--             Installer advertises); "appx", "appx store"; "app path"; "amcache" (was there at some
--             time); "wsl" (a Linux distribution)
--   key, written, id   the key, when it was written, its own name
--   name, version, publisher, location, …   texts, nil when absent
--   code      product code of Windows Installer, "{…}"
--   installed, install_date_text   a day or a time; else the text that is none
--   sid       the user whom it is filed under, nil for the machine and in a user's own hive
-- and what the functions above add.
function installed.each(hive, each)
	local kind = registry.kind(hive)
	for i, root in ipairs(ROOTS[kind] or {}) do
		uninstall(each, hive, root, i == 2 or nil)
		app_paths(each, hive, root, i == 2 or nil)
	end
	if kind == "software" then
		user_data(each, hive)
		products(each, hive:key("Classes\\Installer"))
		managed(each, hive)
		store(each, hive)
	elseif kind == "usrclass" then
		user_packages(each, hive)
	elseif kind == "amcache" then
		amcache.each(hive, each)
	else
		distributions(each, hive)
		products(each, hive:key("Software\\Microsoft\\Installer"))
	end
end

return installed
