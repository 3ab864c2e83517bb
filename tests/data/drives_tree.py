"""What lies on the volumes of drives.img.xz; see make-drives-fixture.sh.

drives_tree.py FOLDER windows      into a mounted NTFS, with 8.3 names
drives_tree.py FOLDER data         into a folder that is copied to a FAT volume
"""
import os
import sys
import uuid

sys.dont_write_bytecode = True
import regf

WHEN = regf.filetime("2023-04-11T17:00:00Z")
C_GUID = "5f7a6c1e-3c0f-4551-8c00-0000000000c1"
D_GUID = "5f7a6c1e-3c0f-4551-8c00-0000000000d1"

# path: its 8.3 name, or None
WINDOWS = {
    "Program Files": "PROGRA~1",
    "Program Files/Long Vendor Name": "LONGVE~1",
    "Program Files/Long Vendor Name/very long program.exe": "VERYLO~1.EXE",
    "Program Files/Longer Vendor": "LONGE~27",  # a number that no rule gives
    "Program Files/Longer Vendor/a.exe": None,
    "Program Files (x86)": "PROGRA~2",
    "Program Files (x86)/Old/old.exe": None,
    "Users": None,
    "Users/ann/AppData/Roaming/App Folder/app.exe": None,
    "Windows": None,
    "Windows/System32/cmd.exe": None,
    "Windows/System32/notepad.exe": None,
    "Windows/SysWOW64/narrow.dll": None,
    "Windows.old/Users/ann/Tools of Old/t.exe": None,
    "Profiles/eve/AppData/Roaming/e.exe": None,
}
DATA = ("Roaming/b.exe", "bin/tool.exe", "bin/quick.cmd", "Some Long Folder/long file name.exe", "only.dll", "large.bin")
LARGE = 100000


def system():
    hive = regf.Hive(r"\SystemRoot\System32\Config\SYSTEM", WHEN)
    hive.set("Select", "Current", 2)
    for number, tools in ((1, r"C:\wrong"), (2, r"D:\bin")):
        key = r"ControlSet%03d\Control\Session Manager\Environment" % number
        hive.set(key, "Path", r"%SystemRoot%\system32;%SystemRoot%;" + tools, "REG_EXPAND_SZ")
        hive.set(key, "TOOLS", tools)
        hive.set(key, "windir", "%SystemRoot%", "REG_EXPAND_SZ")
        hive.set(key, "TEMP", r"%SystemRoot%\TEMP", "REG_EXPAND_SZ")
        hive.set(key, "NUMBER", 4)
    for letter, guid in (("C", C_GUID), ("D", D_GUID)):
        hive.set("MountedDevices", "\\DosDevices\\%s:" % letter, b"DMIO:ID:" + uuid.UUID(guid).bytes_le)
    return hive


def ntuser():
    hive = regf.Hive(r"\??\C:\Users\ann\ntuser.dat", WHEN)
    hive.set("Environment", "APPS", r"%APPDATA%\App Folder", "REG_EXPAND_SZ")
    hive.set("Environment", "Tools", r"D:\Some Long Folder")  # in place of the machine's
    return hive


def former():
    hive = regf.Hive(r"\??\C:\Users\ann\ntuser.dat", WHEN)
    hive.set("Environment", "Tools", r"%USERPROFILE%\Tools of Old", "REG_EXPAND_SZ")
    return hive


def mover():
    """A user whose folder of applications was moved."""
    hive = regf.Hive(r"\??\C:\Users\bob\ntuser.dat", WHEN)
    folders = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
    hive.set(folders, "AppData", r"D:\Roaming", "REG_EXPAND_SZ")
    hive.set(folders, "Local AppData", r"%USERPROFILE%\AppData\Local", "REG_EXPAND_SZ")
    return hive


def software():
    hive = regf.Hive(r"\SystemRoot\System32\Config\SOFTWARE", WHEN)
    for number, folder in ((1001, r"C:\Users\ann"), (1002, r"C:\Users\bob"), (1003, r"C:\Profiles\eve")):
        hive.set(r"Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-%d" % number,
                 "ProfileImagePath", folder, "REG_EXPAND_SZ")
    return hive


def put(root, name, data):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def windows(root):
    for name in WINDOWS:
        if "." in name:
            put(root, name, name.encode())
    put(root, "Windows/System32/config/SYSTEM", system().build())
    put(root, "Users/ann/NTUSER.DAT", ntuser().build())
    put(root, "Users/bob/NTUSER.DAT", mover().build())
    put(root, "Windows/System32/config/SOFTWARE", software().build())
    put(root, "Windows.old/Users/ann/NTUSER.DAT", former().build())
    for name, short in WINDOWS.items():
        if short:
            os.setxattr(os.path.join(root, name), "system.ntfs_dos_name", short.encode())


def data(root):
    for name in DATA:
        put(root, name, bytes(LARGE) if name == "large.bin" else name.encode())


if __name__ == "__main__":
    {"windows": windows, "data": data}[sys.argv[2]](sys.argv[1])
