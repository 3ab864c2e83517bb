#!/usr/bin/env python3
"""3cx-traces: what prefetch files, crash reports, Defender's log and its quarantine tell of the 3CX case; and
the same files about other programs, which tell nothing."""
import importlib
import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import fixture_files
import regf
import sample_tree
import support
from defender_files import kept, quarantined, wide
from sample_tree import DEVICE, FIRST, filetime
from support import same

prefetch, ese = importlib.import_module("make-prefetch"), importlib.import_module("make-ese")
APP = "\\USERS\\KIM\\APPDATA\\LOCAL\\PROGRAMS\\3CXDESKTOPAPP\\"


# --- prefetch -----------------------------------------------------------------


def ran(name, program, runs=(FIRST + 60,), files=()):
    return prefetch.build("30", name, len(runs), program=program, runs=[filetime(r) for r in runs],
                          extra=[DEVICE + f for f in files])


PREFETCH = {
    "3CXDESKTOPAPP.EXE-00000001.pf": ran("3CXDESKTOPAPP.EXE", APP + "3CXDESKTOPAPP.EXE"),
    "3CXDESKTOPAPP.EXE-00000002.pf": ran("3CXDESKTOPAPP.EXE", APP + "APP-18.12.407\\3CXDESKTOPAPP.EXE",
                                         (FIRST + 90, FIRST), [APP + "APP-18.12.407\\FFMPEG.DLL"]),
    "UPDATE.EXE-00000003.pf": ran("UPDATE.EXE", APP + "UPDATE.EXE", (FIRST + 5,)),
    "UPDATE.EXE-00000004.pf": ran("UPDATE.EXE", "\\USERS\\KIM\\APPDATA\\LOCAL\\CHATBOX\\UPDATE.EXE"),
    "MSIEXEC.EXE-00000005.pf": ran("MSIEXEC.EXE", "\\WINDOWS\\SYSTEM32\\MSIEXEC.EXE", (FIRST - 5,),
                                   ["\\USERS\\KIM\\DOWNLOADS\\3CXDESKTOPAPP-18.12.407.MSI"]),
    "MSIEXEC.EXE-00000006.pf": ran("MSIEXEC.EXE", "\\WINDOWS\\SYSTEM32\\MSIEXEC.EXE"),
    "TPMVSCMGRSVR.EXE-00000007.pf": ran("TPMVSCMGRSVR.EXE", "\\WINDOWS\\SYSTEM32\\TPMVSCMGRSVR.EXE"),
    "TPMVSCMGRSVR.EXE-00000008.pf": ran("TPMVSCMGRSVR.EXE", "\\PROGRAMDATA\\TPM\\TPMVSCMGRSVR.EXE"),
    "X_TRADER.EXE-00000009.pf": ran("X_TRADER.EXE", "\\TT\\X_TRADER\\X_TRADER.EXE"),
    "3CXWIN8PHONE.EXE-0000000A.pf": ran("3CXWIN8PHONE.EXE", "\\PROGRAMDATA\\3CXPHONE\\3CXWIN8PHONE.EXE"),
    "3CXDESKTOPAPP.EXE-0000000B.pf": b"MAM\4no prefetch file",
}

# --- Defender -----------------------------------------------------------------


BAD, OTHER = "AA" * 20, "BB" * 20
FFMPEG = "C:\\Users\\kim\\AppData\\Local\\Programs\\3CXDesktopApp\\app\\ffmpeg.dll"
LOG = "\r\n".join((
    "2023-03-28T08:00:00.000Z Service started - System (64)",
    "2023-03-28T09:10:55.472Z ProcessImageName: 3CXDesktopApp.exe, Pid: 7836, TotalTime: 6070, Count: 24, "
    "MaxTime: 828, MaxTimeFile: \\Device\\HarddiskVolume1\\x.dll, EstimatedImpact: 10%",
    "2023-03-29T20:12:31.123Z DETECTIONEVENT MPSOURCE_REALTIME Trojan:Win64/SamScissors file:%s;" % FFMPEG,
    "2023-03-29T20:12:32.000Z DETECTION_CLEANEVENT MPSOURCE_REALTIME MP_THREAT_ACTION_QUARANTINE 0x0 "
    "Trojan:Win64/SamScissors file:%s" % FFMPEG,
    "2023-03-29T21:00:00.000Z DETECTIONEVENT MPSOURCE_USER Virus:DOS/EICAR_Test_File file:C:\\eicar.com",
    "2023-03-29T22:00:00.000Z x" + "y" * 5000, "")) * 400
OTHER_LOG = "2023-03-29T20:12:31.123Z DETECTIONEVENT Trojan:Win64/Other.A file:C:\\samples\\scissors.dll\r\n"

