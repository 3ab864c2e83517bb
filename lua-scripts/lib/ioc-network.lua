-- Indicators that are names of hosts, URLs and addresses, matched against a URL and its host.
local url = require("url")

local M = {}

local function number(address)
	local a, b, c, d = address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
	return a and (a << 24 | b << 16 | c << 8 | d) or nil
end

-- function(address): is it in the network "10.0.0.0/8"?
local function network(text)
	local address, bits = text:match("^(.-)/(%d+)$")
	local base = address and number(address)
	if not base then
		return nil
	end
	local mask = bits == "0" and 0 or ~((1 << 32 - tonumber(bits)) - 1) & 0xffffffff
	return function(other)
		local n = number(other)
		return n ~= nil and n & mask == base & mask
	end
end

-- What there is to look for: hosts by name, lists of URLs by host, networks; and how many.
local function sorted(list)
	local hosts, urls, networks, count = {}, {}, {}, 0
	for _, one in ipairs(list) do
		if one.type == "domain" then
			hosts[one.value] = hosts[one.value] or one
		elseif one.type == "ip" then
			local inside = network(one.value)
			if inside then
				networks[#networks + 1] = { one = one, inside = inside }
			else
				hosts[one.value] = hosts[one.value] or one
			end
		elseif one.type == "url" then
			local host, plain = url.host(one.value), url.plain(one.value)
			if host then
				urls[host] = urls[host] or {}
				table.insert(urls[host], { one = one, plain = plain })
			end
		else
			count = count - 1
		end
		count = count + 1
	end
	return hosts, urls, networks, count
end

-- The indicator that a host fits: its name, a domain above it, a network.
local function of_host(host, hosts, networks)
	local name = host
	while name do
		local one = hosts[name]
		if one and (one.type == "domain" or name == host) then
			return one
		end
		name = name:match("^[^.]+%.(.+)$")
	end
	for _, n in ipairs(networks) do
		if n.inside(host) then
			return n.one
		end
	end
	return nil
end

-- match(url or nil, host) → key, indicator (see stores.search); and how many indicators there are.
function M.new(list)
	local hosts, urls, networks, count = sorted(list)
	return function(address, host)
		local plain = address and urls[host] and url.plain(address)
		for _, u in ipairs(plain and urls[host] or {}) do
			local behind = plain:sub(1, #u.plain) == u.plain and plain:sub(#u.plain + 1, #u.plain + 1)
			if behind and (behind == "" or behind:find("[?&/]")) then
				return u.one.type .. " " .. u.one.value, u.one
			end
		end
		local one = of_host(host, hosts, networks)
		return one and one.type .. " " .. one.value, one
	end, count
end

return M
