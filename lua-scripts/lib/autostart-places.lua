-- The places of the registry that Windows starts programs or loads libraries from.
--
-- Where not said otherwise they are those that Microsoft's documentation of each feature, the
-- definitions of ForensicArtifacts (windows.yaml) and the lists of ATT&CK techniques name.
--
-- A place has
--   place     the word of its rows
--   attack    technique of ATT&CK
--   where     which hives, words of `autostart-hives`: "machine" (SOFTWARE), "user" (below Software
--             of a user's hive), "profile" (the root of a user's hive), "system" (the control set in
--             use), "setup" (the root of SYSTEM), "classes" (file types and classes of the machine),
--             "userclasses" (of a user)
--   keys      patterns of keys, as hive:keys takes them
--   values    names of values; or ALL (each value), NAMES (the names of values are the data),
--             KEY (the name of the key is)
--   read      how the data are read, words of `autostart-values`
--   ordinary  what a Windows has there by itself, or what is common; as `autostart-values` spells
--             it: lower case, without the folders of Windows and without ".dll"
--   alarm     { when, severity, title }: a finding for what is not ordinary, see `autostart-findings`
--   twin      false: 32-bit programs have no twin of it below Wow6432Node
local ALL <const>, NAMES <const>, KEY <const> = "*", "names", "key"

local W <const> = "Microsoft\\Windows\\CurrentVersion\\"
local NT <const> = "Microsoft\\Windows NT\\CurrentVersion\\"
local INSTALL <const> = NT .. "Terminal Server\\Install\\Software\\" .. W
local EXPLORER <const> = W .. "Explorer\\"
local AUTH <const> = W .. "Authentication\\"
local SM <const> = "Control\\Session Manager"
local LSA <const> = "Control\\Lsa"
local WINSOCK <const> = "Services\\WinSock2\\Parameters\\"
local GP <const> = "Group Policy\\"

local places = { ALL = ALL, NAMES = NAMES, KEY = KEY }

local list = {}

