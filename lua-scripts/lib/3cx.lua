-- What is published about the 3CX compromise of March 2023, ready to be
-- asked: digests, network names, builds. The tables are in intel/3cx; what is wrong with a row of
-- them is told by intel.tell.
local intel = require("intel")
local url = require("url")

local M = {}

M.REFERENCES = { "attack:T1195.002", "attack:C0057", "cve:CVE-2023-29059" }

-- Loads a table on first use; a plugin seldom needs all of them.
local function lazy(name, check, build)
	local loaded
	return function()
		loaded = loaded or build(intel.rows(name, check))
		return loaded
	end
end

local wrong_class = intel.one_of("class", { "bad", "host", "memory", "unlabelled", "related", "generic",
	"doubtful", "benign" })

local function wrong_digest(row)
	local digest = row.digest or ""
	if not digest:find("^%x+$") or #digest ~= 64 and #digest ~= 40 and #digest ~= 32 then
		return "'" .. digest .. "' is no digest"
	end
	row.digest = digest:lower()
	return wrong_class(row)
end

local digests = lazy("3cx/hashes.csv", wrong_digest, function(rows)
	local out = {}
	for _, row in ipairs(rows) do
		out[row.digest] = row
	end
	return out
end)

local wrong_os = intel.one_of("os", { "windows", "macos" })
local wrong_build = intel.one_of("class", { "bad", "clean" })

local function wrong_version(row)
	if not (row.version or ""):find("^%d+%.%d+%.%d+$") then
		return "'" .. tostring(row.version) .. "' is no version of three numbers"
	end
	return wrong_os(row) or wrong_build(row)
end

local versions = lazy("3cx/versions.csv", wrong_version, function(rows)
	local out = { windows = {}, macos = {} }
	for _, row in ipairs(rows) do
		out[row.os][row.version] = row.class
	end
	return out
end)

local PREFIX = "^%a[%w+.-]*://([^/?#@:]+)/"

-- Prefixes of URLs go by host: each of them has a whole one.
local function add_prefix(prefixes, row)
	local prefix = row.value:lower()
	local host = prefix:match(PREFIX)
	prefixes[host] = prefixes[host] or {}
	table.insert(prefixes[host], { text = prefix, row = row })
end

local wrong_type = intel.one_of("type", { "domain", "hostname", "url-prefix", "user-agent", "cookie" })
local wrong_use = intel.one_of("class", { "c2", "related", "context", "benign" })

local function wrong_name(row)
	local value = row.value or ""
	if row.type == "url-prefix" and not value:find(PREFIX) then
		return "'" .. value .. "' is no beginning of a URL with its host"
	elseif (row.type == "domain" or row.type == "hostname") and not value:find("^[%w%-_]+%.[%w%-_.]*%w$") then
		return "'" .. value .. "' is no name of a host"
	end
	return wrong_type(row) or wrong_use(row)
end

local network = lazy("3cx/network.csv", wrong_name, function(rows)
	local out = { domain = {}, hostname = {}, prefixes = {} }
	for _, row in ipairs(rows) do
		if row.type == "url-prefix" then
			add_prefix(out.prefixes, row)
		elseif out[row.type] then
			out[row.type][row.value:lower()] = row
		end
	end
	return out
end)

-- Loads all tables, so that intel.problems() knows of all.
function M.load()
	digests()
	versions()
	network()
end

-- The row of the hash list for { sha256 =, sha1 =, md5 = }, or nil, and the
-- name of the digest that is in it.
local ALGORITHMS = { { "sha256", "SHA-256" }, { "sha1", "SHA-1" }, { "md5", "MD5" } }

local function listed(set)
	for _, algorithm in ipairs(ALGORITHMS) do
		local hex = set[algorithm[1]]
		local row = hex and digests()[hex]
		if row then
			return row, algorithm[2]
		end
	end
	return nil
end

-- What a listed file means: severity, confidence and a sentence. Genuine files
-- (benign) and unconfirmed rows (doubtful) never make a finding.
local WEIGHT = {
	bad = { "high", "high", "is on the list of files of the compromise" },
	host = { "medium", "high", "is of the vendor's own program of a bad build" },
	memory = { "high", "medium",
		"is of a part that normally exists in memory only: an analyst's copy or a dump" },
	unlabelled = { "medium", "medium", "is on a list of the compromise, role not stated" },
	related = { "high", "medium", "is of another campaign of the same group" },
	generic = { "low", "low", "is of a general tool that the group uses, too" },
}

