"""Machines for the verdict on the 3CX case, one for each step of its ladder and some mixed ones. As in the
sample image all of it is made here: no file of any vendor, no code, nothing that could run.

windows(NAME) and mac(NAME) give {path: File} and {path: bytes}, server() the latter."""

import importlib
import plistlib
import struct

import fixture_pe
import regf
import sample_tree
import tree_dirs
from sample_tree import FIRST, END, UPDATED, RUN, SID, Tree, app_folder, filetime, unix

prefetch = importlib.import_module("make-prefetch")
evtx = importlib.import_module("make-evtx")

RAN = unix("2023-03-14T09:13:00Z")      # first run of the bad build
LAST_RUN = unix("2023-04-05T16:00:00Z")
FETCHED = unix("2023-04-02T10:00:00Z")  # the first icon
WAIT = RAN + 604800 + 90000             # the end of the first wait
BROUGHT = unix("2023-04-04T03:00:00Z")  # what followed
LOCAL = "Users/%s/AppData/Local/"
HOME = LOCAL + "Programs/3CXDesktopApp"
PRODUCT = "{0CF0551C-0000-4000-8000-00000000C0DE}"


# --- Windows -----------------------------------------------------------------------


def put_hive(tree, path, hive, when=END):
    tree.put(path, hive.build(), when, "registry")


def user_hive(user, version=None, when=FIRST):
    hive = regf.Hive(r"\??\C:\Users\%s\ntuser.dat" % user, filetime(when))
    hive.set("Software\\" + RUN + r"\Run", "OneDrive",
             r'"%LOCALAPPDATA%\Microsoft\OneDrive\OneDrive.exe" /background', "REG_EXPAND_SZ")
    if version:
        sample_tree.uninstall_entry(hive, "Software\\", PRODUCT + ".msq", "3CX Desktop App", version,
                                    Publisher="3CX Ltd.")
    return hive


def base(*users):
    """A Windows as it should be, with its event logs, prefetch files and look-alikes."""
    tree = Tree()
    sample_tree.windows(tree)
    sample_tree.look_alikes(tree)
    sample_tree.hives(tree, False)
    tree.put("Windows/Prefetch/EDITOR.EXE-0C0FFEE0.pf", ran("EDITOR.EXE", [END]), END)
    for user in users:
        put_hive(tree, "Users/%s/NTUSER.DAT" % user, user_hive(user))
    return tree


def ran(name, runs, *files):
    """A prefetch file, up to two runs, the last one first."""
    data = bytearray(prefetch.build("30", name, len(runs), extra=files))
    struct.pack_into("<2Q", data, 84 + 44, *(filetime(r) for r in (runs + [0])[:2]))
    return bytes(data)


def app_ran(tree, user, folder, first, last, state=True):
    base_path = ("\\" + (HOME % user) + "/" + folder + "/").replace("/", "\\").upper()
    names = ["3CXDESKTOPAPP.EXE", "FFMPEG.DLL", "D3DCOMPILER_47.DLL"] + (["MANIFEST"] if state else [])
    files = ["\\VOLUME{01d95abc00000000-64bb3469}" + base_path + n for n in names]
    tree.put("Windows/Prefetch/3CXDESKTOPAPP.EXE-3CF05510.pf",
             ran("3CXDESKTOPAPP.EXE", [last, first], *files), last, "3cx")


def installed(tree, user, version, when):
    """The stub, the folder of the build, the registry."""
    put = lambda name, data: tree.put(HOME % user + "/" + name, data, when, "3cx")
    put("3CXDesktopApp.exe", sample_tree.program("3CXDesktopApp stub"))
    put("Update.exe", sample_tree.program("Update"))
    put(".installInfo.json", '{"appName": "3CXDesktopApp", "installVersion": "%s"}' % version)
    app_folder(tree, HOME % user + "/app-" + version, version, version in ("18.12.407", "18.12.416"), when)
    put_hive(tree, "Users/%s/NTUSER.DAT" % user, user_hive(user, version, when), when)


