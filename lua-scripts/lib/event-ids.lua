-- What the events of Windows mean that a triage needs: channel, provider, number, and what its fields are
-- called. A number means something else for each provider.
--
-- A rule: { kind, what, fields, by = names of fields }. `fields` gives the names of a record for those of the
-- event; a number stands for a value that has no name. Events of a rule with `by` are common: equal ones are
-- told as one record with a count.
local M = {}

local SECURITY <const> = "Microsoft-Windows-Security-Auditing"
local EVENTLOG <const> = "Microsoft-Windows-Eventlog"
local SERVICES <const> = "Service Control Manager"
local KERNEL <const> = "Microsoft-Windows-Kernel-General"

local SUBJECT <const> = { by_user = "SubjectUserName", by_domain = "SubjectDomainName", by_sid = "SubjectUserSid" }

-- A copy of `fields` with those of the account that acted.
local function acted(fields)
	local out = {}
	for name, field in pairs(SUBJECT) do
		out[name] = field
	end
	for name, field in pairs(fields) do
		out[name] = field
	end
	return out
end

local LOGON <const> = { user = "TargetUserName", domain = "TargetDomainName", sid = "TargetUserSid", type = "LogonType",
	address = "IpAddress", port = "IpPort", workstation = "WorkstationName", process = "ProcessName",
	package = "AuthenticationPackageName", session = "TargetLogonId" }
local FAILED <const> = { user = "TargetUserName", domain = "TargetDomainName", type = "LogonType", address = "IpAddress",
	workstation = "WorkstationName", process = "ProcessName", status = "Status", reason = "SubStatus" }
local ACCOUNT <const> = acted({ user = "TargetUserName", domain = "TargetDomainName", sid = "TargetSid" })
local MEMBER <const> = acted({ group = "TargetUserName", group_sid = "TargetSid", member = "MemberName",
	member_sid = "MemberSid" })
local TASK <const> = acted({ task = "TaskName", content = "TaskContent" })

local function account(what)
	return { "account", what, ACCOUNT }
end

local function member(what)
	return { "group-member", what, MEMBER }
end

local function task(what)
	return { "task", what, TASK }
end

local SECURITY_EVENTS <const> = {
	[SECURITY] = {
		[4608] = { "boot", "Windows started", {} },
		[4616] = { "time-change", "the clock was set", acted({ from = "PreviousTime", to = "NewTime",
			process = "ProcessName" }), by = { "process", "by_sid" } },
		[4624] = { "logon", "logged on", LOGON, by = { "type", "sid", "user", "address" } },
		[4625] = { "logon-failed", "logon failed", FAILED, by = { "type", "user", "address", "reason" } },
		[4647] = { "logoff", "logged off", { user = "TargetUserName", domain = "TargetDomainName",
			sid = "TargetUserSid", session = "TargetLogonId" } },
		[4648] = { "logon-explicit", "logged on with other credentials", acted({ user = "TargetUserName",
			domain = "TargetDomainName", server = "TargetServerName", address = "IpAddress",
			process = "ProcessName" }), by = { "by_sid", "user", "server", "process" } },
		[4672] = { "logon-special", "got special privileges", { user = "SubjectUserName",
			domain = "SubjectDomainName", sid = "SubjectUserSid" }, by = { "sid", "user" } },
		[4688] = { "process", "process started", acted({ program = "NewProcessName", command = "CommandLine",
			parent = "ParentProcessName", process = "NewProcessId", parent_process = "ProcessId" }),
			by = { "program", "command", "parent" } },
		[4697] = { "service-install", "service installed", acted({ name = "ServiceName", command = "ServiceFileName",
			type = "ServiceType", start = "ServiceStartType", account = "ServiceAccount" }) },
		[4698] = task("task created"),
		[4699] = task("task deleted"),
		[4700] = task("task switched on"),
		[4701] = task("task switched off"),
		[4702] = { "task", "task changed", acted({ task = "TaskName", content = "TaskContentNew" }) },
		[4719] = { "audit-policy", "audit policy changed", acted({ category = "CategoryId",
			subcategory = "SubcategoryGuid", changes = "AuditPolicyChanges" }) },
		[4720] = account("account created"),
		[4722] = account("account switched on"),
		[4723] = account("password changed"),
		[4724] = account("password reset"),
		[4725] = account("account switched off"),
		[4726] = account("account deleted"),
		[4728] = member("member added to a global group"),
		[4729] = member("member removed from a global group"),
		[4731] = { "group", "local group created", MEMBER },
		[4732] = member("member added to a local group"),
		[4733] = member("member removed from a local group"),
		[4734] = { "group", "local group deleted", MEMBER },
		[4738] = account("account changed"),
		[4740] = account("account locked out"),
		[4756] = member("member added to a universal group"),
		[4767] = account("account unlocked"),
		[4778] = { "rdp", "session reconnected", { user = "AccountName", domain = "AccountDomain",
			address = "ClientAddress", workstation = "ClientName" } },
		[4779] = { "rdp", "session disconnected", { user = "AccountName", domain = "AccountDomain",
			address = "ClientAddress", workstation = "ClientName" } },
		[4781] = { "account", "account renamed", acted({ user = "NewTargetUserName", from = "OldTargetUserName",
			sid = "TargetSid" }) },
		[6416] = { "usb", "device recognised", { device = "DeviceId", name = "DeviceDescription",
			class = "ClassName" }, by = { "device" } },
	},
	[EVENTLOG] = {
		[1102] = { "log-cleared", "the log was cleared", { user = "SubjectUserName", domain = "SubjectDomainName",
			sid = "SubjectUserSid" } },
		[1100] = { "boot", "the event log service ended", {} },
	},
}