def history(name, path):
    return (bytes(24) + wide("Magic.Version:1.2\0") + b"\x18\0\0\0\6\0\0\0\x32\0" + wide(name + "\0") + bytes(10)
            + wide("file\0") + b"\x50\0" + wide(path + "\0") + bytes(64))


DEFENDER = "ProgramData/Microsoft/Windows Defender/"
WER = "\r\n".join(("Version=1", "EventType=APPCRASH", "EventTime=%d" % filetime(FIRST + 3600),
                   "Sig[0].Value=3CXDesktopApp.exe", "Sig[1].Name=Application Version", "Sig[1].Value=18.12.416.0",
                   "LoadedModule[0]=C:\\Windows\\System32\\ntdll.dll",
                   "LoadedModule[1]=%s" % FFMPEG, "AppPath=%s" % FFMPEG.replace("ffmpeg.dll", "3CXDesktopApp.exe")))


def shim_cache(*paths):
    body = struct.pack("<I", 0x34).ljust(0x34, b"\0")
    for path in paths:
        name = wide(path)
        rest = struct.pack("<H", len(name)) + name + struct.pack("<QI", filetime(FIRST), 0)
        body += b"10ts" + struct.pack("<II", 0, len(rest)) + rest
    return body


def system():
    hive = regf.Hive(r"\SystemRoot\System32\Config\SYSTEM", filetime(FIRST))
    hive.set("Select", "Current", 1)
    app = "C:\\Users\\kim\\AppData\\Local\\Programs\\3CXDesktopApp\\app-18.12.416\\3CXDesktopApp.exe"
    hive.set(r"ControlSet001\Control\Session Manager\AppCompatCache", "AppCompatCache",
             shim_cache("C:\\Windows\\explorer.exe", app))
    return hive.build()


def srum(program):
    """Two hours of one day and one of the next, and another program."""
    sid = bytes.fromhex("010500000000000515000000") + struct.pack("<4I", 1, 2, 3, 1001)
    day = 45000.0  # 2023-03-15
    names = [{"IdType": 0, "IdIndex": 1, "IdBlob": wide("!!svchost.exe\0")},
             {"IdType": 0, "IdIndex": 2, "IdBlob": wide("\\Device\\HarddiskVolume2" + program + "\0")},
             {"IdType": 3, "IdIndex": 7, "IdBlob": sid}]
    rows = [{"AutoIncId": i, "TimeStamp": day + at / 24, "AppId": app, "UserId": 7, "BytesSent": sent, "BytesRecvd": 1}
            for i, (at, app, sent) in enumerate(((8, 2, 100), (9, 2, 50), (9, 1, 7), (33, 2, 5)), 1)]
    return ese.database([
        ("SruDbIdMapTable", [("IdType", ese.SHORT), ("IdIndex", ese.LONG), ("IdBlob", ese.LONG_BINARY)], names),
        ("{973F5D5C-1D90-4944-BE8E-24B94231A174}", [
            ("AutoIncId", ese.LONG), ("TimeStamp", ese.DATE), ("AppId", ese.LONG), ("UserId", ese.LONG),
            ("BytesSent", ese.LONGLONG), ("BytesRecvd", ese.LONGLONG)], rows)])


TREE = {"Windows/Prefetch/" + name: data for name, data in PREFETCH.items()}
TREE.update({
    "Windows/System32/ntoskrnl.exe": sample_tree.program("kernel"),
    "Windows/System32/config/SYSTEM": system(),
    "Users/kim/Documents/a.txt": b"a",
    "Windows/System32/sru/SRUDB.dat": srum("\\Users\\kim\\AppData\\Local\\Programs\\3CXDesktopApp\\app\\3CXDesktopApp.exe"),
    DEFENDER + "Support/MPLog-20230301-080000.log": b"\xff\xfe" + wide(LOG),
    DEFENDER + "Support/MPLog-20230201-080000.log": OTHER_LOG.encode(),
    DEFENDER + "Scans/History/Service/DetectionHistory/06/{A}": history("Trojan:Win64/SamScissors.EM!MTB", FFMPEG),
    DEFENDER + "Scans/History/Service/DetectionHistory/07/{B}": history("Trojan:Win64/Other.A", "C:\\scissors.dll"),
    DEFENDER + "Quarantine/Entries/{1}": quarantined("Trojan:Win64/SamScissors", FFMPEG, BAD),
    DEFENDER + "Quarantine/Entries/{2}": quarantined("Virus:DOS/EICAR_Test_File", "C:\\eicar.com", OTHER),
    DEFENDER + "Quarantine/Entries/{3}": b"cut off",
    DEFENDER + "Quarantine/ResourceData/AA/" + BAD: kept(sample_tree.loader(True)),
    DEFENDER + "Quarantine/ResourceData/BB/" + OTHER: kept(b"another file"),
    "ProgramData/Microsoft/Windows/WER/ReportArchive/AppCrash_3CXDesktopApp.exe_1/Report.wer":
        b"\xff\xfe" + wide(WER),
    "ProgramData/Microsoft/Windows/WER/ReportArchive/AppCrash_other.exe_1/Report.wer": b"\xff\xfe" + wide(WER),
})

