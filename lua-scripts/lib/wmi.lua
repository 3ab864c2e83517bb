-- Event consumers in the repository of WMI: instances of the classes that bind an event to a
-- program or script, found in OBJECTS.DATA by the digest of their class, which each instance begins
-- with. What is in use and what was left behind are told apart by the lists at the begin of pages.
-- Layout: libyal, "WMI repository file formats"; order of the properties: FireEye's WMIParser
-- and Microsoft's reference of the classes. The index (INDEX.BTR), which knows namespaces, is
-- not read.
local ids = require("ids")

local wmi = {}

local PAGE <const> = 8192
local CHUNK <const> = 256 * PAGE -- read at a time
local OBJECTS_MAX <const> = 1 << 30 -- bytes of OBJECTS.DATA
local MAP_MAX <const> = 16 << 20 -- bytes of a MAPPING file
local RECORD_MAX <const> = 4 << 20
local FOUND_MAX <const> = 20000
local LIST_MAX <const> = PAGE // 16 -- entries at the begin of a page

-- Properties in the order of their values; what is not listed is passed over by its size.
-- s: string, u: 4 bytes, b: 2 bytes, q: 8 bytes, a: array of bytes, l: list of strings.
local CONSUMER = { { "machine", "s" }, { "queue", "u" }, { "creator", "a" }, { "name", "s" } }

