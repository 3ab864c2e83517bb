-- What update packages and archives of the 3CX app hold (.nupkg, .zip): its libraries are judged by what is in
-- them and by digest, without unpacking anything to a disk. Versions are those that the package tells inside.
local container = require("3cx-container")
local cx = require("3cx")
local json = require("json")
local macos = require("3cx-macos")
local payload = require("3cx-payload")

local M = {}

local MEMBERS_MAX <const> = 40 -- that are looked at; a package has fewer

-- --- members ---

local function library(signs, data, name, out)
	if name == "ffmpeg.dll" then
		payload.loader(signs, data)
	end
	local _, found = container.look(signs, data)
	if type(found) == "table" then
		out.containers[#out.containers + 1] = { name = name, found = found }
	end
end

local function manifest(data, out)
	local id, version = data:match("<id>%s*(.-)%s*</id>"), data:match("<version>%s*(.-)%s*</version>")
	if cx.is_app_name(id) or cx.is_app_name(data:match("<title>%s*(.-)%s*</title>")) then
		out.version, out.by = cx.version(version), "its nuspec"
	end
end

local function info_plist(data, out)
	local keys = plist.parse(data)
	if type(keys) == "table" and cx.is_app_name(keys.CFBundleName or keys.CFBundleExecutable) then
		out.version = cx.version(keys.CFBundleShortVersionString or keys.CFBundleVersion)
		out.by, out.system = "its Info.plist", "macos"
	end
end

local function scripts(data, out)
	local about = json.decode(asar.read(data, "package.json") or "")
	local version = type(about) == "table" and type(about.version) == "string" and cx.version(about.version)
	if version and not out.version then
		out.version, out.by = version, "its app.asar"
	end
end

-- By the end of "/" and the name in lower case: what is done with the bytes. The rest is a digest only.
local READ = {
	{ "^/[^/]*%.nuspec$", function(_, data, _, out)
		manifest(data, out)
	end },
	{ "^/[^/]*%.app/contents/info%.plist$", function(_, data, _, out)
		info_plist(data, out)
	end },
	{ "/resources/app%.asar$", function(_, data, _, out)
		scripts(data, out)
	end },
	{ "/ffmpeg%.dll$", library },
	{ "/d3dcompiler_47%.dll$", library },
	{ "/libffmpeg%.dylib$", function(signs, data)
		macos.dylib(signs, data)
	end },
	{ "/3cxdesktopapp%.exe$" },
	{ "/contents/macos/3cx desktop app$" },
}

-- The rule for a member, and the last part of its name.
local function rule_of(name)
	local lower = "/" .. name:lower():gsub("\\", "/")
	for _, rule in ipairs(READ) do
		if lower:find(rule[1]) then
			return rule, lower:match("[^/]*$")
		end
	end
end

local function listed(signs, digests, out)
	local sign, row = cx.digest_sign(digests)
	if sign then
		signs[#signs + 1] = sign
		out.version = out.version or cx.version(row.version)
	end
	return row and row.class
end

-- A package is not an install, whatever lies in it.
local function add(out, name, signs)
	for _, sign in ipairs(signs) do
		sign.text, sign.sign = name .. ": " .. sign.text, "installer.bad"
		sign.title = "Package with a library or program of the compromise"
		out.signs[#out.signs + 1] = sign
	end
end

-- Looks at one member, and adds what it found.
local function member(e, i, one, out)
	local rule, name = rule_of(one.name)
	if one.encrypted then
		out.locked[#out.locked + 1] = one.name
		return
	end
	local signs, data, why = {}, nil, nil
	if rule[2] then
		data, why = zip.read(e, i)
	end
	if data then
		rule[2](signs, data, name, out)
	end
	local digests = zip.digests(e, i)
	out.members[#out.members + 1] = { name = one.name, size = one.size, sha256 = digests and digests.sha256,
		listed = digests and listed(signs, digests, out), why = why }
	add(out, one.name, signs)
end

-- What a package, an entry or its bytes, holds: { version, by, system, members, signs, locked, containers };
-- nil and why for what is no archive.
function M.look(e)
	local archive, why = zip.open(e)
	if not archive then
		return nil, why
	end
	local out = { members = list({}), signs = {}, locked = list({}), containers = {} }
	local looked = 0
	for i, one in ipairs(archive.members) do
		if one.name and rule_of(one.name) and looked < MEMBERS_MAX then
			looked = looked + 1
			member(e, i, one, out)
		end
	end
	return out
end

return M
