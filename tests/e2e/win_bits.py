"""win-bits on queues that tests/data/bits_tree.py makes."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import bits_tree
import support
from support import check, same

T = support.scratch()
TREE = os.path.join(T, "tree")
bits_tree.tree(TREE)
run, out = support.collect(os.path.join(T, "out"), "-p", "win-bits", TREE)
archive = support.Archive(out)
rows = [dict(r["fields"], kind=r["kind"]) for r in archive.records()["win-bits"]]
jobs = {r["name"]: r for r in rows if r["kind"] == "bits-job"}
starts = {r["name"]: r for r in rows if r["kind"] == "autostart"}


def part(row, *names):
    return [row.get(n) for n in names]


same("jobs", sorted(jobs), ["Former", "New", "Plain", "Update"])
same("a job", part(jobs["Update"], "command", "arguments", "description", "sid", "type", "priority", "state", "time", "modified",
                   "current", "confidence"),
     ["C:\\Program Files\\T\\t.exe", "t.exe /done", "what it is", "S-1-5-21-1-2-3-1001", "download", "normal", "transferred",
      "2023-03-29T08:15:30Z", "2023-03-29T08:15:31Z", True, "high"])
same("its files", jobs["Update"]["files"], [
    {"path": "C:\\Users\\ann\\a.zip", "url": "https://example.org/a.zip", "temporary": "C:\\Users\\ann\\a.zip.tmp", "size": 1001,
     "received": 1000},
    {"path": "\\\\server\\share\\b", "url": "http://example.org/b", "temporary": "\\\\server\\share\\b.tmp", "size": 6, "received": 5}])
same("what it starts", part(starts["Update"], "command", "program", "place", "sid", "urls"),
     ["t.exe /done", "C:/Program Files/T/t.exe", "bits-job", "S-1-5-21-1-2-3-1001",
      ["https://example.org/a.zip", "http://example.org/b"]])
same("a deleted one", part(jobs["Former"], "state", "current", "confidence") + [f["url"] for f in jobs["Former"]["files"]],
     ["cancelled", False, "medium", "ftp://example.org/old"])
same("of Windows 10, with files by reference", part(jobs["New"], "command", "current") + [f["path"] for f in jobs["New"]["files"]],
     ["cmd.exe", None, "C:\\f1"])
same("files of which no job knows", [(r["path"], r["url"]) for r in rows if r["kind"] == "bits-file"],
     [("C:\\f2", "https://example.org/2")])
same("findings", sorted((f["severity"], f["confidence"], f["fields"]["name"]) for f in archive.findings),
     [("info", "high", "Update"), ("info", "medium", "New")])
same("no anomalies", [a["reason"] for a in archive.anomalies], [])
check("databases and programs are collected", all("fs/C/" + p in archive.files for p in (
    bits_tree.FOLDER + "qmgr0.dat", bits_tree.FOLDER + "qmgr1.dat", bits_tree.FOLDER + "qmgr.db", "Program Files/T/t.exe")))
support.finish()
