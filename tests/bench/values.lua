-- One record for each value of the hive SOFTWARE.
local function walk(ctx, key)
	for v in key:values() do
		ctx:record("value", { key = key.path, written = key.written, name = v.name, type = v.type,
			data = v.data })
	end
	for k in key:keys() do
		walk(ctx, k)
	end
end

return {
	api = 1,
	name = "values",
	summary = "Every value of the hive SOFTWARE",
	wants = { "windows.hive.software" },
	run = function(ctx, hive)
		walk(ctx, hive:root())
	end,
}
