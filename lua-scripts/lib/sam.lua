-- Accounts and groups of the machine, from its SAM hive; nothing of passwords but when they were set.
-- The values F, V and C after "SAM Hive" of the Windows registry knowledge base (libyal,
-- winreg-kb) and, for flags, [MS-SAMR] 2.2.1.12.
local ids = require("ids")
local registry = require("registry")

local sam = {}

local ACCOUNT <const> = "SAM\\Domains\\Account"
local BUILTIN <const> = "SAM\\Domains\\Builtin"
local NEVER <const> = 0x7fffffffffffffff -- as a FILETIME
local MEMBERS_MAX <const> = 10000

local FLAGS <const> = {
	{ 0x0001, "disabled" }, { 0x0002, "home directory required" }, { 0x0004, "password not required" },
	{ 0x0008, "temporary duplicate" }, { 0x0010, "normal" }, { 0x0020, "MNS logon" },
	{ 0x0040, "interdomain trust" }, { 0x0080, "workstation trust" }, { 0x0100, "server trust" },
	{ 0x0200, "password never expires" }, { 0x0400, "locked" }, { 0x0800, "password kept reversibly" },
	{ 0x1000, "smart card required" }, { 0x2000, "trusted for delegation" }, { 0x4000, "not delegated" },
	{ 0x8000, "DES keys only" }, { 0x10000, "no preauthentication" }, { 0x20000, "password expired" },
}
local DISABLED <const> = 0x0001
local NEVER_EXPIRES <const> = 0x0200
local NOT_REQUIRED <const> = 0x0004

-- F of an account: times at 8, 24, 32 and 40, RID at 48, flags at 56, failed and successful logons at
-- 64 and 66.
local F_MIN <const> = 68

-- V of an account: places of its texts as pairs of offset, from the end of that table, and size.
local V_DATA <const> = 0xcc
local V_TEXTS <const> = { name = 0x0c, full_name = 0x18, comment = 0x24, user_comment = 0x30, home = 0x48,
	home_drive = 0x54, script = 0x60, profile = 0x6c, workstations = 0x78 }

-- C of an alias: RID, then pairs for name, comment and members; the number of members stands behind.
local C_DATA <const> = 0x34
local C_NAME <const>, C_COMMENT <const>, C_MEMBERS <const>, C_COUNT <const> = 0x10, 0x1c, 0x28, 0x30

local function filetime(raw, at)
	local n = bytes.u64le(raw, at + 1)
	return n ~= NEVER and time.filetime(n) or nil
end

-- Text that a pair at `at` places behind `base`; nil when it is empty, false when it points outside.
local function placed(raw, at, base)
	local offset, size = bytes.u32le(raw, at + 1), bytes.u32le(raw, at + 5)
	if not size or size == 0 then
		return nil
	end
	if base + offset + size > #raw then
		return false
	end
	return raw:sub(base + offset + 1, base + offset + size)
end

