#!/usr/bin/env python3
"""The harness of `make bench`: figures from known samples, what is measured of processes,
and one short run on the sample. No time is asserted. TAP."""
import contextlib
import io
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
sys.dont_write_bytecode = True

import figures
import files
import meter
import report
from support import BUILD, DATA, FOSSICK, SRC, check, finish, same, scratch

T = scratch()


def side(name, walls, **more):
    peaks = range(len(walls))
    samples = [{"wall": w, "cpu": 2 * w, "peak": p << 20, "largest": 1 << 20, "status": 0}
               for w, p in zip(walls, peaks)]
    return {"name": name, "command": f"{name} $E", "samples": samples, **more}


def aim(measure="wall", **more):
    return {"side": "fossick", "measure": measure, "text": "an aim", **more}


# --- figures --------------------------------------------------------------------
JOB = {"name": "job", "what": "a job", "aims": [],
       "sides": [side("fossick", [2.0, 1.0, 9.0], units=4), side("peer", [30.0, 10.0], units=10),
                 side("floor", [1.0]), side("idle", [])]}
same("median of three, of two, of none",
     [figures.median(s, "wall") for s in JOB["sides"]], [2.0, 20.0, 1.0, None])
same("rows for a second of CPU, with runs and without", [figures.rate({"samples": [{"cpu": x}], "units": 10}) for x in (2.0, None)],
     [5.0, 0])
same("memory is the most of all runs", figures.median(JOB["sides"][0], "peak"), 2 << 20)
same("ratios to the first side", [figures.ratio(JOB, s) for s in JOB["sides"]],
     [1.0, 10.0, 0.5, None])
for name, one, wanted in (
        ("ten times as fast", aim(of=["peer"], at_least=10), (10.0, True)),
        ("not eleven times", aim(of=["peer"], at_least=10.5), (10.0, False)),
        ("of two peers the faster counts", aim(of=["peer", "floor"], at_least=1), (0.5, False)),
        ("twice a floor", aim(of=["floor"], at_most=2), (2.0, True)),
        ("of two floors the slower counts", aim(of=["floor", "peer"], at_most=2), (0.1, True)),
        ("seconds", aim(at_most=1.5), (2.0, False)),
        ("memory", aim("peak", at_most=2 << 20), (2 << 20, True)),
        ("for each unit", aim("wall each", of=["peer"], at_most=1), (0.25, True)),
        ("a side without runs", aim(of=["idle"], at_least=1), (None, None)),
        ("a side that was skipped", aim(of=["none"], at_least=1), (None, None))):
    same("aim: " + name, figures.judge(JOB, one), wanted)
same("times as text", [figures.times(x) for x in (None, 1.234, 12.34, 123.4)],
     ["-", "1.23x", "12.3x", "123x"])


# --- processes ------------------------------------------------------------------
def measured(command):
    return meter.measure(command, dict(os.environ), os.path.join(T, "log"))


HOLD = "import sys,time; x=bytearray(b'x')*(%d<<20); time.sleep(0.5)"
BUSY = "import time\nwhile time.process_time() < 0.3: pass"
one = measured(f'python3 -c "{HOLD % 60}" & python3 -c "{HOLD % 60}"; wait; exit 3')
same("exit status", one["status"], 3)
check("memory of two processes, and of one", one["peak"] > 120 << 20 > one["largest"] > 60 << 20,
      one)
one = measured(f"(setsid python3 -c '{BUSY}' &)")
check("CPU of a daemon that outlives the command", one["cpu"] >= 0.3, one)
one = meter.measure("echo one; sleep 0.3; echo two; sleep 0.3", dict(os.environ),
                    os.path.join(T, "log"), until="two")
check("the time until a line", 0.3 <= one["wall"] and one["status"] == 0, one)


# --- content --------------------------------------------------------------------
def tree(folder):
    return {os.path.relpath(os.path.join(f, n), folder): open(os.path.join(f, n), "rb").read()
            for f, _, names in os.walk(folder) for n in names}