T = support.scratch()


def collected(tree):
    _, path = support.collect(os.path.join(T, tree + ".out"), "-p", "3cx-traces,3cx-install", os.path.join(T, tree))
    return support.Archive(path)


fixture_files.write(os.path.join(T, "tree"), TREE)
archive = collected("tree")
rows = [r for rs in archive.records().values() for r in rs]


def records(kind, *fields):
    return sorted((tuple(r["fields"].get(f) for f in fields) for r in rows if r["kind"] == kind), key=str)


def tail(text):
    return text.split("\\")[-1]


told = [(s, tail(p), *more) for s, p, *more in records("run", "source", "program", "version", "class", "time")]
same("runs", sorted(told, key=str), [
    ("Defender's log", "3CXDesktopApp.exe", None, None, "2023-03-28T09:10:55.472Z"),
    ("crash report", "3CXDesktopApp.exe", "18.12.416", "bad", "2023-03-14T10:12:00Z"),
    ("prefetch", "3CXDESKTOPAPP.EXE", "18.12.407", "bad", "2023-03-14T09:12:00Z"),
    ("prefetch", "3CXDESKTOPAPP.EXE", "18.12.407", "bad", "2023-03-14T09:13:30Z"),
    ("prefetch", "3CXDESKTOPAPP.EXE", None, None, "2023-03-14T09:13:00Z"),
    ("prefetch", "TPMVSCMGRSVR.EXE", None, None, "2023-03-14T09:13:00Z"),
    ("prefetch", "X_TRADER.EXE", None, None, "2023-03-14T09:13:00Z")])
same("updaters and installers", [(tail(p), t) for p, t in records("updater-run", "program", "time")
                                 + records("installer-run", "program", "time")],
     [("UPDATE.EXE", "2023-03-14T09:12:05Z"), ("MSIEXEC.EXE", "2023-03-14T09:11:55Z")])
same("whose", {u for (u,) in records("loaded", "user")} - {None}, {"kim"})
same("what was loaded", sorted(tail(f) for (fs,) in records("loaded", "files") for f in fs), ["FFMPEG.DLL", "ffmpeg.dll"])
same("builds", records("install", "version", "class", "present", "source"), [
    ("18.12.407", "bad", False, "prefetch 3CXDESKTOPAPP.EXE-00000002.pf"),
    ("18.12.416", "bad", False, "AppCompatCache C:\\Users\\kim\\AppData\\Local\\Programs\\3CXDesktopApp"
                                "\\app-18.12.416\\3CXDesktopApp.exe"),
    ("18.12.416", "bad", False, "crash report")])
same("bytes by day", records("traffic", "time", "sent", "received", "sid", "last"), [
    ("2023-03-15T00:00:00Z", 150, 2, "S-1-5-21-1-2-3-1001", "2023-03-15T09:00:00Z"),
    ("2023-03-16T00:00:00Z", 5, 1, "S-1-5-21-1-2-3-1001", "2023-03-16T09:00:00Z")])
same("quarantine", records("quarantined", "name", "path", "time"),
     [("Trojan:Win64/SamScissors", FFMPEG, "2023-03-14T09:27:00Z")])
found = sorted(((f["fields"].get("sign"), f["severity"], os.path.basename(f["evidence"][0]["path"]),
                None if "History" in f["evidence"][0]["path"] else f["fields"].get("time"),
                f["fields"].get("action")) for f in archive.findings), key=str)
same("findings", found, [
    ("build.bad", "medium", "3CXDESKTOPAPP.EXE-00000002.pf", "2023-03-14T09:12:00Z", None),
    ("build.bad", "medium", "Report.wer", "2023-03-14T10:12:00Z", None),
    ("build.bad", "medium", "SYSTEM", "2023-03-14T09:12:00Z", None),
    ("detected.antivirus", "high", "MPLog-20230301-080000.log", "2023-03-29T20:12:31.123Z", "quarantine"),
    ("detected.antivirus", "high", "{1}", "2023-03-14T09:27:00Z", "quarantine"),
    ("detected.antivirus", "high", "{A}", None, None),
    ("library.loader", "high", BAD, None, None),
    ("second.veiledsignal", "high", "TPMVSCMGRSVR.EXE-00000008.pf", "2023-03-14T09:13:00Z", None),
    ("second.veiledsignal", "low", "X_TRADER.EXE-00000009.pf", "2023-03-14T09:13:00Z", None)])
