-- What the registry tells of the 3CX desktop app: install entries, runs, and
-- facts of the machine that the malware reads or depends on.
local cx = require("3cx")
local registry = require("registry")
local service = require("service")
local text = require("text")

local M = {}

local UNINSTALL = "Microsoft\\Windows\\CurrentVersion\\Uninstall"
local INSTALLER = "Microsoft\\Windows\\CurrentVersion\\Installer\\UserData"

-- Adds an entry when its name is that of the app. `where` says what it is.
local function entry(out, key, where, name_of, version_of)
	local name = registry.text(key, name_of)
	if not cx.is_app_name(name) then
		return
	end
	out[#out + 1] = {
		where = where,
		key = key.path,
		written = key.written,
		name = name,
		version_text = registry.text(key, version_of),
		version = cx.version(registry.text(key, version_of)),
		publisher = registry.text(key, "Publisher"),
		folder = registry.text(key, "InstallPath") or registry.text(key, "InstallLocation"),
		installed = registry.text(key, "InstallDate"),
		package = registry.text(key, "LocalPackage"),
	}
end

-- Entries below root\Uninstall; `root` ends with "\" or is empty.
local function uninstall(out, hive, root)
	local key = hive:key(root .. UNINSTALL)
	if not key then
		return
	end
	for product in key:keys() do
		entry(out, product, "uninstall entry", "DisplayName", "DisplayVersion")
	end
end

-- The database of Windows Installer: UserData\<SID>\Products\<code>\InstallProperties.
local function installer_products(out, hive)
	local users = hive:key(INSTALLER)
	if not users then
		return
	end
	for user in users:keys() do
		local products = user:key("Products")
		if products then
			for product in products:keys() do
				local properties = product:key("InstallProperties")
				if properties then
					entry(out, properties, "Windows Installer", "DisplayName", "DisplayVersion")
				end
			end
		end
	end
end

-- A user's products: the version is in the name of the package.
local function user_products(out, hive)
	local products = hive:key("Software\\Microsoft\\Installer\\Products")
	if not products then
		return
	end
	for product in products:keys() do
		local source = product:key("SourceList")
		local name = registry.text(product, "ProductName")
		local package = source and registry.text(source, "PackageName")
		if cx.is_app_name(name) or package and cx.package_version(package) then
			out[#out + 1] = { where = "Windows Installer", key = product.path,
				written = product.written, name = name, package = package,
				version = package and cx.package_version(package) }
		end
	end
end

-- Amcache: programs that were present, with version and SHA-1.
local function amcache(out, hive)
	local files = hive:key("Root\\InventoryApplicationFile")
	if not files then
		return
	end
	for file in files:keys() do
		if (registry.text(file, "Name") or ""):lower() == "3cxdesktopapp.exe" then
			local version = registry.text(file, "Version") or registry.text(file, "BinFileVersion")
			local id = registry.text(file, "FileId")
			out[#out + 1] = { where = "Amcache", key = file.path, written = file.written,
				name = "3CXDesktopApp.exe", version_text = version, version = cx.version(version),
				folder = registry.text(file, "LowerCaseLongPath"),
				sha1 = id and id:match("^0000(%x+)$") }
		end
	end
end

-- Every entry of the app in a hive, as { where, key, written, name, version, … }.
function M.installs(hive)
	local out = {}
	if hive.artifact == "windows.hive.software" then
		uninstall(out, hive, "")
		uninstall(out, hive, "Wow6432Node\\")
		installer_products(out, hive)
	elseif hive.artifact == "windows.hive.ntuser" then
		uninstall(out, hive, "Software\\")
		uninstall(out, hive, "Software\\Wow6432Node\\")
		user_products(out, hive)
	elseif hive.artifact == "windows.hive.amcache" then
		amcache(out, hive)
	end
	return out
end

local function user_assist(out, hive)
	local root = hive:key("Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\UserAssist")
	if not root then
		return
	end
	for class in root:keys() do
		local count = class:key("Count")
		for value in (count and count:values() or function() end) do
			local name = text.rot13(value.name)
			if name:lower():find("3cxdesktopapp", 1, true) then
				-- version 5 of the record: runs at 4, time of the last run at 60
				local raw = value.raw
				out[#out + 1] = { where = "UserAssist", program = name,
					runs = #raw >= 68 and bytes.u32le(raw, 5) or nil,
					time = #raw >= 68 and time.filetime(bytes.u64le(raw, 61)) or nil }
			end
		end
	end
end

local function mui_cache(out, hive)
	local key = hive:key("Local Settings\\Software\\Microsoft\\Windows\\Shell\\MuiCache")
	for value in (key and key:values() or function() end) do
		if value.name:lower():find("3cxdesktopapp", 1, true) then
			out[#out + 1] = { where = "MuiCache", program = value.name }
		end
	end
end

-- BAM and DAM: value names are programs, the data starts with the time.
local function activity(out, control_set, service)
	local users = control_set:key("Services\\" .. service .. "\\State\\UserSettings")
	for user in (users and users:keys() or function() end) do
		for value in user:values() do
			if value.name:lower():find("3cxdesktopapp", 1, true) then
				out[#out + 1] = { where = service:upper(), program = value.name, sid = user.name,
					time = #value.raw >= 8 and time.filetime(bytes.u64le(value.raw, 1)) or nil }
			end
		end
	end
end

-- Runs of the app that a hive remembers: { where, program, time, … }.
function M.runs(hive)
	local out = {}
	if hive.artifact == "windows.hive.ntuser" then
		user_assist(out, hive)
	elseif hive.artifact == "windows.hive.usrclass" then
		mui_cache(out, hive)
	elseif hive.artifact == "windows.hive.system" then
		local set = registry.control_set(hive)
		if set then
			activity(out, set, "bam")
			activity(out, set, "dam")
		end
	end
	return out
end

-- GUID of the hardware profile, "{…}", or nil: it names the TAXHAUL payload.
function M.hardware_profile(hive)
	local set = registry.control_set(hive)
	local key = set and set:key("Control\\IDConfigDB\\Hardware Profiles\\0001")
	return key and registry.text(key, "HwProfileGuid")
end

local function padding_check(hive, root)
	local key = hive:key(root .. "Microsoft\\Cryptography\\Wintrust\\Config")
	local value = key and key:value("EnableCertPaddingCheck")
	return value and tostring(value.data) or "absent"
end

-- Facts of the machine for the incident team, by name.
function M.host_facts(hive)
	local out = {}
	if hive.artifact == "windows.hive.software" then
		local crypto = hive:key("Microsoft\\Cryptography")
		local nt = hive:key("Microsoft\\Windows NT\\CurrentVersion")
		out.machine_guid = registry.text(crypto, "MachineGuid")
		out.product = registry.text(nt, "ProductName")
		out.build = registry.text(nt, "CurrentBuild")
		out.cert_padding_check = padding_check(hive, "")
		out.cert_padding_check_wow64 = padding_check(hive, "Wow6432Node\\")
	elseif hive.artifact == "windows.hive.system" then
		local set = registry.control_set(hive)
		local name = set and set:key("Control\\ComputerName\\ComputerName")
		out.computer = registry.text(name, "ComputerName")
		out.hardware_profile = M.hardware_profile(hive)
		out.ikeext_start = registry.number(service.find(hive, "IKEEXT"), "Start")
	end
	return out
end

return M