local function consumer(...)
	local out = {}
	for _, p in ipairs(CONSUMER) do
		out[#out + 1] = p
	end
	for _, p in ipairs({ ... }) do
		out[#out + 1] = p
	end
	return out
end

local function skip(kind)
	return { false, kind }
end

local U, B = skip("u"), skip("b")

local CLASSES = {
	__EventFilter = { kind = "filter", props = { { "name", "s" }, { "creator", "a" }, { "language", "s" },
		{ "query", "s" }, { "namespace", "s" }, skip("u") } },
	__FilterToConsumerBinding = { kind = "binding", props = { { "filter", "s" }, { "consumer", "s" }, U, B, B, B,
		{ "creator", "a" } } },
	ActiveScriptEventConsumer = { kind = "consumer", props = consumer({ "engine", "s" }, { "script", "s" },
		{ "file", "s" }, U) },
	CommandLineEventConsumer = { kind = "consumer", props = consumer({ "executable", "s" }, { "command", "s" },
		B, B, B, B, B, U, { "folder", "s" }, { "desktop", "s" }, { "window", "s" },
		U, U, U, U, U, U, U, U, B, B, B, U) },
	LogFileEventConsumer = { kind = "consumer", props = consumer({ "file", "s" }, { "text", "s" }, skip("q"), B) },
	NTEventLogEventConsumer = { kind = "consumer", props = consumer({ "server", "s" }, { "source", "s" },
		U, U, B, U, skip("l"), skip("s"), skip("s")) },
	SMTPEventConsumer = { kind = "consumer", props = consumer({ "server", "s" }, { "subject", "s" }, { "from", "s" },
		{ "reply", "s" }, { "message", "s" }, { "to", "s" }, { "cc", "s" }, { "bcc", "s" }, skip("l")) },
}

-- SHA-256 (since Vista) and MD5 (before) of the names in upper case, in UTF-16.
local DIGESTS = {
	__EventFilter = { "47C79E62C2227EDD0FF29BF44D87F2FAF9FEDF60A18D9F82597602BD95E20BD3",
		"D4A52B2BD3BF3604AD338F63412AEB3C" },
	__FilterToConsumerBinding = { "0A7ABE63F36E2B2920FEDAFAE849823AF9429CC0EA373FFEE1507EDB21FD9170",
		"A8B3187D121830A052261C3643ACD9AF" },
	ActiveScriptEventConsumer = { "3E78A37E1DE70357C353A15D6BBB8A17A1D31F8D501ED8F1C3EB8104F5B04F97",
		"5D1A479DE8D5AFD9BDEDA7BE5BEA9591" },
	CommandLineEventConsumer = { "BBFCCB444CF66AA09AE6F15967A6865175BB0ED216D19970A7988B72CDF0A3A4",
		"350EB6ACE592C89B344EECFE24ACDF77" },
	LogFileEventConsumer = { "2515B1950A64510A509CF61C80D68865E7CFF544688645F2490CFFE0E6C807F2",
		"3E809FD8DD509A11D628992AEA792A5E" },
	NTEventLogEventConsumer = { "8467A5D32DFAA09A39BDC8BB8DDCC953CDC4A4C5E390EC615CB5FA0C07CF5251",
		"E6C579F59FCBD59F5F40D32F3A505E0A" },
	SMTPEventConsumer = { "9C256CE37E6F9177BC0EC95344373747E0112D20D664373933986EE480BE67C9",
		"D2B80DA64B60F0E0BF3170DC5D0AF61D" },
}

local function wide(s)
	return (s:gsub(".", "%0\0"))
end

-- --- one instance ---

local SIZES = { s = 4, u = 4, b = 2, q = 8, a = 4, l = 4 }

local function need(s, at, n)
	if at < 1 or n < 0 or at + n - 1 > #s then
		error("it ends early", 0)
	end
end

local function u32(s, at)
	need(s, at, 4)
	return bytes.u32le(s, at)
end

local function latin1(s)
	return (s:gsub("[\x80-\xff]", function(c)
		return utf8.char(c:byte())
	end))
end

-- The string at an offset of the data; its first byte tells the encoding.
local function string_at(data, offset)
	local flag = data:byte(offset + 1)
	if flag == 0 then
		return latin1(data:match("^[^\0]*", offset + 2))
	elseif flag == 1 then
		return bytes.utf16(data:sub(offset + 2))
	end
	return nil
end

local READERS = {
	s = string_at,
	a = function(data, offset)
		local n = u32(data, offset + 1)
		need(data, offset + 5, n)
		return data:sub(offset + 5, offset + 4 + n)
	end,
}

-- Where values and data of a block begin: behind the name, a byte and two bits for each property
-- come the values, then qualifiers and dynamic properties.
local function regions(block, props)
	local values = 6 + (2 * #props + 7) // 8
	local at = values
	for _, p in ipairs(props) do
		at = at + SIZES[p[2]]
	end
	at = at + u32(block, at) -- qualifiers, with the four bytes of the size
	need(block, at, 1)
	local dynamic = block:byte(at)
	at = at + 1
	if dynamic == 2 then
		local count = u32(block, at)
		at = at + 4
		for _ = 1, math.min(count, 1000) do
			at = at + math.max(u32(block, at), 4)
		end
	elseif dynamic ~= 1 then
		error("its layout is not known", 0)
	end
	local size = u32(block, at) & 0x3fffffff
	return values, block:sub(at + 4, at + 3 + size), size
end

-- Two bits for each property: 1 not set, 2 the default of the class.
local function is_set(block, index)
	local byte = block:byte(6 + index // 4) or 0
	return byte >> 2 * (index % 4) & 3 == 0
end

local function properties(block, props, out)
	local at, data, size = regions(block, props)
	if #data < size then
		out.cut = true
	end
	out.class_name = string_at(data, u32(block, 1))
	for i, p in ipairs(props) do
		local name, kind = p[1], p[2]
		local read = name and READERS[kind]
		if read and is_set(block, i - 1) then
			local offset = u32(block, at)
			local ok, value = pcall(read, data, offset)
			out[name] = ok and value or nil
			out.outside = out.outside or not (ok and value)
		end
		at = at + SIZES[kind]
	end
end

-- An instance from the bytes of its record: the class's properties by name, `stamp1`, `stamp2`
-- (times whose meaning is not published), `problem`.
local function instance(record, class, digest_size)
	local out = { class = class, kind = CLASSES[class].kind }
	local ok, why = pcall(function()
		local at = digest_size + 1
		out.stamp1 = time.filetime(bytes.u64le(record, at))
		out.stamp2 = time.filetime(bytes.u64le(record, at + 8))
		local size = u32(record, at + 16) & 0x3fffffff
		out.cut = at + 15 + size > #record
		properties(record:sub(at + 20, at + 15 + size), CLASSES[class].props, out)
	end)
	if not ok then
		out.problem = tostring(why)
	elseif out.cut then
		out.problem = "it is cut off"
	elseif out.outside then
		out.problem = "a value points outside"
	elseif not out.class_name or out.class_name:lower() ~= class:lower() then
		out.problem = "it names the class " .. tostring(out.class_name)
	end
	out.creator = out.creator and ids.sid(out.creator)
	return out
end

-- --- pages ---

-- Physical pages by logical number and the other way round, from the newest MAPPING file beside
-- OBJECTS.DATA; nil when there is none.
local function read_map(e)
	local best, newest
	for _, name in ipairs({ "MAPPING1.MAP", "MAPPING2.MAP", "MAPPING3.MAP" }) do
		local file = e:sibling(name)
		local s = file and file.size <= MAP_MAX and file:read()
		if s and #s >= 24 and bytes.u32le(s) == 0xabcd and (not newest or bytes.u32le(s, 5) > newest) then
			best, newest = s, bytes.u32le(s, 5)
		end
	end
	return best
end

local function page_map(e, old)
	local s = read_map(e)
	if not s then
		return nil
	end
	local at, step = old and 13 or 21, old and 4 or 24
	local physical, logical = {}, {}
	for i = 0, bytes.u32le(s, at) - 1 do
		local page = bytes.u32le(s, at + 4 + i * step)
		if not page then
			break
		end
		page = page & 0x3fffffff
		if page ~= 0x3fffffff then
			physical[i], logical[page] = page, i
		end
	end
	return { physical = physical, logical = logical }
end

-- Size of the record that the list of a page has at that offset; nil when it has none.
local function listed(page, offset)
	for i = 0, LIST_MAX - 1 do
		local id, at, size = bytes.u32le(page, i * 16 + 1), bytes.u32le(page, i * 16 + 5), bytes.u32le(page, i * 16 + 9)
		if not size or id == 0 and at == 0 and size == 0 then
			return nil
		elseif at == offset then
			return size
		end
	end
	return nil
end

-- Bytes of a record that begins in a page and goes on in the logical pages behind it.
local function gather(e, page, number, offset, size, map)
	local parts, left = { page:sub(offset + 1, offset + size) }, size - (#page - offset)
	local logical = map and map.logical[number]
	while left > 0 and logical do
		logical = logical + 1
		local next_page = map.physical[logical]
		local s = next_page and e:read(next_page * PAGE, PAGE)
		if not s then
			break
		end
		parts[#parts + 1] = s:sub(1, left)
		left = left - #s
	end
	return table.concat(parts)
end

local function found_at(e, chunk, base, at, class, digest_size, map)
	local offset = base + at - 1
	local number, inside = offset // PAGE, offset % PAGE
	local page = chunk:sub(number * PAGE - base + 1, (number + 1) * PAGE - base)
	local size = listed(page, inside)
	local out
	if size and size <= RECORD_MAX then
		out = instance(gather(e, page, number, inside, size, map), class, digest_size)
	else
		out = instance(page:sub(inside + 1), class, digest_size)
	end
	out.offset = offset
	out.current = size ~= nil and (not map or map.logical[number] ~= nil)
	return out
end

local function scan(e, chunk, base, out, old, map)
	for class, digests in pairs(DIGESTS) do
		local mark = wide(digests[old and 2 or 1])
		local at = chunk:find(mark, 1, true)
		while at and #out < FOUND_MAX do
			out[#out + 1] = found_at(e, chunk, base, at, class, #mark, map)
			at = chunk:find(mark, at + 1, true)
		end
	end
end

-- List of instances in OBJECTS.DATA, by offset: { class, kind ("consumer", "filter", "binding"),
-- offset, current, problem, … }; and why it is not all of them, or nil. `current`: in use, else
-- left behind by a change.
function wmi.instances(e)
	local out = {}
	local old = e.path:lower():find("/fs/[^/]*$") ~= nil -- Windows XP and 2003
	local map = page_map(e, old)
	for base = 0, math.min(e.size, OBJECTS_MAX) - 1, CHUNK do
		local chunk, why = e:read(base, CHUNK)
		if not chunk then
			return out, why
		end
		scan(e, chunk, base, out, old, map)
	end
	table.sort(out, function(a, b)
		return a.offset < b.offset
	end)
	return out, e.size > OBJECTS_MAX and "larger than " .. OBJECTS_MAX .. " bytes"
		or #out >= FOUND_MAX and "more than " .. FOUND_MAX .. " instances" or nil
end

-- Of a reference such as '\\.\root\subscription:X.Name="Y"': "x.y", as bindings are joined to what
-- they name, and "Y"; nil when it is none.
function wmi.reference(s)
	local dot, quote = (s or ""):find('%.[Nn][Aa][Mm][Ee]%s*=%s*"')
	local name = dot and s:sub(quote + 1):match('^(.*)"%s*$')
	if not name then
		return nil
	end
	local before = s:sub(1, dot - 1)
	local class = before:sub(before:match("^.*[^%w_]()") or 1)
	name = name:gsub('\\(["\\])', "%1")
	return (class .. "." .. name):lower(), name
end

return wmi
