#!/usr/bin/env python3
"""A worker ends in the middle of a step, by a signal of its own or because its
time is up: each record that it had made before is in the archive, once and in
order, however they travel."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import SAMPLE, Archive, collect, finish, fossick, same, scratch, skip

T = scratch()
ROWS = 5000
PLUGIN = """return {
  api = 1, name = "rows", summary = "Many rows", license = "Apache-2.0",
  wants = { "Windows/System32/drivers/etc/hosts" },
  run = function(ctx, e)
    for i = 1, %d do ctx:record("row", { n = i, text = ("x"):rep(i %% 300) }) end
    %s
  end,
}"""


def plugin(then=""):
    path = os.path.join(T, "rows.lua")
    with open(path, "w") as f:
        f.write(PLUGIN % (ROWS, then))
    return path


def run(name, script, *options, fault=None):
    env = dict(os.environ, **({"FOSSICK_FAULT": fault} if fault else {}))
    result, path = collect(os.path.join(T, name), "-j1", "-p", script, *options, SAMPLE, env=env)
    if path is None:
        return result, None, []
    rows = Archive(path).records().get("rows", [])
    whole = fossick("verify", path).returncode == 0
    good = all(r["fields"] == {"n": i, "text": "x" * (i % 300)} for i, r in enumerate(rows, 1))
    died = [a["reason"] for a in Archive(path).anomalies if a["code"] in ("died", "timeout")]
    return result, (len(rows), good, whole), died


quick = plugin()
same("undisturbed", run("whole", quick)[1], (ROWS, True, True))
slow = plugin("while true do end")
got = run("time", slow, "--step-time", "1")
same("the time of the step is up", (got[1], len(got[2])), ((ROWS, True, True), 1))
quick = plugin()
if collect(os.path.join(T, "hook"), "-n", SAMPLE, env={**os.environ, "FOSSICK_FAULT": "1:9"})[0].returncode == 0:
    skip("signals", "built without --enable-fault-injection")
    finish()
    sys.exit(0)
# the step that makes the rows is the last one before files are fetched
step = next(n for n in range(1, 30) if run(f"find{n}", quick, fault=f"{n}:9:1")[2])
for name in "KILL", "SEGV", "BUS", "ABRT":
    for rows in 1, 2, 250, 777, ROWS:
        number = int(getattr(signal, "SIG" + name))
        got = run(f"{name}{rows}", quick, fault=f"{step}:{number}:{rows}")
        same(f"SIG{name} behind record {rows}", (got[1], len(got[2])), ((rows, True, True), 1))
finish()
