#!/usr/bin/env python3
"""fossick hive: what it shows of a hive and its logs, and the clean copy that it
saves, which other tools must read as fossick does."""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import check, finish, fossick, same, scratch, skip

LOGS = os.path.join(os.environ["FOSSICK_BUILD"], "tests/data/logs")
HIVE = os.path.join(LOGS, "ntuser.dat")
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
T = scratch()


def content(path):
    with open(path, "rb") as f:
        return f.read()


before = {name: content(os.path.join(LOGS, name)) for name in os.listdir(LOGS)}
clean = os.path.join(T, "clean.dat")
run = fossick("hive", HIVE, "--write", clean)
same("a dirty hive with its logs ends with 0", (run.returncode, run.stderr), (0, ""))
for word in (": dirty", "applied, entries 10 to 10", "applied, entries 11 to 11", "replayed: 2 entries", " 0 damaged"):
    check(f'it says "{word}"', word in run.stdout, run.stdout)
same("the copy is the clean hive", content(clean), before["clean.dat"])
same("hive and logs are as they were", {n: content(os.path.join(LOGS, n)) for n in before}, before)

run = fossick("hive", HIVE, "--write", clean)
same("an existing file is not replaced", (run.returncode, content(clean)), (73, before["clean.dat"]))

run = fossick("hive", "--json", HIVE)
found = json.loads(run.stdout)
same("as JSON", (found["dirty"], found["sequence"], found["replay"]["entries"], found["damaged"]), (True, [10, 9], 2, 0))
run = fossick("hive", HIVE, "--compare")
check("libregf reads the same", run.returncode == 0 and re.search(r"^libregf \d+: the same \d+ keys and \d+ values$", run.stdout, re.M),
      run.stdout)
same("with the paths of the logs", [os.path.basename(l["path"]) for l in found["replay"]["logs"]],
     ["ntuser.dat.LOG1", "ntuser.dat.LOG2"])

alone = os.path.join(T, "ntuser.dat")
shutil.copy(HIVE, alone)
run = fossick("hive", alone)
check("without logs it ends with 1", run.returncode == 1 and "no transaction logs" in run.stdout, run.stdout)
run = fossick("hive", alone, "--log", os.path.join(LOGS, "both.LOG1"))
same("--log names a log", run.returncode, 0)
open(alone + ".LOG1", "w").close()
shutil.copy(os.path.join(LOGS, "both.LOG1"), alone + ".LOG2")
run = fossick("hive", alone)
check("an empty log is no trouble", run.returncode == 0 and "LOG1: empty" in run.stdout, run.stdout)
with open(alone + ".LOG2", "r+b") as f:
    f.seek(-100, os.SEEK_END)
    f.write(b"damaged")
run = fossick("hive", alone)
check("a damaged entry ends with 1 and says where",
      run.returncode == 1 and re.search(r"LOG2: applied, .*stopped at the entry at offset \d+: the checksum", run.stdout),
      run.stdout)

text = os.path.join(T, "text")
with open(text, "w") as f:
    f.write("no hive\n" * 1000)
run = fossick("hive", text, "--write", os.path.join(T, "none"))
check("what is no hive ends with 2 and is not saved",
      run.returncode == 2 and "signature missing" in run.stdout and not os.path.exists(os.path.join(T, "none")), run.stdout)
same("a file that is not there ends with 2", fossick("hive", text + "x").returncode, 2)
same("four logs are too many", fossick("hive", HIVE, *["--log", "x"] * 4).returncode, 64)

# --- other readers of the clean copy -----------------------------------------------

VALUES = {"Sidebar", "Phone"}
if shutil.which("reglookup"):
    shown = subprocess.run(["reglookup", "-p", "/" + RUN.replace("\\", "/"), clean], capture_output=True, text=True)
    got = {line.split(",")[0].rsplit("/", 1)[1] for line in shown.stdout.splitlines() if ",SZ," in line or "EXPAND_SZ" in line}
    same("reglookup reads the same values", got, VALUES)
else:
    skip("reglookup reads the same values", "reglookup is not installed")
if shutil.which("hivexsh"):
    shown = subprocess.run(["hivexsh"], input=f"load {clean}\ncd \\{RUN}\nlsval\n", capture_output=True, text=True)
    same("hivexsh reads the same values", set(re.findall(r'^"(\w+)"=', shown.stdout, re.M)), VALUES)
else:
    skip("hivexsh reads the same values", "hivexsh is not installed")

finish()
