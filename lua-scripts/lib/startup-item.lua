-- Files that Windows opens by itself because they lie in a Startup folder: programs, scripts and
-- documents, shortcuts (*.lnk) and addresses (*.url).
local path = require("path")
local text = require("text")

local startup_item = {}

local SMALL <const> = 64 << 10 -- bytes of an *.url file

-- A path with blanks, as a command line.
local function quoted(s)
	return s:find("%s") and not s:find('"') and '"' .. s .. '"' or s
end

-- Members of a shortcut that rows repeat.
local REMEMBERED = { "target_from", "arguments", "working_dir", "description", "icon", "drive_type",
	"volume_serial", "volume_label", "machine", "network_share", "show" }

local function shortcut(e)
	local link, why = lnk.open(e)
	if not link then
		return { command = e.full, missing = "a shortcut that cannot be read", problem = "shortcut: " .. why }
	end
	local more = { shortcut = e.full, target_created = link.created, target_modified = link.modified }
	for _, name in ipairs(REMEMBERED) do
		more[name] = link[name]
	end
	if not link.target then
		return { command = link.darwin or e.full, missing = "a shortcut without a path", more = more }
	end
	local command = quoted(link.target)
	return { command = link.arguments and command .. " " .. link.arguments or command, dir = link.working_dir, more = more }
end

-- Value of the first "URL=" of an *.url file, or nil.
local function address_of(s)
	for line in text.decode(s):gmatch("[^\r\n]+") do
		local value = line:match("^%s*[Uu][Rr][Ll]%s*=%s*(.*)$")
		if value then
			return text.trim(value)
		end
	end
	return nil
end

local function address(e)
	local s, why = e:read(0, SMALL)
	local url = s and address_of(s)
	if not url then
		return { command = e.full, missing = why or "an address that is not there" }
	end
	local file = path.from_url(url)
	return { command = url, follow = file and quoted(file), missing = not file and "an address, not a file" or nil,
		more = { shortcut = e.full } }
end

local KINDS = { lnk = shortcut, url = address }

-- What is opened when `e` is, as autostart.row wants it: { command, what, follow, dir, missing, more },
-- and `problem` when the file is not what its name says. Nil for what Windows passes over.
function startup_item.of(e)
	if e.type ~= "file" or e.stream or e.name:lower() == "desktop.ini" then
		return nil
	end
	local kind = KINDS[e.ext]
	return kind and kind(e) or { command = e.full, what = "path" }
end

return startup_item
