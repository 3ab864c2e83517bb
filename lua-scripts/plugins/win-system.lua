-- Which machine is this, who used it, and what was plugged into it.
--
-- Facts of the machine (collection.json): computer, domain, product, build, install
-- date, time zone, last shutdown, control set, MachineGuid, hardware profile, settings that
-- matter to who reads its traces.
-- Records: interface, route, network, profile, account, group, mounted, usb, portable,
-- upgrade, boot; also of a former Windows, with `origin` "Windows.old". Facts of the machine come from
-- the present one alone.
local bcd = require("bcd")
local handlers = require("handlers")
local ids = require("ids")
local machine = require("machine")
local registry = require("registry")
local sam = require("sam")

local DEVICE = "{83da6326-97a6-4088-9453-a1923f573b29}" -- set of properties of a device
local WINDOWS_11 = 22000 -- its first build; the product name still says 10

local function record(ctx, hive, kind, fields)
	fields.entry, fields.origin = hive.entry, registry.origin(hive)
	ctx:record(kind, fields)
end

local function tell(ctx, hive, facts)
	if not registry.origin(hive) then
		ctx:machine(facts)
	end
end

-- Rows of a library, each with the time at which its key was written.
local function records(ctx, hive, kind, rows)
	for _, fields in ipairs(rows) do
		fields.time, fields.written = fields.written, nil
		record(ctx, hive, kind, fields)
	end
end

local function filetime(value)
	return value and #value.raw >= 8 and time.filetime(bytes.u64le(value.raw)) or nil
end

-- Seconds since 1970; 0 stands for never.
local function unix(number)
	return number and number > 0 and time.unix(number) or nil
end

local function not_empty(s)
	return s ~= "" and s or nil
end

-- "@file.inf,%name%;What it is" is a text that an INF file translates.
local function description(s)
	return s and (s:match("^@.*;(.+)$") or s)
end

-- --- SYSTEM ---

local function zone(set)
	local key = set:key("Control\\TimeZoneInformation")
	local bias = registry.number(key, "ActiveTimeBias")
	if bias and bias >= 1 << 31 then
		bias = bias - (1 << 32) -- minutes, signed
	end
	return registry.text(key, "TimeZoneKeyName") or registry.text(key, "StandardName"),
		bias and -bias or nil
end

local function first_address(list)
	if type(list) == "table" then
		return #list > 0 and table.concat(list, ", ") or nil
	end
	return type(list) == "string" and list ~= "" and list or nil
end

local function interfaces(ctx, hive, set)
	for key in registry.keys(set:key("Services\\Tcpip\\Parameters\\Interfaces")) do
		local function get(name)
			local value = key:value(name)
			return value and first_address(value.data)
		end
		record(ctx, hive, "interface", { id = key.name, address = get("IPAddress"), dhcp = get("DhcpIPAddress"),
			dhcp_server = get("DhcpServer"), gateway = get("DefaultGateway") or get("DhcpDefaultGateway"),
			name_server = get("NameServer") or get("DhcpNameServer"),
			domain = get("Domain") or get("DhcpDomain"),
			leased = unix(registry.number(key, "LeaseObtainedTime")),
			time = key.written })
	end
end

-- Behind a drive letter: disk signature and offset (MBR), GUID (GPT), or the path
-- of a device.
local function mount_target(raw)
	if #raw == 12 then
		return string.format("disk %08x offset %d", bytes.u32le(raw), bytes.u64le(raw, 5))
	elseif #raw == 24 and raw:sub(1, 8) == "DMIO:ID:" then
		return "partition " .. ids.guid(raw:sub(9))
	end
	return bytes.utf16(raw)
end

local function mounted(ctx, hive)
	for value in registry.values(hive:key("MountedDevices")) do
		record(ctx, hive, "mounted", { name = value.name, target = mount_target(value.raw) })
	end
end

local function property(key, number)
	local place = key:key("Properties\\" .. DEVICE .. "\\" .. number)
	return place and (filetime(place:value()) or filetime(place:value("Data")))
end

local function usb(ctx, hive, set, bus)
	for key in set:key("Enum"):keys() do
		if key.name:upper() == bus then
			for device in key:keys() do
				for instance in device:keys() do
					record(ctx, hive, "usb", { bus = bus, device = device.name, serial = instance.name,
						name = description(registry.text(instance, "FriendlyName")
							or registry.text(instance, "DeviceDesc")),
						container = registry.text(instance, "ContainerID"),
						installed = property(instance, "0064"), connected = property(instance, "0066"),
						removed = property(instance, "0067"), time = instance.written })
				end
			end
		end
	end
end

local function devices(ctx, hive, set)
	if set:key("Enum") then
		usb(ctx, hive, set, "USB")
		usb(ctx, hive, set, "USBSTOR")
	end
end