local SYSTEM_EVENTS <const> = {
	[SERVICES] = {
		[7036] = { "service-state", "service changed its state", { name = "param1", state = "param2" },
			by = { "name", "state" } },
		[7040] = { "service-start-type", "start type of a service changed", { name = "param4", display = "param1",
			from = "param2", to = "param3" }, by = { "name", "from", "to" } },
		[7045] = { "service-install", "service installed", { name = "ServiceName", command = "ImagePath",
			type = "ServiceType", start = "StartType", account = "AccountName" } },
		[7034] = { "service-state", "service ended unexpectedly", { name = "param1" }, by = { "name" } },
	},
	[EVENTLOG] = {
		[104] = { "log-cleared", "a log was cleared", { user = "SubjectUserName", domain = "SubjectDomainName",
			log = "Channel", backup = "BackupPath" } },
	},
	EventLog = {
		[6005] = { "boot", "the event log service started", {} },
		[6006] = { "shutdown", "the event log service ended", {} },
		[6008] = { "shutdown", "the shutdown before was unexpected", { local_time = 1, local_date = 2 } },
	},
	[KERNEL] = {
		[1] = { "time-change", "the clock was set", { from = "OldTime", to = "NewTime", process = "ProcessName",
			reason = "Reason" }, by = { "process", "reason" } },
		[12] = { "boot", "Windows started", { started = "StartTime" } },
		[13] = { "shutdown", "Windows is shutting down", { stopped = "StopTime" } },
	},
	["Microsoft-Windows-Kernel-Power"] = {
		[41] = { "shutdown", "restarted without a clean shutdown", { code = "BugcheckCode" } },
	},
	User32 = {
		[1074] = { "shutdown", "a process asked for it", { process = "param1", reason = "param3", type = "param5",
			user = "param7" } },
	},
	["Microsoft-Windows-UserPnp"] = {
		[20001] = { "usb", "driver installed for a device", { device = "DeviceInstanceID",
			driver = "DriverName" }, by = { "device" } },
	},
}

local PRODUCT <const> = { name = 1, version = 2, language = 3, status = 4, manufacturer = 5 }

local INSTALLER <const> = {
	[1033] = { "installer", "product installed", PRODUCT },
	[1034] = { "installer", "product removed", PRODUCT },
	[1040] = { "installer", "transaction begun", { package = 1, process = 2 } },
	[1042] = { "installer", "transaction ended", { package = 1, process = 2 } },
	[11707] = { "installer", "installation ended well", { text = 1 } },
	[11708] = { "installer", "installation failed", { text = 1 } },
	[11724] = { "installer", "removal ended well", { text = 1 } },
}

local THREAT <const> = { name = "Threat Name", severity = "Severity Name", category = "Category Name", path = "Path",
	process = "Process Name", user = "Detection User", action = "Action Name", detected = "Detection Time",
	error = "Error Code", source = "Source Name" }

