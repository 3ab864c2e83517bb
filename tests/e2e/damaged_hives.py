#!/usr/bin/env python3
"""Damaged hives and logs: each is an anomaly with file and offset, and the rest is read, by
collect as by `fossick hive`."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import damaged_hives
from support import Archive, check, collect, finish, fossick, scratch, verifies

T = scratch()
PLUGIN = """local function walk(key)
	local keys, values = 1, 0
	for _ in key:values() do
		values = values + 1
	end
	for sub in key:keys() do
		local k, v = walk(sub)
		keys, values = keys + k, values + v
	end
	return keys, values
end

return { api = 1, name = "counts", summary = "test", wants = { "windows.hive.ntuser" }, run = function(ctx, hive)
	local found = 0
	for _ in hive:keys("**\\\\*") do
		found = found + 1
	end
	for _ in hive:deleted() do
	end
	local keys, values = walk(hive:root())
	ctx:record("counted", { hive = hive.entry.path, keys = keys, values = values, found = found })
end }
"""


def path_of(case):
    return f"Users/{case.name}/NTUSER.DAT"


def in_short(words):
    """What an anomaly says, as `fossick hive` does beside the state of a hive or log."""
    if words.startswith("hive is dirty"):
        return ": dirty\n"
    return words.rpartition("transaction log not applied: ")[2].removeprefix("transaction log applied in part: ").removeprefix("it ")


def write(case):
    path = os.path.join(T, "tree", path_of(case))
    os.makedirs(os.path.dirname(path))
    for suffix, data in case.files.items():
        with open(path + suffix, "wb") as f:
            f.write(data)
    return path


CASES = list(damaged_hives.cases())
for each in CASES:
    write(each)
os.makedirs(os.path.join(T, "tree", "Windows", "System32"))
plugin = os.path.join(T, "counts.lua")
with open(plugin, "w", encoding="utf-8") as f:
    f.write(PLUGIN)
run, out = collect(os.path.join(T, "out"), "-p", plugin, os.path.join(T, "tree"))
check("collect ends with 1", run.returncode == 1, f"{run.returncode} {run.stderr}")
verifies("the archive verifies", out)
archive = Archive(out)
counted = {r["fields"]["hive"]: r["fields"] for r in archive.records().get("counts", [])}
told = [(a["locator"]["path"], a["reason"]) for a in archive.anomalies if a.get("locator")]
check("nothing died, nothing ran out of time", not [a for a in archive.anomalies if a["code"] in ("died", "timeout")],
      archive.text("anomalies.jsonl"))

for case in CASES:
    path = path_of(case)
    mine = [(p, r) for p, r in told if p.startswith(path)]
    for suffix, words in case.told:
        check(f"{case.name}: an anomaly of the file, with reason and offset",
              any(p == path + suffix and words in r for p, r in mine), f"{words}\n{mine}")
    check(f"{case.name}: nothing else is said", case.also or len(mine) == len(case.told), mine)
    got = counted.get(path, {})
    check(f"{case.name}: the rest is read", got and case.keys in (None, got["keys"]) and case.values in (None, got["values"]),
          f"{got}, wanted {case.keys} keys, {case.values} values")
    check(f"{case.name}: and found by a pattern", got and got["found"] == got["keys"] - 1, got)
    shown = fossick("hive", os.path.join(T, "tree", path))
    check(f"{case.name}: fossick hive says so, too", shown.returncode == (1 if case.told else 0) and
          all(in_short(words) in shown.stdout for _, words in case.told), f"{shown.returncode}\n{shown.stdout}\n{shown.stderr}")
finish()
