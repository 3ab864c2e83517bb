-- What a prefetch file tells of the 3CX case: which program, whose, its runs, and which files of the app
-- it opened in its first seconds.
local cx = require("3cx")
local path = require("path")

local M = {}

local APP <const> = "\\3cx ?desktop ?app\\"

-- Path and its part below the volume, "\\Users\\anna\\…", of a device path; letters are all upper case.
local function local_part(name)
	return name:match("^\\[^\\]*{[^}]*}(\\.*)$") or name:match("^\\DEVICE\\[^\\]+(\\.*)$") or name
end

-- The profile of this volume that a path of prefetch lies in: user, SID; nil when there is none.
function M.owner(ctx, name)
	local lower = local_part(name):lower():gsub("\\", "/")
	for _, profile in ipairs(ctx.profiles) do
		local home = "/" .. profile.path:lower() .. "/"
		if lower:sub(1, #home) == home then
			return profile.user, profile.sid
		end
	end
	return lower:match("^/users/([^/]+)/") -- as prefetch has it, in another case than the folder
end

-- Files of the app among those that were opened, as they stand there.
local NAMES = { ["ffmpeg.dll"] = true, ["d3dcompiler_47.dll"] = true, ["manifest"] = true, ["config.json"] = true }

local function opened(pf)
	local out = list({})
	for _, name in ipairs(pf.files) do
		local lower = name:lower()
		if lower:find(APP) and NAMES[path.name(lower)] then
			out[#out + 1] = name
		end
	end
	return out
end

-- Is one of the files in the folder of the app, or an installer of it?
local function touches_app(pf)
	for _, name in ipairs(pf.files) do
		local lower = name:lower()
		if lower:find(APP) or lower:find("\\3cxdesktopapp[^\\]*%.msi$") then
			return true
		end
	end
	return false
end

-- What the file is about: "app", "updater", "installer", "veiledsignal", "x_trader", or nil for programs of
-- others.
function M.role(pf)
	local name, program = pf.executable:lower(), (pf.path or ""):lower()
	if name:find("^3cxdesktopapp") then
		return "app"
	elseif name == "update.exe" then
		return program:find(APP) and "updater" or nil
	elseif name == "msiexec.exe" then
		return touches_app(pf) and "installer" or nil
	elseif name == "tpmvscmgrsvr.exe" then
		return program:find("\\programdata\\tpm\\", 1, true) and "veiledsignal" or nil
	elseif name:find("^x_trader") then
		return "x_trader"
	end
	return nil
end

-- { role, program, user, sid, version, class, runs, count, opened } or nil.
function M.read(ctx, pf)
	local role = M.role(pf)
	if not role then
		return nil
	end
	local program = pf.path or pf.executable
	local version = cx.version(program:lower():match("\\(app%-[^\\]+)\\"))
	local user, sid = M.owner(ctx, program)
	return { role = role, program = program, user = user, sid = sid, version = version,
		class = version and cx.version_class("windows", version), runs = pf.last_runs, count = pf.run_count,
		opened = opened(pf) }
end

return M
