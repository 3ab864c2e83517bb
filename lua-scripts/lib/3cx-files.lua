-- Files of the 3CX case: hashed, noted, collected and told. For plugins that look at files of
-- one system.
local cx = require("3cx")
local json = require("json")
local places = require("3cx-places")

local M = {}

M.SMALL = 1024 * 1024 -- configuration files and logs are read up to here

-- Up to `max` bytes of an entry; of bytes, all.
function M.content(e, max)
	if type(e) == "string" then
		return e
	end
	return e:read(0, math.min(e.size, max))
end

function M.read_small(e)
	return e and e:read(0, math.min(e.size, M.SMALL))
end

-- Hashes a file, notes it and adds what the lists say of its digests. Many
-- files are published under one algorithm only. `name` is the sign that a listed digest is
-- here, "file.listed" when absent.
function M.examine(ctx, e, signs, name)
	local digests, err = e:digests()
	if not digests then
		ctx:anomaly(e, "cannot be hashed: " .. tostring(err))
		return
	end
	local sign, row = cx.digest_sign(digests)
	if sign then
		sign.sign = name or sign.sign
		signs[#signs + 1] = sign
	end
	ctx:record("file", { time = e.times.created, entry = e, size = e.size,
		sha256 = digests.sha256, sha1 = digests.sha1, md5 = digests.md5,
		listed = row and row.class, family = row and row.family,
		version = row and row.version ~= "" and row.version or nil, user = e.user })
end

function M.tell(ctx, e, title, signs, fields)
	if #signs > 0 then
		ctx:collect(e, title)
	end
	fields.sid = e.sid
	cx.finding(ctx, e, title, signs, fields)
end

-- What intel/3cx/paths.csv says of a file whose presence says enough.
function M.presence(signs, e, os)
	signs[#signs + 1] = places.presence(os, e)
end

-- Provisioning data: what a stealer that reads this file could send away.
function M.settings(ctx, e)
	local config = json.decode(M.read_small(e) or "")
	if type(config) ~= "table" then
		return
	end
	local function field(name)
		return type(config[name]) == "string" and config[name] or nil
	end
	ctx:record("settings", { time = e.times.modified, account = field("AccountName"),
		pbx = field("url") or field("PBXUrl"), user = e.user, entry = e })
end

function M.collector(reason)
	return function(ctx, e)
		if e.type == "file" then
			ctx:collect(e, reason)
		end
	end
end

return M
