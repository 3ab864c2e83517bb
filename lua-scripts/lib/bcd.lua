-- Boot configuration data: what the boot manager starts. Objects and elements after Microsoft, "BCD
-- Reference" (BcdElementType, BcdLibraryElementTypes, BcdOSLoaderElementTypes); the form of a partition as
-- stores have it.
local ids = require("ids")
local registry = require("registry")

local bcd = {}

local KINDS <const> = { [0x10100001] = "firmware boot manager", [0x10100002] = "boot manager",
	[0x10200003] = "loader of Windows", [0x10200004] = "resume", [0x10200005] = "memory test",
	[0x10300006] = "loader of NT", [0x10400008] = "boot sector",
	[0x101fffff] = "firmware application" }

local PATH <const>, NAME <const>, ROOT <const> = "12000002", "12000004", "22000002"
local DEVICE <const>, DEFAULT <const>, SAFE_BOOT <const> = "11000001", "23000003", "25000080"
local SWITCHES <const> = { test_signing = "16000049", no_integrity_checks = "16000048", kernel_debugger = "260000a0",
	boot_debugger = "16000010" }
local SAFE_MODES <const> = { [0] = "minimal", "network", "directory services" }

-- A device: type at 16, of a partition 6; its GUID at 32, that of the disk at 56, zero for tables of MBR.
local PARTITION <const> = 6
local NO_GUID <const> = ("\0"):rep(16)

local function element(object, number)
	local key = object:key("Elements\\" .. number)
	return key and key:value("Element")
end

local function text(object, number)
	local value = element(object, number)
	local data = value and value.data
	return type(data) == "string" and value.type == "REG_SZ" and data:find("%S") and data or nil
end

local function switch(object, number)
	local value = element(object, number)
	return value and bytes.u8(value.raw) == 1 or nil
end

local function partition(object)
	local value = element(object, DEVICE)
	local raw = value and value.raw or ""
	if #raw < 72 or bytes.u32le(raw, 17) ~= PARTITION or raw:sub(57, 72) == NO_GUID then
		return nil
	end
	return ids.guid(raw:sub(33, 48)), ids.guid(raw:sub(57, 72))
end

local function safe_boot(object)
	local value = element(object, SAFE_BOOT)
	local number = value and bytes.u32le(value.raw)
	return number and (SAFE_MODES[number] or tostring(number))
end

local function entry(object)
	local kind = registry.number(object:key("Description"), "Type")
	local out = { id = object.name, name = text(object, NAME), path = text(object, PATH), root = text(object, ROOT),
		kind = kind and (KINDS[kind] or string.format("0x%08x", kind)), default = text(object, DEFAULT),
		safe_boot = safe_boot(object), key = object.path, written = object.written }
	out.partition, out.disk = partition(object)
	for field, number in pairs(SWITCHES) do
		out[field] = switch(object, number)
	end
	return out
end

-- Entries that start something, and others in which a switch is set: list of tables { id, kind, name,
-- path, root, partition, disk, default, safe_boot, test_signing, no_integrity_checks, … }.
function bcd.entries(hive)
	local out = {}
	for object in registry.keys(hive:key("Objects")) do
		local one = entry(object)
		local set = one.safe_boot
		for field in pairs(SWITCHES) do
			set = set or one[field]
		end
		if one.path or one.name or set then
			out[#out + 1] = one
		end
	end
	return out
end

return bcd
