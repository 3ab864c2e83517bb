"""Folders of a Mac and of a 3CX server, for tests of the 3CX case on them. Nothing in them is of any vendor or
could run: programs have no code.

usage: mac_tree.py mac|traces|clean|server FOLDER

mac     a Mac on which a bad build went as far as its second stage
traces  a Mac from which it was removed
clean   look-alikes of each kind
server  what a 3CX server hands out to clients, bad, clean and damaged"""

import importlib
import json
import os
import plistlib
import sqlite3
import struct
import sys
import tempfile
import warnings
from datetime import datetime

import fixture_pe
import tree_dirs
from sample_tree import EVENT, FIRST, HARMLESS, RC4_KEY

archives = importlib.import_module("make-archives")
macho = importlib.import_module("make-macho")
msi = importlib.import_module("make-msi")

HOME = "Users/mia/"
SUPPORT = HOME + "Library/Application Support/3CX Desktop App/"
LIBRARIES = tree_dirs.LIBRARIES
SYSTEM = {"System/Library/CoreServices/SystemVersion.plist": plistlib.dumps({"ProductVersion": "13.2.1"})}
STORAGE = tree_dirs.xored(tree_dirs.UUID + bytes(12) + struct.pack("<Q", 1680000000))
IDENTIFIER = "com.electron.3cx-desktop-app"
STAMP = dict(team="33CF4654HL", when="230313064152Z", stamp=False)
BAD_TEXTS = b"%s/.main_storage\0%s/UpdateAgent\0" + tree_dirs.xored(b"3cx_auth_id=\0pbxphonenetwork.com\0")
SERVER = "var/lib/3cxpbx/Instance1/Data/Http/electron/"


def library(bad, how=None):
    """A fat library: the bad texts are in the program for amd64 only."""
    sign = macho.signed(**(how or {}))
    texts = BAD_TEXTS if bad else b"%s/frame.png\0UpdateAgent\0"
    return macho.fat([(macho.AMD64, macho.program(macho.AMD64, sign, texts=texts)),
                      (macho.ARM64, macho.program(macho.ARM64, sign, texts=b"codec\0"))])


def info(version, name="3CX Desktop App", identifier=IDENTIFIER, index=None):
    keys = {"CFBundleIdentifier": identifier, "CFBundleName": name, "CFBundleShortVersionString": version}
    if index:
        keys["ElectronAsarIntegrity"] = {"Resources/app.asar": {"algorithm": "SHA256", "hash": index}}
    return plistlib.dumps(keys)


def bundle(at, version, bad, name="3CX Desktop App", identifier=IDENTIFIER, how=None):
    return {
        at + "Contents/Info.plist": info(version, name, identifier),
        at + "Contents/MacOS/" + name: macho.program(macho.AMD64, macho.signed(**(how or {}))),
        at + "Contents/Resources/app.asar": archives.asar(version, name.lower()),
        at + LIBRARIES + "libffmpeg.dylib": library(bad, how),
    }


# --- databases ---------------------------------------------------------------------


def database(*statements):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "db")
        with sqlite3.connect(path) as db:
            for text, rows in statements:
                if rows is None:
                    db.execute(text)
                else:
                    db.executemany(text, rows)
        db.close()
        with open(path, "rb") as f:
            return f.read()


MAC_EPOCH = 978307200


def quarantine(*urls):
    columns = ("LSQuarantineEventIdentifier TEXT PRIMARY KEY, LSQuarantineTimeStamp REAL, LSQuarantineAgentName TEXT, "
               "LSQuarantineDataURLString TEXT, LSQuarantineOriginURLString TEXT")
    rows = [("E%d" % i, FIRST + 60 * i - MAC_EPOCH, "Safari", url, "https://pbx.example.invalid/")
            for i, url in enumerate(urls)]
    return database(("CREATE TABLE LSQuarantineEvent (%s)" % columns, None),
                    ("INSERT INTO LSQuarantineEvent VALUES (?,?,?,?,?)", rows))


