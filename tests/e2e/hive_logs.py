#!/usr/bin/env python3
"""A Run value that exists only in a transaction log: found, in the archive with
the hive and logs as they were, and absent without the log."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import Archive, check, collect, finish, same, scratch, verifies

LOGS = os.path.join(os.environ["FOSSICK_BUILD"], "tests/data/logs")
PLUGINS = "win-run-keys,win-hives"
T = scratch()


def tree(name, *logs):
    """A folder as evidence with the dirty hive and these of its logs."""
    home = os.path.join(T, name, "Users", "ann")
    os.makedirs(home)
    os.makedirs(os.path.join(T, name, "Windows", "System32"))
    shutil.copy(os.path.join(LOGS, "ntuser.dat"), os.path.join(home, "NTUSER.DAT"))
    for log, file in logs:
        shutil.copy(os.path.join(LOGS, file), os.path.join(home, "NTUSER.DAT" + log))
    return os.path.join(T, name)


def ran(name, *logs):
    run, path = collect(os.path.join(T, "out-" + name), "-p", PLUGINS, tree(name, *logs))
    verifies(name + ": the archive verifies", path)
    archive = Archive(path)
    records = archive.records()
    names = sorted(r["fields"]["name"] for r in records["win-run-keys"] if r["kind"] == "autostart")
    hives = [r["fields"] for r in records["win-hives"] if r["kind"] == "hive"]
    return run, archive, names, hives


BOTH = (".LOG1", "ntuser.dat.LOG1"), (".LOG2", "ntuser.dat.LOG2")

run, archive, names, hives = ran("logs", *BOTH)
same("with its logs the Run value of LOG2 is there", names, ["Phone", "Sidebar"])
check("replayed in full: nothing to remark", run.returncode == 0, f"{run.returncode} {run.stderr}")
same("one hive, told as dirty", [h["dirty"] for h in hives], [True])
replay = hives[0]["replay"]
same("both logs were applied", [(log["state"], log["first"], log["last"]) for log in replay["logs"]],
     [("applied", 10, 10), ("applied", 11, 11)])
same("entries and pages are counted", (replay["entries"], replay["pages"] > 1, replay["grown"] > 0), (2, True, True))
for suffix, file in (("", "ntuser.dat"), *BOTH):
    with open(os.path.join(LOGS, file), "rb") as f:
        same(f"NTUSER.DAT{suffix} is collected as it was",
             archive.zip.read(next(n for n in archive.files if n.endswith("NTUSER.DAT" + suffix))), f.read())

run, archive, names, hives = ran("none")
same("without logs it is not", names, ["Sidebar"])
check("which is an anomaly", run.returncode == 1 and "no transaction logs" in archive.text("anomalies.jsonl"),
      f"{run.returncode} {archive.text('anomalies.jsonl')}")

run, archive, names, hives = ran("gap", BOTH[1])
same("a log that begins where the hive ends counts alone", names, ["Phone", "Sidebar"])

run, archive, names, hives = ran("swapped", (".LOG1", "ntuser.dat.LOG2"), (".LOG2", "ntuser.dat.LOG1"))
same("logs that swapped their names", (names, run.returncode), (["Phone", "Sidebar"], 0))

run, archive, names, hives = ran("damaged", (".LOG1", "ntuser.dat"), BOTH[1])
check("a log that is none is an anomaly with its file and reason",
      "NTUSER.DAT.LOG1" in archive.text("anomalies.jsonl") and "no transaction log (type 0 at offset 28)" in archive.text("anomalies.jsonl"),
      archive.text("anomalies.jsonl"))

run, archive, names, hives = ran("lower", (".log1", "ntuser.dat.LOG1"), (".log2", "ntuser.dat.LOG2"))
same("names in lower case", names, ["Phone", "Sidebar"])

finish()
