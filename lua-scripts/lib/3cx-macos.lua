-- Formats of the 3CX malware on macOS. Each function adds signs (see 3cx.finding) for what an entry, or
-- the bytes of a file, holds.
local cx = require("3cx")
local files = require("3cx-files")
local text = require("text")

local M = {}

local LIBRARY_MAX = 32 * 1024 * 1024
local TEAM <const> = "33CF4654HL" -- of the vendor
-- When a bad build was signed, and which it is; published for one only.
local SIGNED = { ["2023-03-13T06:41:52Z"] = "18.12.416" }

-- --- state file ---

local STORAGE_SIZE = 56
local UUID = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"

-- `.main_storage` of macOS: UUID and time, XORed with 0x7A. Gives both.
function M.main_storage(signs, e)
	local data = e.size == STORAGE_SIZE and files.content(e, STORAGE_SIZE)
	local plain = data and text.xor(data, 0x7a)
	local uuid = plain and plain:sub(1, 36)
	if not uuid or not uuid:find(UUID) then
		cx.sign(signs, "state.main_storage", "D7", "high", "medium",
			"state file of the first stage is present, content not of the known form")
		return nil
	end
	local when = time.unix(bytes.u64le(plain, 49))
	cx.sign(signs, "state.main_storage", "D7", "high", "high", string.format(
		"state file of the first stage: id %s, next contact %s", uuid, when or "unknown"))
	return uuid, when
end

-- --- library ---

-- libffmpeg.dylib: names of its files in clear, others XORed with 0x7A.
local DYLIB_CLEAR = { "%s/.main_storage", "%s/UpdateAgent" }
local DYLIB_XORED = { "/System/Library/CoreServices/SystemVersion.plist", "3cx_auth_id=", "__tutma=true" }

-- "amd64" for a byte in that slice of a program, or nil.
local function slice_of(slices, at)
	for _, slice in ipairs(slices) do
		if at >= slice.offset and at < slice.offset + slice.size then
			return slice.cpu
		end
	end
end

local function found(signs, data, slices, needle, words)
	local at = data:find(needle, 1, true)
	if not at then
		return false
	end
	local cpu = slice_of(slices, at - 1)
	cx.sign(signs, "library.dylib", nil, "high", "high", "holds " .. words .. (cpu and " in its program for " .. cpu or ""))
	return true
end

-- Adds signs for a library. It is searched as a whole, also when it is no program that can be read. nil and why
-- when its bytes cannot be had.
function M.dylib(signs, e)
	local data, err = files.content(e, LIBRARY_MAX)
	if not data then
		return nil, err
	end
	local program = macho.open(e, { content = false })
	local slices, names = program and program.slices or {}, {}
	for _, needle in ipairs(DYLIB_CLEAR) do
		found(signs, data, slices, needle, "the text " .. needle)
	end
	for _, needle in ipairs(DYLIB_XORED) do
		found(signs, data, slices, text.xor(needle, 0x7a), needle .. " XORed with 0x7A")
	end
	for _, name in ipairs(cx.domains("c2")) do
		if text.has(data, text.xor(name, 0x7a)) then
			names[#names + 1] = name
		end
	end
	if #names > 0 then
		cx.sign(signs, "library.dylib", nil, "high", "high", "holds network names of the case XORed with 0x7A: "
			.. table.concat(names, ", "))
	end
	return true
end

-- --- signers ---

-- Who signed a program: { cpu, state, name, team, identifier, cdhash, time } of its first signed slice, or nil.
function M.signer(program)
	for _, slice in ipairs(program and program.slices or {}) do
		local s = slice.signature or {}
		if s.state and s.state ~= "none" then
			return { cpu = slice.cpu, state = s.state, name = s.name, team = s.team, identifier = s.identifier,
				cdhash = s.cdhash, time = s.time or s.stamp and s.stamp.time }
		end
	end
end

-- The bad build that was signed by the vendor at that time, or nil.
function M.signed_build(signer)
	local when = signer and signer.team == TEAM and signer.time
	return when and SIGNED[when:gsub("%.%d+Z$", "Z")] or nil
end

-- --- second stage ---

-- UpdateAgent. The published one is signed by nobody, under a name that begins so. It removes itself when it
-- starts, so that it is seldom there. `program` is what macho tells of the file, or nil.
function M.update_agent(signs, program)
	local signer = M.signer(program)
	if signer and signer.state == "ad-hoc" and (signer.identifier or ""):find("^payload2%-") then
		cx.sign(signs, "second.updateagent", nil, "high", "high",
			"the second stage on macOS: signed by nobody as " .. signer.identifier)
	elseif program then
		cx.sign(signs, "second.updateagent", nil, "high", "high",
			"a program in the place of the second stage on macOS, which removes itself when it starts")
	else
		cx.sign(signs, "second.updateagent", nil, "high", "medium",
			"a file in the place of the second stage on macOS, but no program that can be read")
	end
end

-- --- start of POOLRAT ---

local START <const> = "/Library/Graphics/Quartz"

-- The program that a property list of launchd starts.
local function starts(keys)
	local arguments = type(keys.ProgramArguments) == "table" and keys.ProgramArguments or {}
	return keys.Program or arguments[1]
end

-- A daemon or agent that starts POOLRAT, or the second stage. Others share the folder.
function M.daemon(signs, e)
	local keys = plist.open(e)
	local program = type(keys) == "table" and starts(keys) or nil
	if program == START then
		cx.sign(signs, "second.poolrat", nil, "high", "high", "it starts " .. START)
	elseif type(program) == "string" and program:find("/3CX Desktop App/UpdateAgent$") then
		cx.sign(signs, "second.updateagent", nil, "high", "high", "it starts " .. program)
	end
	return keys
end

-- --- builds in texts and reports ---

-- Versions of the app that a log or report names, each once.
function M.versions(body)
	local out, known = {}, {}
	for version in body:gmatch("3[cC][xX]%s?[dD]esktop%s?[aA]pp[/ %-v]+(%d+%.%d+%.%d+)") do
		if not known[version] then
			known[version], out[#out + 1] = true, version
		end
	end
	return out
end

return M
