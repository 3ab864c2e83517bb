-- A glob over all keys of the hive SOFTWARE.
return {
	api = 1,
	name = "keyglob",
	summary = "A glob over all keys of the hive SOFTWARE",
	wants = { "windows.hive.software" },
	run = function(ctx, hive)
		local found = 0
		for _ in hive:keys("**\\InProcServer32") do
			found = found + 1
		end
		ctx:record("found", { keys = found })
	end,
}
