-- Icons of the 3CX malware: behind the picture lies "$" and, in base64, a URL sealed with AES-256-GCM.
-- Key and nonce are the same in all samples, and each URL starts with "https://" in UTF-16, so that some
-- bytes are the same in all of them: they give the trailer away wherever it is.
local cx = require("3cx")
local text = require("text")

local M = {}

local KEY = bytes.unhex("21a1ace1e663ba45864df457b209181ebd90101b4a512840387cd210e58fa3f1")
local NONCE = bytes.unhex("3b8a08ed0f9e08ca572109ef")
local START = bytes.unhex("a4c105b385aeacc50aedcc5a37a0f49e") -- "https://", sealed
M.CONSTANT = "wQWzha6sxQrtzFo3oPSe" -- the part of it that base64 always gives
local BEFORE <const> = 28 -- characters of base64 in front of it
local HEAD <const> = 20 -- bytes in front of the URL: how long it is, and the tag
local PNG_END <const> = "IEND\xae\x42\x60\x82"

-- What the base64 text hides: { length, url }, without `url` when it cannot be opened with the published
-- key; nil when it is something else.
function M.open(encoded)
	local blob = text.unbase64(encoded)
	if not blob or #blob < HEAD + #START or blob:sub(HEAD + 1, HEAD + #START) ~= START then
		return nil
	end
	local length = bytes.u32le(blob, 1)
	local sealed = blob:sub(HEAD + 1, HEAD + 2 * (length + 1))
	local plain = bytes.aes_gcm(KEY, NONCE, sealed, blob:sub(5, HEAD))
	return { length = length, url = plain and bytes.utf16(plain) }
end

-- The trailer in some bytes: what it hides, as M.open gives it, with `position` of its "$" from 1, and
-- `behind_png`. nil when there is none.
function M.find(data)
	local at = data:find(M.CONSTANT, 1, true)
	while at do
		local first = at - BEFORE
		local encoded = first > 1 and data:sub(first - 1, first - 1) == "$" and data:match("^[%w+/]+=*", first)
		local found = encoded and M.open(encoded)
		if found then
			found.position = first - 1
			found.behind_png = data:sub(first - 1 - #PNG_END, first - 2) == PNG_END
			return found
		end
		at = data:find(M.CONSTANT, at + 1, true)
	end
	return nil
end

-- The sign that a trailer is; `where` says in words where it lies.
function M.sign(found, where)
	local url = found.url
	local row = url and cx.url(url)
	return { sign = "icon.trailer", detector = "D6", severity = "high", confidence = "high", proved = url ~= nil,
		text = string.format("an encrypted URL of %d characters lies %s%s", found.length, where,
			url and ": " .. url .. (row and row.class == "c2" and ", a network name of the compromise" or "") or
			", which the published key does not open: it was altered") }
end

local TAIL <const> = 4096 -- the published trailers are shorter than 500 bytes

-- Adds the sign of an icon file; gives what its trailer hides, or nil.
function M.look(signs, e)
	local tail = e:read(math.max(0, e.size - TAIL), math.min(e.size, TAIL))
	local found = tail and M.find(tail)
	if not found then
		return nil
	end
	found.position = found.position + math.max(0, e.size - TAIL)
	signs[#signs + 1] = M.sign(found, found.behind_png and "behind the picture" or "in it, but not behind a PNG")
	return found
end

return M
