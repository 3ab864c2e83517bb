#!/usr/bin/env python3
"""Kills a writer of archives, and recover, at many moments; what was finished must be there.

Three kinds of death, from fixed seeds: SIGKILL in front of (or in the middle of) the Nth
call that changes a file; the same with half of the unsynced writes lost, as when the power
fails or a stick is pulled; SIGKILL from outside after a random time.
"""
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

TOOL = os.path.join(os.environ["FOSSICK_BUILD"], "tests/fault/archive_tool")
MEMBERS = 12
count = 0


def tap(good, name, comment=""):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    for line in comment.splitlines()[:40]:
        print(f"# {line}")


def tool(*args, env=None, **more):
    return subprocess.run([TOOL, *args], env={**os.environ, **(env or {})},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def calls_of(run):
    return int(run.stderr.split("calls ")[1].split()[0])


def finished_by_journal(path):
    """Names and digests of the members that the journal calls finished, and its rows."""
    members, rows = {}, []
    try:
        with open(path + ".journal", "rb") as f:
            lines = f.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return members, rows
    folding = False
    for line in lines:
        try:
            entry = json.loads(line.lstrip(b"\0"))
        except ValueError:
            continue
        if entry[0] == "fold":
            folding = True
        elif entry[0] == "custody" and not folding:
            members.update((line["name"], line["sha256"]) for line in entry[1:]
                           if line["event"] == "member")
        elif entry[0] == "row":
            rows.append((entry[1], entry[3]["n"]))
    return members, rows


def check(path, done, members, rows):
    """What is wrong with a recovered archive, as text; "" if nothing."""
    wrong = []
    verify = tool("verify", path)
    if verify.returncode != 0:
        wrong.append(f"verify: {verify.returncode} {verify.stdout}{verify.stderr}")
        return "\n".join(wrong)
    with zipfile.ZipFile(path) as z:
        names = set(z.namelist())
        for name, sha256 in {**members, **done}.items():
            if name not in names:
                wrong.append(f"{name} is missing")
            elif hashlib.sha256(z.read(name)).hexdigest() != sha256:
                wrong.append(f"{name} is not what it was")
        kept = {(s, json.loads(line)["n"]) for s in ("findings", "anomalies", "records/runkeys")
                if s + ".jsonl" in names for line in z.read(s + ".jsonl").splitlines()}
        wrong += [f"row {row} is missing" for row in rows if row not in kept]
    folder = os.path.dirname(path)
    left = [n for n in os.listdir(folder) if n != os.path.basename(path)]
    if left:
        wrong.append("left over: " + " ".join(left))
    return "\n".join(wrong)


def start(folder, seed, env, how="write"):
    run = tool(how, folder, str(seed), str(MEMBERS), env=env)
    done = dict(line.split()[1:] for line in run.stdout.splitlines() if line.startswith("done "))
    zips = [os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".zip")]
    return run, done, zips[0] if zips else None


def one_death(folder, seed, env, recover_deaths, rng, how):
    """Returns (died, what is wrong)."""
    run, done, path = start(folder, seed, env, how)
    if path is None:
        return run.returncode == -signal.SIGKILL, "" if not done else "no archive"
    members, rows = finished_by_journal(path)
    died = run.returncode == -signal.SIGKILL
    for _ in range(recover_deaths):
        kill = {"KILL_AT": str(rng.randint(1, 60)), "TEAR": str(rng.randint(0, 1))}
        if "LOSE" in env:
            kill["LOSE"] = str(rng.randint(1, 10**6))
        tool("recover", path, env=kill)
    recover = tool("recover", path)
    if recover.returncode != 0:
        return died, f"recover: {recover.returncode} {recover.stdout}{recover.stderr}"
    again = tool("recover", path)
    if again.returncode != 0 or " complete " not in again.stdout:
        return died, f"recover again: {again.returncode} {again.stdout}{again.stderr}"
    return died, check(path, done, members, rows)