def knowledge(identifier):
    rows = [("/app/inFocus", identifier, FIRST + s - MAC_EPOCH, FIRST + s + 30 - MAC_EPOCH) for s in (0, 86400, 172800)]
    return database(("CREATE TABLE ZOBJECT (ZSTREAMNAME TEXT, ZVALUESTRING TEXT, ZSTARTDATE REAL, ZENDDATE REAL)", None),
                    ("INSERT INTO ZOBJECT VALUES (?,?,?,?)", rows))


# --- trees -------------------------------------------------------------------------

CLIENTS = "https://downloads-global.3cx.com/downloads/v180/templates/clients/3CXDesktopApp-"


def mac():
    agent = macho.program(macho.AMD64, lambda code: macho.adhoc(code, b"payload2-55554944839216049d683075bc3f5a8628778bb8"))
    daemon = {"Label": "com.example.quartz", "ProgramArguments": ["/Library/Graphics/Quartz", "-d"]}
    return {
        **SYSTEM, **bundle("Applications/3CX Desktop App.app/", "18.12.416", True, how=STAMP),
        **bundle("Applications/Phone.app/", "18.11.1213", True),
        SUPPORT + "config.json": b'{"url": "https://pbx.example.invalid", "AccountName": "201"}',
        SUPPORT + ".main_storage": STORAGE,
        SUPPORT + ".session-lock": b"",
        SUPPORT + "UpdateAgent": agent,
        "Library/Graphics/Quartz": macho.program(macho.ARM64, macho.adhoc),
        "private/etc/apdl.cf": b"fixture",
        "Library/LaunchDaemons/com.example.quartz.plist": plistlib.dumps(daemon),
        HOME + "Downloads/3CXDesktopApp-18.12.407.dmg": b"fixture of a disk image",
        HOME + "Downloads/3cxdesktopapp-latest.dmg": b"fixture of a disk image",
        HOME + "Downloads/3CX.zip": archives.packed([(n[len("Applications/"):], d) for n, d in bundle(
            "Applications/3CX Desktop App.app/", "18.12.402", True).items()]),
    }


def traces():
    report = {"app_name": "3CX Desktop App", "timestamp": "2023-03-22 10:12:00.00 +0100", "app_version": "18.12.407",
              "bundleID": IDENTIFIER}
    when = datetime.utcfromtimestamp(FIRST)
    receipt = {"PackageIdentifier": IDENTIFIER, "PackageVersion": "18.12.416", "InstallDate": when,
               "InstallProcessName": "Installer"}
    history = [{"date": when, "displayName": "3CX Desktop App", "displayVersion": "18.12.402", "processName": "installer"},
               {"date": when, "displayName": "Phone", "displayVersion": "18.12.416", "processName": "installer"}]
    held = bundle(HOME + ".Trash/3CX Desktop App.app/", "18.12.416", False)
    return {
        **SYSTEM, **held,
        HOME + f"Library/Preferences/{IDENTIFIER}.plist": plistlib.dumps({}),
        HOME + f"Library/Saved Application State/{IDENTIFIER}.savedState/windows.plist": plistlib.dumps([]),
        HOME + "Library/Logs/3CX Desktop App/main.log": b"[info] 3CXDesktopApp/18.11.1213 starts\n",
        HOME + "Library/Logs/DiagnosticReports/3CX Desktop App-2023-03-22-101200.ips": json.dumps(report).encode() + b"\n{}",
        f"private/var/db/receipts/{IDENTIFIER}.plist": plistlib.dumps(receipt, fmt=plistlib.FMT_BINARY),
        f"private/var/db/receipts/{IDENTIFIER}.bom": b"BOMStore fixture",
        "Library/Receipts/InstallHistory.plist": plistlib.dumps(history),
        HOME + "Library/Preferences/com.apple.LaunchServices.QuarantineEventsV2": quarantine(
            CLIENTS + "18.12.416.dmg", CLIENTS + "latest.dmg", "https://www.example.org/tool.dmg"),
        HOME + "Library/Application Support/Knowledge/knowledgeC.db": knowledge(IDENTIFIER),
        "Library/Apple/System/Library/CoreServices/XProtect.bundle/Contents/Resources/XProtect.yara":
            b"rule macos_rankstank { condition: false }",
    }