local function of_system(ctx, hive)
	local set, number = registry.control_set(hive)
	if not set then
		ctx:anomaly(hive.entry, "no control set: the machine cannot be told")
		return
	end
	local tcpip = set:key("Services\\Tcpip\\Parameters")
	local windows = set:key("Control\\Windows")
	local zone_name, zone_minutes = zone(set)
	tell(ctx, hive, {
		computer = registry.text(set:key("Control\\ComputerName\\ComputerName"), "ComputerName"),
		host = registry.text(tcpip, "Hostname"),
		domain = not_empty(registry.text(tcpip, "Domain")) or not_empty(registry.text(tcpip, "DhcpDomain")),
		architecture = registry.text(set:key("Control\\Session Manager\\Environment"),
			"PROCESSOR_ARCHITECTURE"),
		hardware_profile = registry.text(set:key("Control\\IDConfigDB\\Hardware Profiles\\0001"),
			"HwProfileGuid"),
		last_shutdown = filetime(windows and windows:value("ShutdownTime")),
		time_zone = zone_name, utc_offset_minutes = zone_minutes, control_set = number,
	})
	tell(ctx, hive, machine.settings(set))
	interfaces(ctx, hive, set)
	records(ctx, hive, "route", machine.routes(set))
	records(ctx, hive, "upgrade", machine.upgrades(hive))
	mounted(ctx, hive)
	devices(ctx, hive, set)
end

-- --- SOFTWARE ---

local function product_name(key)
	local name = registry.text(key, "ProductName")
	local build = tonumber(registry.text(key, "CurrentBuild") or "")
	if name and build and build >= WINDOWS_11 then
		name = name:gsub("Windows 10", "Windows 11")
	end
	return name
end

local function profiles(ctx, hive)
	for key in registry.keys(hive:key("Microsoft\\Windows NT\\CurrentVersion\\ProfileList")) do
		local path = registry.text(key, "ProfileImagePath")
		if path then
			record(ctx, hive, "profile", { sid = key.name, path = path, folder = ctx:expand(path),
				time = key.written })
		end
	end
end

local function of_software(ctx, hive)
	local key = hive:key("Microsoft\\Windows NT\\CurrentVersion")
	tell(ctx, hive, {
		product = product_name(key), edition = registry.text(key, "EditionID"),
		build = registry.text(key, "CurrentBuild"), revision = registry.number(key, "UBR"),
		release = registry.text(key, "DisplayVersion") or registry.text(key, "ReleaseId"),
		version = registry.text(key, "CurrentVersion"),
		installed = unix(registry.number(key, "InstallDate")),
		owner = registry.text(key, "RegisteredOwner"),
		organization = registry.text(key, "RegisteredOrganization"),
		system_root = registry.text(key, "SystemRoot"),
		machine_guid = registry.text(hive:key("Microsoft\\Cryptography"), "MachineGuid"),
	})
	profiles(ctx, hive)
	records(ctx, hive, "network", machine.networks(hive))
	records(ctx, hive, "portable", machine.portable(hive))
end

-- --- SAM ---

local function accounts(ctx, hive)
	local anomalies = {}
	records(ctx, hive, "account", sam.users(hive, anomalies))
	records(ctx, hive, "group", sam.groups(hive, anomalies))
	for _, reason in ipairs(anomalies) do
		ctx:anomaly(hive.entry, reason)
	end
end

local function of_sam(ctx, hive)
	tell(ctx, hive, { machine_sid = sam.machine_sid(hive) })
	accounts(ctx, hive)
end

local function of_security(ctx, hive)
	tell(ctx, hive, machine.membership(hive))
end

-- --- BCD ---

-- What lets drivers run that nobody vouches for.
local OPEN <const> = { "test_signing", "no_integrity_checks" }

local function of_bcd(ctx, hive)
	local entries = bcd.entries(hive)
	for _, entry in ipairs(entries) do
		for _, name in ipairs(OPEN) do
			if entry[name] then
				ctx:finding({
					severity = "low", confidence = "high",
					title = "Windows is set to start drivers without a valid signature",
					detail = string.format("%s %s: %s", entry.id, entry.name or "", (name:gsub("_", " "))),
					evidence = { hive.entry }, references = { "attack:T1553.006" },
					fields = { id = entry.id, name = entry.name, switch = name },
				})
			end
		end
	end
	records(ctx, hive, "boot", entries)
end

local HANDLERS = handlers.hives({ system = of_system, software = of_software, sam = of_sam, security = of_security,
	bcd = of_bcd }, "old")

return {
	api = 1,
	name = "win-system",
	summary = "Which machine it is: names, versions, accounts, networks, drives and USB devices",
	license = "Apache-2.0",
	categories = { "system" },
	references = { "attack:T1082" },
	os = { "windows" },
	wants = handlers.wants(HANDLERS),
	run = handlers.run(HANDLERS),
}
