-- Indicators that the analyst gives with --ioc, looked for in the evidence: names and paths of files, digests,
-- keys and values of the registry, names of hosts and URLs in what browsers keep. One finding for each indicator
-- and place, with the file and line that the indicator comes from.
--
-- Records: indicators (one for each file of the analyst: what it holds and what of it is not looked for).
local hashes = require("ioc-hashes")
local ioc = require("ioc")
local ioc_registry = require("ioc-registry")
local network = require("ioc-network")
local places = require("ioc-places")
local stores = require("stores")

-- Severity and confidence of what no indicator says by itself, and the first words of the title.
local WEIGHT = {
	["file-hash"] = { "high", "high", "File with a listed digest" },
	path = { "medium", "medium", "File at a listed path" },
	["file-name"] = { "low", "low", "File with a listed name" },
	["registry-key"] = { "medium", "medium", "Listed key of the registry" },
	["registry-value"] = { "medium", "medium", "Listed value of the registry" },
	domain = { "medium", "medium", "Listed name of a host" },
	url = { "medium", "high", "Listed URL" },
	ip = { "low", "low", "Listed address" },
}

local set = ioc.load(given("ioc"))
local files = places.new(set.list)
local digests = hashes.new(set.list)
local keys, key_count = ioc_registry.new(set.list)
local match, name_count = network.new(set.list)

-- --- findings ---

local function tell(ctx, one, evidence, detail, fields)
	local weight = WEIGHT[one.type]
	fields.type, fields.value, fields.indicator, fields.name = one.type, one.value, one.source, one.name
	ctx:finding({
		severity = one.severity or weight[1], confidence = one.confidence or weight[2],
		title = weight[3] .. (fields.store and " in " .. fields.store or ""),
		detail = string.format("%s%s; listed in %s%s", one.value, detail, one.source, one.name and " (" .. one.name .. ")" or ""),
		evidence = { evidence }, fields = fields,
	})
end

-- --- files ---

local function all_digests(e, known)
	if not (known.digests and known.digests.md5) then
		known.digests = e:digests() or {}
	end
	return known.digests
end

local TESTS = {
	size = function(value, e)
		return e.size == math.tointeger(tonumber(value))
	end,
	["file-hash"] = function(value, e, known)
		local found = e.type == "file" and all_digests(e, known) or {}
		return value == found.sha256 or value == found.sha1 or value == found.md5
	end,
	["file-name"] = function(value, e)
		return places.new({ { type = "file-name", value = value } }).fits(e)[1] ~= nil
	end,
	path = function(value, e)
		return places.new({ { type = "path", value = value } }).fits(e)[1] ~= nil
	end,
	folder = function(value, e)
		return places.new({ { type = "path", value = value:gsub("[\\/]+$", "") .. "\\*" } }).fits(e)[1] ~= nil
	end,
}

-- Does the file have the rest of what an indicator asks for?
local function has_rest(one, e, known)
	for _, part in ipairs(one.also or {}) do
		if not TESTS[part[1]](part[2], e, known) then
			return false
		end
	end
	return true
end

local function look_at(ctx, e, found, known)
	for _, one in ipairs(found) do
		if has_rest(one, e, known) then
			if e.type == "file" then
				ctx:collect(e, "listed in " .. one.source)
			end
			tell(ctx, one, e, "", { path = e.full, size = e.size, user = e.user, sid = e.sid, time = e.times.created,
				sha256 = known.digests and known.digests.sha256 })
		end
	end
end

local function named(ctx, e)
	look_at(ctx, e, files.fits(e), {})
end

local MIB <const> = 1 << 20

local function hashed(ctx, e)
	if not digests:wants(e, ctx.options.hash, ctx.options.hash_mib * MIB) then
		return
	end
	local found, why
	if digests.only_sha256 then
		found, why = e:sha256()
		found = found and { sha256 = found }
	else
		found, why = e:digests()
	end
	if not found then
		ctx:anomaly(e, "cannot be hashed: " .. tostring(why))
		return
	end
	look_at(ctx, e, digests:find(found), { digests = found })
end

-- --- registry ---

