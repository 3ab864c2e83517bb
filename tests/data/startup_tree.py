"""A folder like a Windows with files in its Startup folders. Shortcuts are written after [MS-SHLLINK]
as far as this needs. Nothing in it runs."""
import os
import struct

from regf import Hive, filetime

WHEN = filetime("2023-03-29T08:15:30Z")
MENU = "/Start Menu/Programs/Startup/"
ROAMING = "/AppData/Roaming/Microsoft/Windows"
APPROVED = r"Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\StartupFolder"


def shortcut(target, arguments="", folder=""):
    """A *.lnk to a file on a fixed disk."""
    flags = 0x80 | (2 if target else 0) | (0x20 if arguments else 0) | (0x10 if folder else 0)
    out = struct.pack("<I16sIIQQQIIIHHII", 0x4C, bytes.fromhex("0114020000000000c000000000000046"), flags, 0x20,
                      WHEN, WHEN, WHEN, 5, 0, 1, 0, 0, 0, 0)
    if target:
        volume = struct.pack("<IIII", 17, 3, 0x12345678, 16) + b"\0"
        path = target.encode("latin-1") + b"\0"
        ends = 28 + len(volume) + len(path)
        out += struct.pack("<7I", ends + 1, 28, 1, 28, 28 + len(volume), 0, ends) + volume + path + b"\0"
    for text in (folder, arguments):
        if text:
            out += struct.pack("<H", len(text)) + text.encode("utf-16-le")
    return out + bytes(4)


def write(folder, path, data):
    full = os.path.join(folder, *path.split("/"))
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data)


def hive(folder, path, values, key):
    h = Hive("NTUSER.DAT", WHEN)
    for name, data in values.items():
        h.set(key, name, data)
    write(folder, path, h.build())


def tree(folder):
    def put(path, data=b"data"):
        write(folder, path, data)

    off = b"\3\0\0\0" + struct.pack("<Q", WHEN)
    hive(folder, "Users/ann/NTUSER.DAT", {"Tool.lnk": off, "script.vbs": b"\2" + bytes(11)}, "Software\\" + APPROVED)
    hive(folder, "Windows/System32/config/SOFTWARE", {"All.lnk": off}, APPROVED)
    ann, every = "Users/ann" + ROAMING + MENU, "ProgramData/Microsoft/Windows" + MENU
    put(ann + "desktop.ini", b"[.ShellClassInfo]")
    put(ann + "Tool.lnk", shortcut("C:\\Program Files\\Tool\\my tool.exe", "/tray", "C:\\Program Files\\Tool"))
    put(ann + "Hosted.lnk", shortcut("C:\\Windows\\System32\\cmd.exe", "/c C:\\Users\\ann\\run.bat"))
    put(ann + "Gone.lnk", shortcut("C:\\Gone\\gone.exe"))
    put(ann + "Nowhere.lnk", shortcut(""))
    put(ann + "Torn.lnk", shortcut("C:\\Windows\\System32\\cmd.exe")[:60])
    put(ann + "None.lnk", b"no shortcut")
    put(ann + "script.vbs", b"' nothing")
    put(ann + "Page.url", b"[InternetShortcut]\r\nURL=https://example.org/\r\n")
    put(ann + "File.url", b"[InternetShortcut]\r\nIconIndex=0\r\nurl = file:///C:/Program%20Files/Tool/my%20tool.exe\r\n")
    put(ann + "Wide.url", "[InternetShortcut]\r\nURL=file:///C|/Users/ann/run.bat\r\n".encode("utf-16"))
    put(ann + "Empty.url", b"")
    put(ann + "sub/not.exe")
    put(every + "All.lnk", shortcut("C:\\Program Files\\Tool\\my tool.exe"))
    put("Windows.old/" + every + "Old.cmd")
    put("Documents and Settings/bob" + MENU + "bob.cmd")
    put("Documents and Settings/All Users" + MENU + "all.cmd")
    policy = "Windows/System32/GroupPolicy/"
    put(policy + "Machine/Scripts/scripts.ini", "\r\n[Startup]\r\n0CmdLine=boot.cmd\r\n0Parameters=/a b\r\n"
        "1CmdLine=C:\\Users\\ann\\run.bat\r\n1Parameters=\r\n[Shutdown]\r\n0CmdLine=gone.cmd\r\n".encode("utf-16"))
    put(policy + "Machine/Scripts/Startup/boot.cmd")
    put(policy + "User/Scripts/psscripts.ini", b"0CmdLine=lost\n[Logon]\n7CmdLine=C:\\Users\\ann\\run.bat\n0CmdLine=\nnoise\n[ScriptsConfig]\nStartExecutePSFirst=true\n")
    put("Users/ann/Documents/WindowsPowerShell/Microsoft.PowerShell_profile.ps1")
    put("Windows/System32/WindowsPowerShell/v1.0/profile.ps1")
    put("Users/ann/AppData/Roaming/Microsoft/Word/STARTUP/addin.dotm")
    for path in ("Program Files/Tool/my tool.exe", "Users/ann/run.bat", "Windows/System32/cmd.exe"):
        put(path)
