#!/usr/bin/env python3
"""The tables of the 3CX case are data: a row that is added makes a finding, a mistake in a row is told
with table and line, and the other rows count."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import CLEAN, SAMPLE, SRC, Archive, check, collect, finish, fossick, same, scratch

T = scratch()
SCRIPTS = os.path.join(T, "lua-scripts")
shutil.copytree(os.path.join(SRC, "lua-scripts"), SCRIPTS)
PLUGINS = "3cx-payload-cache,3cx-browser,3cx-install"


def table(name):
    return os.path.join(SCRIPTS, "intel", "3cx", name)


def lines(name):
    with open(table(name), encoding="utf-8") as f:
        return f.read().split("\n")


def write(name, rows):
    with open(table(name), "w", encoding="utf-8") as f:
        f.write("\n".join(rows))


def run(name, image):
    archive = Archive(collect(os.path.join(T, name), "--data", SCRIPTS, "-p", PLUGINS, image)[1])
    rows = archive.lines("findings.jsonl")
    found = sorted((r["severity"], r["plugin"], r["title"], r["evidence"][0]["path"]) for r in rows)
    return archive, found


archive, before = run("before", SAMPLE)
check("the sample has findings", len(before) > 5, before)
same("nothing is told of good tables", [a for a in archive.anomalies if a.get("given")], [])

checked = fossick("plugin", "check", "--data", SCRIPTS)
check("plugin check of good tables", checked.returncode == 0, checked.stdout)

rows = lines("hashes.csv")
rows[29] = rows[29].replace(rows[29].split(",")[0], "59e1edf4d82fae4978e97512b0331b7eb2")
write("hashes.csv", rows)
rows = lines("paths.csv")
head = next(i for i, line in enumerate(rows) if line.startswith("os,"))
rows[29] = rows[29].replace(",context,", ",contxt,").replace(",suspicious,", ",suspect,").replace(",benign,", ",benin,")
rows[30:31] = ["windows,%profile%/{Desktop,malicious,,,,,,no glob,test", "windows,x", rows[30]]
rows[head + 1:head + 1] = ["windows,Windows/System32/drivers/etc/ho?ts,malicious,,,,file.listed,,an added row,test"]
write("paths.csv", rows)
rows = lines("network.csv")
rows[-2:] = ["domain,-,c2,no name,test", 'domain,"x.example,c2,no quote,test', rows[-2], rows[-1]]
write("network.csv", rows)

archive, after = run("after", SAMPLE)
told = [(a["plugin"], a["object"], a["reason"]) for a in archive.anomalies if a.get("given")]
check("no mistake is told twice by a plugin", len(told) == len(set(told)), told)
told = sorted({f"{name}, {reason}" for _, name, reason in told})
check("the line of each mistake is told", len(told) == 6, told)
for part in ("3cx/hashes.csv, line 30: '59e1edf4d82fae4978e97512b0331b7eb2' is no digest",
             "3cx/paths.csv, line 31: verdict '", "3cx/paths.csv, line 32: path is no glob: a brace is not closed",
             "3cx/paths.csv, line 33: 2 fields instead of 10", "is no name of a host", "a quote is not closed"):
    check(f"told: {part}", any(part in t for t in told), told)
checked = fossick("plugin", "check", "--data", SCRIPTS)
same("plugin check tells the same", (checked.returncode, [t for t in told if t.replace(", line", ": line") not in checked.stdout]), (1, []))
typo = os.path.join(T, "typo.txt")
with open(typo, "w", encoding="utf-8") as f:
    f.write("evil.exe\n" * 29 + "no indicator here\n")
checked = fossick("plugin", "check", "--ioc", typo, os.path.join(SRC, "lua-scripts", "plugins", "3cx-browser.lua"))
check("and what is wrong with a list of the analyst", checked.returncode == 1 and "typo.txt: line 30" in checked.stdout,
      checked.stdout + checked.stderr)
added = ("high", "3cx-payload-cache", "File of the malware that followed", "Windows/System32/drivers/etc/hosts")
same("the added row makes a finding, all others are as before", after, sorted(before + [added]))
_, clean = run("clean", CLEAN)
check("a clean machine has only that", [f for f in clean if f[0] != "info"] in ([], [added]), clean)
finish()