def exposed(tree):
    """Installed once, removed: an uninstall entry that stayed and Amcache."""
    put_hive(tree, "Users/anna/NTUSER.DAT", user_hive("anna", "18.12.416"))
    hive = regf.Hive(r"\SystemRoot\AppCompat\Programs\Amcache.hve", filetime(FIRST))
    key = r"Root\InventoryApplicationFile\3cxdesktopapp.ex|3cf0000000000002"
    for name, text in (("Name", "3CXDesktopApp.exe"), ("Version", "18.12.416.0"), ("FileId", "0000" + "c0de" * 10),
                       ("LowerCaseLongPath", r"c:\users\anna\appdata\local\programs\3cxdesktopapp\app-18.12.416"
                                             r"\3cxdesktopapp.exe")):
        hive.set(key, name, text)
    put_hive(tree, "Windows/appcompat/Programs/Amcache.hve", hive, FIRST)


def dormant(tree):
    installed(tree, "anna", "18.12.416", FIRST)


def state_file(tree, user="anna", folder="app-18.12.416"):
    tree.put(HOME % user + "/" + folder + "/manifest", struct.pack("<Q", WAIT), RAN + 30, "3cx")


def active(tree):
    dormant(tree)
    state_file(tree)
    app_ran(tree, "anna", "app-18.12.416", RAN, LAST_RUN)
    tree.put(LOCAL % "anna" + "Microsoft/Windows/INetCache/IE/3CF0AB12/icon3[1].ico",
             sample_tree.icon(sample_tree.ICON_TRAILER), FETCHED, "3cx")


def waiting(tree):
    """It ran, and was last started before its wait ended."""
    dormant(tree)
    state_file(tree)
    app_ran(tree, "anna", "app-18.12.416", RAN, RAN + 86400)


def second(tree):
    active(tree)
    tree.put("Windows/System32/wlbsctrl.dll", sample_tree.program("wlbsctrl", dll=True), BROUGHT, "3cx")
    tree.put("Windows/System32/config/TxR/%s.TxR.0.regtrans-ms" % sample_tree.HARDWARE_PROFILE,
             b"fixture " * 3840, BROUGHT, "3cx")


def updated(tree):
    """Active, then brought to a clean build, which left the state file in the old folder."""
    active(tree)
    bad = HOME % "anna" + "/app-18.12.416/"
    for name in [n for n in tree if n.startswith(bad) and not n.endswith("/manifest")]:
        del tree[name]
    installed(tree, "anna", "18.12.425", UPDATED)
    tree.put(HOME % "anna" + "/packages/RELEASES", "%040d 3CXDesktopApp-18.12.416-full.nupkg 2048\r\n" % 0, FIRST)


def logged(tree):
    """The app and all of its files are gone: only event logs remember an install, what Defender took away, a
    name that the app asked for, and the removal."""
    logs = "Windows/System32/winevt/Logs/%s.evtx"
    folder = "C:\\Users\\anna\\AppData\\Local\\Programs\\3CXDesktopApp\\app-18.12.416\\"
    defender, sysmon = "Microsoft-Windows-Windows Defender", "Microsoft-Windows-Sysmon"
    product = lambda event, when: evtx.Event("MsiInstaller", event, when, "Application", [
        "3CX Desktop App", "18.12.416.0", "1033", "0", "3CX Ltd."], user=SID + "-1001")
    events = {
        "Application": [product(1033, "2023-03-14T09:12:00"), product(1034, "2023-04-06T12:00:00")],
        defender + "%4Operational": [evtx.Event(defender, 1117, "2023-04-05T08:00:00", defender + "/Operational", [
            ("Threat Name", "Trojan:Win64/SamScissors"), ("Path", "file:_" + folder + "ffmpeg.dll"),
            ("Detection User", "FIXTURE-PC\\anna"), ("Action Name", "Quarantine")])],
        sysmon + "%4Operational": [evtx.Event(sysmon, 22, "2023-04-02T10:01:00", sysmon + "/Operational", [
            ("Image", folder + "3CXDesktopApp.exe"), ("QueryName", "pbxsources.com"), ("User", "FIXTURE-PC\\anna")])],
    }
    for name, rows in events.items():
        tree.put(logs % name, evtx.log(rows), END)


def users(tree):
    """Three people: it is active with one, lies there with another, the third never had it."""
    active(tree)
    installed(tree, "jonas", "18.12.407", FIRST - 86400)