local function threat(what)
	return { "defender", what, THREAT }
end

local DEFENDER <const> = {
	[1006] = threat("malware found"),
	[1007] = threat("action taken"),
	[1008] = threat("action failed"),
	[1009] = threat("restored from quarantine"),
	[1013] = { "defender", "history deleted", { user = "User" } },
	[1015] = threat("suspicious behaviour"),
	[1116] = threat("malware found"),
	[1117] = threat("action taken"),
	[1118] = threat("action failed"),
	[1119] = threat("action failed critically"),
	[5001] = { "defender", "real-time protection switched off", {} },
	[5007] = { "defender", "settings changed", { from = "Old Value", to = "New Value" }, by = { "from", "to" } },
	[5010] = { "defender", "scanning for malware switched off", {} },
	[5012] = { "defender", "scanning for viruses switched off", {} },
}

local SYSMON <const> = {
	[1] = { "process", "process started", { program = "Image", command = "CommandLine", parent = "ParentImage",
		parent_command = "ParentCommandLine", user = "User", hashes = "Hashes", process = "ProcessId",
		parent_process = "ParentProcessId", folder = "CurrentDirectory" }, by = { "program", "command", "parent" } },
	[3] = { "network", "connection", { program = "Image", user = "User", address = "DestinationIp",
		host = "DestinationHostname", port = "DestinationPort", protocol = "Protocol" },
		by = { "program", "address", "port" } },
	[7] = { "library", "library loaded", { program = "Image", library = "ImageLoaded", hashes = "Hashes",
		signed = "Signed", signer = "Signature" }, by = { "program", "library", "hashes" } },
	[11] = { "file", "file created", { program = "Image", path = "TargetFilename" }, by = { "program", "path" } },
	[22] = { "dns", "name asked for", { program = "Image", name = "QueryName", results = "QueryResults",
		status = "QueryStatus" }, by = { "program", "name" } },
}

local function scheduled(what, fields, by)
	return { "task", what, fields, by = by }
end

local TASKS <const> = {
	[106] = scheduled("task registered", { task = "TaskName", user = "UserContext" }),
	[140] = scheduled("task changed", { task = "TaskName", user = "UserName" }, { "task", "user" }),
	[141] = scheduled("task deleted", { task = "TaskName", user = "UserName" }),
	[200] = scheduled("action started", { task = "TaskName", action = "ActionName" }, { "task", "action" }),
}

local SESSION <const> = { user = "User", address = "Address", session = "SessionID" }

local function session(what)
	return { "rdp", what, SESSION }
end

local SESSIONS <const> = {
	[21] = session("session logged on"),
	[22] = session("shell started"),
	[23] = session("session logged off"),
	[24] = session("session disconnected"),
	[25] = session("session reconnected"),
}

local TRANSFER <const> = { name = "name", id = "Id", url = "url", job = "transferId", status = "hr" }

