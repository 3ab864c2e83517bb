-- Collects hives with their transaction logs, and says of each hive whether it
-- was clean or what its logs gave. Files are asked for first: a hive that cannot
-- be opened is collected like all others.
--
-- Records: hive (one for each hive, sound or not), with its kind in `hive` and, when it is
-- not of the present installation, `origin` (see registry.origin_of).
local registry = require("registry")

local function is_hive(e)
	local name = e.name:lower()
	return not (name:find("%.log%d?$") or name:find("%.regtrans%-ms$") or name:find("%.blf$")
		or name:find("%.pol$"))
end

local function tell(ctx, e)
	local fields = { entry = e, user = e.user, sid = e.sid, hive = registry.kind_of(e),
		origin = registry.origin_of(e), opened = false }
	local hive, err, code = ctx:hive(e)
	if hive then
		fields.opened, fields.time = true, hive.written
		fields.dirty, fields.replay = hive.dirty, hive.replay
	elseif e.size == 0 then
		fields.reason = "empty"
	else
		fields.reason, fields.code = err, code
	end
	ctx:record("hive", fields)
end

return {
	api = 1,
	name = "win-hives",
	summary = "Registry hives with their transaction logs, and what replaying those gives",
	license = "Apache-2.0",
	categories = { "registry" },
	os = { "windows" },
	wants = { "windows.registry.files", "windows.old.registry.files", "windows.registry.txr" },
	run = function(ctx, e)
		if e.type ~= "file" then
			return
		end
		ctx:collect(e, "registry hive or its log")
		if is_hive(e) then
			tell(ctx, e)
		end
	end,
}
