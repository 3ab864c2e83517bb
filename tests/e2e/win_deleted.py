"""What win-services and win-installed tell of services and programs whose keys were deleted."""

import importlib
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
sys.dont_write_bytecode = True
import regf
import support
from support import same

make_deleted = importlib.import_module("make-deleted")

T = support.scratch()
WHEN = regf.filetime("2023-03-29T08:15:30Z")
SERVICES = r"ControlSet001\Services" + "\\"
UNINSTALL = r"Software\Microsoft\Windows\CurrentVersion\Uninstall" + "\\"


def write(name, editor):
    path = os.path.join(T, "volume", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(editor.data)


def values(hive, key, **data):
    for name, value in data.items():
        hive.set(key, name, value)


def rename(editor, path, name):
    """A deleted key under a name of the same length: one that was made anew since."""
    at = editor.cells["key", path] + 4 + 76
    editor.data[at : at + len(name)] = name.encode()


system = regf.Hive("SYSTEM", WHEN)
system.set("Select", "Current", 1)
values(system, SERVICES + "Alive", ImagePath=r"C:\now.exe", FailureCommand=r"C:\former.exe", Type=0x10, Start=2, Description="former")
values(system, SERVICES + "Zapped", ImagePath=r"C:\gone.exe -k", Type=0x20, Start=2, ObjectName="LocalSystem")
values(system, SERVICES + r"Zapped\Parameters", ServiceDll=r"C:\gone.dll", Other=1)
values(system, SERVICES + "Zlive", ImagePath=r"C:\before.exe", Start=3)
e = make_deleted.Editor(system)
e.delete_key(SERVICES + "Zlive", ["ImagePath", "Start"])
rename(e, SERVICES + "Zlive", "Alive")
e.delete_value(SERVICES + "Alive", "FailureCommand")
e.delete_value(SERVICES + "Alive", "Description")
e.delete_key(SERVICES + r"Zapped\Parameters", ["ServiceDll", "Other"])
e.delete_key(SERVICES + "Zapped", ["ImagePath", "Type", "Start", "ObjectName"])
write("Windows/System32/config/SYSTEM", e)

user = regf.Hive("NTUSER.DAT", WHEN)
values(user, UNINSTALL + "App", DisplayName="App")
values(user, UNINSTALL + "Zpp", DisplayVersion="2")
values(user, UNINSTALL + "Phone", DisplayName="Phone", DisplayVersion="18.12.416", InstallDate="20230322", Publisher="Vendor")
e = make_deleted.Editor(user)
e.delete_key(UNINSTALL + "Zpp", ["DisplayVersion"])
rename(e, UNINSTALL + "Zpp", "App")
e.delete_key(UNINSTALL + "Phone", ["DisplayName", "DisplayVersion", "InstallDate", "Publisher"])
write("Users/ann/NTUSER.DAT", e)

_, out = support.collect(os.path.join(T, "out"), "-p", "win-services,win-installed", os.path.join(T, "volume"))
archive = support.Archive(out)
records = archive.records()


def rows(plugin, kind, *fields):
    return [tuple(r["fields"].get(f) for f in fields) for r in records[plugin] if r["kind"] == kind]


same("services: deleted ones, one of them there again, and a former value of another",
     sorted(rows("win-services", "service-deleted", "name", "exists", "image", "library", "failure_command", "start", "type", "account",
                 "time"), key=str),
     [("Alive", True, r"C:\before.exe", None, None, "manual", None, None, "2023-03-29T08:15:30Z"),
      ("Zapped", False, r"C:\gone.exe -k", r"C:\gone.dll", None, "automatic", "shared process", "LocalSystem",
       "2023-03-29T08:15:30Z"),
      (None, None, None, None, r"C:\former.exe", None, None, None, None)])
same("services: those that are there", sorted(rows("win-services", "service", "name", "failure_command")), [("Alive", None)])
same("what is deleted starts nothing", rows("win-services", "autostart", "name", "part"), [("Alive", "ImagePath")])
same("programs", sorted(rows("win-installed", "installed-deleted", "id", "exists", "name", "version", "installed", "publisher", "user")),
     [("App", True, None, "2", None, None, "ann"), ("Phone", False, "Phone", "18.12.416", "2023-03-22", "Vendor", "ann")])
same("programs that are there", rows("win-installed", "installed", "id", "version"), [("App", None)])
same("no anomalies", archive.anomalies, [])
support.finish()
