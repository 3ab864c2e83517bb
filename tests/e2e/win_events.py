#!/usr/bin/env python3
"""win-events on logs that tests/data/make-evtx.py makes: what each event becomes, many that are equal, findings."""
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
from support import check, same

make = importlib.import_module("make-evtx")
Event = make.Event

T = support.scratch()
ANN = "S-1-5-21-1-2-3-1001"
AUDIT, LOG, SCM = "Microsoft-Windows-Security-Auditing", "Microsoft-Windows-Eventlog", "Service Control Manager"
DEFENDER = "Microsoft-Windows-Windows Defender"
BY = [("SubjectUserName", "ann"), ("SubjectDomainName", "PC1"), ("SubjectUserSid", make.Sid(ANN))]


def at(second):
    return f"2023-03-29T{9 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def logon(second, kind, user, sid, address="-"):
    return Event(AUDIT, 4624, at(second), "Security",
                 [("TargetUserName", user), ("TargetDomainName", "PC1"), ("TargetUserSid", make.Sid(sid)),
                  ("LogonType", kind), ("IpAddress", address)])


SECURITY = ([logon(i, 5, "SYSTEM", "S-1-5-18") for i in range(700)]
            + [logon(1000, 2, "ann", ANN), logon(1001, 10, "ann", ANN, "192.0.2.7"), logon(1002, 2, "ann", ANN)]
            + [Event(AUDIT, 4720, at(1100), "Security", [("TargetUserName", "bob"), ("TargetSid", make.Sid(ANN[:-1] + "2"))] + BY),
               Event(AUDIT, 4732, at(1101), "Security", [("MemberSid", make.Sid(ANN[:-1] + "2")),
                                                         ("TargetUserName", "Administrators")] + BY),
               Event(AUDIT, 4688, at(1102), "Security", [("NewProcessName", "C:\\a.exe"), ("CommandLine", "a.exe /x")] + BY),
               Event(AUDIT, 4688, at(1103), "Security", [("NewProcessName", "C:\\a.exe"), ("CommandLine", "a.exe /x")] + BY),
               Event(AUDIT, 9999, at(1104), "Security", BY),
               Event("Somebody else", 4720, at(1105), "Security", BY),
               Event(LOG, 1102, at(1200), "Security", BY, userdata="LogFileCleared")])
SYSTEM = [Event(SCM, 7045, at(1), "System", [("ServiceName", "svc"), ("ImagePath", "C:\\s.exe"), ("StartType", "auto start")], user=ANN),
          Event(SCM, 7040, at(2), "System", [("param1", "IKE"), ("param2", "demand start"), ("param3", "auto start"),
                                             ("param4", "IKEEXT")]),
          Event("EventLog", 6008, at(3), "System", ["10:00:00", "28.03.2023"]),
          Event("Microsoft-Windows-Kernel-General", 12, at(4), "System", [("StartTime", "2023-03-29T09:00:00Z")]),
          Event("Microsoft-Windows-UserPnp", 20001, at(5), "System",
                [("DeviceInstanceID", "USBSTOR\\DISK&VEN_X"), ("DriverName", "disk.inf")], userdata="InstallDeviceID"),
          Event("Microsoft-Windows-UserPnp", 20001, at(6), "System", [("DeviceInstanceID", "PCI\\VEN_8086")],
                userdata="InstallDeviceID"),
          Event(LOG, 104, at(7), "System", [("SubjectUserName", "SYSTEM"), ("Channel", "Application")], userdata="LogFileCleared")]
FOUND = [("Threat Name", "Virus:DOS/EICAR_Test_File"), ("Severity Name", "Severe"), ("Path", "file:_C:\\e.com")]
LOGS = {
    "Security": SECURITY,
    "System": SYSTEM,
    "Application": [Event("MsiInstaller", 1033, at(1), "Application", ["Tool", "1.2.3", "1033", "0", "Maker"]),
                    Event("MsiInstaller", 11724, at(2), "Application", ["Product: Tool -- Removal completed successfully."])],
    DEFENDER + "%4Operational": [Event(DEFENDER, 1116, at(1), DEFENDER + "/Operational", FOUND),
                                 Event(DEFENDER, 1117, at(2), DEFENDER + "/Operational", FOUND + [("Action Name", "Quarantine")]),
                                 Event(DEFENDER, 5001, at(3), DEFENDER + "/Operational", [("Product Name", "x")])],
    "Windows PowerShell": [Event("PowerShell", 400, at(i), "Windows PowerShell",
                                 ["Available", "None", f"HostId={i}\r\nHostApplication=powershell -x\r\nEngineVersion=5.1\r\n"])
                           for i in range(3)],
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager%4Operational": [
        Event("Microsoft-Windows-TerminalServices-RemoteConnectionManager", 1149, at(1),
              "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
              [("Param1", "ann"), ("Param2", "PC1"), ("Param3", "192.0.2.7")], userdata="EventXML")],
    "Archive-Security-2023-01-01-00-00-00-000": [logon(1, 2, "cat", ANN)],
    "Microsoft-Windows-Unknown%4Operational": [Event(AUDIT, 4720, at(1), "Microsoft-Windows-Unknown/Operational", BY)],
}


