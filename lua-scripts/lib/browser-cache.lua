-- Entries of the caches of browsers: which URL, when, with what answer. The contents stay in the
-- evidence. Formats: net/disk_cache/{simple,blockfile} and net/http/http_response_info.cc of
-- Chromium, netwerk/cache2/CacheFileMetadata.h of Firefox.
local M = {}

-- --- Chromium: what is kept of an answer ---

local EXTRA_FLAGS = 1 << 31

-- { requested, time, status, type } out of the pickled answer, or nil.
local function response(pickle)
	if #pickle < 32 then
		return nil
	end
	local pos = bytes.u32le(pickle, 5) & EXTRA_FLAGS ~= 0 and 13 or 9
	local requested, answered = bytes.u64le(pickle, pos), bytes.u64le(pickle, pos + 8)
	local length = bytes.u32le(pickle, pos + 16)
	-- a later flag puts one more time in front of the headers
	if not pickle:find("^HTTP/", pos + 20) and pickle:find("^HTTP/", pos + 28) then
		pos = pos + 8
		length = bytes.u32le(pickle, pos + 16)
	end
	local headers = pickle:sub(pos + 20, pos + 19 + math.min(length, 64 * 1024))
	if not headers:find("^HTTP/") then
		return nil
	end
	return { requested = time.webkit(requested), time = time.webkit(answered),
		status = headers:match("^([^\0]*)"), type = headers:match("\0[Cc]ontent%-[Tt]ype: *([^\0]*)"),
		location = headers:match("\0[Ll]ocation: *([^\0]*)") }
end

-- The URL in a key, which may have a prefix ("1/0/") and the sites that the cache is split by.
local function url_of(key)
	local last = key:match("^.* (.*)$") or key
	return last:match("^%d+/%d+/(.*)$") or last
end

local function fill(row, answer)
	for name, value in pairs(answer or {}) do
		row[name] = value
	end
	return row
end

-- --- Chromium: Simple Cache ---

local SIMPLE, SIMPLE_END = "\x30\x5c\x72\xa7\x1b\x6d\xfb\xfc", "\xd8\x41\x0d\x97\x45\x6f\xfa\xf4"
local KEY_MAX = 64 * 1024
local HEADERS_MAX = 1024 * 1024
local HAS_KEY_DIGEST = 2

local function simple_answer(e)
	local size = e.size
	local tail = size >= 48 and e:read(size - 24, 24) or ""
	if tail:sub(1, 8) ~= SIMPLE_END then
		return nil
	end
	local length = bytes.u32le(tail, 17)
	local start = size - 24 - length - (bytes.u32le(tail, 9) & HAS_KEY_DIGEST ~= 0 and 32 or 0)
	return start > 0 and length <= HEADERS_MAX and response(e:read(start, length) or "") or nil
end

-- A file of the Simple Cache ("0a1b…_0"): { url, key, time, requested, status, type }; nil, message.
function M.simple(e)
	local head = e:read(0, 24) or ""
	if #head < 24 or head:sub(1, 8) ~= SIMPLE then
		return nil, "no entry of a Simple Cache"
	end
	local length = bytes.u32le(head, 13)
	if length == 0 or length > KEY_MAX then
		return nil, "key of " .. length .. " bytes"
	end
	local key = e:read(24, length) or ""
	if #key < length then
		return nil, "key is cut off"
	end
	local row = fill({ url = url_of(key), key = key }, simple_answer(e))
	row.time_column = row.time and "response_time" or nil
	return row
end