def series(name, envs, recover_deaths, top, rng, how="write"):
    deaths, wrong = 0, []
    for i, env in enumerate(envs):
        died, text = False, ""
        # how many calls there are depends on which members are synced together: a run with fewer dies sooner
        while not died and not text and int(env["KILL_AT"]) > 0:
            folder = os.path.join(top, "run")
            os.mkdir(folder)
            died, text = one_death(folder, i, env, recover_deaths, rng, how)
            shutil.rmtree(folder)
            if text:
                wrong.append(f"{env}: {text}")
            env = {**env, "KILL_AT": str(int(env["KILL_AT"]) * 9 // 10)}
        deaths += died
    tap(not wrong and deaths == len(envs), f"{name}: {deaths} deaths of {len(envs)}, "
        f"{len(wrong)} wrong", "\n".join(wrong))


def timed(top, rng, n, whole):
    deaths, wrong = 0, []
    for i in range(n):
        folder = os.path.join(top, "run")
        os.mkdir(folder)
        with subprocess.Popen([TOOL, "write", folder, str(i), "400"], stdout=subprocess.PIPE,
                              text=True) as p:
            first = p.stdout.readline()
            time.sleep(rng.uniform(0, whole))
            p.send_signal(signal.SIGKILL)
            rest = p.stdout.read()
        deaths += p.returncode == -signal.SIGKILL
        path = first.split()[1]
        done = dict(line.split()[1:] for line in rest.splitlines()
                    if line.startswith("done ") and len(line.split()) == 3
                    and len(line.split()[2]) == 64)
        members, rows = finished_by_journal(path)
        recover = tool("recover", path)
        text = check(path, done, members, rows) if recover.returncode == 0 else recover.stderr
        if text:
            wrong.append(text)
        shutil.rmtree(folder)
    tap(not wrong, f"killed from outside: {deaths} deaths of {n}, {len(wrong)} wrong",
        "\n".join(wrong))


def main():
    rng = random.Random(20230329)
    # in memory where that is possible: what counts is the order of the calls
    scratch = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="fossick-test.", dir=scratch) as top:
        folder = os.path.join(top, "whole")
        os.mkdir(folder)
        run, done, path = start(folder, 0, {"COUNT": "1"})
        total = calls_of(run)
        tap(run.returncode == 0 and len(done) == MEMBERS and check(path, done, {}, []) == "",
            f"a run that is left alone makes {total} calls", run.stderr)

        opening = [{"KILL_AT": str(n), "TEAR": str(n & 1)} for n in range(1, 21)]
        series("killed while the files are made", opening, 0, top, rng)
        moments = [{"KILL_AT": str(rng.randint(1, total)), "TEAR": str(rng.randint(0, 1))}
                   for _ in range(100)]
        series("killed while writing", moments, 0, top, rng)
        series("killed while writing, then while recovering", moments[:30], 3, top, rng)
        power = [{**m, "LOSE": str(rng.randint(1, 10**6))} for m in moments]
        series("power lost while writing", power, 0, top, rng)
        series("power lost while writing, then while recovering", power[:30], 3, top, rng)

        folder = os.path.join(top, "woven")
        os.mkdir(folder)
        run, done, path = start(folder, 0, {"COUNT": "1"}, "weave")
        total = calls_of(run)
        tap(run.returncode == 0 and len(done) == MEMBERS and check(path, done, {}, []) == "",
            f"several members side by side: {total} calls", run.stderr)
        moments = [{"KILL_AT": str(rng.randint(1, total * 3 // 4)), "TEAR": str(i & 1)}
                   for i in range(40)]
        series("killed with several in flight", moments, 0, top, rng, "weave")
        power = [{**m, "LOSE": str(rng.randint(1, 10**6))} for m in moments]
        series("power lost with several in flight", power, 1, top, rng, "weave")

        begin = time.monotonic()
        folder = os.path.join(top, "timed")
        os.mkdir(folder)
        tool("write", folder, "0", "400")
        timed(top, rng, 30, time.monotonic() - begin)
    print(f"1..{count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
