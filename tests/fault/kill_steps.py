#!/usr/bin/env python3
"""A worker dies at every step of the sample run, one run for each step and
signal. Each archive verifies; a step that is taken again loses nothing; of any
other step nothing is missing but what it alone gives; the anomaly names it.

Takes the signals as arguments (default: KILL SEGV). FOSSICK_KILL_STRIDE=N
tries every N-th step only."""
import concurrent.futures
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import SAMPLE, Archive, check, collect, finish, fossick, scratch, skip_all

T = scratch()
STRIDE = int(os.environ.get("FOSSICK_KILL_STRIDE", "1"))
SIGNALS = sys.argv[1:] or ["KILL", "SEGV"]


def content(path):
    """What an archive holds of the evidence, as a set of comparable facts."""
    a = Archive(path)
    facts = set()
    for name, row in a.files.items():
        plugins = tuple(sorted({r["plugin"] for r in row.get("reasons", [])}))
        facts.add(("file", name, row["sha256"], row["status"], plugins))
    for row in a.findings:
        facts.add(("finding", row["plugin"], json.dumps(row, sort_keys=True)))
    for plugin, rows in a.records().items():
        for row in rows:
            facts.add(("record", plugin, json.dumps(row, sort_keys=True)))
    return facts


def died(path):
    return [r for r in Archive(path).anomalies if r["code"] == "died"]


def run(step, name):
    out = os.path.join(T, f"{step}-{name}")
    number = getattr(signal, "SIG" + name)
    result, path = collect(out, "-j1", "--fault", f"{step}:{number}", SAMPLE)
    verified = path is not None and fossick("verify", path).returncode in (0, 1)
    return result, path, verified


def judge(step, name, whole):
    """None when all is well, else what is wrong; and whether a worker died."""
    result, path, verified = run(step, name)
    if path is None or not verified:
        return f"exit {result.returncode}, no archive that verifies\n{result.stderr}", True
    deaths = died(path)
    if not deaths:
        return None, False
    if len(deaths) != 1 or result.returncode != 1:
        return f"exit {result.returncode}, {len(deaths)} deaths", True
    key, plugin = deaths[0].get("step", ""), deaths[0].get("plugin", "")
    if not key:
        return f"the anomaly names no step: {deaths[0]}", True
    got = content(path)
    lost = whole - got
    if key.startswith("fetch|"):
        wrong = [f for f in lost if f[0] != "file"] if len(lost) <= 1 else sorted(map(str, lost))
    elif "|" in key and not key.startswith(("load|", "walk|")):
        # what only this plugin gives: its rows, and files that it alone asked for
        wrong = [f for f in lost if not (f[1] == plugin or (f[0] == "file" and plugin in f[4]))]
    else:
        wrong = sorted(map(str, lost))
    if wrong:
        return f"step {key}: also lost: " + "\n".join(map(str, wrong[:10])), True
    return None, True


probe, base = collect(os.path.join(T, "whole"), "-j1", SAMPLE)
if probe.returncode == 64 or base is None:
    skip_all("fossick does not collect here: " + probe.stderr.strip().splitlines()[-1])
if fossick("collect", "--fault", "1:9", "--dry-run", SAMPLE).returncode == 64:
    skip_all("built without --enable-fault-injection")
whole = content(base)
check("the undisturbed run finds something", len(whole) > 10, len(whole))
for name in SIGNALS:
    bad, killed, step, ended = [], 0, 1, False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        while not ended:
            batch = range(step, step + 8 * STRIDE, STRIDE)
            step += 8 * STRIDE
            for n, (wrong, death) in zip(batch, pool.map(lambda n: judge(n, name, whole), batch)):
                ended = ended or not death
                killed += death
                if wrong:
                    bad.append(f"step {n}: {wrong}")
    check(f"SIG{name}: {killed} runs, each with the worker killed at another step",
          not bad and killed > 0, "\n".join(bad))
finish()