def collect(name, logs):
    folder = os.path.join(T, name)
    for log, events in logs.items():
        make.write(os.path.join(folder, "Windows/System32/winevt/Logs", log + ".evtx"), events)
    with open(os.path.join(folder, "Windows/System32/winevt/Logs/Empty.evtx"), "wb"):
        pass
    _, out = support.collect(os.path.join(T, name + ".out"), "-p", "win-events", folder)
    return support.Archive(out)


archive = collect("tree", LOGS)
rows = {}
for row in archive.records()["win-events"]:
    rows.setdefault(row["kind"], []).append(row["fields"])


def part(kind, *names):
    return [[row.get(n) for n in names] for row in rows.get(kind, [])]


same("kinds", sorted(rows), ["account", "boot", "defender", "group-member", "installer", "log", "log-cleared", "logon", "powershell",
                             "process", "rdp", "service-install", "service-start-type", "shutdown", "usb"])
same("logs", sorted(part("log", "channel", "records"))[-1], ["Windows PowerShell", 3])
same("logons of persons one by one, of services together", sorted(part("logon", "user", "logon", "address", "count"), key=str), [
    ["SYSTEM", "service", None, 700], ["ann", "interactive", None, None], ["ann", "interactive", None, None],
    ["ann", "remote interactive", "192.0.2.7", None], ["cat", "interactive", None, None]])
services = [r for r in rows["logon"] if r.get("count")][0]
same("first and last of those", [services["time"], services["last"]], ["2023-03-29T09:00:00Z", "2023-03-29T09:11:39Z"])
same("accounts", part("account", "what", "user", "sid", "by_user", "by_sid"),
     [["account created", "bob", ANN[:-1] + "2", "ann", ANN]])
same("groups", part("group-member", "group", "member_sid"), [["Administrators", ANN[:-1] + "2"]])
same("processes", part("process", "program", "command", "by_user", "count"), [["C:\\a.exe", "a.exe /x", "ann", 2]])
same("services", part("service-install", "name", "command", "start", "logged_by", "event", "channel"),
     [["svc", "C:\\s.exe", "auto start", ANN, 7045, "System"]])
same("start types", part("service-start-type", "name", "from", "to"), [["IKEEXT", "demand start", "auto start"]])
same("starts and stops", part("boot", "started") + part("shutdown", "local_time"), [["2023-03-29T09:00:00Z"], ["10:00:00"]])
same("USB only", part("usb", "device"), [["USBSTOR\\DISK&VEN_X"]])
same("installers", part("installer", "what", "name", "version"),
     [["product installed", "Tool", "1.2.3"], ["removal ended well", "Tool", None]])
same("PowerShell", part("powershell", "command", "engine", "count"), [["powershell -x", "5.1", 3]])
same("remote sessions", part("rdp", "user", "address"), [["ann", "192.0.2.7"]])
same("logs that were cleared", sorted(part("log-cleared", "user", "log"), key=str), [["SYSTEM", "Application"], ["ann", None]])
same("findings", sorted((f["severity"], f["title"], f["fields"].get("log") or f["fields"]["name"]) for f in archive.findings), [
    ("info", "Event log cleared", "Application"), ("low", "Event log cleared", "Security"),
    ("medium", "Defender named a threat", "Virus:DOS/EICAR_Test_File")])
same("no anomalies", [a["reason"] for a in archive.anomalies], [])
check("all logs are collected", sum(name.endswith(".evtx") for name in archive.files) == len(LOGS) + 1)

# An ordinary Windows makes no finding; what is too much is counted.
many = [Event(SCM, 7045, at(i), "System", [("ServiceName", f"svc{i}"), ("ImagePath", "C:\\s.exe")]) for i in range(5003)]
archive = collect("many", {"System": many})
kinds = {}
for row in archive.records()["win-events"]:
    kinds.setdefault(row["kind"], []).append(row["fields"])
same("5000 records of one kind, and how many more", [len(kinds["service-install"]), kinds["events-rest"][0]["count"]], [5000, 3])
same("no findings", archive.findings, [])
support.finish()
