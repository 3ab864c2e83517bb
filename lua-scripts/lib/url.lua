-- Parts of a URL.
local M = {}

-- Host of a URL with "//", lower case, without user, port and dot at the end; nil when the text is no such
-- URL. An IPv6 address comes without its brackets.
function M.host(url)
	local authority = url:match("^%a[%w+.-]*://([^/?#\\]*)")
	local host = authority and authority:match("([^@]*)$"):lower()
	host = host and (host:match("^%[([%x:.]+)%]") or host:match("^([^:]*)"))
	return host and host ~= "" and host:gsub("%.$", "") or nil
end

-- The same URL for two spellings of it: without scheme, user, fragment and slash at the end; the host in lower case.
function M.plain(url)
	local authority, rest = url:match("^%a[%w+.-]*://([^/?#\\]*)([^#]*)")
	if not authority then
		return nil
	end
	return authority:match("([^@]*)$"):lower():gsub(":80$", ""):gsub(":443$", "") .. rest:gsub("/+$", "")
end

return M
