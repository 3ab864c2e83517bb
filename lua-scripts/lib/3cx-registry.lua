-- What the registry tells of the 3CX desktop app: install entries, runs, and
-- facts of the machine that the malware reads or depends on.
local appcompat = require("appcompat")
local cx = require("3cx")
local installed = require("installed")
local registry = require("registry")
local service = require("service")
local text = require("text")

local M = {}

local WHERE = { uninstall = "uninstall entry", installer = "Windows Installer",
	product = "Windows Installer", amcache = "Amcache" }

-- Entries of the app among what is installed. Of a product that is only advertised the name of
-- the package may tell the version, too.
local function entries(out, hive)
	installed.each(hive, function(e)
		local named = e.package_name and cx.package_version(e.package_name)
		if WHERE[e.source] and (cx.is_app_name(e.name) or named) then
			out[#out + 1] = {
				where = WHERE[e.source], key = e.key, written = e.written, name = e.name,
				version_text = e.version, version = cx.version(e.version) or named,
				publisher = e.publisher, folder = e.location,
				installed = e.installed or e.install_date_text, package = e.package or e.package_name,
			}
		end
	end)
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
	local kind = registry.kind(hive)
	if kind == "amcache" then
		amcache(out, hive)
	end
	if kind ~= "system" then
		entries(out, hive)
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
				local last = #raw >= 68 and time.filetime(bytes.u64le(raw, 61)) or nil
				out[#out + 1] = { source = "UserAssist", program = name,
					count = #raw >= 68 and bytes.u32le(raw, 5) or nil, time = last, last = last }
			end
		end
	end
end

local function mui_cache(out, hive)
	local key = hive:key("Local Settings\\Software\\Microsoft\\Windows\\Shell\\MuiCache")
	for value in (key and key:values() or function() end) do
		if value.name:lower():find("3cxdesktopapp", 1, true) then
			out[#out + 1] = { source = "MuiCache", program = value.name }
		end
	end
end

-- BAM and DAM: value names are programs, the data starts with the time.
local function activity(out, control_set, service)
	local users = control_set:key("Services\\" .. service .. "\\State\\UserSettings")
	for user in (users and users:keys() or function() end) do
		for value in user:values() do
			if value.name:lower():find("3cxdesktopapp", 1, true) then
				local last = #value.raw >= 8 and time.filetime(bytes.u64le(value.raw, 1)) or nil
				out[#out + 1] = { source = service:upper(), program = value.name, sid = user.name,
					time = last, last = last }
			end
		end
	end
end

-- Runs of the app that a hive remembers: { source, program, time, last, count, sid }.
function M.runs(hive)
	local out, kind = {}, registry.kind(hive)
	if kind == "ntuser" then
		user_assist(out, hive)
	elseif kind == "usrclass" then
		mui_cache(out, hive)
	elseif kind == "system" then
		local set = registry.control_set(hive)
		if set then
			activity(out, set, "bam")
			activity(out, set, "dam")
		end
	end
	return out
end

local SEEN = { "\\3cxdesktopapp\\", "\\3cx desktop app\\", "\\programdata\\tpm\\", "x_trader" }

local function is_seen(program)
	local lower = program:lower()
	for _, part in ipairs(SEEN) do
		if lower:find(part, 1, true) then
			return true
		end
	end
	return false
end

-- Programs of the case that AppCompatCache has: { program, position, modified, ran, version }. They were
-- there; that they ran it tells of Windows 7 and 8 only.
function M.seen(hive)
	local out = {}
	local set = registry.kind(hive) == "system" and registry.control_set(hive)
	local key = set and set:key("Control\\Session Manager\\AppCompatCache")
	local value = key and key:value("AppCompatCache")
	for position, entry in ipairs(value and appcompat.entries(value.raw) or {}) do
		if is_seen(entry.path) then
			out[#out + 1] = { program = entry.path, position = position, modified = entry.modified, ran = entry.ran,
				version = cx.version(entry.path:lower():match("\\(app%-[^\\]+)\\")) }
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
	if registry.kind(hive) == "software" then
		local crypto = hive:key("Microsoft\\Cryptography")
		local nt = hive:key("Microsoft\\Windows NT\\CurrentVersion")
		out.machine_guid = registry.text(crypto, "MachineGuid")
		out.product = registry.text(nt, "ProductName")
		out.build = registry.text(nt, "CurrentBuild")
		out.cert_padding_check = padding_check(hive, "")
		out.cert_padding_check_wow64 = padding_check(hive, "Wow6432Node\\")
	elseif registry.kind(hive) == "system" then
		local set = registry.control_set(hive)
		local name = set and set:key("Control\\ComputerName\\ComputerName")
		out.computer = registry.text(name, "ComputerName")
		out.hardware_profile = M.hardware_profile(hive)
		out.ikeext_start = registry.number(service.find(hive, "IKEEXT"), "Start")
	end
	return out
end

return M