def clean():
    """Programs with a library of that name, names elsewhere, clean builds: nothing may be told."""
    near = {"Label": "com.example.near", "ProgramArguments": ["/Library/Graphics/QuartzTools/run"]}
    text = {"Label": "com.example.text", "ProgramArguments": ["/bin/echo", "/Library/Graphics/Quartz"]}
    return {
        **SYSTEM, **bundle("Applications/3CX Desktop App.app/", "18.13.959", False),
        **bundle(HOME + "Applications/3CX Desktop App.app/", "18.12.422", False, how=dict(team="33CF4654HL")),
        **bundle("Applications/Chat.app/", "18.12.416", False, "Chat", "org.example.chat"),
        "Applications/Broken.app/Contents/Info.plist": b"no property list",
        "Applications/Tool.app/Contents/MacOS/UpdateAgent": macho.program(macho.AMD64, macho.adhoc),
        HOME + "Library/Application Support/Chat/UpdateAgent": b"fixture",
        HOME + "Library/Application Support/Chat/.main_storage": STORAGE,
        "Library/Graphics/Quartz/readme.txt": b"a folder",
        "Library/LaunchDaemons/com.example.near.plist": plistlib.dumps(near),
        "Library/LaunchDaemons/com.example.text.plist": plistlib.dumps(text),
        SUPPORT + "config.json": b'{"url": "https://pbx.example.invalid", "AccountName": "201"}',
        HOME + "Downloads/3CXDesktopApp-18.13.959.dmg": b"fixture of a disk image",
        HOME + "Library/Preferences/com.apple.LaunchServices.QuarantineEventsV2": quarantine(CLIENTS + "18.13.959.dmg"),
        HOME + "Library/Application Support/Knowledge/knowledgeC.db": knowledge("org.example.chat"),
    }


def nuspec(version, name="3CXDesktopApp"):
    return b"<package><metadata><id>%s</id><version>%s</version></metadata></package>" % (
        name.encode(), version.encode())


def dlls(bad):
    """ffmpeg.dll and d3dcompiler_47.dll as in an update package."""
    texts = RC4_KEY + b"\0" + EVENT if bad else b"codec"
    table = fixture_pe.tagged_certificate(HARMLESS, RC4_KEY) if bad else fixture_pe.certificate()
    return [("lib/net45/ffmpeg.dll", fixture_pe.build(texts)),
            ("lib/net45/d3dcompiler_47.dll", fixture_pe.build(b"compiler", table=table))]


def update(version, bad, name="3CXDesktopApp"):
    return archives.packed([("tool.nuspec", nuspec(version, name)), *dlls(bad)])


def locked():
    data = bytearray(archives.packed([("lib/net45/ffmpeg.dll", bytes(12) + HARMLESS)], archives.zipfile.ZIP_STORED))
    for mark, at in (b"PK\3\4", 6), (b"PK\1\2", 8):
        data[data.index(mark) + at] |= 1
    return bytes(data)


def server():
    app = [(n, d) for n, d in bundle("3CX Desktop App.app/", "18.12.416", True).items()]
    return {
        "etc/passwd": b"root:x:0:0::/root:/bin/sh\n",
        SERVER + "windows/3CXDesktopApp-18.12.416.msi": msi.app("18.12.416"),
        SERVER + "windows/3CXDesktopApp-18.12.425.msi": msi.app("18.12.425"),
        SERVER + "windows/3CXDesktopApp-18.12.407-full.nupkg": update("18.12.407", True),
        SERVER + "windows/renamed.nupkg": update("18.12.416", True),
        SERVER + "windows/3CXDesktopApp-18.13.959-full.nupkg": update("18.13.959", False),
        SERVER + "windows/other.nupkg": update("18.12.416", False, "Chat"),
        SERVER + "windows/locked.nupkg": locked(),
        SERVER + "windows/broken.nupkg": update("18.12.416", True)[:300],
        SERVER + "windows/RELEASES": b"fixture",
        SERVER + "osx/3CXDesktopApp-18.12.416.dmg": b"fixture of a disk image",
        SERVER + "osx/3CXDesktopApp-18.13.959.dmg": b"fixture of a disk image",
        SERVER + "osx/update.zip": archives.packed(app),
    }


TREES = {"mac": mac, "traces": traces, "clean": clean, "server": server}

if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree_dirs.write(TREES[sys.argv[1]](), sys.argv[2])
