r"""A Windows in a folder whose hives start something from every place that
win-run-keys knows, and a clean twin with what Windows itself has there.

    python3 autostart_tree.py FOLDER [clean]

CASES tells for each value: hive, key, name, data (type by the Python type, or a
pair of data and type), place, files that it starts (none: no row), and the
severity of the finding (None: none). Files are texts of one line."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import regf

WHEN = regf.filetime("2023-03-29T08:15:30Z")
CONFIG = "Windows/System32/config/"
HIVES = {
    "SOFTWARE": CONFIG + "SOFTWARE",
    "SYSTEM": CONFIG + "SYSTEM",
    "NTUSER": "Users/ann/NTUSER.DAT",
    "UsrClass": "Users/ann/AppData/Local/Microsoft/Windows/UsrClass.dat",
}
W = "Microsoft\\Windows\\CurrentVersion\\"
NT = "Microsoft\\Windows NT\\CurrentVersion\\"
WOW = "Wow6432Node\\"
SET = "ControlSet001\\"
SM = SET + "Control\\Session Manager"
LSA = SET + "Control\\Lsa"
WINSOCK = SET + "Services\\WinSock2\\Parameters\\"
GUID = "{0f0551c%d-aaaa-4bbb-8ccc-0123456789ab}"
TOOLS = "Tools/"
SYS = "Windows/System32/"
USER = "Users/ann/AppData/Roaming/"


def expand(text):
    return text, "REG_EXPAND_SZ"


def tool(name):
    return "C:\\Tools\\" + name


def packed(path):
    """PackedCatalogItem: 260 bytes of path, then WSAPROTOCOL_INFOW."""
    info = bytearray(628)
    title = "layered".encode("utf-16-le")
    info[116 : 116 + len(title)] = title
    return path.encode().ljust(260, b"\0") + bytes(info)


def software():
    yield W + "Run", "Tray", f'"{tool("run.exe")}" /tray', "run", [TOOLS + "run.exe"], None
    yield W + "Run", "Empty", "", "run", [], None
    yield W + "Run", "Number", 7, "run", [], None
    yield W + "Run", "Gone", tool("gone.exe"), "run", [None], "info"
    yield WOW + W + "Run", "Tray", "C:\\Windows\\System32\\narrow.exe", "run", ["Windows/SysWOW64/narrow.exe"], None
    yield W + "Explorer\\StartupApproved\\Run32", "Tray", bytes([3, 0, 0, 0]) + WHEN.to_bytes(8, "little"), None, [], None
    yield W + "Explorer\\StartupApproved\\StartupFolder", "x.lnk", bytes([2] + [0] * 11), None, [], None
    yield W + "RunOnce", "!Once", tool("once.exe"), "run", [TOOLS + "once.exe"], None
    yield W + "RunOnceEx", "Title", "What the dialog shows", "run", [], None
    yield W + "RunOnceEx\\001", "1", tool("ex.dll") + "|Function|x", "run", [TOOLS + "ex.dll"], None
    yield W + "RunServices", "Svc", tool("svc.exe"), "run", [TOOLS + "svc.exe"], None
    yield W + "Policies\\Explorer\\Run", "1", tool("policy.exe"), "run", [TOOLS + "policy.exe"], None
    yield (NT + "Terminal Server\\Install\\Software\\" + W + "Run", "Ts", tool("ts.exe"), "run", [TOOLS + "ts.exe"], None)
    yield (NT + "Winlogon", "Shell", f"explorer.exe, {tool('shell.exe')}", "winlogon",
           ["Windows/explorer.exe", TOOLS + "shell.exe"], "medium")
    yield (NT + "Winlogon", "Userinit", f"C:\\Windows\\system32\\userinit.exe,{tool('init.exe')},", "winlogon",
           [SYS + "userinit.exe", TOOLS + "init.exe"], "medium")
    yield NT + "Winlogon", "Taskman", tool("taskman.exe"), "winlogon", [TOOLS + "taskman.exe"], "medium"
    yield NT + "Winlogon", "System", tool("system.exe"), "winlogon", [TOOLS + "system.exe"], "medium"
    yield NT + "Winlogon", "VmApplet", tool("applet.exe"), "winlogon", [TOOLS + "applet.exe"], "medium"
    yield NT + "Winlogon", "GinaDLL", "gina2.dll", "winlogon", [SYS + "gina2.dll"], "low"
    yield NT + "Winlogon\\Notify\\x", "DLLName", tool("notify.dll"), "winlogon", [TOOLS + "notify.dll"], "low"
    yield NT + "Winlogon\\GPExtensions\\" + GUID % 1, "DllName", tool("gp.dll"), "winlogon", [TOOLS + "gp.dll"], "low"
    yield W + "Policies\\System", "Shell", tool("polshell.exe"), "winlogon", [TOOLS + "polshell.exe"], "medium"
    yield (W + "Group Policy\\State\\Machine\\Scripts\\Startup\\0", "FileSysPath", "C:\\Windows\\System32\\GroupPolicy\\Machine",
           "policy-script", [], None)
    yield (W + "Group Policy\\State\\Machine\\Scripts\\Startup\\0\\0", "Script", "start.cmd", "policy-script",
           [SYS + "GroupPolicy/Machine/Scripts/Startup/start.cmd"], None)
    yield ("Microsoft\\Active Setup\\Installed Components\\" + GUID % 2, "StubPath", expand("%SystemRoot%\\stub.exe /i"),
           "active-setup", ["Windows/stub.exe"], None)
    yield NT + "Windows", "AppInit_DLLs", "init1.dll,C:\\Tools\\init2.dll", "appinit", [SYS + "init1.dll", TOOLS + "init2.dll"], "medium"
    yield NT + "Windows", "LoadAppInit_DLLs", 1, "appinit", [], None
    yield WOW + NT + "Windows", "AppInit_DLLs", "off.dll", "appinit", ["Windows/SysWOW64/off.dll"], None
    yield WOW + NT + "Windows", "LoadAppInit_DLLs", 0, "appinit", [], None
    yield NT + "Windows", "IconServiceLib", "icons.dll", "appinit", [SYS + "icons.dll"], "medium"
    ifeo = NT + "Image File Execution Options\\"
    yield ifeo + "app.exe", "Debugger", tool("debug.exe"), "ifeo", [TOOLS + "debug.exe"], "medium"
    yield ifeo + "sethc.exe", "Debugger", "cmd.exe", "ifeo", [SYS + "cmd.exe"], "high"
    yield ifeo + "gone.exe", "Debugger", tool("no-debugger.exe"), "ifeo", [None], None
    yield ifeo + "app.exe", "VerifierDlls", "vrfcore.dll verify.dll", "ifeo", [None, SYS + "verify.dll"], "medium"
    yield ifeo + "quiet.exe", "GlobalFlag", 0x200, "ifeo", [], None
    yield NT + "SilentProcessExit\\quiet.exe", "ReportingMode", 1, "ifeo", [], None
    yield NT + "SilentProcessExit\\quiet.exe", "MonitorProcess", tool("monitor.exe"), "ifeo", [TOOLS + "monitor.exe"], "medium"
    yield NT + "SilentProcessExit\\loud.exe", "MonitorProcess", tool("unused.exe"), "ifeo", [TOOLS + "unused.exe"], None
    yield (NT + "AppCompatFlags\\InstalledSDB\\" + GUID % 1, "DatabasePath", "C:\\Windows\\AppPatch\\Custom\\x.sdb", "shim",
           ["Windows/AppPatch/Custom/x.sdb"], None)
    yield NT + "Drivers32", "vidc.x", "codec.dll", "codec", [SYS + "codec.dll"], None
    yield NT + "Font Drivers", "x", "fontdrv.dll", "codec", [SYS + "fontdrv.dll"], None
    for n, (key, file) in enumerate(((W + "Authentication\\Credential Providers\\", "cred.dll"),
                                     (W + "Authentication\\Credential Provider Filters\\", "filter.dll"),
                                     (W + "Authentication\\PLAP Providers\\", "plap.dll"))):
        yield key + GUID % (3 + n), "", "a name", "credential-provider", [TOOLS + file], None
        yield "Classes\\CLSID\\" + GUID % (3 + n) + "\\InprocServer32", "", tool(file), None, [], None
    yield "Microsoft\\AMSI\\Providers\\" + GUID % 3, "", "amsi", "amsi-provider", [TOOLS + "cred.dll"], None
    yield "Microsoft\\NetSh", "x", tool("netsh.dll"), "netsh", [TOOLS + "netsh.dll"], "low"
    yield "Microsoft\\NetSh", "2", "helper.dll", "netsh", [SYS + "helper.dll"], None
    yield "Policies\\Microsoft\\Windows NT\\Terminal Services", "InitialProgram", tool("remote.exe"), "terminal-server", [TOOLS + "remote.exe"], "low"
    yield W + "Explorer\\Browser Helper Objects\\" + GUID % 6, "", "helper", "browser-helper", [TOOLS + "assembly.dll"], None
    yield "Classes\\CLSID\\" + GUID % 6 + "\\InprocServer32", "", "mscoree.dll", None, [], None
    yield "Classes\\CLSID\\" + GUID % 6 + "\\InprocServer32", "CodeBase", "file:///C:/Tools/assembly.dll", None, [], None
    yield "Microsoft\\Internet Explorer\\Toolbar", GUID % 3, "bar", "browser-helper", [TOOLS + "cred.dll"], None
    yield "Microsoft\\Internet Explorer\\Extensions\\" + GUID % 1, "Exec", tool("ie.exe"), "browser-helper", [TOOLS + "ie.exe"], None
    yield W + "Explorer\\ShellExecuteHooks", GUID % 7, "", "shell-extension", [None], None
    yield W + "Explorer\\ShellServiceObjects\\" + GUID % 0, "", "of a service", "shell-extension", [None], None
    yield "Classes\\CLSID\\" + GUID % 0, "AppID", GUID % 5, None, [], None
    yield "Classes\\AppID\\" + GUID % 5, "LocalService", "svc", None, [], None
    yield W + "ShellServiceObjectDelayLoad", "x", GUID % 3, "shell-extension", [TOOLS + "cred.dll"], None
    yield W + "Explorer\\SharedTaskScheduler", GUID % 3, "x", "shell-extension", [TOOLS + "cred.dll"], None
    yield W + "Explorer\\ShellIconOverlayIdentifiers\\x", "", GUID % 3, "shell-extension", [TOOLS + "cred.dll"], None
    yield W + "Explorer\\MyComputer\\BackupPath", "", expand("%SystemRoot%\\system32\\sdclt.exe"), "shell-extension", [SYS + "sdclt.exe"], None
    yield "Classes\\*\\shellex\\ContextMenuHandlers\\Menu", "", GUID % 3, "shell-extension", [TOOLS + "cred.dll"], None
    yield "Classes\\Folder\\shellex\\ColumnHandlers\\" + GUID % 3, "", "a text", "shell-extension", [TOOLS + "cred.dll"], None
    yield "Classes\\Directory\\Background\\shellex\\ContextMenuHandlers\\Menu", "", GUID % 3, "shell-extension", [TOOLS + "cred.dll"], None
    yield "Classes\\Protocols\\Filter\\text\\xml", "", "not a place", None, [], None
    yield "Classes\\Protocols\\Handler\\x", "CLSID", GUID % 3, "protocol", [TOOLS + "cred.dll"], None
    yield "Classes\\exefile\\shell\\open\\command", "", f'"{tool("open.exe")}" "%1" %*', "file-type", [TOOLS + "open.exe"], "medium"
    yield "Classes\\batfile\\shell\\open\\command", "", '"%1" %*', "file-type", [], None
    yield "Classes\\.cmd", "", "otherfile", "file-type", [TOOLS + "type.exe"], "medium"
    yield "Classes\\otherfile\\shell\\open\\command", "", tool("type.exe") + ' "%1"', None, [], None
    yield "Microsoft\\Command Processor", "AutoRun", tool("auto.cmd"), "cmd-autorun", [TOOLS + "auto.cmd"], None
    yield "Microsoft\\Office test\\Special\\Perf", "", tool("perf.dll"), "office", [TOOLS + "perf.dll"], "medium"
    yield "Microsoft\\Office\\Outlook\\Addins\\Mail.Addin", "LoadBehavior", 3, "office", [TOOLS + "cred.dll"], None
    yield "Classes\\Mail.Addin\\CLSID", "", GUID % 3, None, [], None
    yield ("Microsoft\\Office\\Word\\Addins\\Text", "Manifest", "file:///C:/Tools/text.vsto|vstolocal", "office", [TOOLS + "text.vsto"], None)
    yield NT + "Accessibility\\ATs\\Reader", "StartExe", tool("reader.exe"), "accessibility", [TOOLS + "reader.exe"], "low"
    yield NT + "Accessibility\\ATs\\osk", "StartExe", expand("%SystemRoot%\\System32\\osk.exe"), "accessibility", [SYS + "osk.exe"], None
    yield W + "Control Panel\\Cpls", "x", expand("%SystemRoot%\\System32\\x.cpl"), "control-panel", [SYS + "x.cpl"], None
    yield ("Microsoft\\Cryptography\\OID\\EncodingType 0\\CryptSIPDllVerifyIndirectData\\" + GUID % 1, "Dll", tool("sip.dll"),
           "trust-provider", [TOOLS + "sip.dll"], "low")
    yield ("Microsoft\\Cryptography\\Providers\\Trust\\FinalPolicy\\" + GUID % 1, "$DLL", "wintrust.dll", "trust-provider",
           [SYS + "wintrust.dll"], None)
    yield "Microsoft\\.NETFramework", "DbgManagedDebugger", tool("managed.exe"), "crash", [TOOLS + "managed.exe"], None
    yield NT + "AeDebug", "Debugger", tool("crash.exe") + " -p %ld", "crash", [TOOLS + "crash.exe"], None
    yield "Microsoft\\Windows\\Windows Error Reporting\\Hangs", "Debugger", tool("hang.exe"), "crash", [TOOLS + "hang.exe"], "medium"
    yield ("Microsoft\\Windows\\Windows Error Reporting\\RuntimeExceptionHelperModules", tool("wer.dll"), 0, "crash", [TOOLS + "wer.dll"], None)
    yield (NT + "AppCompatFlags\\TelemetryController\\x", "Command", tool("tele.exe"), "telemetry", [TOOLS + "tele.exe"], "medium")
    yield (W + "Explorer\\User Shell Folders", "Common Startup", tool("startup"), "startup-folder",
           [TOOLS + "startup/a.exe", TOOLS + "startup/b.cmd"], "low")
    # of a class that Windows has: the user's own server in its place is below
    yield "Classes\\CLSID\\" + GUID % 8 + "\\InprocServer32", "", expand("%SystemRoot%\\system32\\own.dll"), None, [], None


def system():
    yield "Select", "Current", 1, None, [], None
    yield "Setup", "SetupType", 2, "setup", [], None
    yield "Setup", "CmdLine", "cmd.exe /c C:\\Tools\\setup.cmd", "setup", [TOOLS + "setup.cmd"], "medium"
    yield SM, "BootExecute", ["autocheck autochk *", "bootprog /x"], "boot-execute", [SYS + "autochk.exe", SYS + "bootprog.exe"], "low"
    yield SM, "SetupExecute", [], "boot-execute", [], None
    yield SM, "S0InitialCommand", tool("s0.exe"), "boot-execute", [TOOLS + "s0.exe"], "medium"
    yield SET + "Control\\BootVerificationProgram", "ImagePath", tool("bootok.exe"), "boot-execute", [TOOLS + "bootok.exe"], "medium"
    yield SET + "Control\\SafeBoot", "AlternateShell", tool("safe.exe"), "boot-execute", [TOOLS + "safe.exe"], "medium"
    yield SET + "Control", "ServiceControlManagerExtension", "scm.dll", "boot-execute", [SYS + "scm.dll"], "medium"
    yield (SM, "PendingFileRenameOperations", ("\\??\\C:\\Tools\\new.dll\0!\\??\\C:\\Tools\\old.dll\0\\??\\C:\\Tools\\del.tmp\0\0\0"
           .encode("utf-16-le"), "REG_MULTI_SZ"), "pending-rename", [TOOLS + "new.dll"], None)
    yield SM + "\\AppCertDlls", "x", tool("cert.dll"), "appcert", [TOOLS + "cert.dll"], "medium"
    yield SM + "\\KnownDLLs", "kernel32", "kernel32.dll", "known-dll", [SYS + "kernel32.dll"], None
    yield SM + "\\KnownDLLs", "DllDirectory", expand("%SystemRoot%\\system32"), "known-dll", [], None
    yield SM + "\\Environment", "COR_PROFILER_PATH", tool("prof.dll"), "profiler", [TOOLS + "prof.dll"], None
    yield SET + "Control\\Keyboard Layouts\\00000409", "Ime File", "x.ime", "ime", [SYS + "x.ime"], None
    yield LSA, "Authentication Packages", ["msv1_0", "auth"], "lsa", [SYS + "msv1_0.dll", SYS + "auth.dll"], "low"
    yield LSA, "Security Packages", ['""', "sspx"], "lsa", [SYS + "sspx.dll"], "low"
    yield LSA + "\\OSConfig", "Security Packages", ["kerberos", "ssp2"], "lsa", [None, SYS + "ssp2.dll"], "low"
    yield LSA, "Notification Packages", ["scecli", "pwfilter"], "lsa", [None, SYS + "pwfilter.dll"], "low"
    yield SET + "Control\\SecurityProviders", "SecurityProviders", "credssp.dll, prov.dll", "lsa", [None, SYS + "prov.dll"], "low"
    yield SET + "Services\\NTDS", "LsaDbExtPt", tool("ntds.dll"), "lsa", [TOOLS + "ntds.dll"], "medium"
    yield SET + "Services\\Np\\NetworkProvider", "ProviderPath", tool("np.dll"), "network-provider", [TOOLS + "np.dll"], None
    yield SET + "Control\\Print\\Monitors\\x", "Driver", tool("mon.dll"), "print", [TOOLS + "mon.dll"], "low"
    yield SET + "Control\\Print\\Providers\\x", "Name", "win32spl.dll", "print", [SYS + "win32spl.dll"], None
    env = SET + "Control\\Print\\Environments\\Windows x64"
    yield env, "Directory", "x64", "print", [], None
    yield env + "\\Print Processors\\p", "Driver", "proc.dll", "print", [SYS + "spool/prtprocs/x64/proc.dll"], None
    yield SET + "Services\\W32Time\\TimeProviders\\x", "DllName", tool("time.dll"), "time-provider", [TOOLS + "time.dll"], "medium"
    yield (WINSOCK + "Protocol_Catalog9\\Catalog_Entries64\\000000000001", "PackedCatalogItem",
           packed("%SystemRoot%\\system32\\mswsock.dll"), "winsock", [SYS + "mswsock.dll"], None)
    yield (WINSOCK + "NameSpace_Catalog5\\Catalog_Entries64\\000000000001", "LibraryPath", expand("%SystemRoot%\\system32\\ns.dll"),
           "winsock", [SYS + "ns.dll"], None)
    yield WINSOCK[:-1], "AutodialDLL", tool("dial.dll"), "winsock", [TOOLS + "dial.dll"], "medium"
    yield SET + "Services\\DNS\\Parameters", "ServerLevelPluginDll", tool("dns.dll"), "server-plugin", [TOOLS + "dns.dll"], "low"
    yield (SET + "Control\\ContentIndex\\Language\\Neutral", "DLLOverridePath", tool("lang.dll"), "search-language",
           [TOOLS + "lang.dll"], "medium")
    yield SET + "Control\\Terminal Server\\Wds\\rdpwd", "StartupPrograms", "rdpclip,rdp2", "terminal-server", [None, SYS + "rdp2.exe"], "medium"
    yield SET + "Control\\Terminal Server\\WinStations\\RDP-Tcp", "InitialProgram", tool("rdp.exe"), "terminal-server", [TOOLS + "rdp.exe"], "low"


    # what win-services tells
    yield SET + "Services\\Svc", "ImagePath", '"C:\\Program Files\\A b\\service.exe" -x', None, ["Program Files/A b/service.exe"], None
    yield SET + "Services\\Svc", "Type", 16, None, [], None
    yield SET + "Services\\Drv", "ImagePath", expand("System32\\drivers\\drv.sys"), None, [SYS + "drivers/drv.sys"], None
    yield SET + "Services\\Drv", "Type", 1, None, [], None
    yield SET + "Services\\Host", "ImagePath", expand("%SystemRoot%\\System32\\svchost.exe -k x"), None, [SYS + "svchost.exe"], None
    yield SET + "Services\\Host\\Parameters", "ServiceDll", expand("%SystemRoot%\\System32\\host.dll"), None, [SYS + "host.dll"], None


def ntuser():
    s = "Software\\"
    yield s + W + "Run", "Phone", expand("%AppData%\\phone.exe"), "run", [USER + "phone.exe"], None
    yield s + W + "Explorer\\StartupApproved\\Run", "Phone", bytes([3, 0, 0, 0]) + WHEN.to_bytes(8, "little"), None, [], None
    yield s + NT + "Windows", "Load", tool("load1.exe") + " " + tool("load2.exe"), "windows-load", [TOOLS + "load1.exe", TOOLS + "load2.exe"], "low"
    yield s + NT + "Winlogon", "Shell", tool("usershell.exe"), "winlogon", [TOOLS + "usershell.exe"], "medium"
    yield "Environment", "UserInitMprLogonScript", tool("logon.cmd"), "logon-script", [TOOLS + "logon.cmd"], "low"
    yield "Environment", "DOTNET_STARTUP_HOOKS", tool("hook1.dll") + ";" + tool("hook2.dll"), "profiler", [TOOLS + "hook1.dll", TOOLS + "hook2.dll"], None
    yield "Control Panel\\Desktop", "SCRNSAVE.EXE", "C:\\Windows\\system32\\saver.scr", "screensaver", [SYS + "saver.scr"], None
    yield s + "Policies\\Microsoft\\Windows\\Control Panel\\Desktop", "SCRNSAVE.EXE", "(NONE)", "screensaver", [], None
    yield s + "Microsoft\\Internet Explorer\\Desktop\\Components\\0", "Source", "file:///C:/Tools/page.htm", "desktop", [TOOLS + "page.htm"], None
    yield s + "Microsoft\\Office\\16.0\\Excel\\Options", "OPEN", f'/R "{tool("sheet.xlam")}"', "office", [TOOLS + "sheet.xlam"], None
    yield s + W + "App Paths\\tool.exe", "", tool("path.exe"), "app-path", [TOOLS + "path.exe"], None
    yield s + W + "PackagedAppXDebug\\App_1.0", "", tool("appdebug.exe"), "app-debugger", [TOOLS + "appdebug.exe"], "low"
    yield s + "Microsoft\\HtmlHelp Author", "Location", tool("help.dll"), "help-library", [TOOLS + "help.dll"], "low"
    yield s + W + "Explorer\\ShellExecuteHooks", GUID % 9, "", "shell-extension", [USER + "hook.dll"], None
    yield (s + W + "Explorer\\User Shell Folders", "Startup", expand("%USERPROFILE%\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup"),
           "startup-folder", [], None)


def usrclass():
    yield "CLSID\\" + GUID % 9 + "\\InprocServer32", "", expand("%AppData%\\hook.dll"), "com", [USER + "hook.dll"], None
    yield "CLSID\\" + GUID % 8 + "\\InprocServer32", "", expand("%AppData%\\hijack.dll"), "com", [USER + "hijack.dll"], "medium"
    yield "CLSID\\" + GUID % 0 + "\\TreatAs", "", GUID % 9, "com", [USER + "hook.dll"], None
    yield "CLSID\\" + GUID % 1 + "\\LocalServer32", "", f'"{tool("local.exe")}" -x', "com", [TOOLS + "local.exe"], None
    yield "CLSID\\" + GUID % 2 + "\\ScriptletURL", "", "file:///C:/Tools/x.sct", "com", [TOOLS + "x.sct"], None
    yield ("ActivatableClasses\\Package\\App_1.0\\DebugInformation\\App", "DebugPath", "vsjitdebugger.exe", "app-debugger", [None], None)
    yield "ms-settings\\shell\\open\\command", "", tool("elevate.exe"), "file-type", [TOOLS + "elevate.exe"], "medium"
    yield "lnkfile\\shellex\\ContextMenuHandlers\\Menu", "", GUID % 9, "shell-extension", [USER + "hook.dll"], None


def clean():
    """What Windows 10 and common programs have in these places; all files are there."""
    def m(key, name, data, *files):
        return "SOFTWARE", key, name, data, None, [f for f in files], None

    def s(key, name, data, *files):
        return "SYSTEM", SET + key, name, data, None, [f for f in files], None

    def u(key, name, data, *files):
        return "NTUSER", key, name, data, None, [f for f in files], None

    yield "SYSTEM", "Select", "Current", 1, None, [], None
    yield "SYSTEM", "Setup", "SetupType", 0, None, [], None
    yield "SYSTEM", "Setup", "CmdLine", "oobe\\windeploy.exe", None, [SYS + "oobe/windeploy.exe"], None
    yield m(W + "Run", "SecurityHealth", expand("%windir%\\system32\\SecurityHealthSystray.exe"), SYS + "SecurityHealthSystray.exe")
    yield m(NT + "Winlogon", "Shell", "explorer.exe", "Windows/explorer.exe")
    yield m(NT + "Winlogon", "Userinit", "C:\\Windows\\system32\\userinit.exe,", SYS + "userinit.exe")
    yield m(NT + "Winlogon", "VMApplet", "SystemPropertiesPerformance.exe /pagefile", SYS + "SystemPropertiesPerformance.exe")
    yield m(NT + "Winlogon\\AlternateShells\\AvailableShells", "60000", "explorer.exe")
    yield m(NT + "Winlogon\\GPExtensions\\" + GUID % 1, "DllName", "gptext.dll", SYS + "gptext.dll")
    yield m(NT + "Winlogon\\GPExtensions\\" + GUID % 2, "DllName", expand("%ProgramFiles%\\LAPS\\CSE\\AdmPwd.dll"), "Program Files/LAPS/CSE/AdmPwd.dll")
    yield m(NT + "Windows", "AppInit_DLLs", "C:\\Windows\\system32\\nvinitx.dll", SYS + "nvinitx.dll")
    yield m(NT + "Windows", "LoadAppInit_DLLs", 1)
    yield m(WOW + NT + "Windows", "AppInit_DLLs", "")
    yield m(NT + "Windows", "IconServiceLib", "IconCodecService.dll", SYS + "IconCodecService.dll")
    yield m(NT + "Image File Execution Options\\taskmgr.exe", "Debugger", '"C:\\Tools\\PROCEXP64.EXE"', TOOLS + "PROCEXP64.EXE")
    yield m(NT + "Image File Execution Options\\app.exe", "Debugger", "vsjitdebugger.exe", SYS + "vsjitdebugger.exe")
    yield m(NT + "SilentProcessExit\\app.exe", "MonitorProcess", "C:\\Tools\\mon.exe", TOOLS + "mon.exe")
    yield m(NT + "AeDebug", "Debugger", '"C:\\Windows\\system32\\vsjitdebugger.exe" -p %ld -e %ld', SYS + "vsjitdebugger.exe")
    yield m("Microsoft\\NetSh", "2", "ifmon.dll", SYS + "ifmon.dll")
    yield m("Microsoft\\Command Processor", "AutoRun", '"C:\\Users\\ann\\conda_hook.bat"', "Users/ann/conda_hook.bat")
    yield m("Classes\\exefile\\shell\\open\\command", "", '"%1" %*')
    yield m("Classes\\batfile\\shell\\runas\\command", "", expand('%SystemRoot%\\System32\\cmd.exe /C "%1" %*'), SYS + "cmd.exe")
    yield m("Classes\\.exe", "", "exefile")
    yield m("Classes\\.scr", "", "drawing")
    yield m("Classes\\drawing\\shell\\open\\command", "", "C:\\Tools\\draw.exe \"%1\"")
    yield m("Classes\\scrfile\\shell\\install\\command", "", expand("%SystemRoot%\\system32\\rundll32.exe desk.cpl,InstallScreenSaver %l"))
    yield m("Classes\\batfile\\shell\\edit\\command", "", expand("%SystemRoot%\\System32\\NOTEPAD.EXE %1"))
    yield m("Classes\\CLSID\\" + GUID % 3 + "\\InprocServer32", "", expand("%SystemRoot%\\system32\\shell32.dll"), SYS + "shell32.dll")
    yield m("Classes\\CLSID\\" + GUID % 4 + "\\InprocServer32", "", "C:\\Program Files\\Drive\\drive.dll")
    yield m(W + "Explorer\\User Shell Folders", "Common Startup", expand("%ProgramData%\\Microsoft\\Windows\\Start Menu\\Programs\\Startup"))
    yield m(NT + "AppCompatFlags\\TelemetryController\\Appraiser", "Command", expand("%windir%\\system32\\CompatTelRunner.exe -m:appraiser.dll"), SYS + "CompatTelRunner.exe")
    yield s("Control\\Session Manager", "BootExecute", ["autocheck autochk *"], SYS + "autochk.exe")
    yield s("Control\\Session Manager", "SETUPEXECUTE", [])
    yield s("Control\\Session Manager", "BootExecuteNoPnpSync", ["autocheck autoconv \\??\\D: /FS:NTFS"], SYS + "autoconv.exe")
    yield s("Control\\SafeBoot", "AlternateShell", "cmd.exe", SYS + "cmd.exe")
    yield s("Control", "ServiceControlManagerExtension", expand("%systemroot%\\system32\\scext.dll"), SYS + "scext.dll")
    yield s("Control\\Lsa", "Authentication Packages", ["msv1_0"], SYS + "msv1_0.dll")
    yield s("Control\\Lsa", "Security Packages", ['""'])
    yield s("Control\\Lsa\\OSConfig", "Security Packages", ["kerberos", "schannel", "tspkg"], SYS + "kerberos.dll", SYS + "schannel.dll", SYS + "tspkg.dll")
    yield s("Control\\Lsa", "Notification Packages", ["scecli"], SYS + "scecli.dll")
    yield s("Control\\SecurityProviders", "SecurityProviders", "credssp.dll", SYS + "credssp.dll")
    yield s("Control\\Print\\Monitors\\Local Port", "Driver", "localspl.dll", SYS + "localspl.dll")
    yield s("Services\\W32Time\\TimeProviders\\NtpClient", "DllName", expand("%systemroot%\\system32\\w32time.dll"), SYS + "w32time.dll")
    yield s("Services\\WinSock2\\Parameters", "AutodialDLL", "C:\\Windows\\System32\\rasadhlp.dll", SYS + "rasadhlp.dll")
    yield s("Control\\Terminal Server\\Wds\\rdpwd", "StartupPrograms", "rdpclip", SYS + "rdpclip.exe")
    yield s("Control\\Terminal Server\\WinStations\\EH-Tcp", "InitialProgram", "cmd.exe", SYS + "cmd.exe")
    yield u("Software\\" + W + "Run", "OneDrive", '"C:\\Users\\ann\\AppData\\Local\\OneDrive.exe" /background', "Users/ann/AppData/Local/OneDrive.exe")
    yield u("Control Panel\\Desktop", "SCRNSAVE.EXE", "C:\\Windows\\system32\\scrnsave.scr", SYS + "scrnsave.scr")
    yield u("Software\\" + W + "Explorer\\User Shell Folders", "Startup", expand("%USERPROFILE%\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup"))
    # a user's own classes: a program's, Windows' server for Windows' class, and a newer
    # build of a program that is installed for all
    for guid, server, file in ((5, "C:\\Users\\ann\\AppData\\Local\\Sync\\sync.dll", "Users/ann/AppData/Local/Sync/sync.dll"),
                               (3, "%systemroot%\\system32\\shell32.dll", SYS + "shell32.dll"),
                               (4, "C:\\Users\\ann\\AppData\\Local\\Drive\\drive.dll", "Users/ann/AppData/Local/Drive/drive.dll")):
        yield "UsrClass", "CLSID\\" + GUID % guid + "\\InprocServer32", "", expand(server), None, [file], None


CASES = [(hive, *case) for hive, cases in (("SOFTWARE", software()), ("SYSTEM", system()), ("NTUSER", ntuser()),
                                          ("UsrClass", usrclass())) for case in cases]
CLEAN = list(clean())


def write(folder, cases):
    hives = {name: regf.Hive(name, WHEN) for name in HIVES}
    for hive, key, name, data, _, files, _ in cases:
        value, kind = data if isinstance(data, tuple) else (data, None)
        hives[hive].set(key, name, value, kind)
        for file in filter(None, files):
            path = os.path.join(folder, file)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(file + "\n")
    for name, place in HIVES.items():
        path = os.path.join(folder, place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(hives[name].build())


if __name__ == "__main__":
    write(sys.argv[1], CLEAN if sys.argv[2:] == ["clean"] else CASES)