local function hive(ctx, item)
	ioc_registry.search(item, keys, function(one, key, value)
		local data = value and tostring(type(value.data) == "table" and table.concat(value.data, "\n") or value.data)
		tell(ctx, one, item, value and ", value " .. value.name or "", { key = key.path, written = key.written, time = key.written,
			value_name = value and value.name, data = data and data:sub(1, 1024), hive = item.artifact, user = item.user })
	end)
end

-- --- names of hosts ---

local function store(ctx, item)
	local reader = stores.READERS[item.artifact]
	local e = reader.database and item.entry or item
	for _, hit in ipairs(stores.search(item, reader, match)) do
		ctx:collect(e, "listed in " .. hit.match.source)
		tell(ctx, hit.match, e, string.format(" in %s, %d times, from %s to %s, the first is %s", reader.what, hit.count,
			hit.first or "an unknown time", hit.last or "an unknown time", hit.text:sub(1, 1024)),
			{ store = reader.what, count = hit.count, first = hit.first, last = hit.last, time = hit.first, text = hit.text:sub(1, 1024),
				user = e.user, sid = e.sid })
	end
end

-- --- what is wanted ---

local HANDLERS, wants = {}, { "*" }

local function want(name, handler)
	wants[#wants + 1] = name
	HANDLERS[name] = handler
end

for _, glob in ipairs(files.wants) do
	want(glob, named)
end
if digests.count > 0 or #set.digests > 0 then
	want("**", hashed)
end
for _, kind in ipairs(key_count > 0 and ioc_registry.KINDS or {}) do
	want("windows.hive." .. kind, hive)
end
if name_count > 0 then
	for artifact in pairs(stores.READERS) do
		want(artifact, store)
	end
end

-- --- what was read ---

local function counts(map)
	local out = {}
	for name, n in pairs(map) do
		out[#out + 1] = { name = name, count = n }
	end
	return list(out)
end

local function tell_list(ctx, file, info)
	for _, problem in ipairs(info and info.problems or {}) do
		ctx:anomaly(file, string.format("line %d: %s; the line is left out", problem.line, problem.text))
	end
	if info and info.bad > #info.problems then
		ctx:anomaly(file, (info.bad - #info.problems) .. " more lines are left out")
	end
end

local function load_lists(ctx)
	local lists = {}
	for _, file in ipairs(set.digests) do
		local one, why = hashset.load(file.name, file)
		if one then
			lists[#lists + 1] = one
		else
			ctx:anomaly(file, why)
		end
		tell_list(ctx, file, one and one:info())
	end
	digests:add_lists(lists)
end

local began = false

-- Once for each worker; the same anomaly counts once.
local function begin(ctx)
	if began then
		return
	end
	began = true
	for _, one in ipairs(set.files) do
		for _, text in ipairs(ioc.told(one)) do
			ctx:anomaly(one.file, text)
		end
	end
	if files.left > 0 then
		ctx:anomaly(nil, files.left .. " names and paths are not looked for: there are too many")
	end
	load_lists(ctx)
end

local told = nil

-- Once for each volume.
local function tell_files(ctx, item)
	if told == ctx.volume.source .. ctx.volume.index then
		return
	end
	told = ctx.volume.source .. ctx.volume.index
	for _, one in ipairs(set.files) do
		ctx:record("indicators", { name = one.file.name, format = one.format, count = one.count, volume = ctx.volume.index,
			unknown = counts(one.unknowns), passed = counts(one.passes) })
	end
end

return {
	api = 1,
	name = "ioc-scan",
	summary = "Indicators that the analyst gives with --ioc, looked for in the evidence",
	license = "Apache-2.0",
	categories = { "indicators" },
	options = {
		hash = { default = "places", help = "which files are hashed for listed digests: \"places\" (where users and "
			.. "programs write, and programs lie) or \"all\"" },
		hash_mib = { default = 100, help = "larger files are hashed only when their size is listed" },
	},
	wants = wants,
	check = function()
		local out = list {}
		for _, one in ipairs(set.files) do
			for _, text in ipairs(ioc.told(one)) do
				out[#out + 1] = one.file.name .. ": " .. text
			end
		end
		return out
	end,
	run = function(ctx, item)
		begin(ctx)
		local handler = HANDLERS[item.artifact]
		if handler then
			handler(ctx, item)
		else
			tell_files(ctx, item)
		end
	end,
}