files.fill(os.path.join(T, "a"), 30, 300000)
files.fill(os.path.join(T, "b"), 30, 300000)
made = tree(os.path.join(T, "a"))
check("files are the same for the same seed",
      len(made) == 30 and made == tree(os.path.join(T, "b")), sorted(made))


# --- a run ----------------------------------------------------------------------
def bench(**settings):
    env = {**os.environ, "FOSSICK_BUILD": BUILD, "BENCH_OUT": T, "BENCH_RUNS": "1",
           "BENCH_IMAGE": os.path.join(DATA, "sample"), **settings}
    return subprocess.run([sys.executable, os.path.join(HERE, "bench.py")], env=env, text=True,
                          capture_output=True, check=False)


run = bench(BENCH_JOBS="list,verify")
same("a run ends with 0", (run.returncode, run.stderr if run.returncode else ""), (0, ""))
with open(os.path.join(T, "bench.json"), encoding="utf-8") as f:
    result = json.load(f)
same("the chosen jobs ran", [j["name"] for j in result["jobs"]], ["list-e01", "list-raw", "verify"])
listing, raw, verify = result["jobs"]
own = listing["sides"][0]
check("samples are kept", own["name"] == "fossick" and len(own["samples"]) == 1 and
      own["samples"][0]["wall"] > 0 and own["samples"][0]["lines"] > 100, own)
check("what is not there is skipped, with the reason",
      raw["sides"] == [] and "fossick: no R here" in raw["skipped"], raw)
check("machine, date and versions are kept", result["machine"]["cores"] >= 1 and
      result["date"].startswith("20") and result["versions"]["fossick"], result)
check("the table is printed", "== verify: " in run.stdout and "wall s" in run.stdout and
      "fossick: fossick verify" in run.stdout, run.stdout)
same("the table from the file is the same", run.stdout.rsplit("written: ", 1)[0],
     report.text(result))

run = bench(BENCH_JOBS="list-raw", BENCH_KEEP="1")
with open(os.path.join(T, "bench.json"), encoding="utf-8") as f:
    again = json.load(f)
same("with BENCH_KEEP the other jobs stay", [again["jobs"][0], [j["name"] for j in again["jobs"]]],
     [listing, ["list-e01", "list-raw", "verify"]])

path = os.path.join(T, "README.md")
with open(path, "w", encoding="utf-8") as f:
    f.write("before\n" + report.BEGIN + "old\n" + report.END + "after\n")
with contextlib.redirect_stdout(io.StringIO()):
    report.main(["--readme", path, os.path.join(T, "bench.json")])
with open(path, encoding="utf-8") as f:
    text = f.read()
check("the table goes between the marks", text.startswith("before\n" + report.BEGIN) and
      text.endswith(report.END + "after\n") and "old" not in text and
      report.markdown(again) in text, text)
with open(os.path.join(SRC, "README.md"), encoding="utf-8") as f:
    text = f.read()
same("README.md has the marks", (text.count(report.BEGIN), text.count(report.END)), (1, 1))

hive = os.path.join(T, "SOFTWARE")
made = [sys.executable, os.path.join(HERE, "make_hive.py"), hive, "--size", "2", "--truth", hive + ".truth"]
subprocess.run(made, check=True)
with open(hive + ".truth", encoding="ascii") as f:
    keys, values = f.read().split()
run = subprocess.run([FOSSICK, "hive", "--compare", hive], capture_output=True, text=True, check=False)
check("the large hive has the keys and values that its maker tells, also for libregf",
      run.returncode == 0 and f"{keys} keys, {values} values, 0 damaged places" in run.stdout and
      f"the same {keys} keys and {values} values" in run.stdout, run.stdout + run.stderr)

stub = os.path.join(T, "bin")
os.mkdir(stub)
with open(os.path.join(stub, "fls"), "w", encoding="utf-8") as f:
    f.write("#!/bin/sh\necho no such thing >&2\nexit 7\n")
os.chmod(os.path.join(stub, "fls"), 0o755)
run = bench(BENCH_JOBS="list-e01", PATH=stub + ":" + os.environ["PATH"])
check("a command that fails is named, and the status is 1", run.returncode == 1 and
      "fls: exit status 7: no such thing" in run.stdout, run.stdout + run.stderr)
finish()
