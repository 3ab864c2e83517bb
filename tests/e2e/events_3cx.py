#!/usr/bin/env python3
"""3cx-events on logs that tests/data/make-evtx.py makes: signs and records of the case, and what is never told."""
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
from support import same

make = importlib.import_module("make-evtx")
Event = make.Event

T = support.scratch()
ANN = "S-1-5-21-1-2-3-1001"
SYSMON, DNS, TASKS = (f"Microsoft-Windows-{n}" for n in ("Sysmon", "DNS-Client", "TaskScheduler"))
DEFENDER, AUDIT, SCM = "Microsoft-Windows-Windows Defender", "Microsoft-Windows-Security-Auditing", "Service Control Manager"
APP = "C:\\Users\\ann\\AppData\\Local\\Programs\\3CXDesktopApp\\app-18.12.416\\3CXDesktopApp.exe"
FFMPEG = APP.replace("3CXDesktopApp.exe", "ffmpeg.dll")
HASHES = "SHA1=bf939c9c261d27ee7bb92325cc588624fca75429,MD5=74BC2D0B6680FAA1A5A76B27E5479CBC"
UPDATE = "https://pbx.example/electron/update/win32/18.12.416"
TPM = "\\Microsoft\\Windows\\TPM\\"


def at(minute):
    return f"2023-03-29T09:{minute:02}:00"


def threat(minute, name, path, *more, id=1116):
    return Event(DEFENDER, id, at(minute), DEFENDER + "/Operational",
                 [("Threat Name", name), ("Severity Name", "Severe"), ("Path", path), ("Detection User", "PC1\\ann"), *more])


def product(id, minute, name, version, status="0"):
    return Event("MsiInstaller", id, at(minute), "Application", [name, version, "1033", status, "Maker"], user=ANN)


def process(minute, program, parent, command, sysmon=True, **more):
    if not sysmon:
        return Event(AUDIT, 4688, at(minute), "Security",
                     [("SubjectUserName", "ann"), ("SubjectUserSid", make.Sid(ANN)), ("NewProcessName", program),
                      ("ParentProcessName", parent), ("CommandLine", command)])
    return Event(SYSMON, 1, at(minute), SYSMON + "/Operational",
                 [("Image", program), ("ParentImage", parent), ("CommandLine", command), ("User", "PC1\\ann")] + list(more.items()))


def asked(minute, program, name):
    return Event(SYSMON, 22, at(minute), SYSMON + "/Operational", [("Image", program), ("QueryName", name), ("User", "PC1\\ann")])


def loaded(minute, library, hashes):
    return Event(SYSMON, 7, at(minute), SYSMON + "/Operational", [("Image", APP), ("ImageLoaded", library), ("Hashes", hashes)])


def scheduled(id, minute, name, **more):
    return Event(TASKS, id, at(minute), TASKS + "/Operational", [("TaskName", name)] + list(more.items()))


def service(minute, id, **fields):
    return Event(SCM, id, at(minute), "System", list(fields.items()))


def folder(name, logs):
    tree = os.path.join(T, name)
    for log, events in logs.items():
        make.write(os.path.join(tree, "Windows/System32/winevt/Logs", log + ".evtx"), events)
    _, out = support.collect(os.path.join(T, name + ".out"), "-p", "3cx-events", tree)
    archive = support.Archive(out)
    same(name + ": no anomalies", [a["reason"] for a in archive.anomalies], [])
    return archive