-- Adds places that share `place`, `attack` and, if they have none of their own, `where`.
local function add(place, attack, where, rows)
	for _, row in ipairs(rows) do
		row.place, row.attack = place, attack
		row.where = row.where or where
		row.values = row.values or ALL
		row.read = row.read or "command"
		list[#list + 1] = row
	end
end

-- --- at logon ---

add("run", "T1547.001", { "machine", "user" }, {
	{ keys = { W .. "Run", W .. "RunOnce", W .. "RunOnce\\Setup", W .. "RunServices",
		W .. "RunServicesOnce", W .. "Policies\\Explorer\\Run" } },
	{ keys = { W .. "RunOnceEx", W .. "RunOnceEx\\*" }, read = "runonceex" },
	{ keys = { INSTALL .. "Run", INSTALL .. "RunOnce" } },
	{ keys = { INSTALL .. "RunOnceEx", INSTALL .. "RunOnceEx\\*" }, read = "runonceex" },
})

-- win.ini of the user, kept in the registry: both are lists
add("windows-load", "T1547.001", { "user", "machine" }, {
	{ keys = { NT .. "Windows" }, values = { "Load", "Run" }, read = "winini",
		alarm = { "other", "low", "Program in the Load or Run value of a user" } },
})

add("winlogon", "T1547.004", { "machine", "user" }, {
	{ keys = { NT .. "Winlogon" }, values = { "Shell" }, read = "commands",
		-- Server Core of 2008 to 2022 has a command window in place of the desktop
		ordinary = { "explorer.exe",
			"powershell.exe -noexit -command \"& {set-location $env:userprofile; clear-host}\"",
			"cmd.exe /c \"cd /d \"%userprofile%\" & start cmd.exe /k runonce.exe /alternateshellstartup\"",
			"powershell.exe", "cmd.exe" },
		alarm = { "other", "medium", "Winlogon starts a shell that is not Windows' own" } },
	{ keys = { NT .. "Winlogon" }, values = { "Userinit" }, read = "commands",
		ordinary = { "userinit.exe", "userinit" },
		alarm = { "other", "medium", "Winlogon starts another program than userinit" } },
	{ keys = { NT .. "Winlogon" }, values = { "Taskman", "System", "MPNotify", "AppSetup" },
		read = "commands",
		ordinary = { "taskmgr.exe", "mpnotify.exe", "usrlogon.cmd" },
		alarm = { "there", "medium", "Winlogon starts a program that Windows does not name there" } },
	{ keys = { NT .. "Winlogon" }, values = { "VmApplet", "UIHost" },
		ordinary = { "rundll32 shell32,control_rundll \"sysdm.cpl\"",
			"rundll32.exe shell32,control_rundll \"sysdm.cpl\"",
			"systempropertiesperformance.exe /pagefile", "logonui.exe" },
		alarm = { "there", "medium", "Winlogon starts a program that Windows does not name there" } },
	{ keys = { NT .. "Winlogon" }, values = { "GinaDLL" }, read = "library", ordinary = { "msgina" },
		alarm = { "there", "low", "Logon dialog of Windows is replaced" } },
	{ keys = { NT .. "Winlogon\\Notify\\*" }, values = { "DLLName" }, read = "library",
		alarm = { "outside", "low", "Winlogon loads a library that is not in the Windows folder" } },
	{ keys = { NT .. "Winlogon\\GPExtensions\\*" }, values = { "DllName" }, read = "library",
		-- Microsoft's manager of local passwords
		ordinary = { "%programfiles%\\laps\\cse\\admpwd", "c:\\program files\\laps\\cse\\admpwd" },
		alarm = { "outside", "low", "Group policy extension that is not in the Windows folder" } },
	{ keys = { NT .. "Winlogon\\AlternateShells\\AvailableShells" }, where = { "machine" },
		ordinary = { "explorer.exe" }, twin = false },
})
add("winlogon", "T1547.004", { "machine", "user" }, {
	{ keys = { W .. "Policies\\System" }, values = { "Shell" }, read = "commands",
		ordinary = { "explorer.exe" },
		alarm = { "other", "medium", "A policy names a shell that is not Windows' own" } },
})

add("logon-script", "T1037.001", { "profile" }, {
	{ keys = { "Environment" }, values = { "UserInitMprLogonScript", "UserInitLogonScript" },
		alarm = { "there", "low", "Logon script in the environment of a user" } },
})
add("policy-script", "T1037.003", { "machine", "user" }, {
	{ keys = { "Policies\\Microsoft\\Windows\\System\\Scripts\\*\\*\\*", W .. GP .. "Scripts\\*\\*\\*",
		W .. GP .. "State\\*\\Scripts\\*\\*\\*" }, values = { "Script" }, read = "script" },
})

add("active-setup", "T1547.014", { "machine" }, {
	{ keys = { "Microsoft\\Active Setup\\Installed Components\\*" }, values = { "StubPath" } },
})

add("startup-folder", "T1547.001", { "machine", "user" }, {
	{ keys = { EXPLORER .. "User Shell Folders", EXPLORER .. "Shell Folders" },
		values = { "Startup", "Common Startup" },
		read = "folder", alarm = { "there", "low", "Program in a Startup folder that was moved" } },
})

-- --- at boot ---

add("boot-execute", "T1547", { "system" }, {
	{ keys = { SM },
		values = { "BootExecute", "BootExecuteNoPnpSync", "SetupExecute", "SetupExecuteNoPnpSync",
			"PlatformExecute", "Execute" }, read = "boot",
		-- and what converts or formats volumes; wpbbin.exe comes from the firmware of some makers
		ordinary = { "autochk", "autochk.exe", "autoconv", "autofmt", "autofstx", "wpbbin.exe" },
		alarm = { "there", "low", "Session manager starts a program that is not autochk" } },
	{ keys = { SM }, values = { "S0InitialCommand" },
		alarm = { "there", "medium", "Session manager starts an initial command" } },
	{ keys = { SM .. "\\SubSystems" }, values = { "Windows", "Posix", "Os2", "Debug" } },
	{ keys = { SM .. "\\WOW" }, values = { "cmdline", "wowcmdline" } },
	{ keys = { "Control\\BootVerificationProgram" }, values = { "ImagePath" },
		alarm = { "there", "medium", "Program that is to tell whether the boot was good" } },
	{ keys = { "Control\\SafeBoot" }, values = { "AlternateShell" }, ordinary = { "cmd.exe" },
		alarm = { "other", "medium", "Safe mode starts another shell than cmd.exe" } },
	{ keys = { "Control" }, values = { "ServiceControlManagerExtension" }, read = "library",
		ordinary = { "scext", "spcmext" },
		alarm = { "there", "medium", "Extension of the service manager that is not Windows' own" } },
})
-- A setup that goes on at the next boot; the other values of the key say whether it does
add("setup", "T1547", { "setup" }, {
	{ keys = { "Setup" }, values = { "CmdLine" },
		ordinary = { "oobe\\windeploy.exe", "setup -newsetup -mini", "setup -newsetup" },
		alarm = { "setup", "medium", "The next boot starts a setup that is not Windows' own" } },
})
add("pending-rename", "T1547", { "system" }, {
	{ keys = { SM }, values = { "PendingFileRenameOperations", "PendingFileRenameOperations2" },
		read = "renames" },
})

-- --- into other processes ---

add("appinit", "T1546.010", { "machine" }, {
	{ keys = { NT .. "Windows" }, values = { "AppInit_DLLs" }, read = "names",
		-- of display drivers for laptops with two graphics processors
		ordinary = { "nvinit", "nvinitx" },
		alarm = { "appinit", "medium", "AppInit_DLLs loads a library into every program with a window" } },
	{ keys = { NT .. "Windows" }, values = { "IconServiceLib" }, read = "library",
		ordinary = { "iconcodecservice" },
		alarm = { "there", "medium", "IconServiceLib is not Windows' own" } },
})
add("appcert", "T1546.009", { "system" }, {
	{ keys = { SM .. "\\AppCertDlls" }, read = "library",
		alarm = { "there", "medium", "AppCertDlls loads a library into programs as they are started" } },
})
add("known-dll", "T1574.001", { "system" }, {
	{ keys = { SM .. "\\KnownDLLs" }, read = "knowndll" },
})
add("ifeo", "T1546.012", { "machine", "user" }, {
	{ keys = { NT .. "Image File Execution Options\\*", NT .. "Image File Execution Options\\*\\*" },
		values = { "Debugger" },
		-- a sample of Windows XP; Visual Studio; Process Explorer in place of the task manager
		ordinary = { "ntsd -d", "vsjitdebugger.exe", "vsjitdebugger" },
		alarm = { "debugger", "medium", "A debugger is started in place of a program" } },
	{ keys = { NT .. "Image File Execution Options\\*" }, values = { "VerifierDlls" }, read = "names",
		-- of Application Verifier
		ordinary = { "vrfcore", "vfbasics", "vfcompat", "vfluapriv", "vfprint", "vfprintpthelper", "vfnet",
			"vfntlmless",
			"vfnws", "vfcuzz", "verifier" },
		alarm = { "there", "medium", "Verifier library that is not of Application Verifier" } },
	{ keys = { NT .. "SilentProcessExit\\*" }, values = { "MonitorProcess" },
		alarm = { "monitor", "medium", "A program is started when another one ends" } },
})
-- a profiler of .NET sees every program of .NET; so do hooks of its newer versions
local PROFILERS = { "COR_PROFILER_PATH", "COR_PROFILER_PATH_32", "COR_PROFILER_PATH_64",
	"CORECLR_PROFILER_PATH", "CORECLR_PROFILER_PATH_32", "CORECLR_PROFILER_PATH_64" }

add("profiler", "T1574.012", { "profile" }, {
	{ keys = { "Environment" }, values = PROFILERS, read = "library" },
	{ keys = { "Environment" }, values = { "DOTNET_STARTUP_HOOKS" }, read = "paths" },
})
add("profiler", "T1574.012", { "system" }, {
	{ keys = { SM .. "\\Environment" }, values = PROFILERS, read = "library" },
	{ keys = { SM .. "\\Environment" }, values = { "DOTNET_STARTUP_HOOKS" }, read = "paths" },
})
add("shim", "T1546.011", { "machine" }, {
	{ keys = { NT .. "AppCompatFlags\\InstalledSDB\\*" }, values = { "DatabasePath" }, read = "path" },
})
add("codec", "T1547", { "machine", "user" }, {
	{ keys = { NT .. "Drivers32", NT .. "Drivers32\\Terminal Server\\RDP" }, read = "library" },
	{ keys = { NT .. "Font Drivers" }, read = "library" },
})
add("ime", "T1547", { "system" }, {
	{ keys = { "Control\\Keyboard Layouts\\*" }, values = { "Ime File" }, read = "library" },
})

-- --- logon and secrets ---

add("lsa", "T1547.002", { "system" }, {
	{ keys = { LSA }, values = { "Authentication Packages" }, read = "libraries",
		ordinary = { "msv1_0", "sshdpinauthlsa" },
		alarm = { "there", "low", "Authentication package that is not Windows' own" } },
	{ keys = { LSA, LSA .. "\\OSConfig" }, values = { "Security Packages" }, read = "libraries",
		ordinary = { "kerberos", "msv1_0", "schannel", "wdigest", "tspkg", "pku2u", "livessp", "cloudap",
			"negoexts", "credssp" },
		alarm = { "there", "low", "Security package that is not Windows' own" } },
	{ keys = { LSA }, values = { "Notification Packages" }, read = "libraries",
		ordinary = { "scecli", "rassfm", "kdcsvc", "fpnwclnt" },
		alarm = { "there", "low", "Password filter that is not Windows' own" } },
	{ keys = { "Control\\LsaExtensionConfig\\*" }, values = { "Extensions" }, read = "libraries" },
	{ keys = { "Control\\SecurityProviders" }, values = { "SecurityProviders" }, read = "names",
		ordinary = { "msapsspc", "schannel", "digest", "msnsspc", "credssp", "pwdssp" },
		alarm = { "there", "low", "Security provider that is not Windows' own" } },
	{ keys = { "Services\\NTDS" }, values = { "LsaDbExtPt", "DirectoryServiceExtPt" }, read = "library",
		alarm = { "there", "medium", "Extension of the directory service in lsass" } },
})
add("credential-provider", "T1556", { "machine" }, {
	{ keys = { AUTH .. "Credential Providers\\*", AUTH .. "Credential Provider Filters\\*",
		AUTH .. "PLAP Providers\\*" },
		values = KEY, read = "class" },
})
add("network-provider", "T1556.008", { "system" }, {
	{ keys = { "Services\\*\\NetworkProvider" }, values = { "ProviderPath", "AuthentProviderPath" },
		read = "library" },
})
add("amsi-provider", "T1562.001", { "machine" }, {
	{ keys = { "Microsoft\\AMSI\\Providers\\*", "Microsoft\\AMSI\\UacProviders\\*" }, values = KEY,
		read = "class" },
})

-- --- libraries of services ---

add("print", "T1547.010", { "system" }, {
	{ keys = { "Control\\Print\\Monitors\\*" }, values = { "Driver" }, read = "library",
		alarm = { "outside", "low", "Print monitor that is not in the Windows folder" } },
	{ keys = { "Control\\Print\\Providers\\*" }, values = { "Name" }, read = "library",
		alarm = { "outside", "low", "Print provider that is not in the Windows folder" } },
})
add("print", "T1547.012", { "system" }, {
	{ keys = { "Control\\Print\\Environments\\*\\Print Processors\\*" }, values = { "Driver" },
		read = "printprocessor",
		ordinary = { "winprint" } },
})
add("time-provider", "T1547.003", { "system" }, {
	{ keys = { "Services\\W32Time\\TimeProviders\\*" }, values = { "DllName" }, read = "library",
		ordinary = { "w32time", "vmictimeprovider", "vmictimesync" },
		alarm = { "there", "medium", "Time provider that is not Windows' own" } },
})
add("winsock", "T1547", { "system" }, {
	{ keys = { WINSOCK .. "Protocol_Catalog9\\Catalog_Entries\\*",
		WINSOCK .. "Protocol_Catalog9\\Catalog_Entries64\\*" },
		values = { "PackedCatalogItem" }, read = "winsock" },
	{ keys = { WINSOCK .. "NameSpace_Catalog5\\Catalog_Entries\\*",
		WINSOCK .. "NameSpace_Catalog5\\Catalog_Entries64\\*" },
		values = { "LibraryPath" }, read = "winsock" },
	{ keys = { (WINSOCK:gsub("\\$", "")) }, values = { "AutodialDLL" }, read = "library",
		ordinary = { "rasadhlp" },
		alarm = { "there", "medium", "Winsock's library for dialling is not Windows' own" } },
})
add("netsh", "T1546.007", { "machine" }, {
	{ keys = { "Microsoft\\NetSh" }, read = "library",
		alarm = { "outside", "low", "Helper of netsh that is not in the Windows folder" } },
})
add("server-plugin", "T1505", { "system" }, {
	{ keys = { "Services\\DNS\\Parameters" }, values = { "ServerLevelPluginDll" }, read = "library",
		alarm = { "there", "low", "Plugin of the DNS server" } },
	{ keys = { "Services\\DHCPServer\\Parameters" }, values = { "CalloutDlls" }, read = "libraries",
		alarm = { "there", "low", "Plugin of the DHCP server" } },
})
add("search-language", "T1546", { "system" }, {
	{ keys = { "Control\\ContentIndex\\Language\\*" }, values = { "DLLOverridePath" }, read = "library",
		alarm = { "there", "medium", "Language library of the search service is replaced" } },
})
add("terminal-server", "T1547", { "system" }, {
	{ keys = { "Control\\Terminal Server\\Wds\\*" }, values = { "StartupPrograms" }, read = "commands",
		ordinary = { "rdpclip", "rdpclip.exe" },
		alarm = { "there", "medium", "Remote sessions start another program than rdpclip" } },
	-- of media center extenders, which Windows 7 has
	{ keys = { "Control\\Terminal Server\\WinStations\\EH-Tcp" }, values = { "InitialProgram" },
		ordinary = { "cmd.exe" },
		alarm = { "there", "low", "Remote sessions start with a program" } },
	{ keys = { "Control\\Terminal Server\\WinStations\\RDP-*" }, values = { "InitialProgram" },
		alarm = { "there", "low", "Remote sessions start with a program" } },
})
add("terminal-server", "T1547", { "machine", "user" }, {
	{ keys = { "Policies\\Microsoft\\Windows NT\\Terminal Services" }, values = { "InitialProgram" },
		alarm = { "there", "low", "Remote sessions start with a program" } },
})

-- --- Explorer and Internet Explorer ---

add("browser-helper", "T1176", { "machine", "user" }, {
	{ keys = { EXPLORER .. "Browser Helper Objects\\*" }, values = KEY, read = "class" },
	{ keys = { "Microsoft\\Internet Explorer\\Toolbar", "Microsoft\\Internet Explorer\\Toolbar\\*",
		"Microsoft\\Internet Explorer\\URLSearchHooks" }, values = NAMES, read = "class" },
	{ keys = { "Microsoft\\Internet Explorer\\Explorer Bars\\*" }, values = KEY, read = "class" },
	{ keys = { "Microsoft\\Internet Explorer\\Extensions\\*" }, values = { "ClsidExtension" },
		read = "class" },
	{ keys = { "Microsoft\\Internet Explorer\\Extensions\\*" }, values = { "Exec", "Script" } },
})
add("shell-extension", "T1546.015", { "machine", "user" }, {
	{ keys = { EXPLORER .. "ShellExecuteHooks", EXPLORER .. "SharedTaskScheduler" }, values = NAMES,
		read = "class" },
	{ keys = { W .. "ShellServiceObjectDelayLoad" }, read = "class" },
	{ keys = { EXPLORER .. "ShellServiceObjects\\*" }, values = KEY, read = "class" },
	{ keys = { EXPLORER .. "ShellIconOverlayIdentifiers\\*" }, values = { "" }, read = "class" },
	{ keys = { EXPLORER .. "VolumeCaches\\*" }, values = { "" }, read = "class" },
	{ keys = { EXPLORER .. "MyComputer\\*" }, values = { "" } },
})
add("shell-extension", "T1546.015", { "classes", "userclasses" }, {
	{ keys = { "*\\shellex\\ContextMenuHandlers\\*", "*\\shellex\\CopyHookHandlers\\*",
		"*\\shellex\\DragDropHandlers\\*",
		"*\\shellex\\PropertySheetHandlers\\*", "*\\shellex\\ColumnHandlers\\*",
		"Directory\\Background\\shellex\\ContextMenuHandlers\\*" }, values = KEY, read = "handler" },
})
add("protocol", "T1546.015", { "classes", "userclasses" }, {
	{ keys = { "Protocols\\Filter\\*", "Protocols\\Handler\\*" }, values = { "CLSID" }, read = "class" },
})
add("file-type", "T1546.001", { "classes", "userclasses" }, {
	{ keys = { "exefile\\shell\\open\\command", "comfile\\shell\\open\\command",
		"batfile\\shell\\open\\command",
		"cmdfile\\shell\\open\\command", "piffile\\shell\\open\\command", "scrfile\\shell\\open\\command",
		"exefile\\shell\\runas\\command", "batfile\\shell\\runas\\command",
		"cmdfile\\shell\\runas\\command" },
		values = { "", "IsolatedCommand" }, read = "opener", ordinary = { "cmd.exe /c \"%1\" %*" },
		alarm = { "other", "medium", "Programs are opened through another program" } },
	-- not .scr, which drawing programs take for their scripts
	{ keys = { ".exe", ".com", ".bat", ".cmd", ".pif" }, values = { "" }, read = "type",
		alarm = { "other", "medium", "Programs are opened through another program" } },
})
-- what programs that Windows elevates by themselves ask for in the user's own classes
add("file-type", "T1548.002", { "userclasses" }, {
	{ keys = { "mscfile\\shell\\open\\command", "ms-settings\\shell\\open\\command",
		"AppX82a6gwre4fdg3bt635tn5ctqjf8msdd2\\shell\\open\\command" }, values = { "" },
		alarm = { "there", "medium", "A user's own command for what elevated programs open" } },
	-- file managers do so, too
	{ keys = { "Folder\\shell\\open\\command", "Directory\\shell\\open\\command",
		"Drive\\shell\\open\\command" },
		values = { "" } },
})
add("com", "T1546.015", { "userclasses" }, {
	{ keys = { "CLSID\\*" }, values = KEY, read = "com",
		alarm = { "com", "medium", "A user's own server for a class of Windows" } },
})
add("desktop", "T1547", { "user" }, {
	{ keys = { "Microsoft\\Internet Explorer\\Desktop\\Components\\*" }, values = { "Source" },
		read = "localpath" },
})

-- --- with other programs ---

add("accessibility", "T1546.008", { "machine" }, {
	{ keys = { NT .. "Accessibility\\ATs\\*" }, values = { "StartExe" },
		alarm = { "outside", "low", "Assistive program that is not in the Windows folder" } },
})
add("app-path", "T1546", { "user" }, {
	{ keys = { W .. "App Paths\\*" }, values = { "" } },
})
add("app-debugger", "T1546", { "user" }, {
	{ keys = { W .. "PackagedAppXDebug\\*" }, values = { "" },
		alarm = { "debugger", "low", "A debugger is started with an app" } },
})
add("app-debugger", "T1546", { "userclasses" }, {
	{ keys = { "ActivatableClasses\\Package\\*\\DebugInformation\\*" }, values = { "DebugPath" },
		alarm = { "debugger", "low", "A debugger is started with an app" } },
})
add("control-panel", "T1218.002", { "machine", "user" }, {
	{ keys = { W .. "Control Panel\\Cpls" }, read = "library" },
})
-- what tells Windows whether a signature is good
add("trust-provider", "T1553.003", { "machine" }, {
	{ keys = { "Microsoft\\Cryptography\\OID\\*\\CryptSIPDll*\\*" }, values = { "Dll" }, read = "library",
		alarm = { "outside", "low", "Library that judges signatures and is not in the Windows folder" } },
	{ keys = { "Microsoft\\Cryptography\\Providers\\Trust\\*\\*" }, values = { "$DLL" }, read = "library",
		alarm = { "outside", "low", "Library that judges signatures and is not in the Windows folder" } },
})
add("cmd-autorun", "T1546", { "machine", "user" }, {
	{ keys = { "Microsoft\\Command Processor" }, values = { "AutoRun" } },
})
add("screensaver", "T1546.002", { "profile", "user" }, {
	{ where = { "profile" }, keys = { "Control Panel\\Desktop" }, values = { "SCRNSAVE.EXE" }, read = "screensaver" },
	{ where = { "user" }, keys = { "Policies\\Microsoft\\Windows\\Control Panel\\Desktop" }, values = { "SCRNSAVE.EXE" },
		read = "screensaver", twin = false },
})
add("office", "T1137.002", { "machine", "user" }, {
	{ keys = { "Microsoft\\Office test\\Special\\Perf" }, values = { "" }, read = "library",
		alarm = { "there", "medium", "Library of the Office test key" } },
})
add("office", "T1137.006", { "machine", "user" }, {
	{ keys = { "Microsoft\\Office\\*\\Addins\\*", "Microsoft\\Office\\*\\*\\Addins\\*" },
		values = KEY, read = "addin" },
	{ keys = { "Microsoft\\Office\\*\\Excel\\Options" },
		values = { "OPEN", "OPEN1", "OPEN2", "OPEN3", "OPEN4" }, read = "addinfile" },
})
add("crash", "T1546", { "machine" }, {
	{ keys = { NT .. "AeDebug" }, values = { "Debugger" },
		ordinary = { "drwtsn32 -p %ld -e %ld -g", "vsjitdebugger.exe" } },
	{ keys = { NT .. "AeDebugProtected" }, values = { "ProtectedDebugger" } },
	{ keys = { "Microsoft\\.NETFramework" }, values = { "DbgManagedDebugger" } },
	{ keys = { "Microsoft\\Windows\\Windows Error Reporting\\Hangs" },
		values = { "Debugger", "ReflectDebugger" },
		alarm = { "there", "medium", "A debugger is started for programs that hang" } },
	{ keys = { "Microsoft\\Windows\\Windows Error Reporting\\RuntimeExceptionHelperModules" },
		values = NAMES, read = "path" },
})
add("telemetry", "T1546", { "machine" }, {
	{ keys = { NT .. "AppCompatFlags\\TelemetryController\\*" }, values = { "Command" },
		alarm = { "outside", "medium", "The telemetry task starts a program that is not in the Windows folder" } },
})
add("help-library", "T1546", { "user" }, {
	{ keys = { "Microsoft\\HtmlHelp Author" }, values = { "Location" }, read = "library",
		alarm = { "there", "low", "Library that is loaded with each help file" } },
})

places.list = list
return places
