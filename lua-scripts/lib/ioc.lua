-- Indicators out of files that the analyst gives: MISP, STIX, OpenIOC, CSV and lists. One model for all:
--
--   { type = "file-hash"|"file-name"|"path"|"registry-key"|"registry-value"|"domain"|"url"|"ip",
--     value, name, severity, confidence, source = "file:line" or "file:id",
--     also = { { kind, value }, … }   what else the same file must have: kinds are types of files, "folder", "size"
--     value_name, data }              of a value of the registry
--
-- What is wrong with an entry is told with file and line, and costs that entry only; types that nobody
-- looks for are counted.
local forms = require("ioc-forms")
local json = require("json")
local list_reader = require("ioc-list")
local misp = require("ioc-misp")
local openioc = require("ioc-openioc")
local stix = require("ioc-stix")

local M = {}

local INDICATORS_MAX <const> = 200000
local PROBLEMS_MAX <const> = 1000 -- of one file; the rest is counted
local TEXT_MAX <const> = 64 << 20 -- bytes of a file that is read as a whole
local NATIVE_MIN <const> = 1 << 20 -- bytes of a list of digests from which a module reads it

local SEVERITIES = { high = "high", critical = "high", medium = "medium", moderate = "medium", low = "low", info = "info" }
local CONFIDENCES = { high = "high", medium = "medium", low = "low" }
-- Rows that are said to be ordinary.
local ORDINARY = { benign = true, clean = true, context = true, whitelist = true, allow = true, ["false positive"] = true,
	doubtful = true }

local FILE = { ["file-hash"] = 1, path = 2, ["file-name"] = 3, folder = 4, size = 5 }
local REGISTRY = { ["registry-key"] = true, ["registry-name"] = true, ["registry-data"] = true }

-- Where the readers put what they find in one file.
local into = {}
into.__index = into

