-- d3dcompiler_47.dll of the bad builds: behind its signature, where the check of Windows does not look,
-- lie FEEDFACE twice and a program that RC4 hides. It is decrypted in memory, to prove what it is.
-- Layout of the bootstrap in front of the program: that of sRDI (N. Landers, github.com/monoxgas/sRDI),
-- which the published analyses found there.
local text = require("text")

local M = {}

M.KEY = "3jB(2bsG#@c7"
M.TAG = ("\xfe\xed\xfa\xce"):rep(2)
local VEILED <const> = "\x5e\xda\xf3\x76"
local TABLE_MAX = 16 * 1024 * 1024 -- bytes of the certificate table that are looked at
local SLACK_MAX = 8 -- a record is padded to 8 bytes
local ENTROPY_SIZE = 4096 -- less says nothing about entropy
local ENTROPY_SAMPLE = 65536
local ENTROPY_HIGH = 7.5
local URLS_MAX = 50

-- --- what is in it ---

-- "call next; pop rcx; mov r8, rcx; add rcx, …": all that follows counts from behind the call.
local BOOTSTRAP <const> = "\xe8\0\0\0\0\x59"
local BASE <const> = 5
local MOVES <const> = "\x49\x89\xc8\x48\x81\xc1" -- and a number of 32 bits
local HASH, USER, LENGTH <const> = "\xba", "\x49\x81\xc0", "\x41\xb9" -- each with one, too

