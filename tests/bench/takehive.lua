-- The hive SOFTWARE, opened and put into the archive.
return {
	api = 1,
	name = "takehive",
	summary = "The hive SOFTWARE, opened and put into the archive",
	wants = { "windows.hive.software" },
	run = function(ctx, hive)
		ctx:collect(hive, "bench")
	end,
}
