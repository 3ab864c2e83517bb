-- Records of prefetch files, kind "prefetch": one row for each time that is told of the
-- program's runs, the latest first. That row has the files and volumes, too, which a
-- prefetch file tells of all runs together.
--
-- The program's path is that of a device. When the volume with the same serial number is
-- the one in hand, the file is looked up there, and collected when it lies where ordinary
-- users may write. `origin` tells those of a former Windows.
local registry = require("registry")

local NAMES_MAX <const> = 4096 -- names of one list in a row
local BYTES_MAX <const> = 256 << 10 -- of all of them

local rows = {}

-- The first names of a list, and how many are left out.
local function shortened(names)
	local out, bytes = list({}), 0
	for _, name in ipairs(names) do
		bytes = bytes + #name
		if #out >= NAMES_MAX or bytes > BYTES_MAX then
			return out, #names - #out
		end
		out[#out + 1] = name
	end
	return out
end

-- The device on which this program found Windows.
local function system_device(pf)
	for _, name in ipairs(pf.files) do
		local device = name:match("^(\\.*)\\WINDOWS\\SYSTEM32\\NTDLL%.DLL$")
		if device then
			return device
		end
	end
end

-- Is this device the volume in hand? A folder has no serial number; its prefetch files lie
-- where Windows is.
local function is_here(ctx, pf, volume)
	if ctx.volume.serial then
		return volume.serial == ctx.volume.serial
	end
	return volume.device ~= nil and volume.device == system_device(pf)
end

-- The path below the root of the volume in hand, or nil.
local function local_path(ctx, pf)
	for _, volume in ipairs(pf.volumes) do
		local device = volume.device
		if pf.path and device and is_here(ctx, pf, volume)
			and pf.path:sub(1, #device + 1) == device .. "\\" then
			return pf.path:sub(#device + 1)
		end
	end
end

local function is_of_system(path)
	local top = path:match("[^/\\]+"):lower()
	return top == "windows" or top == "winnt" or top:find("^program files") ~= nil
end

-- The program's entry, or nil and why it is not there; nil alone when that cannot be known.
local function find(ctx, pf, former)
	local path = local_path(ctx, pf)
	if not path then
		return nil
	end
	local e, why = ctx:lookup((former or "") .. path)
	if not e and former and not is_of_system(path) then
		e, why = ctx:lookup(path)
	end
	if e and not is_of_system(path) then
		ctx:collect(e, "program that ran, as its prefetch file tells")
	end
	return e, why
end

local function volumes(ctx, pf)
	local out = list({})
	for i, v in ipairs(pf.volumes) do
		local names, left = shortened(v.directories)
		out[i] = { device = v.device, serial = v.serial, created = v.created, directories = names,
			left_out = left, here = is_here(ctx, pf, v) or nil }
	end
	return out
end

-- Emits the rows of one prefetch file.
function rows.emit(ctx, item)
	ctx:collect(item, "prefetch file")
	local pf, why = prefetch.open(item)
	if not pf then
		ctx:anomaly(item, why)
		return
	end
	local e, missing = find(ctx, pf, registry.former_root(item))
	local function row(position)
		return { program = e and e.full or pf.path or pf.executable, executable = pf.executable,
			path = pf.path, hash = pf.hash, runs = pf.run_count, run = position,
			time = pf.last_runs[position], file = e, missing = missing, origin = registry.origin_of(item), entry = item }
	end
	local first = row(1)
	first.version, first.boot, first.path_hashed = pf.version, pf.boot or nil, pf.path_hashed or nil
	first.files, first.files_left_out = shortened(pf.files)
	first.volumes = volumes(ctx, pf)
	ctx:record("prefetch", first)
	for position = 2, #pf.last_runs do
		ctx:record("prefetch", row(position))
	end
end

return rows
