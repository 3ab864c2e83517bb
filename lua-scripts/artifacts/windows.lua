-- Named places of Windows. Terms as in the ForensicArtifacts definitions.
-- `Documents and Settings` is a junction since Vista and the real folder before.

local function hive(name, doc, ...)
	return { name = "windows.hive." .. name, os = "windows", as = "hive", doc = doc,
		globs = { ... } }
end

local function files(name, doc, ...)
	return { name = "windows." .. name, os = "windows", doc = doc, globs = { ... } }
end

local CONFIG = "Windows/System32/config/"
local LOGS = "{,.LOG,.LOG1,.LOG2,.SAV}"

return {
	hive("sam", "Accounts and groups", CONFIG .. "SAM"),
	hive("security", "Security policy, LSA secrets", CONFIG .. "SECURITY"),
	hive("software", "Settings of programs and of Windows", CONFIG .. "SOFTWARE"),
	hive("system", "Services, drivers, devices, mounted volumes", CONFIG .. "SYSTEM"),
	hive("default", "User settings of the logon screen", CONFIG .. "DEFAULT"),
	hive("components", "Component store", CONFIG .. "COMPONENTS"),
	hive("ntuser", "Settings of a user",
		"Users/*/NTUSER.DAT",
		"Documents and Settings/*/NTUSER.DAT",
		"Windows/ServiceProfiles/*/NTUSER.DAT",
		CONFIG .. "systemprofile/NTUSER.DAT"),
	hive("usrclass", "File types and shell settings of a user",
		"Users/*/AppData/Local/Microsoft/Windows/UsrClass.dat",
		"Documents and Settings/*/Local Settings/Application Data/Microsoft/Windows/UsrClass.dat"),
	hive("amcache", "Inventory of programs", "Windows/appcompat/Programs/Amcache.hve"),
	files("registry.files", "Every hive with its transaction logs and backups, as files",
		CONFIG .. "{SAM,SECURITY,SOFTWARE,SYSTEM,DEFAULT,COMPONENTS,DRIVERS,ELAM,BBI,BCD-Template}"
			.. LOGS,
		CONFIG .. "RegBack/*",
		CONFIG .. "systemprofile/NTUSER.DAT" .. LOGS,
		"{Users,Documents and Settings}/*/NTUSER.DAT" .. LOGS,
		"{Users,Documents and Settings}/*/NTUSER.{MAN,POL}",
		"Windows/ServiceProfiles/*/NTUSER.DAT" .. LOGS,
		"Users/*/AppData/Local/Microsoft/Windows/UsrClass.dat" .. LOGS,
		"Windows/ServiceProfiles/*/AppData/Local/Microsoft/Windows/UsrClass.dat" .. LOGS,
		"Documents and Settings/*/Local Settings/Application Data/Microsoft/Windows/UsrClass.dat"
			.. LOGS,
		"Windows/appcompat/Programs/Amcache.hve" .. LOGS,
		"Users/*/AppData/Local/Packages/*/Settings/settings.dat" .. LOGS),
	files("registry.txr", "Logs of registry transactions", CONFIG .. "TxR/*"),
	files("eventlogs", "Event logs", "Windows/System32/winevt/Logs/*.evtx",
		CONFIG .. "*.Evt"),
	files("prefetch", "Traces of program starts", "Windows/Prefetch/*.pf"),
	files("tasks", "Scheduled tasks", "Windows/System32/Tasks/**", "Windows/SysWOW64/Tasks/**",
		"Windows/Tasks/*.job"),
	files("startup", "Startup folders",
		"ProgramData/Microsoft/Windows/Start Menu/Programs/Startup/*",
		"Users/*/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/*"),
	files("srum", "Network and processor use of programs", "Windows/System32/sru/*"),
	files("defender.logs", "Logs of Microsoft Defender",
		"ProgramData/Microsoft/Windows Defender/Support/MPLog-*.log"),
	files("defender.quarantine", "Quarantine of Microsoft Defender",
		"ProgramData/Microsoft/Windows Defender/Quarantine/**"),
	files("recyclebin", "Deleted files with their former names", "$Recycle.Bin/*/$I*"),
	files("lnk", "Shortcuts to recent files",
		"Users/*/AppData/Roaming/Microsoft/Windows/Recent/*.lnk",
		"Users/*/AppData/Roaming/Microsoft/Office/Recent/*.LNK"),
	files("jumplists", "Jump lists",
		"Users/*/AppData/Roaming/Microsoft/Windows/Recent/{Automatic,Custom}Destinations/*"),
	files("powershell.history", "Commands typed into PowerShell",
		"Users/*/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/*_history.txt"),
	files("hosts", "Host names set by hand", "Windows/System32/drivers/etc/hosts"),
	files("wer", "Crash reports", "ProgramData/Microsoft/Windows/WER/Report*/*/Report.wer",
		"Users/*/AppData/Local/Microsoft/Windows/WER/Report*/*/Report.wer"),
	files("installer.cache", "Installers kept by Windows Installer", "Windows/Installer/*.msi"),
}