same("the path that Defender tells", {f["fields"].get("path") for f in archive.findings
                                      if f["fields"].get("sign") == "detected.antivirus"}, {FFMPEG})
same("what is damaged costs an anomaly", sorted(os.path.basename((a.get("locator") or {}).get("path", ""))
                                                 for a in archive.anomalies if a.get("locator")),
     ["3CXDESKTOPAPP.EXE-0000000B.pf", "{3}"])

fixture_files.write(os.path.join(T, "former"), dict({"Windows.old/" + path: data for path, data in TREE.items()},
                                                    **{"Windows/System32/ntoskrnl.exe": sample_tree.program("kernel")}))
former = collected("former")
same("the same in a former Windows", sorted(((f["fields"].get("sign"), f["severity"], os.path.basename(f["evidence"][0]["path"]),
                                              None if "History" in f["evidence"][0]["path"] else f["fields"].get("time"),
                                              f["fields"].get("action")) for f in former.findings), key=str), found)
same("there all is of the past", {(f["fields"].get("present"), f["fields"].get("origin")) for f in former.findings},
     {(False, "Windows.old")})


# --- logs in the time of the machine's own clock ---------------------------------


def zoned(bias, start, end):
    """SYSTEM of a zone; the changes as (month, which of the weekdays, hour)."""
    hive = regf.Hive(r"\SystemRoot\System32\Config\SYSTEM", filetime(FIRST))
    hive.set("Select", "Current", 1)
    key = r"ControlSet001\Control\TimeZoneInformation"
    hive.set(key, "TimeZoneKeyName", "Fixture Standard Time")
    for name, number in (("Bias", bias), ("StandardBias", 0), ("DaylightBias", -60)):
        hive.set(key, name, number & 0xFFFFFFFF)
    for name, (month, week, hour) in (("DaylightStart", start), ("StandardStart", end)):
        hive.set(key, name, struct.pack("<8H", 0, month, week, hour, 0, 0, 0, 0))
    return hive.build()


UPDATES = "\r\n".join(("2023-03-20 08:00:01> Update: Download 3CXDesktopApp-18.12.407-full.nupkg",
                       "[31/03/23 09:30:00] info: Download 3CXDesktopApp-18.12.416-full.nupkg",
                       "2023-04-07T07:30:00 Update: 3CXDesktopApp-18.12.425-full.nupkg"))
LOCAL_LOG = "2023-03-29 20:12:31.123 DETECTIONEVENT Trojan:Win64/SamScissors file:%s;\r\n" % FFMPEG


def clock(name, hive):
    tree = {"Windows/System32/ntoskrnl.exe": sample_tree.program("kernel"),
            "Users/kim/AppData/Local/SquirrelTemp/SquirrelSetup.log": UPDATES.encode(),
            DEFENDER + "Support/MPLog-20230301-080000.log": LOCAL_LOG.encode()}
    if hive:
        tree["Windows/System32/config/SYSTEM"] = hive
    fixture_files.write(os.path.join(T, name), tree)
    stamp = sample_tree.unix("2023-04-10T00:00:00Z")
    os.utime(os.path.join(T, name, "Users/kim/AppData/Local/SquirrelTemp/SquirrelSetup.log"), (stamp, stamp))
    told = collected(name)
    fields = [r["fields"] for rs in told.records().values() for r in rs if r["kind"] in ("update", "detection")]
    same(name + ": what the clock showed stays", sorted(f["local_time"] for f in fields),
         ["2023-03-20T08:00:01", "2023-03-29T20:12:31", "2023-03-31T09:30:00", "2023-04-07T07:30:00"])
    same(name + ": the detection", [f["fields"].get("time") for f in told.findings
                                    if f["fields"]["sign"] == "detected.antivirus"],
         [next((f.get("time") for f in fields if "version" not in f), None)])
    return [f.get("time") for f in sorted(fields, key=lambda f: f["local_time"])], {f.get("time_zone") for f in fields}


same("west of Greenwich", clock("new york", zoned(300, (3, 2, 2), (11, 1, 2))),
     (["2023-03-20T12:00:01Z", "2023-03-30T00:12:31Z", "2023-03-31T13:30:00Z", "2023-04-07T11:30:00Z"],
      {"Fixture Standard Time"}))
same("east of it", clock("berlin", zoned(-60, (3, 5, 2), (10, 5, 3))),
     (["2023-03-20T07:00:01Z", "2023-03-29T18:12:31Z", "2023-03-31T07:30:00Z", "2023-04-07T05:30:00Z"],
      {"Fixture Standard Time"}))
same("no zone: only the last line of a log is dated, by its file", clock("nowhere", None),
     ([None, None, None, "2023-04-10T00:00:00Z"], {None}))
support.finish()
