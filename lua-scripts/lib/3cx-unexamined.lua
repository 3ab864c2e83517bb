-- What the verdict of the 3CX case could not look at, and how much a low step is therefore worth: volumes that
-- cannot be opened, traces that a Windows normally has and this one has not, files and hives that could not be
-- read, plugins that ended early.
local M = {}

local SMALL = 256 * 1024 * 1024 -- reserved partitions have no file system, and are smaller
local SOURCES = 5               -- lines about volumes and sources
local NAMED = 2                 -- files that are named; the rest is counted

-- Codes and states that say that something was not read, or in part.
local UNREAD = { unreadable = true, partial = true, corrupt = true, unsupported = true, truncated = true, io = true }

local function count_of(n, one, many)
	return n == 1 and "1 " .. one or string.format("%d %s", n, many or one .. "s")
end

local function gibibytes(length)
	return length and string.format(", %.1f GiB", length / (1 << 30)) or ""
end

-- Is the anomaly about this volume as such ("encrypted: BitLocker", "not readable: UDF")?
local function about_volume(a, volume)
	local number = not a.path and tostring(a.object):match("^volume (%d+)")
	return number and tonumber(number) == volume.volume and (not a.source or a.source == volume.source)
end

local function trouble(machine, volume)
	for _, a in ipairs(machine.anomalies or {}) do
		if about_volume(a, volume) then
			return a.reason
		end
	end
	return nil
end

-- A volume that was opened has its file system; what is small and unremarkable never had one.
local function closed(machine, volume)
	if volume.fs and volume.fs ~= "" then
		return nil
	end
	local about = tostring(volume.description or "")
	local why = trouble(machine, volume)
	if not why and (about:lower():find("swap") or (volume.length or 0) < SMALL) then
		return nil
	end
	return why or about:find("^encrypted") and about or "no known file system"
end

local function volumes(out, machine)
	for _, volume in ipairs(machine.volumes or {}) do
		local why = closed(machine, volume)
		if why then
			local label = volume.label or volume.description
			out[#out + 1] = string.format("volume %s%s%s: %s", tostring(volume.volume),
				label and label ~= "" and " (" .. tostring(label) .. ")" or "", gibibytes(volume.length), why)
			out.grave = true
		end
	end
end

