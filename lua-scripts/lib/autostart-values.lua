-- How the data of an autostart place are read: for each way a function(s, key, datum, v) that
-- returns a list of what Windows starts from it. `datum` is the text in question, `v` the value (nil
-- when the name of the key is the datum), `s` has the plugin's ctx and hive, narrow (32-bit), classes
-- (of autostart-classes) and root (path of the keys' root, ending in "\").
--
-- Each item has `command`, the text as found, and may have
--   follow   the text that leads to the file, where it differs
--   what     as in autostart.row
--   spelt    the text that is compared with what is ordinary, where it differs
--   ordinary true when Windows has such a thing there by itself
--   missing  why there is nothing to follow
--   more     further fields of the row
local autostart = require("autostart")
local classes = require("autostart-classes")
local path = require("path")
local registry = require("registry")
local startup_item = require("startup-item")
local trim = require("text").trim

local values = {}

local TEXTS = { REG_SZ = true, REG_EXPAND_SZ = true, REG_LINK = true, REG_MULTI_SZ = true }

-- --- texts ---

local TEXTS_MAX <const> = 1000 -- of one value
local TEXT_MAX <const> = 64 << 10 -- bytes of a text

-- Why not all of a value is looked at, or nil. `items` are what came of it.
function values.excess(v, items)
	if v and TEXTS[v.type] and type(v.data) == "string" and #v.data > TEXT_MAX then
		return string.format("a text of %d bytes, of which %d are looked at", #v.data, TEXT_MAX)
	end
	return #items >= TEXTS_MAX and string.format("more than %d texts", TEXTS_MAX) or nil
end

-- The texts of a value: none for other types and for empty ones ('""' is empty, too).
function values.texts(v)
	if not TEXTS[v.type] then
		return {}
	end
	local found = {}
	for _, text in ipairs(type(v.data) == "table" and v.data or { v.data }) do
		if text:find('[^%s"%z]') and #found < TEXTS_MAX then
			found[#found + 1] = text:sub(1, TEXT_MAX)
		end
	end
	return found
end

local PROGRAMS = { exe = true, com = true, bat = true, cmd = true, scr = true, pif = true }

local FOLDERS = { "^\\%?%?\\", "^%%systemroot%%\\", "^%%windir%%\\", "^\\systemroot\\", "^%a:\\windows\\", "^%a:\\winnt\\",
	"^system32\\", "^syswow64\\" }

-- A text in the spelling in which it is compared with what is ordinary: lower case, without quotes
-- around its first word, without the folders of Windows in front and ".dll" at the end.
function values.spell(text)
	text = trim(text:lower()):gsub('^"([^"]*)"', "%1")
	for _, folder in ipairs(FOLDERS) do
		text = text:gsub(folder, "")
	end
	return (trim(text):gsub("%.dll$", ""))
end

-- --- ways ---

local function each(list, what)
	local items = {}
	for i, text in ipairs(list) do
		items[i] = { command = text, what = what }
	end
	return items
end

-- Texts cut further by `cut`.
local function pieces(v, cut, what)
	local items = {}
	for _, text in ipairs(values.texts(v)) do
		for _, piece in ipairs(cut(text)) do
			if #items < TEXTS_MAX then
				items[#items + 1] = { command = piece, what = what }
			end
		end
	end
	return items
end

local ways = {}

function ways.command(_, _, _, v)
	return each(values.texts(v))
end

function ways.commands(_, _, _, v)
	return pieces(v, autostart.commands)
end

function ways.names(_, _, _, v)
	return pieces(v, autostart.names, "library")
end

-- Load and Run of win.ini: parted by commas, and by blanks when each word is a program.
function ways.winini(_, _, _, v)
	return pieces(v, function(text)
		local list = {}
		for _, piece in ipairs(autostart.commands(text)) do
			local words, programs = autostart.names(piece), 0
			for _, word in ipairs(words) do
				programs = programs + (PROGRAMS[word:lower():match("%.(%w+)$")] and 1 or 0)
			end
			table.move(programs == #words and words or { piece }, 1, programs == #words and #words or 1, #list + 1, list)
		end
		return list
	end)
end

function ways.library(_, _, _, v)
	return each(values.texts(v), "library")
end
ways.libraries = ways.library

-- A path in a value, or the name of one.
function ways.path(_, _, datum, v)
	if datum == v.name then
		return datum:find("%S") and { { command = datum, what = "path" } } or {}
	end
	return each(values.texts(v), "path")
end

function ways.paths(_, _, _, v)
	return pieces(v, function(text)
		local list = {}
		for one in text:gmatch("[^;]+") do
			list[#list + 1] = trim(one)
		end
		return list
	end, "path")
end

-- "autocheck autochk *": the first word is a mark, the next one a program in System32.
function ways.boot(_, _, _, v)
	local items = each(values.texts(v))
	for _, item in ipairs(items) do
		item.follow = item.command:gsub("^%s*[Aa][Uu][Tt][Oo][Cc][Hh][Ee][Cc][Kk]%s+", "")
		item.spelt = item.follow:match("^%S+")
	end
	return items
end

-- "library|function|arguments", or a command line. Title is what the dialog shows.
function ways.runonceex(_, _, _, v)
	if v.name:lower() == "title" then
		return {}
	end
	local items = each(values.texts(v))
	for _, item in ipairs(items) do
		local library = item.command:match("^%s*|*([^|]+)|")
		if library then
			item.follow, item.what = library, "library"
		end
	end
	return items
end

-- The texts of a REG_MULTI_SZ, empty ones among them.
local function all_texts(raw)
	local list, at = {}, 1
	while at < #raw do
		local stop = at
		repeat
			stop = raw:find("\0\0", stop, true)
			if stop and (stop - at) % 2 ~= 0 then
				stop = stop + 1
			else
				break
			end
		until false
		list[#list + 1] = bytes.utf16(raw:sub(at, stop and stop - 1 or #raw))
		at = (stop or #raw) + 2
	end
	return list
end

-- Pairs of from and to; an empty `to` deletes the file, which starts nothing.
function ways.renames(_, _, _, v)
	local items, list = {}, all_texts(v.raw)
	for i = 1, #list - 1, 2 do
		local from, to = list[i], list[i + 1]
		if from ~= "" and to ~= "" then
			items[#items + 1] = { command = from, what = "path", follow = from:gsub("^%*%d+", ""),
				more = { target = (to:gsub("^!", ""):gsub("^\\%?%?\\", "")) } }
		end
	end
	return items
end

function ways.knowndll(_, _, _, v)
	return v.name:lower():find("^dlldirectory") and {} or each(values.texts(v), "library")
end

-- Scripts of group policies: relative ones lie in the folder of the policy, which the key
-- above names; the one above that says when they run.
function ways.script(s, key, _, v)
	local items = each(values.texts(v), "path")
	local policy, moment = key.path:match("^(.*\\([^\\]+)\\[^\\]+)\\[^\\]+$")
	local folder = policy and registry.text(s.hive:key(policy), "FileSysPath")
	for _, item in ipairs(items) do
		if folder and not item.command:find("^%a:") and not item.command:find("^[\\%%]") then
			item.follow = folder .. "\\Scripts\\" .. moment .. "\\" .. item.command
		end
		item.more = { arguments = registry.text(key, "Parameters") }
	end
	return items
end

function ways.printprocessor(s, key, _, v)
	local items = each(values.texts(v), "path")
	local above = key.path:match("^(.*)\\[^\\]+\\[^\\]+$")
	local folder = above and registry.text(s.hive:key(above), "Directory")
	for _, item in ipairs(items) do
		if folder and not item.command:find("\\") then
			item.follow = "%SystemRoot%\\System32\\spool\\prtprocs\\" .. folder .. "\\" .. item.command
		end
	end
	return items
end

-- PackedCatalogItem: the path in 260 bytes, then WSAPROTOCOL_INFOW, whose last member is the
-- name (ws2spi.h, winsock2.h of the Windows SDK).
local PATH_BYTES <const>, NAME_AT <const> = 260, 260 + 116 + 1

function ways.winsock(_, key, _, v)
	local text, title = nil, registry.text(key, "DisplayString")
	if v.type == "REG_BINARY" then
		text = v.raw:sub(1, PATH_BYTES):match("^[^%z]*")
		title = #v.raw > NAME_AT and bytes.utf16(v.raw:sub(NAME_AT)) or nil
	else
		text = values.texts(v)[1]
	end
	return text and text:find("%S") and { { command = text, what = "path", more = { title = title } } } or {}
end

function ways.screensaver(_, _, _, v)
	local items = each(values.texts(v), "path")
	return #items > 0 and items[1].command:lower() == "(none)" and {} or items
end

-- A page or picture on the desktop; most are no files.
function ways.localpath(_, _, _, v)
	local text = values.texts(v)[1] or ""
	text = text:gsub("^[Ff][Ii][Ll][Ee]:///", ""):gsub("/", "\\")
	return text:find("^%a:\\") and { { command = text, what = "path" } } or {}
end

-- --- file types ---

-- '"%1" %*' starts the file itself.
function ways.opener(_, _, _, v)
	local items = {}
	for _, text in ipairs(values.texts(v)) do
		if not text:find('^%s*"?%%[1lL]') then
			items[#items + 1] = { command = text }
		end
	end
	return items
end

local TYPES = { exefile = true, comfile = true, batfile = true, cmdfile = true, piffile = true, scrfile = true }

-- The command of a type that took the place of Windows' own.
function ways.type(s, _, _, v)
	local name = values.texts(v)[1]
	if not name or TYPES[name:lower()] then
		return {}
	end
	local key = s.hive:key(s.root .. name .. "\\shell\\open\\command")
	local command = registry.text(key, "")
	return command and not command:find('^%s*"?%%[1lL]')
		and { { command = command, more = { type_name = name } } } or {}
end

-- --- classes ---

-- A class by its id: what serves it.
local function of_class(s, id, more)
	local server, why = classes.server(s.classes, id, s.narrow)
	more = more or {}
	more.class = id
	if not server then
		more.service = classes.service(s.classes, id, s.narrow)
		why = more.service and "the service " .. more.service .. " serves this class" or why
		return { { command = id, missing = why, more = more } }
	end
	more.server, more.host = server.server, server.host
	return { { command = server.command, what = server.what, more = more } }
end

function ways.class(s, _, datum)
	local id = classes.id(datum)
	return id and of_class(s, id) or {}
end

-- Handlers of the shell: the default value or the name of the key is the class.
function ways.handler(s, key)
	local id = classes.id(registry.text(key, "")) or classes.id(key.name)
	return id and of_class(s, id) or {}
end

-- A class of the user: each server, and what the machine has for the same class.
function ways.com(s, key)
	local items, id = {}, classes.id(key.name)
	if not id then
		return items
	end
	local function add(server, text, what)
		items[#items + 1] = { command = text, what = what, more = { class = id, server = server } }
	end
	for _, server in ipairs(classes.SERVERS) do
		local text = registry.text(key:key(server.key), "")
		if text and text:find("%S") then
			add(server.key, text, server.what)
		end
	end
	local url = registry.text(key:key("ScriptletURL"), "")
	if url and url:find("%S") then
		add("ScriptletURL", (url:gsub("^[Ff][Ii][Ll][Ee]:///?", "")), "path")
	end
	local other = classes.id(registry.text(key:key("TreatAs"), ""))
	if other then
		items[#items + 1] = of_class(s, other, { server = "TreatAs" })[1]
	end
	if #items > 0 then
		local machine = classes.server(s.classes, id, s.narrow, true)
		for _, item in ipairs(items) do
			item.more.machine = machine and machine.command
		end
	end
	return items
end

-- --- Office ---

-- An add-in by the name of its key: a manifest, or the name of a class.
function ways.addin(s, key)
	local more = { title = registry.text(key, "FriendlyName"), load = registry.number(key, "LoadBehavior") }
	local manifest = registry.text(key, "Manifest")
	if manifest and manifest:find("%S") then
		local file = manifest:gsub("|.*$", ""):gsub("^[Ff][Ii][Ll][Ee]:///?", ""):gsub("/", "\\")
		return { { command = manifest, follow = file, what = "path", more = more } }
	end
	local id = classes.of_name(s.classes, key.name, s.narrow)
	if not id then
		return { { command = key.name, missing = "the name is not registered", more = more } }
	end
	return of_class(s, id, more)
end

-- '/R "C:\…\x.xlam"' of Excel.
function ways.addinfile(_, _, _, v)
	local items = each(values.texts(v), "path")
	for _, item in ipairs(items) do
		item.follow = item.command:gsub("^%s*/%a%s+", "")
	end
	return items
end

-- --- Startup folders ---

-- Where they are when nobody moved them; another plugin lists those.
local function is_ordinary_folder(text)
	return text:lower():find("\\start menu\\programs\\startup\\?$") ~= nil
end

-- The same of a Windows XP in another language: three folders below a profile. Those of the user's
-- data are not meant.
local function may_be_ordinary(text)
	local rest = text:lower():match("^%%userprofile%%\\(.*)$") or text:lower():match("^%%allusersprofile%%\\(.*)$")
		or text:lower():match("^%a:\\documents and settings\\[^\\]+\\(.*)$")
	return rest ~= nil and rest:find("^[^\\]+\\[^\\]+\\[^\\]+$") ~= nil and not rest:find("data\\")
		and not rest:find("^local settings")
end

local function files_in(ctx, folder)
	local items = {}
	for e in ctx:glob(path.escape(folder.path) .. "/*") do
		local item = startup_item.of(e)
		if item then
			ctx:collect(e, "in a Startup folder that was moved")
			items[#items + 1] = item
		end
	end
	return items
end

-- A folder of the Windows that the hive is of.
local function folder_of(s, expanded)
	local former = registry.former_root(s.hive.entry)
	local e = former and s.ctx:lookup(former .. "/" .. expanded:gsub("^%a:", ""):gsub("\\", "/"))
	e = e or s.ctx:lookup(expanded)
	return e and e.type == "dir" and e or nil
end

-- The files of a Startup folder that was moved.
function ways.folder(s, _, _, v)
	local text = values.texts(v)[1]
	if not text or is_ordinary_folder(text) then
		return {}
	end
	local expanded, why = s.ctx:expand(text, { user = s.hive.user })
	local folder = expanded and folder_of(s, expanded)
	if not folder then
		return { { command = text, missing = why or "the folder is not on this volume" } }
	end
	local items = files_in(s.ctx, folder)
	for _, item in ipairs(items) do
		item.more = item.more or {}
		item.more.folder = text
		item.ordinary = may_be_ordinary(text)
	end
	return items
end

values.ways = ways
return values
