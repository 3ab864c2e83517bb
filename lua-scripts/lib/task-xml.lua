-- Definitions of scheduled tasks in XML (Windows Vista and later), the schema of [MS-TSCH] 2.5.
--
-- All libraries of tasks speak of a task in one form:
--   actions   list of { kind = "exec", command, arguments, folder },
--             { kind = "com", class, data }, { kind = "email", … }, { kind = "message", … }
--   triggers  list of { kind = "logon", "boot", "time", …, start, stop, enabled, … }; times
--             without "Z" are local
local text = require("text")
local xml = require("xml")

local task_xml = {}

local ACTIONS_MAX <const> = 100 -- Windows permits 32
local TRIGGERS_MAX <const> = 100 -- Windows permits 48

local KINDS = {
	BootTrigger = "boot", CalendarTrigger = "calendar", EventTrigger = "event", IdleTrigger = "idle",
	LogonTrigger = "logon", RegistrationTrigger = "registration", SessionStateChangeTrigger = "session",
	TimeTrigger = "time", WnfStateChangeTrigger = "wnf",
}
local SCHEDULES = {
	ScheduleByDay = "daily", ScheduleByWeek = "weekly", ScheduleByMonth = "monthly",
	ScheduleByMonthDayOfWeek = "monthly-weekday",
}

-- false when the text says so, nil otherwise: what is absent is on.
local function off(s)
	s = s and s:lower()
	if s == "false" or s == "0" then
		return false
	end
	return nil
end

local function on(s)
	s = s and s:lower()
	return s == "true" or s == "1" or nil
end

local function trigger_kind(element)
	for name, kind in pairs(SCHEDULES) do
		if xml.child(element, name) then
			return kind
		end
	end
	return KINDS[element.name] or element.name
end

local function trigger(element)
	return { kind = trigger_kind(element), enabled = off(xml.text(element, "Enabled")),
		start = xml.text(element, "StartBoundary"), stop = xml.text(element, "EndBoundary"),
		user = xml.text(element, "UserId"), state = xml.text(element, "StateChange") or xml.text(element, "StateName"),
		delay = xml.text(element, "Delay") or xml.text(element, "RandomDelay"),
		interval = xml.text(element, "Repetition", "Interval"),
		duration = xml.text(element, "Repetition", "Duration"),
		event = xml.text(element, "Subscription") }
end

local ACTIONS = {
	Exec = function(e)
		return { kind = "exec", command = xml.text(e, "Command"), arguments = xml.text(e, "Arguments"),
			folder = xml.text(e, "WorkingDirectory") }
	end,
	ComHandler = function(e)
		local class = xml.text(e, "ClassId")
		return { kind = "com", class = class and class:lower(), data = xml.text(e, "Data") }
	end,
	SendEmail = function(e)
		return { kind = "email", to = xml.text(e, "To"), from = xml.text(e, "From"),
			subject = xml.text(e, "Subject"), server = xml.text(e, "Server") }
	end,
	ShowMessage = function(e)
		return { kind = "message", title = xml.text(e, "Title"), body = xml.text(e, "Body") }
	end,
}

-- Principal of that id, else the first.
local function principal(root, id)
	local list = xml.child(root, "Principals")
	local found = list and list[1]
	for _, element in ipairs(list or {}) do
		if id and element.attributes.id == id then
			found = element
		end
	end
	if not found then
		return nil
	end
	return { user = xml.text(found, "UserId"), group = xml.text(found, "GroupId"),
		logon = xml.text(found, "LogonType"), level = xml.text(found, "RunLevel") }
end

-- Children of an element, each made by `make`; and what is wrong, or nil.
local function list_of(element, max, make)
	local out = list({})
	for i, child in ipairs(element or {}) do
		if i > max then
			return out, "more than " .. max .. " " .. element.name
		end
		out[i] = make(child)
	end
	return out
end

local function action(element)
	local make = ACTIONS[element.name]
	local a = make and make(element) or { kind = element.name }
	a.id = element.attributes.id
	return a
end

-- The definition in the bytes of a file, or nil; and what is wrong with them, or nil. What was
-- read before a mistake is told.
function task_xml.read(s)
	local root, problem = xml.parse(text.decode(s))
	if not root then
		return nil, problem
	elseif root.name ~= "Task" then
		return nil, "no task definition"
	end
	local info, settings = xml.child(root, "RegistrationInfo"), xml.child(root, "Settings")
	local actions = xml.child(root, "Actions")
	local task = { uri = xml.text(info, "URI"), author = xml.text(info, "Author"), date = xml.text(info, "Date"),
		description = xml.text(info, "Description"), creator = xml.text(info, "Source"),
		enabled = off(xml.text(settings, "Enabled")) == nil, hidden = on(xml.text(settings, "Hidden")),
		principal = principal(root, actions and actions.attributes.Context) }
	local too_many, more
	task.actions, too_many = list_of(actions, ACTIONS_MAX, action)
	task.triggers, more = list_of(xml.child(root, "Triggers"), TRIGGERS_MAX, trigger)
	return task, problem or too_many or more
end

return task_xml
