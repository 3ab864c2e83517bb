#!/usr/bin/env python3
"""The keeper is killed at 100 moments of a run, spread by a fixed generator.
Each time `recover` and then `verify` succeed, and every member that the
custody log calls finished is there with the digest it had.

FOSSICK_KEEPER_KILLS=N tries N moments."""
import concurrent.futures
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import FOSSICK, SAMPLE, Archive, check, collect, finish, fossick, scratch, skip_all

T = scratch()
KILLS = int(os.environ.get("FOSSICK_KEEPER_KILLS", "100"))

began = time.monotonic()
run, base = collect(os.path.join(T, "whole"), SAMPLE)
took = time.monotonic() - began
if base is None:
    skip_all("fossick does not collect here: " + run.stderr.strip())
whole = {name: row["sha256"] for name, row in Archive(base).files.items()}


def once(n, delay):
    """(what is wrong or None, whether there was anything to recover)"""
    out = os.path.join(T, str(n))
    os.makedirs(out)
    p = subprocess.Popen([FOSSICK, "collect", "-q", "-o", out, SAMPLE], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(delay)
    p.send_signal(signal.SIGKILL)
    p.wait()
    zips = [x for x in os.listdir(out) if x.endswith(".zip")]
    if not zips:
        return None, False
    path = os.path.join(out, zips[0])
    recovered = fossick("recover", path)
    if recovered.returncode != 0:
        return f"recover: exit {recovered.returncode}\n{recovered.stderr}", True
    verified = fossick("verify", path)
    if verified.returncode != 0:
        return f"verify: exit {verified.returncode}\n{verified.stdout}{verified.stderr}", True
    a = Archive(path)
    files = {name: row["sha256"] for name, row in a.files.items()}
    for line in a.lines("custody.jsonl"):
        name = line.get("name", "")
        if line["event"] == "member" and name.startswith("fs/") and name not in files:
            return f"custody calls {name} finished, and it is not there", True
    wrong = [n for n, digest in files.items() if whole.get(n) != digest]
    return (f"members differ: {wrong[:5]}" if wrong else None), True


rng = random.Random(20230330)
moments = [rng.uniform(0, 1.2 * took) for _ in range(KILLS)]
bad, recovered = [], 0
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    for n, (wrong, had) in enumerate(pool.map(once, range(KILLS), moments)):
        recovered += had
        if wrong:
            bad.append(f"killed after {moments[n]:.3f} s: {wrong}")
check(f"{KILLS} kills, {recovered} archives recovered and verified", not bad, "\n".join(bad))
check("most kills left an archive behind", recovered > KILLS // 4, recovered)
finish()