-- The number behind `code` near the begin of the bootstrap, or nil.
local function operand(plain, code)
	local at, stop = plain:find(code, #BOOTSTRAP + 1, true)
	return at and at < 64 and bytes.u32le(plain, stop + 1) or nil
end

-- A name as the bootstrap sums it up: each letter added after a turn of 13 bits, the NUL, too.
local function ror13(name)
	local sum = 0
	for i = 1, #name + 1 do
		sum = (sum >> 13 | sum << 19) & 0xffffffff
		sum = sum + (i <= #name and name:byte(i) or 0) & 0xffffffff
	end
	return sum
end
M.ror13 = ror13

-- The program inside: { offset, size, name, machine, exports, called, timestamp }.
local function program(plain, offset, stop, hash)
	local body = plain:sub(offset + 1, stop or #plain)
	local p = body:sub(1, 2) == "MZ" and pe.open(body, { content = false })
	if not p then
		return nil
	end
	local out = { offset = offset, size = #body, sha256 = bytes.sha256(body), machine = p.machine, dll = p.dll,
		timestamp = p.timestamp, name = p.exports and p.exports.dll, exports = p.exports and p.exports.names }
	for _, name in ipairs(out.exports or {}) do
		if hash and ror13(name) == hash then
			out.called = name
		end
	end
	return out
end

local WIDE <const> = text.utf16le("http")
local URL_BYTES <const> = 2048

-- Each URL in UTF-16, from the place of its begin.
local function wide_urls(plain, each)
	local at = plain:find(WIDE, 1, true)
	while at do
		local url = bytes.utf16(plain:sub(at, at + URL_BYTES)):match("^https?://%g+")
		if url then
			each(url)
		end
		at = plain:find(WIDE, at + 1, true)
	end
end

-- URLs in the bytes, in both encodings, sorted and each once.
local function urls(plain)
	local out, seen = list({}), {}
	local function add(url)
		if not seen[url] and #out < URLS_MAX then
			seen[url] = true
			out[#out + 1] = url
		end
	end
	for url in plain:gmatch("https?://[%w%-._~:/?#@!$&'*+,;=%%]+") do
		add(url)
	end
	wide_urls(plain, add)
	table.sort(out)
	return out
end

-- What decrypted bytes are: { kind, program, function_hash, user_offset, user_data, user_agent, urls }.
-- `kind` is "bootstrap and program", "bootstrap", "program", "text" or "unknown".
function M.describe(plain)
	local out = { kind = "unknown", urls = urls(plain) }
	if plain:sub(1, #BOOTSTRAP) == BOOTSTRAP then
		out.kind = "bootstrap"
		local at, user, size = operand(plain, MOVES), operand(plain, USER), operand(plain, LENGTH)
		out.function_hash = operand(plain, HASH)
		out.user_offset = user and user + BASE
		if user and size and size <= 4096 then
			out.user_data = text.trim((plain:sub(user + BASE + 1, user + BASE + size):gsub("\0.*$", "")))
			out.user_agent = out.user_data:match('"([^"]*)"')
		end
		out.program = at and program(plain, at + BASE, out.user_offset, out.function_hash)
		out.kind = out.program and "bootstrap and program" or out.kind
	elseif plain:sub(1, 2) == "MZ" then
		out.program = program(plain, 0, nil, nil)
		out.kind = out.program and "program" or out.kind
	elseif not plain:find("[^%g%s\0]") and plain:find("%g") then
		out.kind = "text"
	end
	return out
end

-- Is it the loader of the compromise? The start of the code is published.
function M.is_loader(told)
	return told.kind == "bootstrap" or told.kind == "bootstrap and program"
end

-- --- where it lies ---

-- What is behind the tag, which stands at `at` of some bytes of a file that begin at `offset`:
-- { tag_offset, offset, size, plain, told, … }, with offsets of the file.
function M.unseal(data, at, offset)
	local sealed = data:sub(at + #M.TAG)
	local plain = bytes.rc4(M.KEY, sealed)
	return { tag_offset = offset + at - 1, offset = offset + at - 1 + #M.TAG, size = #sealed,
		sha256 = bytes.sha256(sealed), plain = plain, plain_sha256 = bytes.sha256(plain),
		told = M.describe(plain) }
end

local function tagged(signs, found)
	local told = found.told
	local proved = M.is_loader(told)
	if proved then
		local inner = told.program
		signs[#signs + 1] = { sign = "library.container", detector = "D3", severity = "high", confidence = "high",
			proved = true, text = "the data behind the signature decrypts to the start of the published shellcode"
				.. (inner and string.format(", with a program of %d bytes%s", inner.size,
					inner.name and " named " .. inner.name or "") or "") }
	end
	signs[#signs + 1] = { sign = "library.container", detector = "D3", severity = "high", confidence = "high",
		proved = proved, text = string.format("FEEDFACE twice and %d bytes more behind the signature",
			found.size) }
end

local function untagged(signs, slack)
	if #slack <= SLACK_MAX and not slack:find("[^\0]") then
		return
	end
	if slack:sub(1, 64):find(VEILED, 1, true) then -- one source tells of this marker
		signs[#signs + 1] = { sign = "second.veiledsignal", severity = "low", confidence = "low",
			title = "Data behind the certificate of a program", text = "the marker 5EDAF376 behind the certificate, "
				.. "which one analysis has seen with VEILEDSIGNAL" }
	end
	local entropy = text.entropy(slack:sub(1, ENTROPY_SAMPLE))
	local dense = #slack >= ENTROPY_SIZE and entropy > ENTROPY_HIGH
	signs[#signs + 1] = { sign = "slack.review", detector = "D3", severity = dense and "medium" or "low",
		confidence = "low", title = "Data behind the certificate of a program",
		text = string.format("%d bytes behind the certificate, %.1f bits of entropy each: some installers mark "
			.. "their downloads so", #slack, entropy) }
end

-- Ranges behind the certificates: of each record, and of the table.
local function slacks_of(certificates)
	local out = {}
	for _, record in ipairs(certificates.records) do
		out[#out + 1] = record.slack
	end
	out[#out + 1] = certificates.rest
	return out
end

-- Bytes of an entry, or of a string.
local function part(e, offset, size)
	if type(e) == "string" then
		return e:sub(offset + 1, offset + size)
	end
	return e:read(offset, size) or ""
end

-- Any program, an entry or its bytes: adds signs for what lies behind the certificates inside the
-- certificate table. Gives the table, and what was found behind the tag; nil and why for what is no program.
function M.look(signs, e)
	local certificates, err = pe.certificates(e)
	if not certificates then
		return nil, err
	end
	local data = part(e, certificates.offset, math.min(certificates.size, TABLE_MAX))
	local at = data:find(M.TAG, 1, true)
	if at then
		local found = M.unseal(data, at, certificates.offset)
		tagged(signs, found)
		return certificates, found
	elseif not certificates.cut then
		for _, slack in ipairs(slacks_of(certificates)) do
			untagged(signs, part(e, slack.offset, math.min(slack.size, TABLE_MAX)))
		end
	end
	return certificates
end

-- A record "payload", and the bytes for whoever asked for them. `name` of the library, when `e` is a package
-- that holds it.
function M.tell(ctx, e, found, name)
	local told = found.told
	ctx:record("payload", { time = e.times.created, entry = e, user = e.user, sid = e.sid, kind = told.kind,
		source = "behind the signature of " .. (name and name .. " in " or "") .. e.name, proved = M.is_loader(told),
		tag_offset = found.tag_offset, offset = found.offset, size = found.size, sha256 = found.sha256,
		plain_sha256 = found.plain_sha256,
		program = told.program, function_hash = told.function_hash and string.format("%08x", told.function_hash),
		user_offset = told.user_offset, user_data = told.user_data, user_agent = told.user_agent, urls = told.urls })
	ctx:payload({ bytes = found.plain, from = e, name = "decrypted", kind = told.kind })
	local inner = told.program
	if inner and inner.offset > 0 then
		ctx:payload({ bytes = found.plain:sub(inner.offset + 1, inner.offset + inner.size), from = e,
			name = inner.name or "program", kind = "program" })
	end
end

return M