-- The first bytes of the content of an entry that M.simple gave, at most `n`, and what follows it.
function M.simple_content(e, row, n)
	return e:read(24 + #row.key, n)
end

-- --- Chromium: Blockfile ---

local BLOCK_MAGIC = 0xc104cac3
local HEADER, ENTRY = 8192, 256
local KEY_AT, KEY_SHORT = 96, 4 * 256 - 96 - 1
local SIZES = { 36, 256, 1024, 4096 }
local STATES = { [0] = nil, "evicted", "doomed" }

-- What lies at an address of the cache, at most `n` bytes: in a block of data_<k>, or in a file f_<…>.
local function at_address(e, address, n)
	if address & 0x80000000 == 0 then
		return nil
	end
	local kind = address >> 28 & 7
	if kind == 0 then
		local file = e:sibling(string.format("f_%06x", address & 0x0fffffff))
		return file and file:read(0, n)
	end
	local file, size = e:sibling("data_" .. (address >> 16 & 0xff)), SIZES[kind]
	return file and size and file:read(HEADER + (address & 0xffff) * size, n)
end

local function block_key(e, entry, more)
	local length, long = bytes.u32le(entry, 33), bytes.u32le(entry, 37)
	if length == 0 or length > KEY_MAX then
		return nil
	elseif long ~= 0 then
		return at_address(e, long, length)
	elseif length > KEY_SHORT then
		return nil
	end
	return (entry .. more):sub(KEY_AT + 1, KEY_AT + length)
end

-- One block as an entry, or nil: an address of its ranking and a URL in its key prove it.
local function block_entry(e, entry, more)
	if bytes.u32le(entry, 9) & 0xf0000000 ~= 0x90000000 then
		return nil
	end
	local key = block_key(e, entry, more)
	if not key or not key:find("^[%g ]+$") or not key:find("://", 1, true) then
		return nil
	end
	local size, address = bytes.u32le(entry, 41), bytes.u32le(entry, 57)
	local answer = size > 0 and size <= HEADERS_MAX and response(at_address(e, address, size) or "")
	local row = fill({ url = url_of(key), key = key, created = time.webkit(bytes.u64le(entry, 25)),
		state = STATES[bytes.u32le(entry, 21)], size = bytes.u32le(entry, 45) }, answer)
	row.time_column = row.time and "response_time" or "creation_time"
	row.time = row.time or row.created
	return row
end

local PIECE = 1024 * ENTRY

-- The first bytes of the content of an entry, of which M.blocks gave the block; at most `n`.
function M.block_content(e, block, n)
	local size = math.min(bytes.u32le(block, 45), n)
	return size > 0 and at_address(e, bytes.u32le(block, 61), size) or nil
end

-- Iterator of the entries in a file of blocks of 256 bytes (data_1 and those that follow it), each with
-- its block; those in blocks that are free have `recovered`. nil, message when it is none.
function M.blocks(e)
	local head = e:read(0, HEADER) or ""
	if #head < HEADER or bytes.u32le(head, 1) ~= BLOCK_MAGIC or bytes.u32le(head, 13) ~= ENTRY then
		return nil, "no file of blocks"
	end
	local n, piece, first = -1, "", 0
	return function()
		while HEADER + (n + 2) * ENTRY <= e.size do
			n = n + 1
			if (n - first) * ENTRY >= #piece then
				first = n
				-- what a key may take of the blocks behind comes along
				piece = e:read(HEADER + n * ENTRY, PIECE) or ""
			end
			local at = (n - first) * ENTRY
			local entry = piece:sub(at + 1, at + ENTRY)
			local more = piece:sub(at + ENTRY + 1, at + 4 * ENTRY)
			local row = #entry == ENTRY and block_entry(e, entry, more)
			if row then
				local used = head:byte(80 + n // 8 + 1) or 0
				row.block = n
				row.recovered = used & 1 << n % 8 == 0 or nil
				return row, entry
			end
		end
		return nil
	end
end

-- --- Firefox ---

local CHUNK = 256 * 1024

-- A file of cache2/entries: { url, key, time, modified, expires, fetches, status, method }; nil,
-- message. What is about the entry lies behind the content, at a place that the last four bytes tell.
function M.firefox(e)
	local tail = e.size > 40 and e:read(e.size - 4, 4) or ""
	if #tail < 4 then
		return nil, "no entry of a cache"
	end
	local content = bytes.u32be(tail)
	local about = content + 4 + 2 * ((content + CHUNK - 1) // CHUNK)
	local length = e.size - 4 - about
	local meta = length >= 32 and length <= HEADERS_MAX and e:read(about, length) or ""
	local version = #meta >= 32 and bytes.u32be(meta, 1) or 0
	if version < 1 or version > 3 then
		return nil, "no entry of a cache, or of an unknown version"
	end
	local key_at = version >= 2 and 33 or 29
	local key_length = bytes.u32be(meta, 25)
	if key_length == 0 or key_at + key_length > #meta then
		return nil, "key is cut off"
	end
	local key = meta:sub(key_at, key_at + key_length - 1)
	local head = meta:match("\0response%-head\0([^\0\r\n]*)")
	local expires = bytes.u32be(meta, 21)
	return { url = key:match(":(%a[%w+.-]*://.*)$") or key, key = key, fetches = bytes.u32be(meta, 5),
		time = time.unix(bytes.u32be(meta, 9)), time_column = "lastFetched",
		modified = time.unix(bytes.u32be(meta, 13)), expires = expires < 0xffffffff and time.unix(expires) or nil,
		status = head, method = meta:match("\0request%-method\0([^\0]*)"), size = content }
end

-- The first bytes of the content of an entry that M.firefox gave, at most `n`.
function M.firefox_content(e, row, n)
	return e:read(0, math.min(row.size, n))
end

return M
