"""Rows of prefetch files in win-execution: on a volume with a serial number, and on a folder."""

import importlib
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
sys.dont_write_bytecode = True
import support

T = support.scratch()
PF = os.path.join(T, "pf")
WINDOWS = "Windows/System32/config"
PLACES = {"v26": "TOOL.EXE-00000026.pf", "packed": "TOOL.EXE-00000031.pf", "two-places": "TOOL.EXE-00000002.pf",
          "none": "NONE.EXE-00000000.pf"}


def tree(program):
    """A folder with prefetch files, and the program or not."""
    folder = os.path.join(T, "with" if program else "without")
    for name in (WINDOWS, "Windows/Prefetch", "Users/Ann"):
        os.makedirs(os.path.join(folder, name))
    for source, name in PLACES.items():
        shutil.copyfile(os.path.join(PF, source + ".pf"), os.path.join(folder, "Windows/Prefetch", name))
    if program:
        with open(os.path.join(folder, "Users/Ann/Tool.exe"), "wb") as f:
            f.write(b"MZ")
    return folder


def image(folder, serial):
    """The same as a FAT volume."""
    path = os.path.join(T, serial + ".img")
    with open(path, "wb") as f:
        f.truncate(8 << 20)
    subprocess.run(["mkfs.vfat", "-i", serial, path], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mcopy", "-s", "-i", path] + [os.path.join(folder, n) for n in sorted(os.listdir(folder))] + ["::"],
                   check=True)
    return path


def run(name, source):
    _, out = support.collect(os.path.join(T, "out", name), "-p", "win-execution", source)
    archive = support.Archive(out)
    rows = archive.records()["win-execution"]
    support.check(f"{name}: nothing but rows of prefetch files", all(r["kind"] == "prefetch" for r in rows))
    support.same(f"{name}: no findings", archive.findings, [])
    support.same(f"{name}: what is none is told", [(os.path.basename(a["object"]), a["reason"]) for a in archive.anomalies],
                 [(PLACES["none"], "no prefetch file: signature missing")])
    support.same(f"{name}: the prefetch files are collected", sum(n.endswith(".pf") for n in archive.names), len(PLACES))
    collected = [n for n in archive.names if n.lower().endswith("tool.exe")]
    return [r["fields"] for r in rows], collected


def of(rows, name):
    return [r for r in rows if r["entry"]["path"].endswith(PLACES[name])]


def check_found(name, rows, collected):
    for version in ("v26", "packed"):
        mine = of(rows, version)
        support.same(f"{name}, {version}: a row for each run", [(r["run"], r["time"], r["runs"]) for r in mine],
                     [(1, "2023-03-29T08:15:30Z", 3), (2, "2023-03-29T08:14:30Z", 3)])
        support.same(f"{name}, {version}: the program is found", {r["program"][1:].lower() for r in mine},
                     {":/users/ann/tool.exe"})
        support.same(f"{name}, {version}: lists in the first row only", [len(r.get("files", [])) for r in mine], [3, 0])
        support.same(f"{name}, {version}: its volume", [(v["serial"], v.get("here"), len(v["directories"]))
                                                        for v in mine[0]["volumes"]], [("64BB-3469", True, 2)])
    support.same(f"{name}: of two files of that name none is taken", {r["program"] for r in of(rows, "two-places")}, {"TOOL.EXE"})
    support.same(f"{name}: the program is collected", len(collected), 1)


def main():
    make = importlib.import_module("make-prefetch")
    make.write(PF)
    there, gone = tree(True), tree(False)
    check_found("folder", *run("folder", there))
    if not shutil.which("mkfs.vfat") or not shutil.which("mcopy"):
        support.skip("volumes", "needs mkfs.vfat and mcopy (dosfstools, mtools)")
        return support.finish()
    check_found("volume", *run("volume", image(there, "64bb3469")))
    rows, collected = run("another volume", image(there, "12345678"))
    support.same("another volume: the program is not sought", [(r["program"], r.get("missing"), r.get("file")) for r in of(rows, "v26")],
                 [("\\DEVICE\\HARDDISKVOLUME2\\USERS\\ANN\\TOOL.EXE", None, None)] * 2)
    support.same("another volume: nor collected", collected, [])
    shutil.move(os.path.join(there, "Windows/Prefetch"), os.path.join(T, "Prefetch"))
    os.makedirs(os.path.join(there, "Windows.old/Windows"))
    shutil.move(os.path.join(T, "Prefetch"), os.path.join(there, "Windows.old/Windows"))
    rows, collected = run("a former Windows", there)
    support.same("a former Windows: it is said, and the program found", {(r["origin"], r["program"][1:].lower()) for r in of(rows, "v26")},
                 {("Windows.old", ":/users/ann/tool.exe")})
    rows, _ = run("gone", gone)
    support.check("a program that is gone is said to be", all("missing" in r for r in of(rows, "v26")), of(rows, "v26"))
    support.finish()


main()
