#!/usr/bin/env python3
"""A worker dies at every step of the sample run, one run for each step and
signal. Each archive verifies, one anomaly names the step, and nothing is
missing but what that step gives.

Every fourth step is tried, by turns with each signal; FOSSICK_KILL_STRIDE=1
tries all. Signals may be given as arguments (default: KILL SEGV)."""
import concurrent.futures
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import SAMPLE, Archive, check, collect, finish, fossick, scratch, skip_all

T = scratch()
STRIDE = int(os.environ.get("FOSSICK_KILL_STRIDE", "4"))
JUDGE = os.path.join(T, "judge.lua")
with open(JUDGE, "w", encoding="utf-8") as f:
    f.write("""return { api = 1, name = "judge", summary = "test", judges = { "win-*" }, run = function(ctx, machine)
        ctx:record("seen", { machine.sources[1].name })
        ctx:verdict { case = "Test", ladder = list { "x" }, step = "x", summary = "s" }
    end }""")
PLUGINS = "3cx," + JUDGE
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
    for row in a.lines("verdicts.jsonl"):
        facts.add(("verdict", row["plugin"], json.dumps("failed" in row)))  # what it says may depend on any step
    return facts


def died(path):
    """The anomalies of lost workers; files that were cut off have their own."""
    return [r for r in Archive(path).anomalies if r["code"] == "died" and "task" in r]


def may_be_lost(fact, key, plugin):
    """Is this fact a fruit of that step?"""
    if key.startswith(("source", "volume")):
        return True
    if key.startswith("fetch|"):
        return fact[0] == "file" and key.endswith("/" + fact[1].removeprefix("fs/C/").partition(":")[0])
    # what this plugin gives: its rows, and its reasons for a file
    return plugin != "" and (plugin in fact[4] if fact[0] == "file" else fact[1] == plugin)


def without_sids(value):
    if isinstance(value, dict):
        return {k: without_sids(v) for k, v in value.items() if k not in ("sid", "user")}
    return [without_sids(v) for v in value] if isinstance(value, list) else value


def unnamed(facts):
    """Without the SIDs and names of users: what is known when ProfileList is not."""
    return {f if f[0] == "file" else (*f[:2], json.dumps(without_sids(json.loads(f[2])), sort_keys=True)) for f in facts}


def run(step, name):
    out = os.path.join(T, f"{step}-{name}")
    number = getattr(signal, "SIG" + name)
    result, path = collect(out, "-j1", "-p", PLUGINS, SAMPLE, env={**os.environ, "FOSSICK_FAULT": f"{step}:{number}"})
    verified = path is not None and fossick("verify", path).returncode == 0
    return result, path, verified


def judge(step, name, whole):
    """None when all is well, else what is wrong; and whether a worker died."""
    result, path, verified = run(step, name)
    if path is None or not verified:
        return f"exit {result.returncode}, no archive that verifies\n{result.stderr}", True
    deaths = died(path)
    if not deaths:
        return None, False
    key, plugin = deaths[0].get("step", ""), deaths[0].get("plugin", "")
    if len(deaths) != 1 or not key:
        return f"{len(deaths)} deaths: {deaths}", True
    # without its source, a run has nothing
    wanted = 2 if key.startswith(("source", "volume")) and result.returncode == 2 else 1
    if result.returncode != wanted:
        return f"step {key}: exit {result.returncode}", True
    wanted, got = whole, content(path)
    if "profiles" in key.split(" ")[:2]:
        wanted, got = unnamed(wanted), unnamed(got)
    wrong = [f for f in wanted - got if not may_be_lost(f, key, plugin)]
    if wrong:
        return f"step {key}: also lost: " + "\n".join(map(str, wrong[:10])), True
    return None, True


probe, base = collect(os.path.join(T, "whole"), "-j1", "-p", PLUGINS, SAMPLE)
if base is None:
    skip_all("fossick does not collect here: " + probe.stderr.strip())
if collect(os.path.join(T, "hook"), "-n", SAMPLE, env={**os.environ, "FOSSICK_FAULT": "1:9"})[0].returncode == 0:
    skip_all("built without --enable-fault-injection")
whole = content(base)
check("the undisturbed run finds something", len(whole) > 10, len(whole))
for turn, name in enumerate(SIGNALS):
    bad, killed, step, ended = [], 0, 1 + turn * STRIDE // len(SIGNALS), False
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
