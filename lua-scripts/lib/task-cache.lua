-- Values of the registry's cache of scheduled tasks (…\Schedule\TaskCache\Tasks\{id}): Actions,
-- Triggers and DynamicInfo. Layouts after the descriptions of G DATA ("Windows Registry Analysis:
-- Tasks", 2022, and its structure definitions "winreg-tasks") and of libyal's winreg-kb ("Task
-- scheduler"). Actions and triggers have the form of task-xml.lua.
local ids = require("ids")

local task_cache = {}

local ACTIONS_MAX <const> = 100 -- Windows permits 32
local TRIGGERS_MAX <const> = 100 -- Windows permits 48
local STRINGS_MAX <const> = 1000 -- attachments and headers of a mail, queries of an event

local function fail(format, ...)
	error(string.format(format, ...), 0)
end

-- A reader of little endian fields; raises when the bytes end.
local function cursor(s)
	local at = 0
	local c = {}

	function c.at()
		return at
	end

	function c.left()
		return #s - at
	end

	function c.bytes(n)
		if n > #s - at then
			fail("%d bytes at offset %d, where %d are left", n, at, #s - at)
		end
		at = at + n
		return s:sub(at - n + 1, at)
	end

	function c.u16()
		return bytes.u16le(c.bytes(2))
	end

	function c.u32()
		return bytes.u32le(c.bytes(4))
	end

	function c.u64()
		return bytes.u64le(c.bytes(8))
	end

	function c.peek16()
		return bytes.u16le(s, at + 1)
	end

	-- A number of 1 or 4 bytes in a field of 8.
	function c.wide(n)
		local raw = c.bytes(8)
		return n == 1 and bytes.u8(raw) or bytes.u32le(raw)
	end

	-- Bytes that are filled up to a multiple of 8.
	function c.filled(n)
		local raw = c.bytes(n)
		c.bytes(math.min(-n % 8, c.left()))
		return raw
	end

	return c
end

local function not_empty(s)
	return s ~= "" and s or nil
end

local function string_of(raw)
	return not_empty(bytes.utf16(raw))
end

-- --- Actions ---

local function bstr(c)
	return string_of(c.bytes(c.u32()))
end

-- Fields are set one by one, so that those before the end of a torn value are kept.
local function strings(c, action, ...)
	for _, name in ipairs({ ... }) do
		action[name] = bstr(c)
	end
end

local function skip_strings(c, count)
	if count > STRINGS_MAX then
		fail("%d strings at offset %d", count, c.at())
	end
	for _ = 1, count do
		bstr(c)
	end
end

local ACTIONS = {}

ACTIONS[0x6666] = function(c, action, version)
	action.kind = "exec"
	strings(c, action, "command", "arguments", "folder")
	-- flags; what version 2 has is not told, but an action does not look like them
	if version == 3 or version == 2 and not ACTIONS[c.peek16() or 0x6666] then
		c.u16()
	end
end

ACTIONS[0x7777] = function(c, action)
	action.kind = "com"
	action.class = ids.guid(c.bytes(16))
	strings(c, action, "data")
end

ACTIONS[0x8888] = function(c, action)
	action.kind = "email"
	strings(c, action, "from", "to", "cc", "bcc", "reply", "server", "subject", "body")
	skip_strings(c, c.u32()) -- attachments
	skip_strings(c, 2 * c.u32()) -- headers and what they say
end

ACTIONS[0x9999] = function(c, action)
	action.kind = "message"
	strings(c, action, "title", "body")
end

local function read_action(c, out, version)
	local at = c.at()
	local kind = c.u16()
	if not ACTIONS[kind] then
		fail("action 0x%04x at offset %d is not known", kind, at)
	elseif #out.list >= ACTIONS_MAX then
		fail("more than %d actions", ACTIONS_MAX)
	end
	local action = {}
	out.list[#out.list + 1] = action
	action.id = bstr(c)
	ACTIONS[kind](c, action, version)
end

local function read_actions(c, out)
	local version = c.u16()
	if version < 1 or version > 3 then
		fail("version %d is not known", version)
	end
	if version == 3 or version == 2 and not ACTIONS[c.peek16() or 0x6666] then
		out.context = bstr(c)
	end
	while c.left() > 0 do
		read_action(c, out, version)
	end
end

-- { list = list of actions, context = id of the principal or nil }, and why it ended early, or nil.
function task_cache.actions(raw)
	local out = { list = list({}) }
	local ok, why = pcall(read_actions, cursor(raw), out)
	return out, not ok and "Actions: " .. tostring(why) or nil
end

-- --- Triggers ---

local FLAGS <const> = { enabled = 0x400000, hidden = 0x800000, highest = 0x1000000 }
local LOGON = { [0x4000] = "S4U", [0x10000] = "InteractiveToken", [0x40000] = "Password",
	[0x80000] = "InteractiveTokenOrPassword" }
local SESSION = { "ConsoleConnect", "ConsoleDisconnect", "RemoteConnect", "RemoteDisconnect", "SessionLock",
	"SessionUnlock", "SessionLock", "SessionUnlock" } -- the last two as the interface numbers them
local MODES = { [0] = "time", "daily", "weekly", "monthly", "monthly-weekday" }

local function aligned_string(c)
	return string_of(c.filled(c.wide(4)))
end

-- A string whose length counts letters without the last zero.
local function counted_string(c)
	local n = c.wide(4)
	return n > 0 and string_of(c.filled(2 * n + 2)) or nil
end

-- Whether it is local time, and a FILETIME; 0 and all bits set are no time.
local function boundary(c)
	local is_local, raw = c.wide(1), c.u64()
	local iso = raw ~= -1 and time.filetime(raw) or nil
	if iso and is_local ~= 0 then
		iso = iso:gsub("Z$", "")
	end
	return iso
end

local function seconds(n)
	return n ~= 0 and n ~= 0xffffffff and "PT" .. n .. "S" or nil
end

local function user(c)
	local out = {}
	if c.wide(1) ~= 0 then
		return out
	end
	if c.wide(1) == 0 then
		c.wide(4) -- SID_NAME_USE
		out.sid = ids.sid(c.filled(c.wide(4)))
	end
	out.name = aligned_string(c)
	return out
end

local function trigger_id(c, version)
	if version < 0x16 then
		return nil
	end
	local n = c.u32()
	local id = string_of(c.bytes(n))
	c.bytes(math.min(-(n + 4) % 8, c.left()))
	return id
end

-- Of all triggers but those by time.
local function generic(c, version, kind)
	local t = { kind = kind, start = boundary(c), stop = boundary(c), delay = seconds(c.u32()) }
	c.u32() -- time limit
	t.interval, t.duration = seconds(c.u32()), seconds(c.u32())
	c.bytes(8) -- the duration again, whether to stop at its end
	if c.wide(1) == 0 then
		t.enabled = false
	end
	c.bytes(8)
	t.id = trigger_id(c, version)
	return t
end

local function by_kind(kind)
	return function(c, version)
		return generic(c, version, kind)
	end
end

local TRIGGERS = {
	[0x8888] = by_kind("registration"),
	[0xeeee] = by_kind("idle"),
	[0xffff] = by_kind("boot"),
}

TRIGGERS[0x6666] = function(c, version)
	local t = generic(c, version, "wnf")
	t.state = bytes.hex(c.bytes(8))
	c.bytes(c.wide(4))
	return t
end

TRIGGERS[0x7777] = function(c, version)
	local t = generic(c, version, "session")
	local state = c.wide(4)
	t.state = SESSION[state] or tostring(state)
	local whom = user(c)
	t.user = whom.sid or whom.name
	return t
end

TRIGGERS[0xaaaa] = function(c, version)
	local t = generic(c, version, "logon")
	local whom = user(c)
	t.user = whom.sid or whom.name
	return t
end

TRIGGERS[0xcccc] = function(c, version)
	local t = generic(c, version, "event")
	t.event = counted_string(c)
	c.bytes(8)
	counted_string(c)
	local count = c.wide(4)
	if count > STRINGS_MAX then
		fail("%d queries at offset %d", count, c.at())
	end
	for _ = 1, 2 * count do -- names and queries
		counted_string(c)
	end
	return t
end

TRIGGERS[0xdddd] = function(c, version)
	local t = { start = boundary(c), stop = boundary(c) }
	boundary(c)
	t.interval, t.duration = seconds(c.u32()), seconds(c.u32())
	c.u32() -- time limit
	t.kind = MODES[c.u32()] or "time"
	c.bytes(9) -- days, weeks, months; whether to stop at the end of the duration
	if bytes.u8(c.bytes(1)) == 0 then
		t.enabled = false
	end
	c.bytes(6)
	t.delay = seconds(c.u32())
	c.u32()
	t.id = trigger_id(c, version)
	return t
end

local function logon_type(flags)
	for bit, name in pairs(LOGON) do
		if flags & bit ~= 0 then
			return name
		end
	end
	return nil
end

-- The part that all triggers share: flags, the user, settings.
local function job(c, version, out)
	local flags = c.wide(4)
	out.enabled = flags & FLAGS.enabled ~= 0
	out.hidden = flags & FLAGS.hidden ~= 0 or nil
	out.level = flags & FLAGS.highest ~= 0 and "HighestAvailable" or nil
	out.logon = logon_type(flags)
	c.wide(4) -- CRC-32 of the XML
	out.context = version >= 0x16 and aligned_string(c) or nil
	out.display = version >= 0x17 and aligned_string(c) or nil
	local whom = user(c)
	out.sid, out.user = whom.sid, whom.name
	c.filled(c.wide(4)) -- settings
end

local function read_triggers(c, out)
	local version = c.wide(1)
	boundary(c)
	boundary(c)
	job(c, version, out)
	while c.left() > 0 do
		local at = c.at()
		local kind = c.wide(4)
		if not TRIGGERS[kind] then
			fail("trigger 0x%04x at offset %d is not known", kind, at)
		elseif #out.list >= TRIGGERS_MAX then
			fail("more than %d triggers", TRIGGERS_MAX)
		end
		out.list[#out.list + 1] = TRIGGERS[kind](c, version)
	end
end

-- { list = list of triggers, enabled, hidden, level, logon, sid, user, context, display }, and
-- why it ended early, or nil.
function task_cache.triggers(raw)
	local out = { list = list({}) }
	local ok, why = pcall(read_triggers, cursor(raw), out)
	return out, not ok and "Triggers: " .. tostring(why) or nil
end

-- --- DynamicInfo ---

local STATE_MAX <const> = 4

-- { registered, last_run, last_end: ISO times; result: "0x80070002" }, and what is wrong, or nil.
-- Windows Vista and 7 do not tell last_end; up to Windows 8 the result stands where later ones
-- have the state.
function task_cache.dynamic(raw)
	if #raw < 28 or bytes.u32le(raw) ~= 3 then
		return {}, "DynamicInfo: its layout is not known"
	end
	local first, result = bytes.u32le(raw, 21), bytes.u32le(raw, 25)
	if result == 0 and first > STATE_MAX then
		result = first
	end
	local ended = #raw >= 36 and bytes.u64le(raw, 29) or nil
	return { registered = time.filetime(bytes.u64le(raw, 5)), last_run = time.filetime(bytes.u64le(raw, 13)),
		last_end = ended and time.filetime(ended),
		result = result ~= 0 and string.format("0x%08x", result) or nil }
end

return task_cache
