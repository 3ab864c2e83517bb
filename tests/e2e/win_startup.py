"""win-startup on the tree that tests/data/startup_tree.py makes."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import startup_tree
import support
from support import check, same

T = support.scratch()
TREE = os.path.join(T, "tree")
startup_tree.tree(TREE)
run, out = support.collect(os.path.join(T, "out"), "-p", "win-startup", TREE)
archive = support.Archive(out)
rows = [r["fields"] for r in archive.records()["win-startup"]]
by_name = {r["name"]: r for r in rows}


def row(name, *fields):
    return [by_name[name].get(f) for f in fields]


ANN = "Users/ann/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/"
MOVED = "C:/" + ANN
same("a shortcut", row("Tool.lnk", "command", "program", "user", "scope", "place", "working_dir", "drive_type", "volume_serial"),
     ['"C:\\Program Files\\Tool\\my tool.exe" /tray', "C:/Program Files/Tool/my tool.exe", "ann", "user", "startup-folder",
      "C:\\Program Files\\Tool", "fixed", "1234-5678"])
same("which the task manager switched off", row("Tool.lnk", "startup", "disabled"), ["disabled", "2023-03-29T08:15:30Z"])
same("a script", row("script.vbs", "program", "startup"), [MOVED + "script.vbs", "enabled"])
same("a shortcut to a host", row("Hosted.lnk", "program", "startup"), ["C:/Users/ann/run.bat", None])
same("of the machine", row("All.lnk", "program", "user", "scope", "startup"),
     ["C:/Program Files/Tool/my tool.exe", None, "machine", "disabled"])
same("shortcuts that lead nowhere", row("Gone.lnk", "missing") + row("Nowhere.lnk", "missing") + row("Torn.lnk", "missing"),
     ['"C:\\Gone\\gone.exe": not on this volume', "a shortcut without a path", "a shortcut that cannot be read"])
same("addresses", [row(n, "program", "missing") for n in ("File.url", "Wide.url", "Page.url", "Empty.url")], [
    ["C:/Program Files/Tool/my tool.exe", None], ["C:/Users/ann/run.bat", None],
    [None, "an address, not a file"], [None, "an address that is not there"]])
same("Windows XP", [row(n, "user", "scope") for n in ("bob.cmd", "all.cmd")], [["bob", "user"], [None, "machine"]])
check("a former Windows starts nothing", "Old.cmd" not in by_name)
check("desktop.ini and folders are passed over", not {"desktop.ini", "sub", "not.exe"} & set(by_name))
same("scripts of policies", [[r.get(f) for f in ("name", "command", "arguments", "program", "scope")] for r in rows
                             if r["place"] == "policy-script"], [
    ["Startup", "boot.cmd", "/a b", "C:/Windows/System32/GroupPolicy/Machine/Scripts/Startup/boot.cmd", "machine"],
    ["Startup", "C:\\Users\\ann\\run.bat", None, "C:/Users/ann/run.bat", "machine"],
    ["Shutdown", "gone.cmd", None, None, "machine"],
    ["Logon", "C:\\Users\\ann\\run.bat", None, "C:/Users/ann/run.bat", "user"]])
same("profiles of PowerShell", sorted(r["key"] for r in rows if r["place"] == "powershell-profile"), [
    "Users/ann/Documents/WindowsPowerShell/Microsoft.PowerShell_profile.ps1",
    "Windows/System32/WindowsPowerShell/v1.0/profile.ps1"])
same("Office", row("addin.dotm", "place", "user"), ["office-startup", "ann"])
same("what is wrong is told", [(a["object"], a["reason"]) for a in archive.anomalies], [
    (ANN + "None.lnk", "shortcut: no shortcut: signature missing"),
    (ANN + "Torn.lnk", "shortcut: a shortcut that ends in its header")])
same("no findings", archive.findings, [])
wanted = [ANN + "Tool.lnk", ANN + "None.lnk", "Users/ann/run.bat",
          "Windows/System32/GroupPolicy/User/Scripts/psscripts.ini", "Program Files/Tool/my tool.exe"]
check("all of it is collected", all("fs/C/" + w in archive.files for w in wanted), sorted(archive.files))
support.finish()
