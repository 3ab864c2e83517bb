#!/usr/bin/env python3
"""The 3CX case on a Mac and on a 3CX server: each trace, and nothing of what only looks like one."""
import os
import sys
import warnings

warnings.simplefilter("ignore")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import mac_tree
import support
import tree_dirs
from support import check, same

T = support.scratch()
HOME, SUPPORT, SERVER = mac_tree.HOME, mac_tree.SUPPORT, mac_tree.SERVER
LIBRARY = mac_tree.LIBRARIES + "libffmpeg.dylib"


def run(name, plugins):
    tree = os.path.join(T, name)
    tree_dirs.write(mac_tree.TREES[name](), tree)
    _, out = support.collect(os.path.join(T, name + "-out"), "-p", plugins, tree)
    return support.Archive(out)


def findings(archive, *names):
    return sorted((f["evidence"][0]["path"], f["severity"], f["confidence"],
                   *(f["fields"].get(n) for n in names)) for f in archive.findings)


def rows(archive, plugin, kind):
    return [r["fields"] for r in archive.records()[plugin] if r["kind"] == kind]


def detail(archive, path):
    return "; ".join(f["detail"] for f in archive.findings if f["evidence"][0]["path"] == path)


# --- a Mac that went as far as it goes ---
a = run("mac", "3cx-macos")
APP, PHONE = "Applications/3CX Desktop App.app/", "Applications/Phone.app/"
same("findings of a Mac", findings(a, "sign", "system", "version", "detector"), sorted([
    (APP + "Contents/Info.plist", "medium", "high", "build.bad", "macos", "18.12.416", "D5"),
    (APP + LIBRARY, "high", "high", "library.dylib", "macos", None, None),
    (PHONE + "Contents/Info.plist", "medium", "high", "build.bad", "macos", "18.11.1213", "D5"),
    (PHONE + LIBRARY, "high", "high", "library.dylib", "macos", None, None),
    (SUPPORT + ".main_storage", "high", "high", "state.main_storage", "macos", None, "D7"),
    (SUPPORT + ".session-lock", "medium", "low", "state.main_storage", "macos", None, None),
    (SUPPORT + "UpdateAgent", "high", "high", "second.updateagent", "macos", None, None),
    ("Library/Graphics/Quartz", "high", "high", "second.poolrat", "macos", None, "D10"),
    ("private/etc/apdl.cf", "high", "high", "second.poolrat", "macos", None, "D10"),
    ("Library/LaunchDaemons/com.example.quartz.plist", "high", "high", "second.poolrat", "macos", None, None),
    (HOME + "Downloads/3CXDesktopApp-18.12.407.dmg", "medium", "medium", "installer.bad", "macos", "18.12.407", "D5"),
    (HOME + "Downloads/3CX.zip", "high", "high", "installer.bad", "macos", "18.12.402", None),
]))
same("no anomaly", [(x["object"], x["reason"]) for x in a.anomalies], [])
words = detail(a, APP + LIBRARY)
for word in ("%s/.main_storage in its program for amd64", "3cx_auth_id= XORed with 0x7A", "pbxphonenetwork.com"):
    check("of the library: " + word, word in words, words)
check("of the second stage: its name", "signed by nobody as payload2-5555" in detail(a, SUPPORT + "UpdateAgent"))
same("builds and where they say so", sorted((r["version"], r["source"], r["present"]) for r in rows(a, "3cx-macos", "install")), [
    ("18.11.1213", "Info.plist", True), ("18.11.1213", "package.json in app.asar", True),
    ("18.12.416", "Info.plist", True), ("18.12.416", "package.json in app.asar", True),
    ("18.12.416", "signing time", True)])
signers = {r["entry"]["path"]: r for r in rows(a, "3cx-macos", "program")}
row = signers[APP + "Contents/MacOS/3CX Desktop App"]
same("who signed, and when", (row["team"], row["time"], row["version"]), ("33CF4654HL", "2023-03-13T06:41:52Z", "18.12.416"))
row = rows(a, "3cx-macos", "state")[0]
same("state", (row["id"], row["wait_until"], row["system"], row["user"]),
     ("00000000-0000-4000-8000-000000000001", "2023-03-28T10:40:00Z", "macos", "mia"))
same("settings", [(r["account"], r["pbx"]) for r in rows(a, "3cx-macos", "settings")], [("201", "https://pbx.example.invalid")])
same("scripts", sorted((r["version"], r["files"]) for r in rows(a, "3cx-macos", "asar")), [("18.11.1213", 2), ("18.12.416", 2)])