function into:problem(line, text, id)
	if #self.problems == PROBLEMS_MAX then
		self.more_problems = self.more_problems + 1
		return
	end
	local where = line and "line " .. line or type(id) == "string" and id or nil
	self.problems[#self.problems + 1] = (where and where .. ": " or "") .. text .. (line and "; the line is left out" or "")
end

local function count(map, name)
	name = #name > 80 and name:sub(1, 80) .. "…" or name
	map[name] = (map[name] or 0) + 1
end

function into:unknown(kind)
	count(self.unknowns, kind)
end

function into:passed(why)
	count(self.passes, why)
end

function into:full()
	if #self.set.list < INDICATORS_MAX then
		return false
	end
	if not self.is_full then
		self.is_full = true
		self:problem(nil, "more than " .. INDICATORS_MAX .. " indicators: the rest of this file is not looked for")
	end
	return true
end

local function key_of(one)
	local key = one.type .. "\0" .. one.value:lower() .. "\0" .. (one.value_name or "") .. "\0" .. (one.data or "")
	for _, part in ipairs(one.also or {}) do
		key = key .. "\0" .. part[1] .. "\0" .. part[2]:lower()
	end
	return key
end

local function keep(self, one, from)
	one.source = self.file.name .. ":" .. tostring(from.line or from.id or "?")
	one.name, one.size = from.name, from.size
	one.severity = SEVERITIES[(from.severity or ""):lower()]
	one.confidence = CONFIDENCES[(from.confidence or ""):lower()]
	self.count = self.count + 1
	local key = key_of(one)
	if self.set.seen[key] then
		return
	end
	self.set.seen[key] = true
	self.set.list[#self.set.list + 1] = one
end

-- One indicator: { type, value, name, severity, confidence, size, class, data, line or id }.
function into:add(from)
	if self:full() then
		return
	end
	local value, kind = forms.clean(from.type, forms.refang(from.value))
	if not value then
		return self:problem(from.line, string.format("%s '%s': %s", from.type, from.value:sub(1, 80), kind), from.id)
	elseif ORDINARY[(from.class or ""):lower()] then
		return self:passed("entries that are said to be ordinary, or that need a context")
	end
	keep(self, { type = kind, value = value, data = from.data }, from)
end

local function all_of(all, kinds)
	for _, atom in ipairs(all) do
		if not kinds[atom[1]] then
			return false
		end
	end
	return true
end

local function clean_atoms(self, all, facts)
	local out = {}
	for i, atom in ipairs(all) do
		local kind, value = atom[1], forms.refang(atom[2])
		if kind ~= "size" and kind ~= "registry-name" and kind ~= "registry-data" then
			local as = kind == "folder" and "path" or kind
			local why
			value, why = forms.clean(as, value)
			if not value then
				return self:problem(nil, string.format("%s '%s': %s", as, atom[2]:sub(1, 80), why), facts.id)
			end
			kind = as == "path" and kind or why
		elseif kind == "size" and not tonumber(value) then
			return self:problem(nil, "a size that is no number", facts.id)
		end
		out[i] = { kind, value }
	end
	return out
end

local function add_file(self, atoms, facts)
	table.sort(atoms, function(a, b)
		return (FILE[a[1]] or 9) < (FILE[b[1]] or 9)
	end)
	local first = table.remove(atoms, 1)
	if first[1] == "size" then
		return self:unknown("file:size alone")
	end
	keep(self, { type = first[1] == "folder" and "path" or first[1], value = first[2],
		also = #atoms > 0 and atoms or nil }, facts)
end

local function add_registry(self, atoms, facts)
	local one = { type = "registry-key" }
	for _, atom in ipairs(atoms) do
		local field = atom[1] == "registry-key" and "value" or atom[1] == "registry-name" and "value_name" or "data"
		one[field] = one[field] or atom[2]
	end
	if not one.value then
		return self:unknown("a value of the registry without its key")
	end
	one.type = (one.value_name or one.data) and "registry-value" or "registry-key"
	keep(self, one, facts)
end

-- What must be seen together: a list of { kind, value }, where kind "?" is something that nobody looks for.
function into:add_all(all, facts)
	if self:full() then
		return
	end
	for _, atom in ipairs(all) do
		if atom[1] == "?" then
			return self:unknown((#all > 1 and "a combination with " or "") .. atom[2])
		end
	end
	local atoms = clean_atoms(self, all, facts)
	if not atoms then
		return
	elseif all_of(all, FILE) then
		add_file(self, atoms, facts)
	elseif all_of(all, REGISTRY) then
		add_registry(self, atoms, facts)
	elseif #atoms == 1 then
		keep(self, { type = atoms[1][1], value = atoms[1][2] }, facts)
	else
		self:unknown("a combination of " .. atoms[1][1] .. " and " .. atoms[2][1])
	end
end

local function first_mark(file)
	for line in file:lines() do
		local mark = line:gsub("^\xef\xbb\xbf", ""):match("%S")
		if mark or line:find("^\xff\xfe") or line:find("^\xfe\xff") then
			return mark or "?", line
		end
	end
	return ""
end

local function read_json(self, file)
	local tree, problem, line = json.read(file.text, TEXT_MAX)
	if problem then
		self:problem(nil, string.format("line %d: JSON: %s; what follows is not read", line, problem))
	end
	if type(tree) ~= "table" then
		return nil
	elseif stix.is(tree) then
		self.format = "stix"
		return stix.read(self, tree)
	elseif misp.is(tree) then
		self.format = "misp"
		return misp.read(self, tree)
	end
	self:problem(nil, "JSON that is neither of MISP nor of STIX")
end

local function read(self, file)
	local mark, line = first_mark(file)
	if (mark == "{" or mark == "[" and line:find("^%s*%[%s*[{%[]?%s*\"?") and not line:find("^%s*%[[%w]")) then
		self.format = "json"
	elseif mark == "<" or line and line:find("^[\xff\xfe][\xff\xfe]<") then
		self.format = "openioc"
	end
	if self.format and file.size > TEXT_MAX then
		return self:problem(nil, "larger than " .. (TEXT_MAX >> 20) .. " MiB")
	elseif self.format == "json" then
		return read_json(self, file)
	elseif self.format == "openioc" then
		return openioc.read(self, file.text)
	elseif file.size >= NATIVE_MIN and list_reader.is_digests(file:lines()) then
		self.format = "digests"
		self.set.digests[#self.set.digests + 1] = file
		return
	end
	self.format = "list"
	list_reader.read(self, file:lines())
end

-- Reads files (see given): a set with `list`, the indicators in the order of files and lines; `digests`, files that
-- are lists of digests for the module hashset; `files`, what was read: { file, format, count, problems, unknowns,
-- passes }, the last two with counts by name.
function M.load(files)
	local set = { list = {}, digests = {}, files = {}, seen = {} }
	for _, file in ipairs(files) do
		local one = setmetatable({ file = file, set = set, count = 0, problems = {}, more_problems = 0,
			unknowns = {}, passes = {} }, into)
		read(one, file)
		set.files[#set.files + 1] = one
	end
	set.seen = nil
	return set
end

-- What the run must tell about a file: texts.
function M.told(one)
	local out = {}
	for _, problem in ipairs(one.problems) do
		out[#out + 1] = problem
	end
	if one.more_problems > 0 then
		out[#out + 1] = one.more_problems .. " more problems"
	end
	for kind, n in pairs(one.unknowns) do
		out[#out + 1] = string.format("%d of type '%s', which is not looked for", n, kind)
	end
	if #out == 0 and one.count == 0 and one.format ~= "digests" then
		out[1] = "no indicators"
	end
	return out
end

return M
