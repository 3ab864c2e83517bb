"""Shared by the Python tests: TAP output, running fossick, reading archives.

A test script adds FOSSICK_SRC/tests to sys.path, imports this, calls check()
and skip(), and ends with finish()."""
import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

SRC = os.environ["FOSSICK_SRC"]
BUILD = os.environ.get("FOSSICK_BUILD", ".")
FOSSICK = os.environ.get("FOSSICK", os.path.join(BUILD, "fossick"))
CORPUS = os.environ.get("FOSSICK_CORPUS", "")
DATA = os.path.join(SRC, "tests", "data")
SAMPLE = os.path.join(DATA, "sample.E01")
CLEAN = os.path.join(DATA, "clean.E01")
sys.path.append(DATA)
import fixture_files

_count = 0


def check(name, good, detail=""):
    """One case. `detail` is shown when it fails."""
    global _count
    _count += 1
    print(f"{'ok' if good else 'not ok'} {_count} - {name}")
    if not good and detail != "":
        for line in str(detail).splitlines()[:40]:
            print(f"# {line}")
    sys.stdout.flush()
    return bool(good)


def same(name, got, wanted):
    return check(name, got == wanted, f"got:    {got!r}\nwanted: {wanted!r}")


def skip(name, reason):
    global _count
    _count += 1
    print(f"ok {_count} - {name} # SKIP {reason}")


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def finish():
    print(f"1..{_count}")


def scratch():
    """A folder that goes away at the end."""
    folder = tempfile.mkdtemp(prefix="fossick-test.")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def fossick(*args, timeout=300, **more):
    """Runs fossick; returns the CompletedProcess with text output."""
    return subprocess.run([FOSSICK, *args], capture_output=True, text=True, errors="replace",
                          timeout=timeout, stdin=subprocess.DEVNULL, **more)


def collect(out, *args, **more):
    """Runs `fossick collect -q` into the folder `out` (made if need be);
    returns (process, path of the one archive or None)."""
    os.makedirs(out, exist_ok=True)
    run = fossick("collect", "-q", "-o", out, *args, **more)
    zips = [n for n in os.listdir(out) if n.endswith(".zip")]
    return run, os.path.join(out, zips[0]) if len(zips) == 1 else None


def verifies(name, path):
    """One case: `fossick verify` accepts the archive."""
    if path is None:
        return check(name, False, "there is no archive")
    run = fossick("verify", path)
    return check(name, run.returncode == 0,
                 f"exit {run.returncode}\n{run.stdout}{run.stderr}")


def dump(plugin, files):
    """Runs the text of a plugin called "dump", whose records have `path`, on files of these
    names and bytes. Returns {path: fields} of the records and {path: {reason}} of the anomalies."""
    tree = os.path.join(scratch(), "tree")
    fixture_files.write(tree, files)
    return dump_tree(plugin, tree)


def dump_tree(plugin, tree):
    """The same on the files of a folder."""
    folder = scratch()
    script = os.path.join(folder, "dump.lua")
    with open(script, "w", encoding="utf-8") as f:
        f.write(plugin)
    archive = Archive(collect(os.path.join(folder, "out"), "-p", script, tree)[1])
    rows = {r["fields"]["path"]: r["fields"] for r in archive.records()["dump"]}
    notes = {}
    for a in archive.anomalies:
        notes.setdefault(a["object"], set()).add(a["reason"])
    return rows, notes


class Archive:
    """An evidence archive, read with Python's own zipfile."""

    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)
        self.names = self.zip.namelist()

    def text(self, name):
        return self.zip.read(name).decode() if name in self.names else ""

    def lines(self, name):
        return [json.loads(line) for line in self.text(name).split("\n") if line]  # U+2028 ends no line

    def json(self, name):
        return json.loads(self.text(name))

    @property
    def manifest(self):
        return self.lines("manifest.jsonl")

    @property
    def files(self):
        """Manifest rows of collected files, by member name."""
        return {row["name"]: row for row in self.manifest if row.get("locator")}

    @property
    def findings(self):
        return self.lines("findings.jsonl")

    @property
    def anomalies(self):
        return self.lines("anomalies.jsonl")

    def records(self):
        """All records as {plugin: [row, …]}."""
        prefix, suffix = "records/", ".jsonl"
        return {n[len(prefix):-len(suffix)]: self.lines(n) for n in self.names
                if n.startswith(prefix) and n.endswith(suffix)}
