-- What the 3CX compromise left where no file is: in memory that Windows, macOS or Linux wrote to disk, and in the
-- free space of volumes. It reads all of that, which takes its time, and so it runs only when it is named:
-- `fossick collect -p 3cx,3cx-raw`.
--
-- Records: trace (names and keys, with their number and first places), contact (an address that an icon hid),
-- payload.
local container = require("3cx-container")
local cx = require("3cx")
local raw = require("3cx-raw")

local PART <const> = 64 * 1024 * 1024 * 1024 -- entries of free space overlap behind it

-- Where an entry of free space begins on its volume; nil for files.
local function base_of(e)
	return e.path:match("^%$Unallocated/") and math.tointeger(tonumber(e.name)) or nil
end

local function tell_traces(ctx, e, looked, base)
	local names = {}
	for _, seen in ipairs(looked.found) do
		for i, offset in ipairs(seen.offsets) do
			seen.offsets[i] = offset + (base or 0)
		end
		ctx:record("trace", { what = seen.kind, name = seen.name, count = seen.count, offsets = seen.offsets,
			of = base and "volume" or "file", entry = e, source = "raw search" })
		if seen.kind == "name" or seen.kind == "url" then
			names[#names + 1] = seen.name
		end
	end
	if #names > 0 then
		table.sort(names)
		ctx:finding({ severity = "info", confidence = "low",
			title = "Network names of the 3CX compromise in raw data",
			detail = table.concat(names, ", ") .. "; rules of scanners and reports hold these names, too",
			evidence = { e }, references = cx.REFERENCES,
			fields = { sign = "network.c2", detector = "D9", by = "text", names = list(names), name = names[1] } })
	end
end

local function tell_icons(ctx, e, looked)
	local seen, signs = {}, {}
	for _, found in ipairs(looked.icons) do
		if not seen[found.url] then
			seen[found.url] = true
			ctx:record("contact", { name = cx.url_host(found.url), url = found.url, by = "app", entry = e,
				source = "icon in raw data" })
			signs[#signs + 1] = { sign = "icon.trailer", detector = "D6", severity = "high", confidence = "high",
				proved = true, text = "the trailer of an icon decrypts to " .. found.url }
		end
	end
	cx.finding(ctx, e, "Icon of the 3CX malware in raw data", signs)
end

local function tell_containers(ctx, e, looked)
	local signs = {}
	for _, found in ipairs(looked.containers) do
		container.tell(ctx, e, found)
		signs[#signs + 1] = { sign = "library.container", detector = "D3", severity = "high", confidence = "high",
			proved = true, text = string.format("%d bytes behind FEEDFACE twice decrypt to the loader", found.size) }
	end
	cx.finding(ctx, e, "Encrypted payload of the 3CX malware in raw data", signs)
end

local WHAT = { ["$Unallocated"] = "unallocated" }

local function wanted(ctx, e)
	local where = "," .. ctx.options.where:gsub("%s", "") .. ","
	return where:find("," .. (WHAT[e.folder] or "memory") .. ",", 1, true)
end

return {
	api = 1,
	name = "3cx-raw",
	summary = "Icons, payload and names of the 3CX compromise in page files, dumps and free space",
	license = "Apache-2.0",
	categories = { "malware", "supply-chain" },
	references = { "attack:T1195.002", "attack:T1102.001", "attack:T1027.009" },
	options = {
		where = { default = "memory,unallocated", help = "what to look through: memory (page files, dumps), unallocated" },
	},
	wants = {
		"/{pagefile,swapfile,hiberfil}.sys", "Windows/{MEMORY.DMP,Minidump/*.dmp}", "private/var/vm/{swapfile*,sleepimage}",
		"/{swapfile,swap.img}", "$Unallocated/*",
	},
	run = function(ctx, e)
		if e.type == "dir" or not wanted(ctx, e) then
			return
		end
		local base = base_of(e)
		local looked, err = raw.look(e, base and PART or math.maxinteger)
		if not looked then
			ctx:anomaly(e, "cannot be searched: " .. tostring(err))
			return
		elseif looked.more then
			ctx:anomaly(e, "words of the case stand in more than 200000 places: those behind were not looked at")
		end
		tell_traces(ctx, e, looked, base)
		tell_icons(ctx, e, looked)
		tell_containers(ctx, e, looked)
	end,
}
