-- Installers and update packages of the 3CX app: what they tell of themselves, and which are bad.
local container = require("3cx-container")
local cx = require("3cx")
local files = require("3cx-files")
local inside = require("3cx-inside")

local M = {}

-- Names under which Windows kept the installer of a bad build, in public uploads.
local KNOWN_NAMES <const> = { ["717d29.msi"] = true, ["72c2f7.msi"] = true }

-- What an installer tells of itself: { version =, by =, … }, or nil when it is of another program.
-- A package says which product it holds; where it cannot be read, and of other files, the name does.
function M.facts(e)
	local package, why
	if e.ext == "msi" then
		package, why = msi.open(e)
	end
	if package and cx.is_app_name(package.name or package.summary and package.summary.subject) then
		return { version = cx.version(package.version), by = "its database", package = package }
	elseif package then
		return nil
	elseif e.ext == "msi" and not e.name:lower():find("^3cx") and not KNOWN_NAMES[e.name:lower()] then
		return nil
	end
	return { version = cx.package_version(e.name), by = "the name " .. e.name, unread = why }
end

local function installer_record(ctx, e, facts, os, class)
	local zone = e:sibling(e.name .. ":Zone.Identifier")
	local mark, package = files.read_small(zone), facts.package or {}
	if zone then
		ctx:collect(zone, "where the installer came from")
	end
	ctx:record("installer", { time = e.times.created, version = facts.version, class = class,
		system = os, user = e.user, entry = e, unread = facts.unread,
		from = mark and mark:match("HostUrl=([^\r\n]+)"),
		product = package.product_code, manufacturer = package.manufacturer,
		package_code = package.summary and package.summary.revision, signer = package.signer })
end

-- An installer or update package. It says that the file is there, which is less than an install.
function M.installer(ctx, e)
	local facts = M.facts(e)
	if not facts then
		return
	end
	ctx:collect(e, "installer of the 3CX app")
	if not facts.version then
		return
	end
	local mac = e.ext == "dmg" or e.ext == "zip" or e.path:lower():find("/electron/osx/", 1, true)
	local os = mac and "macos" or "windows"
	local class = cx.version_class(os, facts.version)
	installer_record(ctx, e, facts, os, class)
	if class == "bad" then
		ctx:finding({
			severity = "medium", confidence = facts.package and "high" or "medium",
			title = "Installer of the bad build " .. facts.version .. " of the 3CX app",
			detail = facts.by .. " says so; whether it ran is told by other findings",
			evidence = { e }, references = cx.REFERENCES,
			fields = { sign = "installer.bad", detector = "D5", version = facts.version, system = os,
				user = e.user, sid = e.sid, time = e.times.created },
		})
	end
end

local ARCHIVES = { nupkg = true, zip = true }

-- What an update package or archive holds (see 3cx-inside), told in a record "package"; nil for other files.
function M.contents(ctx, e)
	local held, why = nil, nil
	if ARCHIVES[e.ext] then
		held, why = inside.look(e)
	end
	if not held then
		if why then
			ctx:anomaly(e, "members cannot be read: " .. why)
		end
		return nil
	end
	if #held.locked > 0 then
		ctx:anomaly(e, "encrypted members were not looked at: " .. table.concat(held.locked, ", "))
	end
	for _, one in ipairs(held.containers) do
		container.tell(ctx, e, one.found, one.name)
	end
	ctx:record("package", { time = e.times.created, version = held.version, by = held.by, members = held.members,
		user = e.user, entry = e })
	return held
end

-- Facts of an installer with what it holds inside, which says more than its name.
local function whole_facts(ctx, e)
	local facts = M.facts(e)
	local held = facts and M.contents(ctx, e)
	if held and held.version then
		facts.version, facts.by, facts.proved = held.version, held.by or "a listed file in it", true
	end
	return facts, held or { signs = {} }
end

local function build_sign(facts)
	return { severity = "medium", confidence = (facts.package or facts.proved) and "high" or "medium",
		sign = "installer.bad", detector = "D5", version = facts.version,
		title = "Installer of the bad build " .. facts.version .. " of the 3CX app",
		text = facts.by .. " says so; whether it ran is told by other findings" }
end

-- An installer or update package, by its name, what it says of itself, what it holds, and by digest: one
-- finding. `system`: of the machine where it lies ("macos", "server"); the build may be of another.
function M.examine(ctx, e, system)
	local facts, held = whole_facts(ctx, e)
	if e.type ~= "file" or not facts then
		return
	end
	local mac = held.system or e.ext == "dmg" or e.path:lower():find("/electron/osx/", 1, true)
		or e.ext == "zip" and system == "macos"
	local os, signs = mac and "macos" or "windows", {}
	local class = facts.version and cx.version_class(os, facts.version)
	ctx:collect(e, "installer of the 3CX app")
	installer_record(ctx, e, facts, os, class)
	if class == "bad" then
		signs[1] = build_sign(facts)
	end
	table.move(held.signs, 1, #held.signs, #signs + 1, signs)
	files.examine(ctx, e, signs, "installer.bad")
	files.tell(ctx, e, "Program or installer of a bad build of the 3CX app", signs, { system = system, build = os,
		name = e.name, version = facts.version, user = e.user, time = e.times.created })
end

return M
