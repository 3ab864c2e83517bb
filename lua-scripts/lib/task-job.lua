-- Scheduled tasks as Windows 95 to XP keep them, and later ones for tasks made with at.exe: files
-- *.job. Layout: [MS-TSCH] 2.4, ".JOB File Format". Actions and triggers have the form of
-- task-xml.lua; all times are local.
local ids = require("ids")

local task_job = {}

local HEADER <const> = 68 -- bytes of FIXDLEN_DATA
local TRIGGER <const> = 48 -- bytes of a trigger
local TRIGGERS_MAX <const> = 100

local DISABLED <const>, HIDDEN <const> = 0x4, 0x200
local TRIGGER_HAS_END <const>, TRIGGER_DISABLED <const> = 1, 4
local READY <const>, NOT_RUN <const> = 0x41300, 0x41303
local KINDS = { [0] = "time", "daily", "weekly", "monthly", "monthly-weekday", "idle", "boot", "logon" }

local function date(year, month, day)
	if year < 1601 or month < 1 or month > 12 or day < 1 or day > 31 then
		return nil
	end
	return string.format("%04d-%02d-%02d", year, month, day)
end

-- A SYSTEMTIME at position `at`, or nil when it is empty or none.
local function system_time(s, at)
	local year, month, _, day, hour, minute, second, ms = string.unpack("<I2I2I2I2I2I2I2I2", s, at)
	local iso = date(year, month, day)
	if not iso or hour > 23 or minute > 59 or second > 59 or ms > 999 then
		return nil
	end
	return string.format("%sT%02d:%02d:%02d.%03d", iso, hour, minute, second, ms)
end

-- Text with the count of its characters in front, and the position behind it; nil when cut off.
local function counted(s, at)
	local n = bytes.u16le(s, at)
	local behind = n and at + 2 + 2 * n
	if not behind or behind > #s + 1 then
		return nil
	end
	local value = bytes.utf16(s:sub(at + 2, behind - 1))
	return behind, value ~= "" and value or nil
end

local function minutes(n)
	return n > 0 and "PT" .. n .. "M" or nil
end

local function trigger(s, at)
	local _, _, y1, m1, d1, y2, m2, d2, hour, minute, duration, interval, flags, kind =
		string.unpack("<I2I2I2I2I2I2I2I2I2I2I4I4I4I4", s, at)
	local start = date(y1, m1, d1)
	return { kind = KINDS[kind] or tostring(kind), enabled = flags & TRIGGER_DISABLED == 0 and nil,
		start = start and string.format("%sT%02d:%02d:00", start, hour, minute),
		stop = flags & TRIGGER_HAS_END ~= 0 and date(y2, m2, d2) or nil,
		interval = minutes(interval), duration = minutes(duration) }
end

local function triggers(s, at, out)
	local count = bytes.u16le(s, at)
	if not count then
		return "it ends before its triggers"
	end
	for i = 0, math.min(count, TRIGGERS_MAX) - 1 do
		if at + 2 + (i + 1) * TRIGGER > #s + 1 then
			return "it ends in trigger " .. i + 1 .. " of " .. count
		end
		out[#out + 1] = trigger(s, at + 2 + i * TRIGGER)
	end
	return count > TRIGGERS_MAX and "more than " .. TRIGGERS_MAX .. " triggers" or nil
end

local function header(s)
	local exit, status, flags = string.unpack("<I4I4I4", s, 41)
	return { id = ids.guid(s:sub(5, 20)), enabled = flags & DISABLED == 0,
		hidden = flags & HIDDEN ~= 0 or nil, last_run = system_time(s, 53),
		status = status ~= READY and string.format("0x%08x", status) or nil,
		result = exit ~= 0 and exit ~= NOT_RUN and string.format("0x%08x", exit) or nil,
		product = string.format("%d.%d", s:byte(2), s:byte(1)), actions = list({}), triggers = list({}) }
end

-- The task in the bytes of a file, or nil; and what is wrong with them, or nil.
function task_job.read(s)
	if #s < HEADER then
		return nil, "shorter than the header of a task"
	elseif bytes.u16le(s, 3) ~= 1 then
		return nil, "no task of version 1"
	end
	local task = header(s)
	local at = bytes.u16le(s, 21) + 1
	local texts = {}
	for _, name in ipairs({ "command", "arguments", "folder", "author", "comment" }) do
		at, texts[name] = counted(s, at)
		if not at then
			return task, "it ends before its " .. name
		end
	end
	task.author, task.description = texts.author, texts.comment
	task.actions[1] = { kind = "exec", command = texts.command, arguments = texts.arguments,
		folder = texts.folder }
	return task, triggers(s, bytes.u16le(s, 23) + 1, task.triggers)
end

return task_job
