-- What the ICONIC stealer could read of a browser: the last 500 rows of its table of URLs, by id, of Chrome,
-- Edge, Brave and Firefox; URLs and titles, no passwords, no cookies.
local cx = require("3cx")
local keys = require("keys")

local M = {}

local ROWS = 500
local READ = { Chrome = "urls", Edge = "urls", Brave = "urls", Firefox = "moz_places" }

local Exposure = {}
Exposure.__index = Exposure

-- A count for one profile of a browser, into which its URLs go by descending id.
function M.new(name)
	return setmetatable({ from = READ[name], rows = 0, total = 0, hosts = {} }, Exposure)
end

function Exposure:add(url)
	self.total = self.total + 1
	if self.rows == ROWS then
		return
	end
	self.rows = self.rows + 1
	local last, host = url.last, type(url.url) == "string" and cx.url_host(url.url)
	if last and (not self.oldest or last < self.oldest) then
		self.oldest = last
	end
	if last and (not self.newest or last > self.newest) then
		self.newest = last
	end
	if host then
		self.hosts[host] = true
	end
end

-- A record "exposure": how many of how many URLs, of what time, of which hosts. Nothing for browsers
-- that the stealer does not know.
function Exposure:record(ctx, db, about)
	if not self.from then
		return
	end
	ctx:record("exposure", {
		table = self.from, rows = self.rows, total = self.total, oldest = self.oldest,
		newest = self.newest, hosts = list(keys.of(self.hosts)), browser = about.browser, profile = about.profile,
		user = about.user, sid = about.sid, entry = db.entry,
	})
end

return M
