-- Named places of Windows. Terms as in the ForensicArtifacts definitions.
-- `Documents and Settings` is a junction since Vista and the real folder before,
-- `WINNT` the folder of Windows 2000 and before. %profile% stands for the folders
-- of users, wherever they lie.

local function artifact(name, as, doc, globs)
	return { name = name, os = "windows", as = as, doc = doc, globs = globs }
end

local function hive(name, doc, ...)
	return artifact("windows.hive." .. name, "hive", doc, { ... })
end

local function files(name, doc, ...)
	return artifact("windows." .. name, "file", doc, { ... })
end

local ROOT = "{Windows,WINNT}/"
local CONFIG = ROOT .. "System32/config/"
local LOGS = "{,.LOG,.LOG1,.LOG2,.SAV}"
local AMCACHE = "Windows/appcompat/Programs/Amcache.hve"
-- The classes of a user in his profile: since Vista, and before.
local USRCLASS = "{AppData/Local,Local Settings/Application Data}/Microsoft/Windows/UsrClass.dat"
local SETTINGS = "%profile%/AppData/Local/Packages/*/Settings/settings.dat"
local SYSCACHE = "System Volume Information/Syscache.hve"
local BCD = "{Boot,EFI/Microsoft/Boot}/BCD"

-- Where setup puts the Windows that was there before: Windows.old, Windows.old.000, …;
-- upgrades to Vista and 7 had another place.
local FORMER = "{Windows.old*,$WINDOWS.~Q/DATA}/"
local FORMER_PROFILE = FORMER .. "{{Users,Documents and Settings}/*,"
	.. ROOT .. "{ServiceProfiles/*,System32/config/systemprofile}}/"

-- The hives in System32/config, and what they hold.
local MACHINE = {
	{ "sam", "Accounts and groups" },
	{ "security", "Security policy, LSA secrets" },
	{ "software", "Settings of programs and of Windows" },
	{ "system", "Services, drivers, devices, mounted volumes" },
	{ "default", "User settings of the logon screen" },
	{ "components", "Component store" },
	{ "drivers", "Driver packages" },
	{ "elam", "Measurements for early launch antimalware" },
	{ "bbi", "Background tasks of apps" },
}

-- The rest, with their places: now, and in the folder of a former Windows.
local OTHERS = {
	{ "ntuser", "Settings of a user", "%profile%/NTUSER.DAT", FORMER_PROFILE .. "NTUSER.DAT" },
	{ "usrclass", "File types and shell settings of a user", "%profile%/" .. USRCLASS,
		FORMER_PROFILE .. USRCLASS },
	{ "amcache", "Inventory of programs", AMCACHE, FORMER .. AMCACHE },
	{ "syscache", "Programs whose hashes AppLocker kept", SYSCACHE },
	{ "bcd", "What the boot manager starts", BCD },
	{ "settings", "Settings of an app", SETTINGS },
}

local out = {}

