-- Security descriptors as text: "O:BAG:SYD:(A;;FA;;;SY)", the definition language of [MS-DTYP]
-- 2.5.1. Layout: 2.4.5 (ACL) and 2.4.6 (self-relative descriptor).
local ids = require("ids")

local security = {}

local ENTRIES_MAX <const> = 1000

local SELF_RELATIVE <const>, DACL_PRESENT <const>, SACL_PRESENT <const> = 0x8000, 4, 16

-- The usual ones of [MS-DTYP] 2.4.2.4.
local ALIASES = {
	["S-1-1-0"] = "WD", ["S-1-3-0"] = "CO", ["S-1-3-4"] = "OW", ["S-1-5-2"] = "NU", ["S-1-5-4"] = "IU", ["S-1-5-6"] = "SU",
	["S-1-5-7"] = "AN", ["S-1-5-11"] = "AU", ["S-1-5-18"] = "SY", ["S-1-5-19"] = "LS", ["S-1-5-20"] = "NS",
	["S-1-5-32-544"] = "BA", ["S-1-5-32-545"] = "BU", ["S-1-5-32-546"] = "BG", ["S-1-5-32-551"] = "BO",
	["S-1-15-2-1"] = "AC",
}
local TYPES = { [0] = "A", "D", "AU", "AL", [17] = "ML" }
local FLAGS = { { 1, "OI" }, { 2, "CI" }, { 4, "NP" }, { 8, "IO" }, { 16, "ID" }, { 64, "SA" }, { 128, "FA" } }
local RIGHTS = { [0x1f01ff] = "FA", [0x120089] = "FR", [0x120116] = "FW", [0x1200a0] = "FX", [0x10000000] = "GA",
	[0x80000000] = "GR", [0x40000000] = "GW", [0x20000000] = "GX", [0xf003f] = "KA", [0x20019] = "KR" }
local CONTROL = { { 0x1000, "P" }, { 0x400, "AI" } } -- of a DACL

local function sid_at(raw, at)
	local sid = ids.sid(raw:sub(at + 1, at + 68))
	return sid and (ALIASES[sid] or sid)
end

local function words(value, names)
	local out = {}
	for _, name in ipairs(names) do
		if value & name[1] ~= 0 then
			out[#out + 1] = name[2]
		end
	end
	return table.concat(out)
end

-- "(A;;FA;;;SY)" of an entry, and its size; nil when it is cut off.
local function entry(raw, at)
	local size, mask = bytes.u16le(raw, at + 3), bytes.u32le(raw, at + 5)
	if not mask or size < 8 or at + size > #raw then
		return nil
	end
	local kind, flags = raw:byte(at + 1), raw:byte(at + 2)
	return string.format("(%s;%s;%s;;;%s)", TYPES[kind] or string.format("0x%x", kind), words(flags, FLAGS),
		RIGHTS[mask] or string.format("0x%x", mask), TYPES[kind] and sid_at(raw, at + 8) or ""), size
end

local function list(raw, at)
	local count = bytes.u16le(raw, at + 5)
	if not count then
		return nil
	end
	local out = {}
	at = at + 8
	for i = 1, math.min(count, ENTRIES_MAX) do
		local text, size = entry(raw, at)
		if not text then
			return nil
		end
		out[i], at = text, at + size
	end
	return table.concat(out)
end

-- The text of a descriptor; nil when the bytes are none, or cut off.
function security.sddl(raw)
	local control, owner, group = bytes.u16le(raw, 3), bytes.u32le(raw, 5), bytes.u32le(raw, 9)
	local sacl, dacl = bytes.u32le(raw, 13), bytes.u32le(raw, 17)
	if not dacl or raw:byte(1) ~= 1 or control & SELF_RELATIVE == 0 then
		return nil
	end
	local out = {}
	for _, part in ipairs({ { "O:", owner }, { "G:", group } }) do
		local sid = part[2] ~= 0 and sid_at(raw, part[2])
		out[#out + 1] = sid and part[1] .. sid or nil
	end
	if control & DACL_PRESENT ~= 0 then
		local text = dacl == 0 and "NO_ACCESS_CONTROL" or list(raw, dacl)
		if not text then
			return nil
		end
		out[#out + 1] = "D:" .. words(control, CONTROL) .. text
	end
	local audit = control & SACL_PRESENT ~= 0 and sacl ~= 0 and list(raw, sacl)
	out[#out + 1] = audit and "S:" .. audit or nil
	return table.concat(out)
end

return security
