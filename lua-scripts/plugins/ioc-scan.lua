-- Indicators of the analyst (--ioc FILE) against the evidence.
return {
	api = 1,
	name = "ioc-scan",
	summary = "indicators of the analyst: names, digests, keys, addresses",
	wants = { "{Windows,Users,Library}*" },
	run = function(ctx)
		for _, file in ipairs(given("ioc")) do
			ctx:log(file.name .. ": " .. file.size .. " bytes")
		end
	end,
}
