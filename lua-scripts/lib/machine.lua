-- What the hives SYSTEM, SOFTWARE and SECURITY tell of the machine beside its name: settings that matter to who
-- reads its traces, routes, Windows that were there before, networks, portable devices.
local ids = require("ids")
local registry = require("registry")

local machine = {}

local NETWORKS <const> = "Microsoft\\Windows NT\\CurrentVersion\\NetworkList\\"
local CATEGORIES <const> = { [0] = "public", "private", "domain" }
-- IANA ifType, as NameType has it
local MEDIA <const> = { [6] = "wired", [23] = "PPP", [71] = "wireless", [243] = "mobile", [244] = "mobile" }

local function not_empty(s)
	return s and s:find("%S") and s or nil
end

local function list_of(key, name)
	local value = key and key:value(name)
	local data = value and value.data
	if type(data) == "string" then
		data = { data }
	end
	return type(data) == "table" and #data > 0 and data or nil
end

-- --- SYSTEM ---

-- A switch: true for 1, nil when it is not there, and Windows does as it does by default.
local function switch(key, name)
	local number = registry.number(key, name)
	return number and number == 1
end

-- Whether the time of the last access is kept: the lowest bit says no, others who decided.
local function last_access(set)
	local number = registry.number(set:key("Control\\FileSystem"), "NtfsDisableLastAccessUpdate")
	return number and number & 1 == 0
end

-- Settings of a control set, as a table.
function machine.settings(set)
	local memory = set:key("Control\\Session Manager\\Memory Management")
	return {
		code_page = registry.text(set:key("Control\\Nls\\CodePage"), "ACP"),
		page_files = list_of(memory, "PagingFiles"),
		page_file_cleared = switch(memory, "ClearPageFileAtShutdown"), last_access_kept = last_access(set),
		crash_dump = registry.text(set:key("Control\\CrashControl"), "DumpFile"),
		logon_credentials_kept = switch(set:key("Control\\SecurityProviders\\WDigest"), "UseLogonCredential"),
		safe_mode = registry.text(set:key("Control\\SafeBoot\\Option"), "OptionValue"),
	}
end

-- Routes that were entered to stay: { destination, mask, gateway, metric }.
function machine.routes(set)
	local out = {}
	local key = set:key("Services\\Tcpip\\Parameters\\PersistentRoutes")
	for value in registry.values(key) do
		local destination, mask, gateway, metric = value.name:match("^([^,]+),([^,]+),([^,]+),(-?%d+)$")
		if destination then
			out[#out + 1] = { destination = destination, mask = mask, gateway = gateway,
				metric = tonumber(metric), written = key.written }
		end
	end
	return out
end

-- Windows that were there before the last upgrades. The time in the name of the key is the
-- machine's own.
function machine.upgrades(hive)
	local out = {}
	for key in hive:keys("Setup\\Source OS*") do
		out[#out + 1] = {
			product = registry.text(key, "ProductName"), build = registry.text(key, "CurrentBuild"),
			edition = registry.text(key, "EditionID"), release = registry.text(key, "ReleaseId"),
			owner = registry.text(key, "RegisteredOwner"), product_id = registry.text(key, "ProductId"),
			installed = time.unix(registry.number(key, "InstallDate")),
			updated_local = key.name:match("%(Updated on (.*)%)$"), key = key.path, written = key.written,
		}
	end
	return out
end

-- --- SECURITY ---

local function policy(hive, name)
	local key = hive:key("Policy\\" .. name)
	local value = key and key:value()
	return value and value.raw or ""
end

-- Text of a UNICODE_STRING: its size, the room for it, and its place.
local function unicode_string(raw)
	local size, at = bytes.u16le(raw, 1), bytes.u32le(raw, 5)
	if not at or size == 0 or at + size > #raw then
		return nil
	end
	return bytes.utf16(raw:sub(at + 1, at + size))
end

-- The domain or workgroup that the machine belongs to; a workgroup has neither SID nor name of DNS.
function machine.membership(hive)
	return {
		primary_domain = unicode_string(policy(hive, "PolPrDmN")),
		primary_domain_dns = unicode_string(policy(hive, "PolDnDDN")),
		primary_domain_sid = ids.sid(policy(hive, "PolPrDmS")),
	}
end

-- --- SOFTWARE ---

-- "2016-10-05T09:47:50" of a SYSTEMTIME, in the machine's own time; nil when that is none.
local function system_time(key, name)
	local value = key:value(name)
	local raw = value and value.raw
	if not raw or #raw ~= 16 then
		return nil
	end
	local part = {}
	for i = 1, 7 do
		part[i] = bytes.u16le(raw, 2 * i - 1)
	end
	local is_day = part[1] >= 1980 and part[2] >= 1 and part[2] <= 12 and part[4] >= 1 and part[4] <= 31
	if not is_day or part[5] > 23 or part[6] > 59 then
		return nil
	end
	return string.format("%04d-%02d-%02dT%02d:%02d:%02d", part[1], part[2], part[4], part[5], part[6], part[7])
end

-- By the GUID of a profile: the network behind it, as its router told.
local function signatures(hive)
	local out = {}
	for key in hive:keys(NETWORKS .. "Signatures\\*\\*") do
		local guid = registry.text(key, "ProfileGuid")
		local mac = registry.data(key, "DefaultGatewayMac", "string")
		if guid then
			out[guid:upper()] = { dns_suffix = not_empty(registry.text(key, "DnsSuffix")),
				gateway_mac = mac and #mac == 6 and bytes.hex(mac):gsub("%x%x", "%0:"):sub(1, 17) or nil,
				first_name = not_empty(registry.text(key, "FirstNetwork")) }
		end
	end
	return out
end

-- Networks that the machine was in.
function machine.networks(hive)
	local out, known = {}, signatures(hive)
	for key in registry.keys(hive:key(NETWORKS .. "Profiles")) do
		local category, media = registry.number(key, "Category"), registry.number(key, "NameType")
		local signature = known[key.name:upper()] or {}
		out[#out + 1] = {
			id = key.name, name = registry.text(key, "ProfileName"), description = registry.text(key, "Description"),
			category = category and (CATEGORIES[category] or tostring(category)),
			medium = media and (MEDIA[media] or tostring(media)),
			managed = registry.number(key, "Managed") == 1 or nil,
			created_local = system_time(key, "DateCreated"), connected_local = system_time(key, "DateLastConnected"),
			dns_suffix = signature.dns_suffix, gateway_mac = signature.gateway_mac, first_name = signature.first_name,
			written = key.written,
		}
	end
	return out
end

-- Storage and phones by the names under which Explorer showed them; a drive letter or a label.
function machine.portable(hive)
	local out = {}
	for key in registry.keys(hive:key("Microsoft\\Windows Portable Devices\\Devices")) do
		out[#out + 1] = { device = key.name, name = not_empty(registry.text(key, "FriendlyName")),
			written = key.written }
	end
	return out
end

return machine
