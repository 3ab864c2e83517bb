-- Places of the 3CX desktop app on Windows and of the malware that came with it in March
-- 2023, after the published analyses (see intel/3cx for the sources). A Windows that was there before has the same.
local former = require("former")
local places = require("3cx-places")

local INSTALL = "{%profile%/AppData/Local/Programs/,Program Files/,Program Files (x86)/}"
	.. "{3CXDesktopApp,3CX Desktop App}"
local APP = "/{app,app-*}/" -- both names occur; after updates several side by side
local SYSTEM = "Windows/System32/"
local FORMER_ICONS = "Windows.old*/Users/*/AppData/Local/Microsoft/Windows/INetCache/IE/*/*.ico"

local function windows(name, doc, ...)
	return { name = "3cx." .. name, os = "windows", doc = doc, globs = former.also({ ... }) }
end

-- Places that rows of intel/3cx/paths.csv with these checks name.
local function payload(name, doc, ...)
	return windows("payload." .. name, doc, table.unpack(places.globs("windows", ...)))
end

return {
	-- where it is installed
	windows("install.folder", "Install folders, for a user or the machine", INSTALL),
	windows("install.files", "What the install folders hold", INSTALL .. "/**"),
	windows("install.logs", "Logs of the updater",
		"%profile%/AppData/Local/SquirrelTemp/SquirrelSetup.log"),
	windows("installer", "Installers that were downloaded or kept",
		"%profile%/{Downloads,Desktop}/*.msi", -- of any name: the package itself tells
		"Windows/Installer/*.msi",
		"%profile%/AppData/Local/Microsoft/Windows/INetCache/Content.Outlook/**/*.3cxconfig"),
	windows("shortcut", "Shortcuts that tell where it was installed",
		"%profile%/Desktop/3CX*.lnk",
		"%profile%/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/**/3CX*.lnk",
		"ProgramData/Microsoft/Windows/Start Menu/Programs/**/3CX*.lnk"),
	windows("data.files", "Settings and data of the app",
		"%profile%/AppData/Roaming/{3CXDesktopApp,3CX Desktop App}/**",
		"%profile%/AppData/Local/3CXDesktopApp/**"),
	windows("trace.files", "Traces of its runs and of its removal",
		"Windows/Prefetch/{3CX*,UPDATE,MSIEXEC,X_TRADER*,TPMVSCMGRSVR}.EXE-*.pf",
		"Windows/appcompat/Programs/Amcache.hve{,.LOG1,.LOG2}",
		SYSTEM .. "sru/SRUDB.dat",
		SYSTEM .. "winevt/Logs/*.evtx",
		"ProgramData/Microsoft/Windows Defender/Support/MPLog-*.log",
		"ProgramData/Microsoft/Windows Defender/Quarantine/**",
		"ProgramData/Microsoft/Windows/WER/Report*/AppCrash_3CX*/*",
		SYSTEM .. "Tasks/3CX*"),
	windows("eventlogs", "Event logs that may tell of it",
		SYSTEM .. "winevt/Logs/{Application,Security,System,Archive-*,"
			.. "Microsoft-Windows-{Windows Defender,Sysmon,DNS-Client,TaskScheduler}%4Operational}.evtx"),

	windows("trace.prefetch", "Prefetch files that may tell its runs",
		"Windows/Prefetch/{3CX*,UPDATE.EXE,MSIEXEC.EXE,X_TRADER*,TPMVSCMGRSVR.EXE}-*.pf"),
	windows("trace.crash", "Reports of its crashes",
		"ProgramData/Microsoft/Windows/WER/Report*/AppCrash_3CX*/Report.wer",
		"%profile%/AppData/Local/Microsoft/Windows/WER/Report*/AppCrash_3CX*/Report.wer"),
	windows("trace.srum", "Bytes that programs sent and received", SYSTEM .. "sru/SRUDB.dat"),
	windows("trace.defender.log", "Logs of Microsoft Defender",
		"ProgramData/Microsoft/Windows Defender/Support/MPLog-*.log"),
	windows("trace.defender.history", "What Microsoft Defender has detected",
		"ProgramData/Microsoft/Windows Defender/Scans/History/Service/DetectionHistory/**"),
	windows("trace.defender.entry", "What Microsoft Defender put away",
		"ProgramData/Microsoft/Windows Defender/Quarantine/Entries/*"),

	-- the libraries and programs that carried the code
	payload("library", "The two libraries that were altered", "library"),
	payload("program", "Programs, updates and installers of the app", "program"),
	payload("state", "State file of the second stage", "state"),
	windows("payload.icon", "Icons in the cache of WinINet", FORMER_ICONS, table.unpack(places.globs("windows", "icon"))),
	payload("txr", "Logs of registry transactions, and a file that poses as one", "txr"),
	payload("followon", "Files of the malware that followed", "presence", "file"),
	payload("task", "Tasks in the folder that the malware used", "task"),
}
