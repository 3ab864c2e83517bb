-- Programs that the Run keys start, for each user and for the machine, and
-- whether those programs are still there. The programs are collected.

local autostart = require("autostart")

local CURRENT = "\\Microsoft\\Windows\\CurrentVersion\\"

-- Run and its kin below ...\CurrentVersion.
local KEYS = { "Run", "RunOnce", "RunOnce\\Setup", "RunOnceEx", "RunServices", "RunServicesOnce",
	"Policies\\Explorer\\Run" }

-- Where "Software" starts in a hive: the machine's hive is that key itself.
local ROOTS = {
	["windows.hive.software"] = { "", "Wow6432Node" },
	["windows.hive.ntuser"] = { "Software", "Software\\Wow6432Node" },
	["windows.hive.default"] = { "Software", "Software\\Wow6432Node" },
}

-- Task manager's switch for a value: true, false (and since when), or
-- nil when it was never touched. An odd first byte means disabled.
local function startup_approved(hive, root, name)
	local path = root .. CURRENT .. "Explorer\\StartupApproved\\Run"
	local key = hive:key((path:gsub("^\\", "")))
	local value = key and key:value(name)
	local raw = value and value.raw
	if not raw or #raw < 1 then
		return nil
	end
	if raw:byte(1) % 2 == 0 then
		return true
	end
	return false, #raw >= 12 and time.filetime(bytes.u64le(raw, 5)) or nil
end

local function missing_program(ctx, hive, fields)
	ctx:finding({
		severity = "info",
		confidence = "medium",
		title = "Autostart of a program that is not there",
		detail = string.format("%s starts %s, which is not on this volume", fields.key, fields.command),
		evidence = { hive.entry },
		references = { "attack:T1547.001" },
		fields = { key = fields.key, value = fields.name, command = fields.command, user = hive.user },
	})
end

local function app_of_3cx(ctx, hive, fields, program)
	ctx:finding({
		severity = "info",
		confidence = "high",
		title = "Autostart of the 3CX app",
		detail = string.format("%s, value \"%s\": %s", fields.key, fields.name, fields.command),
		evidence = { hive.entry, program },
		references = { "attack:T1547.001" },
		fields = { key = fields.key, value = fields.name, command = fields.command, user = hive.user },
	})
end

local function is_3cx(command)
	return command:lower():find("3cx%s?desktop") ~= nil
end

local function value(ctx, hive, root, key, v)
	local command = v.data
	if type(command) ~= "string" or command:match("^%s*$") then
		return
	end
	local state, since = startup_approved(hive, root, v.name)
	local fields, program = autostart.row(ctx, {
		place = "run", source = hive, key = key.path, name = v.name, type = v.type,
		command = command, user = hive.user, time = key.written, enabled = state, disabled = since,
	})
	if is_3cx(command) then
		app_of_3cx(ctx, hive, fields, program)
	end
	if not program then
		missing_program(ctx, hive, fields)
	end
end

local function values_below(ctx, hive, root, key)
	for v in key:values() do
		value(ctx, hive, root, key, v)
	end
end

local function run(ctx, hive)
	ctx:collect(hive, "hive with Run keys")
	for _, root in ipairs(ROOTS[hive.artifact]) do
		for _, name in ipairs(KEYS) do
			local key = hive:key(((root .. CURRENT .. name):gsub("^\\", "")))
			if key then
				values_below(ctx, hive, root, key)
				if name == "RunOnceEx" then
					for section in key:keys() do
						values_below(ctx, hive, root, section)
					end
				end
			end
		end
	end
end

return {
	api = 1,
	name = "win-run-keys",
	summary = "Programs started by the registry Run keys",
	license = "Apache-2.0",
	categories = { "persistence" },
	references = { "attack:T1547.001" },
	os = { "windows" },
	wants = { "windows.hive.software", "windows.hive.ntuser", "windows.hive.default" },
	run = run,
}
