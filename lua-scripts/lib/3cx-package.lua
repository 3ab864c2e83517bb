-- Installers and update packages of the 3CX app: what they tell of themselves, and which are bad.
local cx = require("3cx")
local files = require("3cx-files")

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

return M
