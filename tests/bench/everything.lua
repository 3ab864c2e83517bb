-- Takes every file.
return {
	api = 1,
	name = "everything",
	summary = "Takes every file",
	wants = { "**" },
	run = function(ctx, item)
		if item.type == "file" then
			ctx:collect(item, "everything")
		end
	end,
}