local function add(...)
	for _, a in ipairs({ ... }) do
		out[#out + 1] = a
	end
end

-- Not of the present installation, so no plugin gets them that does not ask.
local function add_former(name, doc, glob)
	add(artifact("windows.old.hive." .. name, "hive", doc .. ", of a former Windows", { glob }))
end

-- Since 1803 Windows 10 makes these, but leaves them empty.
local function add_backup(name, doc, glob)
	local backup = artifact("windows.regback.hive." .. name, "hive",
		doc .. ", as Windows saved them last", { glob })
	backup.empty = true
	add(backup)
end

for _, h in ipairs(MACHINE) do
	local name, doc, file = h[1], h[2], h[1]:upper()
	add(hive(name, doc, CONFIG .. file))
	add_former(name, doc, FORMER .. CONFIG .. file)
	add_backup(name, doc, CONFIG .. "RegBack/" .. file)
end

for _, h in ipairs(OTHERS) do
	add(hive(h[1], h[2], h[3]))
	if h[4] then
		add_former(h[1], h[2], h[4])
	end
end

local NAMES = "{SAM,SECURITY,SOFTWARE,SYSTEM,DEFAULT,COMPONENTS,DRIVERS,ELAM,BBI,BCD-Template}"
local REPAIR = "{SAM,SECURITY,SOFTWARE,SYSTEM,DEFAULT,NTUSER.DAT}" -- copies, before Vista

add(
	files("registry.files", "Every hive with its transaction logs and backups, as files",
		CONFIG .. NAMES .. LOGS,
		CONFIG .. "RegBack/*",
		ROOT .. "repair/" .. REPAIR,
		"%profile%/NTUSER.DAT" .. LOGS,
		"%profile%/NTUSER.{MAN,POL}",
		"%profile%/" .. USRCLASS .. LOGS,
		AMCACHE .. LOGS,
		SYSCACHE .. LOGS,
		BCD .. LOGS,
		SETTINGS .. LOGS),
	files("old.registry.files", "The same of a former Windows",
		FORMER .. CONFIG .. NAMES .. LOGS,
		FORMER .. CONFIG .. "RegBack/*",
		FORMER .. ROOT .. "repair/" .. REPAIR,
		FORMER_PROFILE .. "NTUSER.{DAT,MAN,POL}",
		FORMER_PROFILE .. "NTUSER.DAT" .. LOGS,
		FORMER_PROFILE .. USRCLASS .. LOGS,
		FORMER .. AMCACHE .. LOGS),
	files("registry.txr", "Logs of registry transactions", CONFIG .. "TxR/*"),
	files("eventlogs", "Event logs", "Windows/System32/winevt/Logs/*.evtx",
		CONFIG .. "*.Evt"),
	files("prefetch", "Traces of program starts", ROOT .. "Prefetch/*.pf"),
	files("old.prefetch", "Traces of program starts under a former Windows",
		FORMER .. ROOT .. "Prefetch/*.pf"),
	files("tasks", "Scheduled tasks", "Windows/System32/Tasks/**", "Windows/SysWOW64/Tasks/**",
		ROOT .. "Tasks/*.job", ROOT .. "{,Tasks/}SchedLgU.Txt"),
	files("startup", "Startup folders",
		"ProgramData/Microsoft/Windows/Start Menu/Programs/Startup/*",
		"%profile%/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/*",
		"%profile%/Start Menu/Programs/Startup/*"),
	files("policy.scripts", "Lists of scripts that local group policies run",
		"Windows/System32/GroupPolicy/{Machine,User}/Scripts/{scripts,psscripts}.ini",
		"Windows/System32/GroupPolicyUsers/*/User/Scripts/{scripts,psscripts}.ini"),
	files("powershell.profiles", "Scripts that PowerShell runs when it starts",
		"Windows/{System32,SysWOW64}/WindowsPowerShell/v1.0/*profile.ps1",
		"Program Files/PowerShell/*/*profile.ps1",
		"%profile%/{,OneDrive*/}Documents/{WindowsPowerShell,PowerShell}/*profile.ps1",
		"%profile%/My Documents/WindowsPowerShell/*profile.ps1"),
	files("office.startup", "Files that programs of Office open when they start",
		"%profile%/{AppData/Roaming,Application Data}/Microsoft/{Word/STARTUP,Excel/XLSTART}/*",
		"%profile%/{AppData/Roaming,Application Data}/Microsoft/{Outlook/VbaProject.OTM,Templates/Normal.dot*}",
		"Program Files{, (x86)}/Microsoft Office/{,root/}Office*/{STARTUP,XLSTART}/*"),
	files("bits", "Transfers of the background service: its database",
		"ProgramData/Microsoft/Network/Downloader/*",
		"Documents and Settings/All Users/Application Data/Microsoft/Network/Downloader/*"),
	files("wmi", "Repository of WMI", ROOT .. "System32/wbem/Repository/{,FS/}*"),
	files("srum", "Network and processor use of programs", "Windows/System32/sru/*"),
	files("journal", "Change journal of NTFS, also in a folder, as collectors name it", "$Extend/$UsnJrnl:$J",
		"$Extend/$J"),
	files("defender.logs", "Logs of Microsoft Defender",
		"ProgramData/Microsoft/Windows Defender/Support/MPLog-*.log"),
	files("defender.quarantine", "Quarantine of Microsoft Defender",
		"ProgramData/Microsoft/Windows Defender/Quarantine/**"),
	files("recyclebin", "Deleted files with their former names", "$Recycle.Bin/*/$I*"),
	files("lnk", "Shortcuts to recent files",
		"%profile%/AppData/Roaming/Microsoft/Windows/Recent/*.lnk",
		"%profile%/AppData/Roaming/Microsoft/Office/Recent/*.LNK"),
	files("jumplists", "Jump lists",
		"%profile%/AppData/Roaming/Microsoft/Windows/Recent/{Automatic,Custom}Destinations/*"),
	files("powershell.history", "Commands typed into PowerShell",
		"%profile%/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/*_history.txt"),
	files("hosts", "Host names set by hand", ROOT .. "System32/drivers/etc/hosts"),
	files("wer", "Crash reports", "ProgramData/Microsoft/Windows/WER/Report*/*/Report.wer",
		"%profile%/AppData/Local/Microsoft/Windows/WER/Report*/*/Report.wer"),
	files("installer.cache", "Installers kept by Windows Installer", ROOT .. "Installer/*.msi"))

return out
