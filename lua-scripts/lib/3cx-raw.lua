-- What the 3CX compromise leaves in bytes without a file: memory that was written to disk, and free space.
-- Names and keys there prove little, since scanners, rules and reports hold them, too; what decrypts with the
-- published keys proves itself.
local container = require("3cx-container")
local cx = require("3cx")
local icon = require("3cx-icon")
local text = require("text")

local M = {}

local AROUND <const> = 64 -- bytes in front of and behind a place that are read with it
local ICON_WINDOW <const> = 4096
local AT_ONCE <const> = 64 -- strings that e:find takes
local PLACES_MAX <const> = 10000 -- of one find
local FINDS_MAX <const> = 20 -- one after the other, in one entry
local TOLD <const> = 20 -- places that a record names
local CONTAINERS_MAX <const> = 10 -- that are kept, up to 1 MiB each

-- --- what is looked for ---

local function word(kind, name, needle)
	return { kind = kind, name = name, needle = needle }
end

-- Both spellings of a text that stands for itself.
local function both(out, kind, name, ascii)
	out[#out + 1] = word(kind, name, ascii)
	out[#out + 1] = word(kind, name, text.utf16le(ascii))
end

-- List of { kind, name, needle }: "icon" and "container" are opened, the rest is counted.
function M.words()
	local out = {
		word("icon", "trailer of an icon", icon.CONSTANT),
		word("container", "encrypted payload", container.TAG),
		word("key", "RC4 key of the loader", container.KEY),
		word("key", "event of the loader", text.utf16le("AVMonitorRefreshEvent")),
		word("cookie", "__tutma", "__tutma="),
	}
	both(out, "url", "raw.githubusercontent.com/IconStorages/images/main/", "/IconStorages/images/main/")
	for _, name in ipairs(cx.domains("c2")) do
		both(out, "name", name, name)
	end
	return out
end

-- --- places ---

local NAME <const> = "[%w-]"

-- Does the name stand alone at the place, and is not the end or begin of another?
local function alone(e, offset, one)
	local wide = one.needle:find("\0", 1, true) and 2 or 1
	local from = math.max(0, offset - wide)
	local data = e:read(from, offset - from + #one.needle + 2 * wide) or ""
	local before, behind = data:sub(1, offset - from), data:sub(offset - from + #one.needle + 1)
	local dot = behind:sub(1, 1) == "." and behind:sub(1 + wide, 1 + wide):find(NAME)
	return not before:find(NAME) and not behind:sub(1, 1):find(NAME) and not dot
end

local function count(found, offset, one)
	local key = one.kind .. "\0" .. one.name
	local seen = found[key] or { kind = one.kind, name = one.name, count = 0, offsets = list({}) }
	found[key] = seen
	seen.count = seen.count + 1
	if #seen.offsets < TOLD then
		seen.offsets[#seen.offsets + 1] = offset
	end
end

-- An icon's trailer, as 3cx-icon gives it, when the constant at `offset` is in one.
local function open_icon(e, offset)
	local from = math.max(0, offset - AROUND)
	local found = icon.find(e:read(from, ICON_WINDOW) or "")
	return found and found.url and found
end

local HEAD <const> = 64
local PAYLOAD_MAX <const> = 1024 * 1024 -- the published one has 277264 bytes

-- The payload behind the tag at `offset`, when it decrypts to more than its published first bytes, which rules of
-- scanners hold, too. They are tried first: the tag may stand in many places.
local function open_container(e, offset)
	if not container.is_loader(container.unseal(e:read(offset, HEAD) or "", 1, offset).told) then
		return nil
	end
	local found = container.unseal(e:read(offset, PAYLOAD_MAX) or "", 1, offset)
	return found.told.kind == "bootstrap and program" and found
end

local OPEN = {
	icon = function(e, offset, out)
		out.icons[#out.icons + 1] = open_icon(e, offset) or nil
	end,
	container = function(e, offset, out)
		if #out.containers < CONTAINERS_MAX then
			out.containers[#out.containers + 1] = open_container(e, offset) or nil
		end
	end,
}

local function take(e, offset, one, out)
	if one.kind == "name" and not alone(e, offset, one) then
		return
	end
	count(out.found, offset, one)
	local open = OPEN[one.kind]
	if open then
		open(e, offset, out)
	end
end

-- Looks for some of the words in an entry up to byte `stop`; `out` takes what is there.
local function look_for(e, words, stop, out)
	local needles, from, hits, more = {}, 0, nil, true
	for i, one in ipairs(words) do
		needles[i] = one.needle
	end
	for _ = 1, FINDS_MAX do
		hits, more = e:find(needles, { from = from, max = PLACES_MAX })
		if not hits then
			return nil, more
		end
		for _, hit in ipairs(hits) do
			if hit.offset < stop then
				take(e, hit.offset, words[hit.needle], out)
			end
		end
		if not more then
			break
		end
		from = hits[#hits].offset + 1
	end
	out.more = out.more or more
	return true
end

-- What an entry holds before byte `stop`: { found = list of { kind, name, count, offsets }, icons, containers,
-- more }; nil and why when it cannot be read.
function M.look(e, stop)
	local out, words = { found = {}, icons = {}, containers = {} }, M.words()
	for first = 1, #words, AT_ONCE do
		local ok, err = look_for(e, table.move(words, first, math.min(#words, first + AT_ONCE - 1), 1, {}), stop, out)
		if not ok then
			return nil, err
		end
	end
	local rows = {}
	for _, seen in pairs(out.found) do
		rows[#rows + 1] = seen
	end
	out.found = rows
	return out
end

return M
