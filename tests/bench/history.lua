-- Every visit of a History with its page, the page before and the source; counted only.
local SQL = [[SELECT v.rowid AS visit, v.visit_time, v.transition, v.visit_duration, v.from_visit, u.url,
u.title, u.visit_count, u.typed_count, pu.url AS referrer, s.source FROM visits v
LEFT JOIN urls u ON u.id = v.url LEFT JOIN visits p ON p.id = v.from_visit
LEFT JOIN urls pu ON pu.id = p.url LEFT JOIN visit_source s ON s.id = v.id
ORDER BY v.visit_time, v.rowid]]

return {
	api = 1,
	name = "history",
	summary = "Every visit of a History, counted",
	wants = { "browser.chromium.history" },
	run = function(ctx, db)
		local sum = { rows = 0, bytes = 0 }
		for row in assert(db:rows(SQL)) do
			sum.rows, sum.bytes = sum.rows + 1, sum.bytes + #row.url
		end
		ctx:record("counted", sum)
	end,
}
