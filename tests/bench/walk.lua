-- Every key and value of the hive SOFTWARE, with all that they tell; counted only.
local function walk(key, sum)
	sum.keys, sum.bytes = sum.keys + 1, sum.bytes + #key.path + #key.written
	for v in key:values() do
		sum.values, sum.bytes = sum.values + 1, sum.bytes + #v.name + #v.type + #v.raw
	end
	for sub in key:keys() do
		walk(sub, sum)
	end
	return sum
end

return {
	api = 1,
	name = "walk",
	summary = "Every key and value of the hive SOFTWARE, counted",
	wants = { "windows.hive.software" },
	run = function(ctx, hive)
		ctx:record("walked", walk(hive:root(), { keys = 0, values = 0, bytes = 0 }))
	end,
}
