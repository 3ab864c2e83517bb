-- Collects. Hives that cannot be opened are collected like all others, which
-- is why this plugin asks for files and not for hives.
return {
	api = 1,
	name = "win-hives",
	summary = "Registry hives with their transaction logs",
	license = "Apache-2.0",
	categories = { "registry" },
	os = { "windows" },
	wants = { "windows.registry.files", "windows.registry.txr" },
	run = function(ctx, e)
		if e.type == "file" then
			ctx:collect(e, "registry hive or its log")
		end
	end,
}