-- A source without partitions is one volume, or none: what was said of the source as such.
local function sources(out, machine)
	local known = {}
	for _, a in ipairs(machine.anomalies or {}) do
		local name = not a.path and tostring(a.object):match('^"[^"]*"$')
		if name and UNREAD[a.code] and not known[name .. a.reason] and #out < SOURCES then
			known[name .. a.reason] = true
			out[#out + 1] = name .. ": " .. a.reason
			out.grave = true
		end
	end
end

-- What 3cx-coverage looks for, and what its absence means; `grave`: a low step is worth less without it.
local TRACES = {
	windows = {
		{ "user profiles", "user profiles: none", grave = true },
		{ "machine hives", "registry of the machine: no hives", grave = true },
		{ "event logs", "event logs: none", grave = true },
		{ "prefetch", "prefetch: none (runs are told by other traces only)" },
		{ "change journal", "change journal: none (deleted files leave fewer traces)" },
	},
	macos = { { "user profiles", "user profiles: none", grave = true } },
	server = { { "client installers", "folder of client installers: empty or not there" } },
}

-- { [volume] = { [what] = count } } of what 3cx-coverage has told.
local function covered(machine)
	local out = {}
	for _, record in ipairs(machine.records or {}) do
		local fields = record.fields or {}
		if record.kind == "examined" and fields.system and fields.what then
			local seen = out[fields.system] or {}
			seen[fields.what] = (seen[fields.what] or 0) + (fields.count or 0)
			out[fields.system] = seen
		end
	end
	return out
end

local function traces(out, machine)
	local seen = covered(machine)
	for _, system in ipairs({ "windows", "macos", "server" }) do
		for _, row in ipairs(seen[system] and TRACES[system] or {}) do
			if (seen[system][row[1]] or 0) == 0 then
				out[#out + 1] = row[2]
				out.grave = out.grave or row.grave
			end
		end
	end
end

local DISCLOSED = "2023-03-29T00:00:00Z" -- by then whoever was hit had a bad build
local CHANNELS = { Application = "Application", Security = "Security", System = "System",
	["Microsoft-Windows-Windows Defender/Operational"] = "Defender" }

-- Logs that were overwritten since: what they tell begins too late.
local function logs(out, machine, since)
	since = since or DISCLOSED
	local late, seen = {}, {}
	for _, record in ipairs(machine.records or {}) do
		local fields = record.fields or {}
		local name = record.kind == "log" and CHANNELS[fields.channel or ""]
		if name and fields.first and fields.first > since and not seen[name] then
			seen[name] = true
			late[#late + 1] = name .. " (" .. fields.first:sub(1, 10) .. ")"
		end
	end
	table.sort(late)
	if #late > 0 then
		out[#out + 1] = "event logs that begin after " .. since:sub(1, 10) .. ": " .. table.concat(late, ", ")
	end
end

-- Without a system on any volume nothing can be told of one. A folder has none by itself.
function M.blind(machine)
	if next(covered(machine)) then
		return false
	end
	for _, volume in ipairs(machine.volumes or {}) do
		if volume.os then
			return false
		end
	end
	return true
end

local function system(out, machine)
	if M.blind(machine) then
		out[#out + 1] = "system: none of the volumes holds a known one"
		out.grave = true
	end
end

local HIVES <const> = { ["ntuser.dat"] = true, ["usrclass.dat"] = true, software = true, system = true, sam = true,
	security = true, default = true, ["amcache.hve"] = true }

local function is_hive(path)
	return HIVES[(path:lower():match("[^/]*$"):gsub("%.log%d?$", ""))] ~= nil
end

-- A mounted or copied tree tells less than its volume.
function M.is_copy(machine)
	for _, volume in ipairs(machine.volumes or {}) do
		if volume.fs == "directory" then
			return true
		end
	end
	return false
end

local function copies(out, machine)
	if M.is_copy(machine) then
		out[#out + 1] = "a folder as source: deleted files are not in it, times of creation may be those of the copy"
	end
end

-- Files that could not be read as far as the case needs them, by kind; each once.
local function files(out, machine)
	local lists, known = { hive = {}, file = {} }, {}
	for _, a in ipairs(machine.anomalies or {}) do
		if type(a.path) == "string" and not known[a.path] and (UNREAD[a.status] or UNREAD[a.code]) then
			known[a.path] = true
			local list = lists[is_hive(a.path) and "hive" or "file"]
			list[#list + 1] = a.path
		end
	end
	for _, kind in ipairs({ { "hive", "damaged hive" }, { "file", "file" } }) do
		local list = lists[kind[1]]
		table.sort(list)
		if #list > 0 then
			local more = #list > NAMED and string.format(" and %d more", #list - NAMED) or ""
			out[#out + 1] = count_of(#list, kind[2]) .. " not read or in part: "
				.. table.concat(list, ", ", 1, math.min(#list, NAMED)) .. more
			out.grave = true
		end
	end
end

-- Plugins that did not run, or not to the end.
local function broken(machine)
	local failed, lost, why = {}, {}, nil
	for _, plugin in ipairs(machine.plugins or {}) do
		local steps = tonumber(plugin.lost) or (plugin.lost == true and 1 or 0)
		if plugin.ok == false then
			failed[#failed + 1] = plugin.name
			why = why or plugin.error
		elseif steps > 0 then
			lost[#lost + 1] = plugin.name .. " (" .. count_of(steps, "step") .. ")"
		end
	end
	return failed, lost, why
end

local function plugins(out, machine)
	local failed, lost, why = broken(machine)
	if #failed > 0 then
		out[#out + 1] = count_of(#failed, "plugin") .. " failed: " .. table.concat(failed, ", ")
			.. (why and "; " .. tostring(why) or "")
		out.grave = true
	end
	if #lost > 0 then
		out[#out + 1] = "plugins lost steps: " .. table.concat(lost, ", ")
		out.grave = true
	end
end

-- Texts, the gravest kind first, none when all was there that such a machine has; and whether they make a low
-- step worth less. `since`: when the first bad build came, or nil.
function M.list(machine, since)
	local out = {}
	plugins(out, machine)
	volumes(out, machine)
	sources(out, machine)
	system(out, machine)
	traces(out, machine)
	logs(out, machine, since)
	copies(out, machine)
	files(out, machine)
	if machine.truncated then
		out[#out + 1] = "rows beyond the limit: the verdict does not know them"
		out.grave = true
	end
	local grave = out.grave
	out.grave = nil
	return out, grave
end

-- Whole volumes that stayed shut weigh more than single files.
function M.shut(machine)
	local count = 0
	for _, volume in ipairs(machine.volumes or {}) do
		count = count + (closed(machine, volume) and 1 or 0)
	end
	return count
end

-- A sentence on what the step is worth, or nil when nothing grave was left out.
function M.worth(machine, step, grave)
	if not grave or step == "second stage" then
		return nil
	end
	local count, failed = M.shut(machine), broken(machine)
	local said = step == "absent" and "This holds for what was read" or "It may have gone further"
	if #failed > 0 then
		return said .. ": " .. count_of(#failed, "plugin") .. " failed."
	elseif count > 0 then
		return string.format("%s: %s stayed shut.", said, count_of(count, "volume"))
	end
	return said .. ": not all could be read."
end

return M
