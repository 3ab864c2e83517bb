-- Collects hives with their transaction logs, and says of each hive whether it
-- was clean or what its logs gave. Files are asked for first: a hive that cannot
-- be opened is collected like all others.
--
-- Records: hive (one for each hive, sound or not).

local function is_hive(e)
	local name = e.name:lower()
	return not (name:find("%.log%d?$") or name:find("%.regtrans%-ms$") or name:find("%.blf$")
		or name:find("%.pol$"))
end

local function tell(ctx, e)
	local hive, err, code = ctx:hive(e)
	if not hive then
		ctx:record("hive", { entry = e, user = e.user, opened = false, reason = err, code = code })
		return
	end
	ctx:record("hive", { entry = e, user = e.user, opened = true, time = hive.written,
		dirty = hive.dirty, replay = hive.replay })
end

return {
	api = 1,
	name = "win-hives",
	summary = "Registry hives with their transaction logs, and what replaying those gives",
	license = "Apache-2.0",
	categories = { "registry" },
	os = { "windows" },
	wants = { "windows.registry.files", "windows.registry.txr" },
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
