"""Third-party databases: the rows that tests/interop/sqldump counts, with and
without their logs, must be those that SQLite itself counted."""

import hashlib
import json
import os
import subprocess

CORPUS = os.environ["FOSSICK_CORPUS"]
SQLDUMP = os.path.join(os.environ["FOSSICK_BUILD"], "tests/interop/sqldump")

cases = 0


def ok(name, problems):
    global cases
    cases += 1
    print(f"{'not ok' if problems else 'ok'} {cases} - {name}")
    for line in problems[:20]:
        print("# " + str(line)[:400])


def dump(path, *logs):
    done = subprocess.run([SQLDUMP, path, *logs], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = [line.split("\t") for line in done.stdout.decode("utf-8").split("\n")[:-1]]
    rows = {fields[1]: int(fields[2]) for fields in lines if fields[0] == "T"}
    return done, rows, [fields for fields in lines if fields[0] in "EN" or fields[2:3] == ["-1"]]


def digests(folder):
    out = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            with open(path, "rb") as f:
                out[name] = hashlib.sha256(f.read()).hexdigest()
    return out


def counted(name, wanted, *logs):
    """`wanted` names some tables; "_" marks other facts."""
    problems = []
    done, rows, notes = dump(os.path.join(CORPUS, name), *logs)
    if done.returncode != 0 or done.stderr:
        problems.append(f"status {done.returncode}: {done.stdout[:200]} {done.stderr[:200]}")
    for table, count in wanted.items():
        if not table.startswith("_") and rows.get(table) != count:
            problems.append(f"{table}: got {rows.get(table)}, wanted {count}")
    what = "with its log" if logs else "alone"
    ok(f"{name} {what}: {len(rows)} tables, {sum(rows.values())} rows", problems + notes)


def main():
    expected = os.path.join(CORPUS, "expected", "observed-sqlite.json")
    if not os.path.exists(expected):
        print("1..0 # SKIP no corpus")
        return
    with open(expected, encoding="utf-8") as f:
        files = json.load(f)["files"]
    before = digests(os.path.join(CORPUS, "sqlite-dissect"))
    for name, fact in files.items():
        counted(name, fact["main_file_only"])
        if "with_wal" in fact:
            counted(name, fact["with_wal"], os.path.join(CORPUS, name + "-wal"))
    done, _, notes = dump(os.path.join(CORPUS, "sqlite-dissect/invalid_database.sqlite"))
    good = done.returncode == 1 and notes and notes[0][:2] == ["E", "corrupt"]
    ok("sqlite-dissect/invalid_database.sqlite is refused", [] if good else [done.stdout])
    after = digests(os.path.join(CORPUS, "sqlite-dissect"))
    ok("the files are as they were", [] if before == after else [before, after])
    print(f"1..{cases}")


main()
