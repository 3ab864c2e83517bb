"""win-wmi on repositories that tests/data/wmi_tree.py makes."""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
import wmi_tree
from support import check, same

T = support.scratch()
OBJECTS = "fs/C/" + wmi_tree.REPOSITORY + "OBJECTS.DATA"


def ran(name):
    run, out = support.collect(os.path.join(T, "out", name), "-p", "win-wmi", os.path.join(T, name))
    archive = support.Archive(out)
    rows = archive.records().get("win-wmi", [])
    told = "\n".join(a["reason"] for a in archive.anomalies)
    check(f"{name}: no mistake of the plugin", ".lua:" not in told and "budget" not in told, told[-2000:])
    return run, archive, [dict(r["fields"], kind=r["kind"]) for r in rows]


def by_name(rows, kind="wmi-consumer"):
    return {r["name"]: r for r in rows if r["kind"] == kind and r.get("name")}


def part(row, *names):
    return [row.get(n) for n in names]


wmi_tree.tree(os.path.join(T, "plain"), odd=False)
run, archive, rows = ran("plain")
same("an ordinary Windows: nothing to remark", (run.returncode, archive.findings, archive.anomalies), (0, [], []))
check("the repository is collected", {OBJECTS, OBJECTS.replace("OBJECTS.DATA", "INDEX.BTR")} <= set(archive.files))
scm = by_name(rows)["SCM Event Log Consumer"]
same("the consumer that every Windows has", part(scm, "class", "source", "creator", "confidence", "current", "time", "stamp2", "bound"),
     ["NTEventLogEventConsumer", "Service Control Manager", "S-1-5-18", "high", True, "2023-03-29T08:15:30Z",
      "2023-03-29T08:15:31Z", [{"filter": "SCM Event Log Filter", "query": "select * from MSFT_SCMEventLogEvent"}]])

wmi_tree.tree(os.path.join(T, "odd"))
run, archive, rows = ran("odd")
consumers, filters = by_name(rows), by_name(rows, "wmi-filter")
starts = by_name(rows, "autostart")
same("a command line", part(consumers["Updater ü"], "command", "folder", "creator", "current", "bound"),
     ["C:\\Windows\\System32\\tool.exe /x", "C:\\work", "S-1-5-18", True, [{"filter": "Each minute", "query": wmi_tree.QUERY}]])
same("is followed", part(starts["Updater ü"], "program", "place", "sid", "scope"),
     ["C:/Windows/System32/tool.exe", "wmi-consumer", "S-1-5-18", "machine"])
same("the program, where it stands apart", part(starts["日本"], "command", "program"), ["t.exe /y", "C:/Program Files/T/t.exe"])
same("a script file", part(starts["From a file"], "command", "program", "engine"),
     ["C:\\Users\\a b\\s.vbs", "C:/Users/a b/s.vbs", "VBScript"])
same("a script that lies in several pages", part(consumers["Long"], "engine", "script", "problem"), ["JScript", wmi_tree.SCRIPT, None])
same("a filter", part(filters["Each minute"], "query", "language", "namespace"), [wmi_tree.QUERY, "WQL", "root\\cimv2"])
same("a log file", part(consumers["Log"], "file", "text"), ["C:\\log.txt", "%x%"])
same("findings: bound, and none of Windows' own", sorted((f["severity"], f["fields"]["name"]) for f in archive.findings),
     [("info", "Long"), ("info", "Updater ü")])
same("what is no longer in use", [part(r, "current", "confidence") for r in (consumers["Former"], filters["Dropped"])],
     [[False, "medium"], [False, "medium"]])
check("starts nothing", "Former" not in starts)
same("damage is told", [a["reason"].partition(": ")[2] for a in archive.anomalies],
     ["it ends early", "it is cut off", "a value points outside", "it names the class LagFileEventConsumer"])
check("programs are collected", all("fs/C/" + p in archive.files for p in ("Program Files/T/t.exe", "Users/a b/s.vbs")))

wmi_tree.tree_xp(os.path.join(T, "xp"))
same("Windows XP", part(by_name(ran("xp")[2])["Old"], "command", "current"), ["tool.exe", True])

os.remove(os.path.join(T, "odd", wmi_tree.REPOSITORY, "MAPPING1.MAP"))
os.remove(os.path.join(T, "odd", wmi_tree.REPOSITORY, "MAPPING2.MAP"))
os.rename(os.path.join(T, "odd"), os.path.join(T, "unmapped"))
rows = by_name(ran("unmapped")[2])
same("without a map a long record is cut off", part(rows["Long"], "problem", "confidence"), ["it is cut off", "low"])

rng = random.Random(5)
with open(os.path.join(T, "unmapped", wmi_tree.REPOSITORY, "OBJECTS.DATA"), "rb") as f:
    whole = f.read()
pages = [whole[i:i + wmi_tree.PAGE] for i in range(0, len(whole), wmi_tree.PAGE)]
noise = bytearray()
for i in range(200):
    data = bytearray(rng.choice(pages))
    for _ in range(rng.randrange(40)):
        data[rng.randrange(len(data))] = rng.choice((0, 1, 2, 0xFF, rng.randrange(256)))
    noise += data
wmi_tree.write(os.path.join(T, "noise"), wmi_tree.REPOSITORY + "OBJECTS.DATA", bytes(noise[:-100]))
for i in (1, 2, 3):
    wmi_tree.write(os.path.join(T, "noise"), wmi_tree.REPOSITORY + f"MAPPING{i}.MAP", wmi_tree.mapping(
        i, [rng.randrange(300) for _ in range(300)])[:rng.randrange(20, 7000)])
check("pages cut and changed: all is told", len(ran("noise")[2]) > 200)
support.finish()
