-- What users opened, as shortcuts in the folders of recent files and jump lists remember it:
-- also files that are gone, on volumes and servers that are not here.
--
-- Records: lnk, one for each shortcut; jumplist, one for each entry. Time is the last
-- opening: the change of the shortcut, and what a list says of its entry. Of the target there is
-- what it was like when the shortcut was written (target_created, …).
local jumplist = require("jumplist")

local CUSTOM_MAX <const> = 4 << 20

-- What of a shortcut goes into a row.
local NAMES <const> = { "target", "target_from", "arguments", "working_dir", "description", "network_share",
	"drive_type", "volume_serial", "volume_label", "machine", "mac", "droid_file", "droid_volume",
	"birth_droid_file", "birth_droid_volume", "birth_mac", "droid_time", "product", "known_folder" }

local function add(fields, link, ctx)
	for _, name in ipairs(NAMES) do
		if fields[name] == nil then
			fields[name] = link[name]
		end
	end
	fields.target_created, fields.target_modified, fields.target_accessed =
		link.created, link.modified, link.accessed
	fields.target_size = link.target and link.size or nil
	fields.appended = link.appended > 0 and link.appended or nil
	if link.volume_serial then
		fields.here = link.volume_serial == ctx.volume.serial or nil
	end
end

-- --- shortcuts ---

local function shortcut(ctx, item)
	ctx:collect(item, "shortcut to what was opened")
	local link, why = lnk.open(item)
	if not link then
		ctx:anomaly(item, why)
		return
	end
	local fields = { name = item.name, time = item.times.modified, first = item.times.created,
		user = item.user, entry = item }
	add(fields, link, ctx)
	ctx:record("lnk", fields)
end

-- --- jump lists ---

local function emit(ctx, item, kind, entries, problem)
	for _, entry in ipairs(entries) do
		local link = entry.link
		local fields = { list = kind, application = item.name:match("^(%x+)%."), user = item.user, entry = item,
			position = entry.position, time = entry.time, path = entry.path, number = entry.number,
			runs = entry.count, pinned = entry.pinned, category = entry.category, unlisted = entry.unlisted,
			machine = entry.machine, droid_file = entry.droid_file, droid_volume = entry.droid_volume,
			birth_droid_file = entry.birth_droid_file, birth_droid_volume = entry.birth_droid_volume }
		if link then
			add(fields, link, ctx)
			for _, damage in ipairs(link.damage) do
				problem = problem or ("shortcut %s: %s"):format(entry.number or entry.position, damage)
			end
		end
		fields.target = fields.target or entry.path
		ctx:record("jumplist", fields)
	end
	if problem then
		ctx:anomaly(item, problem)
	end
end

local function automatic(ctx, item)
	local file, why = olecf.open(item)
	if not file then
		ctx:anomaly(item, why)
		return
	end
	emit(ctx, item, "automatic", jumplist.automatic(file))
end

local function custom(ctx, item)
	local data, why = item:read(0, CUSTOM_MAX)
	if not data then
		ctx:anomaly(item, why)
		return
	end
	emit(ctx, item, "custom", jumplist.custom(data))
end

local function list(ctx, item)
	local kind = item.name:lower():match("%.(%a+)destinations%-ms$")
	if kind == "automatic" or kind == "custom" then
		ctx:collect(item, "jump list");
		(kind == "custom" and custom or automatic)(ctx, item)
	end
end

return {
	api = 1,
	name = "win-recent",
	summary = "What users opened: shortcuts in the folders of recent files, jump lists",
	license = "Apache-2.0",
	categories = { "activity" },
	references = { "attack:T1083" },
	os = { "windows" },
	wants = { "windows.jumplists", "windows.lnk" },
	run = function(ctx, item)
		if item.artifact == "windows.lnk" then
			shortcut(ctx, item)
		else
			list(ctx, item)
		end
	end,
}