# --- traces of what was removed ---
a = run("traces", "3cx-macos")
same("findings of traces", findings(a, "sign", "version", "present"), sorted([
    (HOME + ".Trash/3CX Desktop App.app/Contents/Info.plist", "medium", "high", "build.bad", "18.12.416", False),
    (HOME + "Library/Logs/3CX Desktop App/main.log", "medium", "high", "build.bad", "18.11.1213", False),
    (HOME + "Library/Logs/DiagnosticReports/3CX Desktop App-2023-03-22-101200.ips", "medium", "high", "build.bad", "18.12.407", False),
    ("private/var/db/receipts/com.electron.3cx-desktop-app.plist", "medium", "high", "build.bad", "18.12.416", False),
    ("Library/Receipts/InstallHistory.plist", "medium", "high", "build.bad", "18.12.402", False),
    (HOME + "Library/Preferences/com.apple.LaunchServices.QuarantineEventsV2", "medium", "medium", "installer.bad", "18.12.416", None),
]))
runs = {r["source"]: r for r in rows(a, "3cx-macos", "run")}
same("runs", sorted(runs), ["knowledgeC.db", "log main.log", "preferences", "report of a crash", "saved state"])
same("use", [runs["knowledgeC.db"][k] for k in ("count", "first", "last")], [3, "2023-03-14T09:12:00Z", "2023-03-16T09:12:00Z"])
same("time of a crash in UTC", runs["report of a crash"]["time"], "2023-03-22T09:12:00Z")
same("downloads", [(r.get("version"), r.get("probably"), r["time"]) for r in rows(a, "3cx-macos", "download")],
     [("18.12.416", None, "2023-03-14T09:12:00Z"), (None, "18.12.416", "2023-03-14T09:13:00Z")])
same("rules of XProtect", [r["what"] for r in rows(a, "3cx-macos", "protection")], ["XProtect rule RankStank"])

# --- look-alikes ---
a = run("clean", "3cx")
same("look-alikes: no finding", findings(a), [])
same("clean builds", sorted({(r["version"], r["class"]) for r in rows(a, "3cx-macos", "install")}),
     [("18.12.422", "clean"), ("18.13.959", "clean")])
same("other programs are left alone", [n for n in a.files if "Chat" in n and "Application Support/Chat" not in n], [])

# --- a server ---
a = run("server", "3cx-server")
WINDOWS, OSX = SERVER + "windows/", SERVER + "osx/"
same("findings of a server", findings(a, "sign", "system", "build", "version"), sorted([
    (WINDOWS + "3CXDesktopApp-18.12.416.msi", "medium", "high", "installer.bad", "server", "windows", "18.12.416"),
    (WINDOWS + "3CXDesktopApp-18.12.407-full.nupkg", "high", "high", "installer.bad", "server", "windows", "18.12.407"),
    (WINDOWS + "renamed.nupkg", "high", "high", "installer.bad", "server", "windows", "18.12.416"),
    (OSX + "3CXDesktopApp-18.12.416.dmg", "medium", "medium", "installer.bad", "server", "macos", "18.12.416"),
    (OSX + "update.zip", "high", "high", "installer.bad", "server", "macos", "18.12.416"),
]))
words = detail(a, WINDOWS + "renamed.nupkg")
for word in ("its nuspec says so", "ffmpeg.dll: holds the RC4 key", "d3dcompiler_47.dll: FEEDFACE twice"):
    check("of a package: " + word, word in words, words)
same("what lies in it", [(m["name"], len(m["sha256"])) for r in rows(a, "3cx-server", "package")
                         if r["entry"]["path"].endswith("renamed.nupkg") for m in r["members"]],
     [("tool.nuspec", 64), ("lib/net45/ffmpeg.dll", 64), ("lib/net45/d3dcompiler_47.dll", 64)])
same("what a library in it hides is recorded", sorted(r["source"] for r in rows(a, "3cx-server", "payload")),
     ["behind the signature of d3dcompiler_47.dll in 3CXDesktopApp-18.12.407-full.nupkg",
      "behind the signature of d3dcompiler_47.dll in renamed.nupkg"])
notes = {x["object"].rsplit("/", 1)[-1]: x["reason"] for x in a.anomalies}
check("encrypted members are told", "encrypted members were not looked at" in notes.get("locked.nupkg", ""), notes)
check("a damaged package is told", "no ZIP archive" in notes.get("broken.nupkg", ""), notes)
same("installers", sorted((r["entry"]["path"].rsplit("/", 1)[-1], r.get("version"), r.get("class"))
                          for r in rows(a, "3cx-server", "installer"))[:3],
     [("3CXDesktopApp-18.12.407-full.nupkg", "18.12.407", "bad"), ("3CXDesktopApp-18.12.416.dmg", "18.12.416", "bad"),
      ("3CXDesktopApp-18.12.416.msi", "18.12.416", "bad")])
support.finish()
