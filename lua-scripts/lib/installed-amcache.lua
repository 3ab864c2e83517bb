-- Programs that Amcache has seen as installed: its inventory, and the table before that. Entries have
-- the form of those in lib/installed.lua.
local day = require("day")
local registry = require("registry")

local amcache = {}

-- "08/01/2017 12:52:59", in UTC; without a time of day it is a day.
local function inventory_time(text)
	local m, d, y, clock = (text or ""):match("^(%d%d)/(%d%d)/(%d%d%d%d) (%d%d:%d%d:%d%d)$")
	local date = m and day.iso(y .. m .. d)
	if not date or clock == "00:00:00" then
		return date
	end
	return date .. "T" .. clock .. "Z"
end

-- Programs that the inventory of Windows 10 and later knows.
local function inventory(each, hive)
	for key in hive:keys("Root\\InventoryApplication\\*") do
		local function get(name)
			return registry.label(key, name)
		end
		each({ source = "amcache", key = key.path, written = key.written, id = key.name,
			name = get("Name"), version = get("Version"), publisher = get("Publisher"),
			location = get("RootDirPath"), removal = get("UninstallString"), registry_key = get("RegistryKeyPath"),
			code = get("MsiProductCode"), package_code = get("MsiPackageCode"), from_kind = get("Source"),
			package_full_name = get("PackageFullName"), installed = inventory_time(get("InstallDate")),
			windows = get("OSVersionAtInstallTime") })
	end
end

-- The table before that: values are named by numbers.
local function programs(each, hive)
	for key in hive:keys("Root\\Programs\\*") do
		local function get(name)
			return registry.label(key, name)
		end
		local function moment(name)
			local seconds = registry.number(key, name)
			return seconds and seconds > 0 and time.unix(seconds) or nil
		end
		each({ source = "amcache", key = key.path, written = key.written, id = key.name,
			name = get("0"), version = get("1"), publisher = get("2"), from_kind = get("6"),
			registry_key = get("7"), location = get("d"), code = get("f") or get("11"),
			package_code = get("10") or get("12"), installed = moment("a"), removed = moment("b") })
	end
end

-- Calls each(entry) for every program.
function amcache.each(hive, each)
	inventory(each, hive)
	programs(each, hive)
end

return amcache
