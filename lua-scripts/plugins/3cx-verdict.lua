-- How far did the 3CX compromise go on this machine? One verdict out of what the other plugins of the case
-- found: absent, exposed, dormant, active or second stage, with the reasons for and against, the times, and
-- what was not examined.
local ladder = require("3cx-ladder")

return {
	api = 1,
	name = "3cx-verdict",
	summary = "How far the 3CX compromise went: a ladder with reasons, times and what to do next",
	license = "Apache-2.0",
	categories = { "malware", "supply-chain" },
	references = { "attack:C0057", "cve:CVE-2023-29059" },
	judges = { "3cx-*", "win-system" },
	run = function(ctx, machine)
		ctx:verdict(ladder.judge(machine))
	end,
}