BAD = {
    DEFENDER + "%4Operational": [
        threat(10, "Trojan:Win64/SamScissors", "file:_" + FFMPEG),
        threat(11, "Trojan:Win64/SamScissors", "file:_" + FFMPEG, ("Action Name", "Quarantine"), id=1117)],
    "Application": [product(1033, 1, "3CX Desktop App", "18.12.416.0"), product(1034, 40, "3CX Desktop App", "18.12.416.0"),
                    Event("Sophos Anti-Virus", 32, at(35), "Application",
                          ["Virus/spyware 'Troj/Steal-DLG' has been detected in '" + FFMPEG + "'."]),
                    Event("ESET Security", 3, at(36), "Application", [("Threat", "Win64/NukeSped.JG trojan"), ("Object", FFMPEG)]),
                    Event("Elastic Endpoint", 1, at(37), "Application", ["Windows.Trojan.SuddenIcon", FFMPEG]),
                    product(1033, 41, "3CX Desktop App", "18.12.425.0"), product(1033, 42, "3CX Desktop App", "18.12.407.0", "1603")],
    "Security": [process(3, APP.replace("app-18.12.416\\3CXDesktopApp", "Update"), "C:\\x.exe", f"Update.exe --update {UPDATE}", False),
                 process(4, APP, "C:\\Windows\\explorer.exe", APP, False)],
    SYSMON + "%4Operational": [
        process(5, APP, "C:\\Windows\\explorer.exe", APP), process(6, APP, "C:\\Windows\\explorer.exe", APP),
        process(7, "C:\\Windows\\System32\\cmd.exe", APP, "cmd /c whoami"),
        process(8, "C:\\Windows\\System32\\rundll32.exe", APP, "rundll32 x.dll,y"),
        loaded(9, FFMPEG, HASHES), loaded(9, FFMPEG, HASHES),
        asked(20, APP, "raw.githubusercontent.com"), asked(21, APP, "akamaitechcloudservices.com."),
        asked(22, "C:\\Program Files\\Google\\Chrome\\chrome.exe", "akamaitechcloudservices.com")],
    DNS + "%4Operational": [Event(DNS, 3008, at(23), DNS + "/Operational", [("QueryName", "www.azureonlinestorage.com")])],
    "System": [service(29, 7036, param1="Spooler", param2="running", Binary="Spooler/4".encode("utf-16-le")),
               service(30, 7036, param1="IKE- und AuthIP", param2="running", Binary="IKEEXT/4".encode("utf-16-le")),
               service(31, 7040, param1="IKE", param2="demand start", param3="auto start", param4="IKEEXT")],
    TASKS + "%4Operational": [scheduled(106, 32, TPM + "Update", UserContext="PC1\\ann"),
                              scheduled(200, 33, TPM + "Update", ActionName="C:\\ProgramData\\TPM\\TpmVscMgrSvr.exe")],
}
archive = folder("bad", BAD)
rows = {}
for row in archive.records()["3cx-events"]:
    rows.setdefault(row["kind"], []).append(row["fields"])


def part(kind, *names):
    return sorted([[row.get(n) for n in names] for row in rows.get(kind, [])], key=str)


same("logs", part("log", "channel", "records", "first", "last")[0],
     ["Application", 7, "2023-03-29T09:01:00Z", "2023-03-29T09:42:00Z"])
same("installs", part("install", "version", "class", "time", "sid", "system", "source"),
     [["18.12.416", "bad", "2023-03-29T09:01:00Z", ANN, "windows", "event log"],
      ["18.12.425", "clean", "2023-03-29T09:41:00Z", ANN, "windows", "event log"]])
same("removed", part("removed", "version", "time"), [["18.12.416", "2023-03-29T09:40:00Z"]])
same("what failed is no install", part("installer-event", "version", "status"), [["18.12.407", "1603"]])
same("updates", part("update", "version", "url", "user", "sid", "time"),
     [["18.12.416", UPDATE, "ann", ANN, "2023-03-29T09:03:00Z"]])
same("runs", part("run", "program", "version", "class", "count", "first", "last"),
     [[APP, "18.12.416", "bad", 1, "2023-03-29T09:04:00Z", "2023-03-29T09:04:00Z"],
      [APP, "18.12.416", "bad", 2, "2023-03-29T09:05:00Z", "2023-03-29T09:06:00Z"]])
same("contacts", part("contact", "name", "by", "class"),
     [["akamaitechcloudservices.com", "app", "c2"], ["akamaitechcloudservices.com", "person", "c2"],
      ["www.azureonlinestorage.com", "app", "c2"]])
same("names of others", part("name", "name", "program"), [["raw.githubusercontent.com", APP]])
same("the logs are collected", sum(name.endswith(".evtx") for name in archive.files), len(BAD))
same("children", part("child", "command"), [["cmd /c whoami"], ["rundll32 x.dll,y"]])
same("services", part("service", "name", "state", "to"), [["IKEEXT", "running", None], ["IKEEXT", None, "auto start"]])
same("tasks", part("task", "name", "action"),
     [[TPM + "Update", "C:\\ProgramData\\TPM\\TpmVscMgrSvr.exe"], [TPM + "Update", None]])
told = sorted((f["fields"]["sign"], f["severity"], f["confidence"], f["fields"].get("version") or f["fields"].get("name") or "",
               f["fields"].get("by") or f["fields"].get("action") or "", f["fields"]["time"], f["fields"].get("count"))
              for f in archive.findings)