local function words(flags)
	local out = {}
	for _, flag in ipairs(FLAGS) do
		if flags & flag[1] ~= 0 then
			out[#out + 1] = flag[2]
		end
	end
	return list(out)
end

-- What F tells, or nil.
local function login_data(f)
	if #f < F_MIN then
		return nil
	end
	local flags = bytes.u32le(f, 57) & 0xffff -- the upper half is of other use
	return {
		rid = bytes.u32le(f, 49), last_logon = filetime(f, 8), password_set = filetime(f, 24),
		expires = filetime(f, 32), last_failed = filetime(f, 40), flags = words(flags),
		disabled = flags & DISABLED ~= 0, password_never_expires = flags & NEVER_EXPIRES ~= 0,
		password_not_required = flags & NOT_REQUIRED ~= 0,
		failed = bytes.u16le(f, 65), logons = bytes.u16le(f, 67),
	}
end

-- Adds the texts of V; names those that point outside.
local function texts(out, v, anomalies)
	for name, at in pairs(#v >= V_DATA and V_TEXTS or {}) do
		local raw = placed(v, at, V_DATA)
		if raw then
			out[name] = bytes.utf16(raw)
		elseif raw == false then
			local what = name:gsub("_", " ")
			anomalies[#anomalies + 1] = string.format("account %d: its %s points outside", out.rid, what)
		end
	end
end

local function raw(key, name)
	local value = key and key:value(name)
	return value and value.raw or ""
end

-- Names below Users\Names or Aliases\Names: the type of the default value is the RID. With the time
-- at which the name was given.
local function names(parent)
	local out = {}
	for key in registry.keys(parent and parent:key("Names")) do
		local value = key:value()
		local rid = value and value.type:match("^REG_0x(%x+)$")
		if rid then
			out[tonumber(rid, 16)] = { name = key.name, written = key.written }
		end
	end
	return out
end

local function user(key, known, anomalies)
	local out = login_data(raw(key, "F"))
	local rid = tonumber(key.name, 16)
	if not out then
		anomalies[#anomalies + 1] = "account " .. key.name .. ": its data is too short"
		out = { rid = rid }
	elseif out.rid ~= rid then
		anomalies[#anomalies + 1] = string.format("account %s: its data is of RID %d", key.name, out.rid)
		out.data_rid, out.rid = out.rid, rid
	end
	texts(out, raw(key, "V"), anomalies)
	local name = known[rid]
	out.name, out.named = name and name.name or out.name, name and name.written
	out.key, out.written = key.path, key.written
	local hint, mail = raw(key, "UserPasswordHint"), raw(key, "InternetUserName")
	out.hint = hint ~= "" and bytes.utf16(hint) or nil
	out.internet_name = mail ~= "" and bytes.utf16(mail) or nil
	return out
end

-- The SID of the machine, to which RIDs are added; nil when the hive does not tell. It is the last
-- thing in V of the domain.
function sam.machine_sid(hive)
	local v = raw(hive:key(ACCOUNT), "V")
	local sid = #v >= 24 and ids.sid("\1\4\0\0\0\0\0\5\21\0\0\0" .. v:sub(-12))
	return sid or nil
end

-- Accounts, as a list of tables: rid, sid, name, flags, times and what else their values tell.
-- Adds to `anomalies` what contradicts itself.
function sam.users(hive, anomalies)
	local users = hive:key(ACCOUNT .. "\\Users")
	local known, machine, out = names(users), sam.machine_sid(hive), {}
	for key in registry.keys(users) do
		if key.name:find("^%x+$") then
			local one = user(key, known, anomalies)
			one.sid = machine and machine .. "-" .. one.rid
			out[#out + 1] = one
		end
	end
	return out
end

-- --- groups ---

local function members(c, anomalies, name)
	local out = {}
	local data = placed(c, C_MEMBERS, C_DATA)
	local count = bytes.u32le(c, C_COUNT + 1)
	if data == false then
		anomalies[#anomalies + 1] = "group " .. name .. ": its members point outside"
		return list(out)
	end
	local at = 1
	while data and #out < math.min(count, MEMBERS_MAX) do
		local sid = ids.sid(data:sub(at))
		if not sid then
			anomalies[#anomalies + 1] = string.format("group %s: %d members announced, %d there", name, count, #out)
			break
		end
		out[#out + 1] = sid
		at = at + 8 + 4 * bytes.u8(data, at + 1)
	end
	return list(out)
end

local function group(key, known, anomalies, domain)
	local c = raw(key, "C")
	local rid = tonumber(key.name, 16)
	if #c < C_DATA then
		anomalies[#anomalies + 1] = "group " .. key.name .. ": its data is too short"
		return nil
	end
	local name, comment = placed(c, C_NAME, C_DATA), placed(c, C_COMMENT, C_DATA)
	return { rid = rid, name = known[rid] and known[rid].name or name and bytes.utf16(name),
		comment = comment and bytes.utf16(comment) or nil, sid = domain and domain .. "-" .. rid,
		members = members(c, anomalies, key.name), key = key.path, written = key.written }
end

-- Local groups, those of Windows and those made here, as a list of tables with their members' SIDs.
function sam.groups(hive, anomalies)
	local out = {}
	for _, domain in ipairs({ { BUILTIN, "S-1-5-32" }, { ACCOUNT, sam.machine_sid(hive) } }) do
		local aliases = hive:key(domain[1] .. "\\Aliases")
		local known = names(aliases)
		for key in registry.keys(aliases) do
			if key.name:find("^%x%x%x%x%x%x%x%x$") then
				out[#out + 1] = group(key, known, anomalies, domain[2])
			end
		end
	end
	return out
end

return sam