local CHANNELS <const> = {
	Security = SECURITY_EVENTS,
	System = SYSTEM_EVENTS,
	Application = { MsiInstaller = INSTALLER },
	["Microsoft-Windows-Windows Defender/Operational"] = { ["Microsoft-Windows-Windows Defender"] = DEFENDER },
	["Microsoft-Windows-Sysmon/Operational"] = { ["Microsoft-Windows-Sysmon"] = SYSMON },
	["Microsoft-Windows-TaskScheduler/Operational"] = { ["Microsoft-Windows-TaskScheduler"] = TASKS },
	["Windows PowerShell"] = { PowerShell = {
		[400] = { "powershell", "engine started", { details = 3 }, by = { "details" } },
	} },
	["Microsoft-Windows-PowerShell/Operational"] = { ["Microsoft-Windows-PowerShell"] = {
		[4104] = { "powershell", "script block", { text = "ScriptBlockText", path = "Path", id = "ScriptBlockId",
			part = "MessageNumber", parts = "MessageTotal" }, by = { "text", "path" } },
	} },
	["Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational"] = {
		["Microsoft-Windows-TerminalServices-RemoteConnectionManager"] = {
			[1149] = { "rdp", "authenticated", { user = "Param1", domain = "Param2", address = "Param3" } },
		} },
	["Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"] = {
		["Microsoft-Windows-TerminalServices-LocalSessionManager"] = SESSIONS },
	["Microsoft-Windows-TerminalServices-RDPClient/Operational"] = {
		["Microsoft-Windows-TerminalServices-ClientActiveXCore"] = {
			[1024] = { "rdp-client", "connecting", { server = "Value" } },
		} },
	["Microsoft-Windows-Bits-Client/Operational"] = { ["Microsoft-Windows-Bits-Client"] = {
		[3] = { "bits", "job created", { name = "jobTitle", id = "jobId", user = "jobOwner",
			process = "processPath" }, by = { "name", "user", "process" } },
		[59] = { "bits", "transfer started", TRANSFER, by = { "name", "url" } },
		[60] = { "bits", "transfer ended", TRANSFER, by = { "name", "url", "status" } },
	} },
	["Microsoft-Windows-DNS-Client/Operational"] = { ["Microsoft-Windows-DNS-Client"] = {
		[3008] = { "dns", "name asked for", { name = "QueryName", results = "QueryResults",
			status = "QueryStatus" }, by = { "name" } },
	} },
	["Microsoft-Windows-WMI-Activity/Operational"] = { ["Microsoft-Windows-WMI-Activity"] = {
		[5861] = { "wmi", "permanent subscription", { namespace = "Namespace", filter = "ESS",
			consumer = "CONSUMER", text = "PossibleCause" } },
	} },
	["Microsoft-Windows-DriverFrameworks-UserMode/Operational"] = { ["Microsoft-Windows-DriverFrameworks-UserMode"] = {
		[2003] = { "usb", "device connected", { device = "InstanceId", device_too = "UMDFHostDeviceArrivalBegin@instance" },
			by = { "device" } },
	} },
	["Microsoft-Windows-Kernel-PnP/Configuration"] = { ["Microsoft-Windows-Kernel-PnP"] = {
		[400] = { "usb", "device configured", { device = "DeviceInstanceId", driver = "DriverName" },
			by = { "device" } },
		[410] = { "usb", "device started", { device = "DeviceInstanceId", driver = "DriverName" },
			by = { "device" } },
	} },
}

M.CHANNELS = CHANNELS

-- Names of logons by their type ("LogonType"), as Windows documents them.
M.LOGON_TYPES = { ["0"] = "system", ["2"] = "interactive", ["3"] = "network", ["4"] = "batch", ["5"] = "service",
	["7"] = "unlock", ["8"] = "network, cleartext", ["9"] = "new credentials", ["10"] = "remote interactive",
	["11"] = "cached interactive", ["12"] = "cached remote interactive", ["13"] = "cached unlock" }

-- The rule for an event, or nil.
function M.rule(e)
	local channel = CHANNELS[e.channel or ""]
	local provider = channel and channel[e.provider or ""]
	return provider and provider[e.id or -1]
end

-- What evtx.records needs to give the events of a channel and few others: { ids, providers }; of all channels
-- for nil (logs of a collector).
function M.chosen(channel)
	local ids, providers, seen = list({}), list({}), {}
	for name, of in pairs(CHANNELS) do
		for provider, rules in pairs(channel == nil and of or channel == name and of or {}) do
			if not seen[provider] then
				seen[provider] = true
				providers[#providers + 1] = provider
			end
			for id in pairs(rules) do
				if not seen[id] then
					seen[id] = true
					ids[#ids + 1] = id
				end
			end
		end
	end
	return { ids = ids, providers = providers }
end

-- The fields of a record about an event, by its rule; empty texts and "-" are left out.
function M.fields(rule, e)
	local out = {}
	for name, field in pairs(rule[3]) do
		local value = type(field) == "number" and (e.values or {})[field] or e.fields[field]
		if value ~= nil and value ~= "" and value ~= "-" then
			out[name] = value
		end
	end
	return out
end

-- The channel of the log in a file: by the name that Windows gives it, and of other names by its first event;
-- nil for one without events.
function M.channel(item)
	local name = item.name:gsub("%.[eE][vV][tT][xX]$", ""):gsub("%%4", "/")
	if CHANNELS[name] or name:find("^Microsoft%-") then
		return name
	end
	for e in evtx.records(item) or function() end do
		return e.channel
	end
	return nil
end

return M
