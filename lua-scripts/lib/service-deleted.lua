-- Services that were deleted, as far as free space of the hive tells.
local remains = require("remains")

local deleted = {}

-- values that are worth a row without a key, and the fields that hold them
local ORPHANS <const> = { imagepath = "image", servicedll = "library", failurecommand = "failure_command" }

local function remembered(unit)
	local function get(name, kind)
		local data = unit.values[name]
		return type(data) == kind and data ~= "" and data or nil
	end
	return {
		name = unit.path:match("[^\\]+$"), key = unit.path, written = unit.written, offset = unit.offset,
		exists = unit.exists, image = get("imagepath", "string"),
		library = get("parameters\\servicedll", "string") or get("servicedll", "string"),
		kind = get("type", "number"), start = get("start", "number"), account = get("objectname", "string"),
		display = get("displayname", "string"), failure_command = get("failurecommand", "string"),
		application = get("parameters\\application", "string"),
	}
end

-- What the hive still has of services that were deleted, those among them that are there again
-- (`exists`): list of tables like those of service.read, as far as they go. Then values that name
-- no key, also former ones of services that are there.
function deleted.services(hive)
	local units, orphans = remains.units(hive, remains.below("controlset%d+\\services"), function(name)
		return ORPHANS[name]
	end)
	local out = {}
	for _, unit in ipairs(units) do
		local one = remembered(unit)
		-- of a service that is still there only what could start something is worth a row
		if not one.exists or one.image or one.library or one.failure_command then
			out[#out + 1] = one
		end
	end
	for _, orphan in ipairs(orphans) do
		if type(orphan.data) == "string" and orphan.data:find("%S") then
			out[#out + 1] = { [ORPHANS[orphan.name:lower()]] = orphan.data, offset = orphan.offset }
		end
	end
	return out
end

return deleted