-- The sign that a file's digests make (see M.finding), or nil; and the row of
-- the list, if there is one.
function M.digest_sign(set)
	local row, algorithm = listed(set)
	local weight = row and WEIGHT[row.class]
	if not weight then
		return nil, row
	end
	local what = table.concat({ row.family, row.version, row.file }, " "):gsub("%s+", " ")
	return {
		severity = weight[1],
		confidence = weight[2],
		sign = "file.listed",
		detector = "D1",
		version = M.version(row.version),
		family = row.family,
		text = string.format("its %s %s (%s, %s)", algorithm, weight[3],
			what:match("^%s*(.-)%s*$"), row.sources),
	}, row
end

-- "18.12.416" of "18.12.416", "18.12.416.0", "app-18.12.416"; nil otherwise.
function M.version(text)
	return text and text:match("%f[%d](%d+%.%d+%.%d+)%f[^%d]")
end

-- "bad", "clean" or "unlisted": the system decides, since 18.11.1213 is clean
-- on Windows and bad on macOS.
function M.version_class(os, version)
	local list = versions()[os]
	return list and list[version] or "unlisted"
end

-- Version in the name of an installer or update package, or nil.
function M.package_version(name)
	local lower = name:lower()
	if lower:find("3cxdesktopapp", 1, true) or lower:find("3cx desktop app", 1, true) then
		return M.version(name)
	end
	return nil
end

-- Is this the name of the desktop app, as registry entries spell it?
function M.is_app_name(text)
	return type(text) == "string" and text:lower():find("3cx%s?desktop%s?app") ~= nil
end

M.url_host = url.host

-- The row for a host name: itself or a name above it, never a part of a word.
function M.host(host)
	local list = network()
	local exact = list.hostname[host]
	if exact then
		return exact
	end
	local name = host
	while name do
		local row = list.domain[name]
		if row then
			return row
		end
		name = name:match("^[^.]+%.(.+)$")
	end
	return nil
end

-- Hosts that were asked for, with their rows or false: a history names few
-- hosts many times.
local asked, count, MANY = {}, 0, 10000

local function host_row(host)
	local row = asked[host]
	if row == nil then
		row = M.host(host) or false
		if count == MANY then
			asked, count = {}, 0
		end
		asked[host], count = row, count + 1
	end
	return row or nil
end

-- The row for a URL: its prefix is in the list, or its host is.
function M.url(address)
	local host = M.url_host(address)
	for _, prefix in ipairs(host and network().prefixes[host] or {}) do
		if address:sub(1, #prefix.text):lower() == prefix.text then
			return prefix.row
		end
	end
	return host and host_row(host)
end

-- Domains of one class, sorted.
function M.domains(class)
	local out = {}
	for name, row in pairs(network().domain) do
		if row.class == class then
			out[#out + 1] = name
		end
	end
	table.sort(out)
	return out
end

-- Adds a sign to those of an entry; `name` and `detector` are those of the findings' fields.
function M.sign(signs, name, detector, severity, confidence, words)
	signs[#signs + 1] = { sign = name, detector = detector, severity = severity, confidence = confidence,
		text = words }
end

local RANK = { info = 1, low = 2, medium = 3, high = 4 }

-- The strongest of several signs; of equal ones the first.
local function strongest(signs)
	local top
	for _, sign in ipairs(signs) do
		local rank = RANK[sign.severity] * 10 + RANK[sign.confidence]
		if not top or rank > RANK[top.severity] * 10 + RANK[top.confidence] then
			top = sign
		end
	end
	return top
end

-- One finding out of several signs on one entry: the strongest gives severity,
-- confidence, the title if it has one, and `sign`, `detector`, `version`, `time`,
-- `proved` and `family` of the fields; all of them are told. Nothing without signs.
function M.finding(ctx, e, title, signs, fields)
	local top, detail = strongest(signs), {}
	if not top then
		return
	end
	for _, sign in ipairs(signs) do
		detail[#detail + 1] = sign.text
	end
	fields = fields or {}
	for _, name in ipairs({ "sign", "detector", "version", "time", "proved", "family" }) do
		if fields[name] == nil then
			fields[name] = top[name]
		end
	end
	ctx:finding({
		severity = top.severity,
		confidence = top.confidence,
		title = top.title or title,
		detail = table.concat(detail, "; "),
		evidence = { e },
		references = M.REFERENCES,
		fields = fields,
	})
end

return M
