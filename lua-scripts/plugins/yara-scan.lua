-- Rules of the analyst (--yara FILE) against programs, scripts and libraries.
--
-- Looked at are places that users can write to and folders of programs, not the files of the
-- system itself; option `globs` adds any others, of any size. A rule speaks for itself: what it
-- matches is a finding with the severity that its meta says.
--
-- Records: rules (how many there are), skipped (larger than `size`).
local rate = require("yara-severity")
local text = require("text")

local STRINGS = 10 -- of one rule that a finding has

local rules -- compiled once in a worker
local seen -- what was scanned last

-- Once for each volume: at the first entry of its root.
local function tell_rules(ctx, item)
	local first = ctx:glob("*")()
	if not first or first.path ~= item.path then
		return
	end
	local info = rules:info()
	ctx:record("rules", { rules = info.rules, files = #given("yara"), problems = #info.problems })
	for _, p in ipairs(info.problems) do
		local place = p.line and p.file .. ":" .. p.line or p.file
		ctx:anomaly(nil, place .. ": " .. (p.warning and "warning: " or "not used: ") .. p.text)
	end
end

local function shown(found)
	local out = list {}
	for i = 1, math.min(#found.strings, STRINGS) do
		out[i] = found.strings[i]
	end
	return out
end

local function tell(ctx, item, found)
	local about = found.meta.description
	ctx:finding {
		severity = rate.severity(found.meta),
		confidence = "medium",
		title = "YARA rule " .. found.rule .. " matches",
		detail = item.full .. (type(about) == "string" and ": " .. text.trim(about) or ""),
		evidence = list { item },
		fields = { rule = found.rule, file = found.namespace, tags = found.tags, meta = found.meta,
			found = found.found, strings = shown(found), user = item.user, sid = item.sid },
	}
	ctx:collect(item, "YARA rule " .. found.rule)
end

-- As people of that system write it, for rules that ask for names.
local function shown_path(ctx, item)
	local windows = ctx.volume.letter or ctx.volume.os == "windows"
	return (item.full:gsub("/", windows and "\\" or "/"))
end

local function scan(ctx, item)
	local found = rules:scan(item, shown_path(ctx, item), ctx.options.seconds)
	for _, match in ipairs(found or {}) do
		tell(ctx, item, match)
	end
end

return {
	api = 1,
	name = "yara-scan",
	summary = "files that match YARA rules of the analyst (--yara FILE)",
	categories = { "malware" },
	options = {
		globs = { default = "", help = "files to scan beside the usual ones, of any size: 'Windows/System32/*.dll'" },
		size = { default = 32, help = "MiB: larger files in the usual places are not scanned" },
		seconds = { default = 60, help = "that one file may take" },
	},
	-- the root, so that rules are told of where no file is looked at
	wants = { "option:globs", "programs", "*" },
	run = function(ctx, item)
		rules = rules or assert(yara.compile(given("yara")))
		if item.artifact == "*" then
			return tell_rules(ctx, item)
		end
		local id = table.concat({ ctx.volume.source, ctx.volume.index, item.full, item.stream or "" }, "|")
		if item.type ~= "file" or item.size == 0 or seen == id then
			return
		end
		if item.artifact == "programs" and item.size > ctx.options.size << 20 then
			ctx:record("skipped", { entry = item, size = item.size })
			return
		end
		seen = id -- another want may have it, too
		scan(ctx, item)
	end,
}
