"""Values of the registry that are very long, and of the kind that a careless pattern looks at again and
again: every plugin that follows commands still comes to its end, and tells all of them."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
import task_tree
from regf import Hive, filetime
from support import same

T = support.scratch()
TREE = os.path.join(T, "tree")
LENGTH = 200000
UNITS = (" ", "\\", "/", "a", ",", '"', "%", "=", ".", "a b ", "\\a", "a\\ ", "%a%", "..\\", "a.exe ", '" "', ";", "|", "{",
         "-", "\\\\?\\", "'", "\t", "(", "a.")
VALUES = ["a" + unit * (LENGTH // len(unit)) + "b" for unit in UNITS]
WHEN = filetime("2023-03-29T08:15:30Z")
CURRENT = "Microsoft\\Windows\\CurrentVersion\\"


def build():
    software, system, user = (Hive(name, WHEN) for name in ("SOFTWARE", "SYSTEM", "NTUSER.DAT"))
    system.set("Select", "Current", 1)
    for i, value in enumerate(VALUES):
        for hive, prefix in ((software, ""), (user, "Software\\")):
            hive.set(prefix + CURRENT + "Run", f"v{i}", value)
            hive.set(f"{prefix}{CURRENT}Uninstall\\x{i}", "DisplayName", f"x{i}")
            hive.set(f"{prefix}{CURRENT}Uninstall\\x{i}", "UninstallString", value)
        software.set(f"Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-21-1-1-1-{1000 + i}", "ProfileImagePath", value)
        service = f"ControlSet001\\Services\\s{i}"
        for name, data in (("ImagePath", value), ("Type", 16), ("Start", 2), ("ObjectName", value)):
            system.set(service, name, data)
        system.set(service + "\\Parameters", "ServiceDll", value)
        key = f"{task_tree.CACHE}\\Tasks\\{{{i:08}-0000-0000-0000-000000000000}}"
        software.set(key, "Path", f"\\t{i}")
        software.set(key, "Actions", task_tree.actions(task_tree.execute(value, value, value)))
    for i, name in enumerate(("Shell", "Userinit")):
        software.set("Microsoft\\Windows NT\\CurrentVersion\\Winlogon", name, VALUES[i * 4])
    for i, name in enumerate(("AppInit_DLLs", "Load")):
        software.set("Microsoft\\Windows NT\\CurrentVersion\\Windows", name, VALUES[i * 4])
    for path, hive in (("Windows/System32/config/SOFTWARE", software), ("Windows/System32/config/SYSTEM", system),
                       ("Users/ann/NTUSER.DAT", user)):
        full = os.path.join(TREE, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(hive.build())


build()
run, out = support.collect(os.path.join(T, "out"), "-p", "win-run-keys,win-services,win-tasks,win-installed,win-system", TREE)
archive = support.Archive(out)
rows = archive.records()


def count(plugin, kind, test):
    return len({test(r["fields"]) for r in rows.get(plugin, []) if r["kind"] == kind and test(r["fields"])})


same("Run values of the machine and the user", count("win-run-keys", "autostart", lambda f: f["key"].endswith("\\Run") and
     (f["key"], f["name"])), 2 * len(VALUES))
same("services", count("win-services", "service", lambda f: f["name"]), len(VALUES))
same("tasks", count("win-tasks", "task", lambda f: f["path"]), len(VALUES))
same("installed programs", count("win-installed", "installed", lambda f: (f["key"], f.get("user"))), 2 * len(VALUES))
same("tasks with more than a row holds are cut", count("win-tasks", "task", lambda f: f.get("cut") and f["path"]) > 0, True)
# rows that were cut, texts of which the first part is looked at, folders that are none
allowed = ("larger than a record may be", "are looked at", "ProfileList")
same("no plugin is stopped", [a["reason"][:200] for a in archive.anomalies if not any(w in a["reason"] for w in allowed)], [])
support.finish()
