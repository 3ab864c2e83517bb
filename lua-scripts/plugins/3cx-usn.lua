-- What the change journal of NTFS remembers of files of the 3CX case, most of which are gone: the state file,
-- folders of builds, the copies that the stealer makes, and files of what followed.
--
-- Records: deleted, journal (made, renamed, written), removed (the folder of a build).
local cx = require("3cx")
local mft_names = require("mft-names")

-- Names, and where they count: in a folder of the app, of a browser's profile, or anywhere.
local NAMES = {
	{ "manifest", "app" },
	{ "ffmpeg.dll", "app" },
	{ "d3dcompiler_47.dll", "app" },
	{ "History.old", "any" },
	{ "places.sqlite.old", "any" },
	{ "app-18.12.", "prefix" },
	{ "app-18.11.", "prefix" },
	{ "3CXDesktopApp", "prefix" },
	{ "3CX Desktop App", "prefix" },
	{ "wlbsctrl.dll", "any" },
	{ "krwve.jat", "any" },
	{ "edb.chk.log", "any" },
}
local ROWS_MAX <const> = 5000
local PARTS_MAX <const> = 1000 -- calls, of 20000 records each

-- What the journal is searched for; in either case of letters.
local function wanted()
	local out = {}
	for i, row in ipairs(NAMES) do
		out[i] = row[1] .. (row[2] == "prefix" and "*" or "")
	end
	return "{" .. table.concat(out, ",") .. "}"
end

local function row_of(name)
	local lower = name:lower()
	for _, row in ipairs(NAMES) do
		local wanted = row[1]:lower()
		if lower == wanted or row[2] == "prefix" and lower:sub(1, #wanted) == wanted then
			return row
		end
	end
	return nil
end

-- Folders that the journal itself tells of, for those whose records in $MFT others have now.
local function path_of(folders, resolve, reference)
	local parts = {}
	for _ = 1, 16 do
		local whole = resolve and resolve(reference)
		if whole then
			if whole ~= "" then
				table.insert(parts, 1, whole)
			end
			return table.concat(parts, "/")
		end
		local folder = folders[reference]
		if not folder then
			break
		end
		table.insert(parts, 1, folder.name)
		reference = folder.parent
	end
	return #parts > 0 and table.concat(parts, "/") or nil
end

local function in_app(path)
	return path ~= nil and (path:lower() .. "/"):find("3cx ?desktop ?app/") ~= nil
end

local DIRECTORY <const> = 0x10

local function is_deleted(record)
	for _, reason in ipairs(record.reasons) do
		if reason == "deleted" then
			return true
		end
	end
	return false
end

local function tell(ctx, e, record, folder)
	local path = folder and folder .. "/" .. record.name or record.name
	local user, gone = path:match("^[Uu]sers/([^/]+)/"), is_deleted(record)
	ctx:record(gone and "deleted" or "journal", { time = record.time, name = record.name, path = path,
		reason = table.concat(record.reasons, ", "), user = user, reference = record.reference, usn = record.usn,
		offset = record.offset, system = "windows", source = "change journal", entry = e })
	local version = record.name:find("^app%-") and cx.version(record.name)
	if gone and version and record.attributes & DIRECTORY ~= 0 and in_app(folder) then
		ctx:record("removed", { time = record.time, version = version, user = user, system = "windows",
			source = "change journal", entry = e })
	end
end

-- The records of names that matter; false when there are more than are looked at, nil and why when the journal
-- cannot be read.
local function records_of(e, names, each)
	local from, parts = nil, 0
	repeat
		local part, why = usn.read(e, names, from)
		if not part then
			return nil, why
		end
		for _, record in ipairs(part.records) do
			each(record)
		end
		from, parts = part.next, parts + 1
	until not from or parts == PARTS_MAX
	return from == nil
end

local function journal(ctx, e)
	local records, folders = {}, {}
	local whole, why = records_of(e, wanted(), function(record)
		if row_of(record.name) and #records < ROWS_MAX then
			records[#records + 1] = record
			folders[record.reference] = record
		end
	end)
	if whole == nil then
		ctx:anomaly(e, "change journal cannot be read: " .. tostring(why))
		return
	elseif not whole or #records == ROWS_MAX then
		ctx:anomaly(e, "change journal: more places than are looked at")
	end
	local mft = #records > 0 and ctx:lookup("$MFT")
	local resolve = mft and mft_names.resolver(mft)
	for _, record in ipairs(records) do
		local folder = path_of(folders, resolve, record.parent)
		if row_of(record.name)[2] ~= "app" or in_app(folder) then
			tell(ctx, e, record, folder)
		end
	end
end

return {
	api = 1,
	name = "3cx-usn",
	summary = "What the change journal remembers of files of the 3CX case that are gone",
	license = "Apache-2.0",
	categories = { "malware" },
	references = { "attack:T1070.004", "attack:C0057" },
	os = { "windows" },
	wants = { "windows.journal" },
	run = journal,
}
