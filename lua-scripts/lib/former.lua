-- A Windows that was there before the present one, in the folder that setup moved it to: its traces are of the
-- same machine, and of the past.
local registry = require("registry")

local M = {}

local FOLDER <const> = "Windows.old*/"

-- The same places in such a folder. Those behind `**/` are left out: its files are as many as those of a
-- whole system.
function M.globs(globs)
	local out = {}
	for _, glob in ipairs(globs) do
		if not glob:find("%*%*/") then
			out[#out + 1] = FOLDER .. glob:gsub("%%profile%%", "Users/*")
		end
	end
	return out
end

-- The globs, and the same places in such a folder.
function M.also(globs)
	local out = table.move(globs, 1, #globs, 1, {})
	local more = M.globs(globs)
	return table.move(more, 1, #more, #out + 1, out)
end

-- An entry's { path, profile } as its own Windows had them.
function M.place(e)
	local root = registry.former_root(e)
	if not root then
		return e
	end
	return { path = e.path:sub(#root + 2), profile = e.profile and e.profile:sub(#root + 2) }
end

-- What stands in for `ctx`: rows and findings say where they are from, and that it is of the past; facts of the
-- machine are those of its present Windows alone; lookup() begins at the folder of the former one.
local function stand_in(ctx, root, origin)
	local own = {}
	local function past(fields)
		fields.present, fields.origin = false, origin
		return fields
	end
	function own:record(kind, fields)
		return ctx:record(kind, past(fields))
	end
	function own:finding(finding)
		finding.fields = past(finding.fields or {})
		return ctx:finding(finding)
	end
	function own:lookup(path)
		return ctx:lookup(path:sub(1, #root + 1) == root .. "/" and path or root .. "/" .. path)
	end
	function own:machine() end
	return setmetatable(own, { __index = function(_, name)
		local member = ctx[name]
		return type(member) == "function" and function(_, ...)
			return member(ctx, ...)
		end or member
	end })
end

-- The context in which `e` is looked at: `ctx`, or what stands in for it when `e` is of a former Windows.
function M.ctx(ctx, e)
	local root = registry.former_root(e)
	return root and stand_in(ctx, root, registry.origin_of(e)) or ctx
end

-- The entry of a hive or database; other items are entries, and have no such member.
local function entry_of(item)
	local is_open, e = pcall(function()
		return item.entry
	end)
	return is_open and e or item
end

-- The run function of a plugin that tells of a former Windows as of the present one.
function M.run(run)
	return function(ctx, item)
		return run(M.ctx(ctx, entry_of(item)), item)
	end
end

return M
