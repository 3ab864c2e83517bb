"""Collects from a large image with known contents and compares the digests of
what the profile names. TAP.

usage: bench_truth.py [FOLDER]   (default: $FOSSICK_BENCH)

FOLDER holds disk.E01 … and truth.tsv: category, path, bytes, SHA-256."""

import glob
import json
import os
import subprocess
import sys
import tempfile
import zipfile

CATEGORIES = ("3cx", "registry", "browser")


def skip(reason):
    print("1..0 # SKIP " + reason)
    sys.exit(0)


def read_truth(folder):
    with open(os.path.join(folder, "truth.tsv"), encoding="utf-8") as rows:
        return [line.rstrip("\n").split("\t")[:4] for line in rows]


def collect(image, out):
    command = [os.environ["FOSSICK"], "collect", "-q", image, "-o", out]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    archives = glob.glob(os.path.join(out, "*.zip"))
    return done.returncode, done.stderr, archives


def manifest(archive):
    with zipfile.ZipFile(archive) as z:
        rows = [json.loads(line) for line in z.read("manifest.jsonl").splitlines()]
    found = [r for r in rows if r.get("locator") and not r["locator"].get("stream")]
    return {r["locator"]["path"]: r for r in found}


def problem(have, path, size, digest):
    row = have.get(path)
    if row is None:
        return "not collected: " + path
    if row["sha256"] != digest or row["status"] != "complete":
        return "%s: %s, %s" % (path, row["status"], row["sha256"])
    return None


def main(folder):
    image = os.path.join(folder, "disk.E01") if folder else ""
    if not os.path.exists(image):
        skip("no benchmark image: name its folder in FOSSICK_BENCH")
    with tempfile.TemporaryDirectory() as out:
        status, log, archives = collect(image, out)
        good = status in (0, 1) and len(archives) == 1
        print("%s 1 - collect ends with status 0 or 1: %d" % ("ok" if good else "not ok", status))
        if not good:
            print("\n".join("# " + line for line in log.splitlines()[-30:]))
            print("1..1")
            return
        have = manifest(archives[0])
    rows = read_truth(folder)
    for number, category in enumerate(CATEGORIES, 2):
        wanted = [r[1:] for r in rows if r[0] == category]
        wrong = [w for w in (problem(have, *row) for row in wanted) if w]
        result = "ok" if wanted and not wrong else "not ok"
        print("%s %d - %s: %d of %d files with the right digest" %
              (result, number, category, len(wanted) - len(wrong), len(wanted)))
        print("".join("# %s\n" % w for w in wrong[:40]), end="")
    print("1..%d" % (len(CATEGORIES) + 1))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FOSSICK_BENCH", ""))
