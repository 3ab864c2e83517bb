-- Indicators that are digests of files: which files are worth a digest, and which indicators have it.
local M = {}

-- Where users and programs may write, and where programs lie: beginnings of paths in lower case.
local PLACES = { "programdata/", "program files/", "program files (x86)/", "windows/temp/", "windows/tasks/",
	"windows/syswow64/", "windows/system32/", "$recycle.bin/", "recycler/", "perflogs/", "temp/", "tmp/", "inetpub/",
	"users/", "documents and settings/", "home/", "root/", "var/tmp/", "var/www/", "dev/shm/", "opt/", "usr/local/",
	"usr/bin/", "usr/sbin/", "usr/lib/", "bin/", "sbin/", "etc/", "applications/", "library/", "private/tmp/",
	"private/var/tmp/", "private/etc/", "volumes/" }
-- Below these only what runs or is loaded.
local PROGRAMS_ONLY = { "windows/system32/", "windows/syswow64/", "program files", "usr/lib/" }
local RUNS = {}
for ending in ([[acm ax bat bin cmd com cpl dat dll drv efi exe hta inf ini jar jat js jse lnk msc msi msp mst ocx ps1
	psm1 py pyd scr sct sh so sys tlb tmp vbe vbs wsf xll dylib]]):gmatch("%S+") do
	RUNS[ending] = true
end

local function begins(path, list)
	for _, front in ipairs(list) do
		if path:sub(1, #front) == front then
			return true
		end
	end
	return false
end

-- Digests of a set of indicators: { count, sizes, any_size, only_sha256 }.
function M.new(list)
	local out = { by_hex = {}, count = 0, sizes = {}, any_size = false, only_sha256 = true }
	for _, one in ipairs(list) do
		if one.type == "file-hash" then
			out.by_hex[one.value] = out.by_hex[one.value] or {}
			table.insert(out.by_hex[one.value], one)
			out.count = out.count + 1
			out.only_sha256 = out.only_sha256 and #one.value == 64
			if one.size then
				out.sizes[one.size] = true
			else
				out.any_size = true
			end
		end
	end
	return setmetatable(out, { __index = M })
end

-- Should the file be hashed? `where` is "places" or "all".
function M:wants(e, where, max)
	if e.type ~= "file" or e.size == 0 then
		return false
	elseif self.sizes[e.size] then
		return true
	elseif not self.any_size or e.size > max then
		return false
	elseif where == "all" or not e.path:find("/", 1, true) then
		return true
	end
	local path = e.path:lower()
	return begins(path, PLACES) and (RUNS[e.ext] or e.ext == "" or not begins(path, PROGRAMS_ONLY)) and true or false
end

-- Adds lists of the module hashset.
function M:add_lists(lists)
	self.lists = lists
	self.any_size = self.any_size or #lists > 0
	for _, set in ipairs(lists) do
		local info = set:info()
		self.only_sha256 = self.only_sha256 and info.md5 + info.sha1 == 0
	end
end

-- Indicators that have one of these digests.
function M:find(digests)
	local out = {}
	for _, kind in ipairs({ "sha256", "sha1", "md5" }) do
		local hex = digests[kind] or ""
		for _, one in ipairs(self.by_hex[hex] or {}) do
			out[#out + 1] = one
		end
		for _, set in ipairs(self.lists or {}) do
			local hit = hex ~= "" and set:find(hex)
			if hit then
				out[#out + 1] = { type = "file-hash", value = hex, name = hit.label,
					source = hit.list .. ":" .. hit.line }
			end
		end
	end
	return out
end

return M