same("findings", told, [
    ("build.bad", "medium", "high", "18.12.416", "", "2023-03-29T09:01:00Z", 2),
    ("build.bad", "medium", "high", "18.12.416", "", "2023-03-29T09:04:00Z", 1),
    ("build.bad", "medium", "high", "18.12.416", "", "2023-03-29T09:05:00Z", 2),
    ("detected.antivirus", "high", "high", "Trojan:Win64/SamScissors", "Quarantine", "2023-03-29T09:10:00Z", 2),
    ("detected.antivirus", "high", "medium", "Troj/Steal-DLG", "", "2023-03-29T09:35:00Z", 1),
    ("detected.antivirus", "high", "medium", "Win64/NukeSped.JG", "", "2023-03-29T09:36:00Z", 1),
    ("detected.antivirus", "high", "medium", "Windows.Trojan.SuddenIcon", "", "2023-03-29T09:37:00Z", 1),
    ("file.listed", "high", "high", "18.12.416", "", "2023-03-29T09:09:00Z", 2),
    ("network.c2", "high", "high", "akamaitechcloudservices.com", "app", "2023-03-29T09:21:00Z", 1),
    ("network.c2", "high", "medium", "www.azureonlinestorage.com", "app", "2023-03-29T09:23:00Z", 1),
    ("network.c2", "medium", "medium", "akamaitechcloudservices.com", "person", "2023-03-29T09:22:00Z", 1),
    ("network.c2", "medium", "medium", "raw.githubusercontent.com", "app", "2023-03-29T09:20:00Z", 1),
    ("run.child", "low", "low", "", "", "2023-03-29T09:07:00Z", 2),
    ("second.task", "high", "high", TPM + "Update", "", "2023-03-29T09:33:00Z", 1),
])

# What looks like it and is not.
GIT = "C:\\Program Files\\Git\\git.exe"
OTHER = "C:\\Users\\ann\\AppData\\Local\\Programs\\Other\\Other.exe"
CLEAN = {
    DEFENDER + "%4Operational": [threat(1, "Virus:DOS/EICAR_Test_File", "file:_C:\\eicar.com"),
                                 threat(2, "Trojan:Win32/NukeSped.A", "file:_C:\\other.dll")],
    "Application": [product(1033, 1, "3CXPhone for Windows", "15.0.1"), product(1033, 2, "Other App", "18.12.416"),
                    product(1033, 3, "3CX Desktop App", "18.13.959"),
                    Event("Sophos Anti-Virus", 32, at(5), "Application", ["Virus/spyware 'Troj/Other' has been detected in 'C:\\a.dll'."]),
                    Event("Sophos AutoUpdate", 1, at(5), "Application", ["Updated: Troj/Steal-DLG, Troj/Other"]),
                    Event("ESET Security", 3, at(5), "Application", ["Win64/NukeSped.JG", "C:\\other.dll"]),
                    Event("Scanner of an analyst", 3, at(5), "Application", ["looking for SamScissors in C:\\Users"]),
                    Event("MsiInstaller", 11707, at(4), "Application", ["Product: Other App -- Installation completed successfully."])],
    "Security": [process(3, "C:\\Squirrel\\Update.exe", OTHER, "Update.exe --update https://example.org/win32/18.12.416", False)],
    SYSMON + "%4Operational": [
        asked(1, GIT, "raw.githubusercontent.com"), asked(2, APP, "login.microsoftonline.com"),
        asked(3, APP, "notakamaitechcloudservices.com"), process(4, "C:\\Windows\\System32\\cmd.exe", OTHER, "cmd"),
        process(5, "C:\\Windows\\System32\\cmd.exe", APP.replace("-18.12.416", ""), "cmd"),
        loaded(6, OTHER.replace("Other.exe", "ffmpeg.dll"), "SHA1=" + "0" * 40)],
    DNS + "%4Operational": [Event(DNS, 3008, at(7), DNS + "/Operational", [("QueryName", "raw.githubusercontent.com")])],
    "System": [service(8, 7036, param1="Spooler", param2="running"),
               service(9, 7045, ServiceName="x", ImagePath="C:\\Windows\\System32\\drivers\\dcwfzkme.sys")],
    TASKS + "%4Operational": [scheduled(200, 10, TPM + "Tpm-Maintenance", ActionName="%SystemRoot%\\System32\\TpmTool.exe"),
                              scheduled(106, 11, TPM + "Tpm-HASCertRetr")],
}
archive = folder("clean", CLEAN)
same("ordinary Windows: nothing above info", [(f["severity"], f["fields"]["sign"]) for f in archive.findings], [("info", "run.child")])
same("ordinary Windows: records", sorted((r["kind"], r["fields"].get("version") or r["fields"]["command"])
                                         for r in archive.records()["3cx-events"] if r["kind"] != "log"),
     [("child", "cmd"), ("install", "18.13.959")])
support.finish()
