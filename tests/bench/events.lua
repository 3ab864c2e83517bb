-- Every event of a log with all its fields; nothing is told but how many there were.
return {
	api = 1,
	name = "events",
	summary = "Reads every event of the Security log",
	options = { chosen = { default = false, help = "only events 4624 and 4688" } },
	wants = { "Windows/System32/winevt/Logs/Security.evtx" },

	run = function(ctx, item)
		local events = evtx.records(item, ctx.options.chosen and { ids = { 4624, 4688 } } or nil)
		local count = 0
		for _ in events do
			count = count + 1
		end
		ctx:record("events", { count = count, entry = item })
	end,
}