def clean(tree):
    """Clean builds, the web client, 3CXPhone and the app of 2024; nothing may be told of them."""
    installed(tree, "anna", "18.12.425", UPDATED)
    app_ran(tree, "anna", "app-18.12.425", UPDATED + 60, END, state=False)
    tree.put("ProgramData/3CXPhone for Windows/PhoneApp/3CXWin8Phone.exe", sample_tree.program("3CXPhone"))
    tree.put("Program Files/WindowsApps/3CXDMCC.3CX_1.0.0.0_x64__97f1hnz6y6tba/AppxManifest.xml", "<Package/>")
    web = LOCAL % "jonas" + "Google/Chrome/User Data/Default/Web Applications/_crx_aabb/"
    tree.put(web + "3CX.ico", sample_tree.icon())
    tree.put(LOCAL % "jonas" + "Programs/ChatBox/app-18.12.416/manifest", "not of 3CX")
    firefox = "Users/anna/AppData/Roaming/Mozilla/Firefox/Profiles/3cf05510.default-release/"
    tree.put(firefox + "places.sqlite.old", b"made by hand")


def breached(tree):
    """How 3CX itself was breached, on a machine without its app."""
    for name in ("TpmVscMgrSvr.exe", "winscard.dll", "msvcr100.dll"):
        tree.put("ProgramData/TPM/" + name, sample_tree.program(name, dll=name.endswith("dll")), FIRST, "3cx")


def former(tree):
    """It was active before an upgrade; the Windows that runs now has never seen the app."""
    moved = base("anna")
    active(moved)
    for name, file in moved.items():
        tree["Windows.old/" + name] = file


WINDOWS = {"absent": lambda tree: None, "exposed": exposed, "dormant": dormant, "active": active, "waiting": waiting,
           "second stage": second, "updated": updated, "users": users, "logged": logged, "clean": clean, "breached": breached,
           "former": former}


def windows(name):
    tree = base("anna", "jonas", "karl")
    WINDOWS[name](tree)
    return tree


# --- macOS and the server ------------------------------------------------------------

APP = "Applications/3CX Desktop App.app/"
SUPPORT = "Users/mia/Library/Application Support/3CX Desktop App/"
STEPS = ("absent", "exposed", "dormant", "active", "second stage")


def mac(name):
    """A step of the ladder holds what the steps below it hold; "clean" is a clean build."""
    step = STEPS.index(name) if name in STEPS else 0
    tree = {
        "System/Library/CoreServices/SystemVersion.plist":
            plistlib.dumps({"ProductName": "macOS", "ProductVersion": "13.2.1"}),
        "Users/mia/Library/Preferences/com.example.fixture.plist": plistlib.dumps({"a": 1}),
        "Users/mia/Library/Application Support/ChatBox/.main_storage": b"not of 3CX",
        "Library/Graphics/Images/readme.txt": b"a folder that may be here\n",
    }
    if step or name == "clean":
        tree[APP + "Contents/Info.plist"] = tree_dirs.info_plist("18.12.416" if step else "18.12.425")
        tree[APP + "Contents/MacOS/3CX Desktop App"] = b"fixture of a program, no code"
        tree[SUPPORT + "config.json"] = b'{"url": "https://pbx.example.invalid", "AccountName": "201"}'
    if step != 1 and (step or name == "clean"):
        tree[APP + tree_dirs.LIBRARIES + "libffmpeg.dylib"] = tree_dirs.dylib(step > 1)
    if step > 2:
        tree[SUPPORT + ".main_storage"] = tree_dirs.xored(
            tree_dirs.UUID + bytes(12) + struct.pack("<Q", 1680000000))
    if step > 3:
        tree[SUPPORT + "UpdateAgent"] = b"fixture of a second stage, no code"
    return tree


def server(bad):
    name = "var/lib/3cxpbx/Instance1/Data/Http/electron/"
    version = "18.12.416" if bad else "18.12.425"
    return {
        "etc/os-release": b'ID=debian\nPRETTY_NAME="Debian GNU/Linux 10"\n',
        "etc/fstab": b"", "bin/true": b"fixture", "usr/bin/true": b"fixture",
        name + "windows/3CXDesktopApp-%s.msi" % version: b"fixture of an installer",
        name + "osx/3CXDesktopApp-%s.dmg" % version: b"fixture of an installer",
    }
