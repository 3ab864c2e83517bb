#!/usr/bin/env python3
"""3cx-usn on an image, and what it tells of folders that are gone."""
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "bench"))
import make_mft
import support
from support import same

make = importlib.import_module("make-usn")
T = support.scratch()
ROOT, APP, BUILD = make.reference(5, 5), make.reference(60, 2), make.reference(61, 3)
MANIFEST, OTHER, COPY = make.reference(62), make.reference(63), make.reference(64)
C, D, X, F, N = make.CREATED, make.DELETED, make.CLOSED, make.OLD_NAME, make.NEW_NAME


def folder(name, reason, number, parent, when):
    return lambda usn: make.record(name, reason, number, parent, make.FIRST + when, usn, attributes=0x10)


def row(name, reason, number, parent, when):
    return lambda usn: make.record(name, reason, number, parent, make.FIRST + when, usn)


ROWS = [
    folder("3CXDesktopApp", C, APP, ROOT, 0),
    folder("3CXDesktopApp", C | X, APP, ROOT, 0),
    folder("app-18.12.416", C, BUILD, APP, 1),
    row("manifest", C, MANIFEST, BUILD, 90),
    row("manifest", C | make.ADDED, MANIFEST, BUILD, 90),
    row("manifest", C | make.ADDED | X, MANIFEST, BUILD, 90),
    row("manifest", C | X, OTHER, make.reference(70), 91),
    row("History.old", C | X, COPY, make.reference(71), 100),
    row("History.old", D | X, COPY, make.reference(71), 101),
    row("tmp", F, make.reference(65), APP, 102),
    row("UpdateAgent", N | X, make.reference(65), APP, 102),
    row("notes.txt", D | X, make.reference(66), APP, 103),
    row("manifest", D | X, MANIFEST, BUILD, 200),
    folder("app-18.12.416", D | X, BUILD, APP, 201),
    folder("app-18.12.407", D | X, make.reference(67), make.reference(70), 202),
]
tree = os.path.join(T, "tree")
os.makedirs(os.path.join(tree, "$Extend"))
os.makedirs(os.path.join(tree, "Windows/System32"))
with open(os.path.join(tree, "$Extend", "$J"), "wb") as f:
    f.write(bytes(make.PAGE * 9) + make.paged(ROWS))
_, out = support.collect(os.path.join(T, "out"), "-p", "3cx-usn", tree)
archive = support.Archive(out)
found = archive.records()["3cx-usn"]


def rows(kind, *names):
    return [tuple(r["fields"].get(n) for n in names) for r in found if r["kind"] == kind]


KEYS = ("time", "reason", "path")
same("deleted", rows("deleted", *KEYS), [
    ("2023-03-14T09:13:41Z", "deleted, closed", "History.old"),
    ("2023-03-14T09:15:20Z", "deleted, closed", "3CXDesktopApp/app-18.12.416/manifest"),
    ("2023-03-14T09:15:21Z", "deleted, closed", "3CXDesktopApp/app-18.12.416"),
    ("2023-03-14T09:15:22Z", "deleted, closed", "app-18.12.407")])
same("there still, or then", rows("journal", *KEYS), [
    ("2023-03-14T09:12:00Z", "created", "3CXDesktopApp"),
    ("2023-03-14T09:12:00Z", "created, closed", "3CXDesktopApp"),
    ("2023-03-14T09:12:01Z", "created", "3CXDesktopApp/app-18.12.416"),
    ("2023-03-14T09:13:30Z", "created", "3CXDesktopApp/app-18.12.416/manifest"),
    ("2023-03-14T09:13:30Z", "extended, created", "3CXDesktopApp/app-18.12.416/manifest"),
    ("2023-03-14T09:13:30Z", "extended, created, closed", "3CXDesktopApp/app-18.12.416/manifest"),
    ("2023-03-14T09:13:40Z", "created, closed", "History.old")])
same("removed", rows("removed", "time", "version"), [("2023-03-14T09:15:21Z", "18.12.416")])
same("no anomaly", [a["reason"] for a in archive.anomalies], [])
same("no finding", [f["title"] for f in archive.findings], [])

# --- an image: folders that are there are known by their records, the hole costs nothing ---
HOLE, LCN = 256 << 20, 70000
v = make_mft.Volume()
v.add("System32", v.add("Windows", folder=True), folder=True)
app = v.add("app", v.add("3CXDesktopApp", v.add("Program Files", folder=True), folder=True), folder=True)
HERE = make.reference(app, v.seq_of(app))
journal = make.paged([row("manifest", C | X, MANIFEST, HERE, 90), row("manifest", D | X, MANIFEST, HERE, 91)], HOLE)
make_mft.add_journal(v, HOLE, journal, LCN)
image = os.path.join(T, "disk.img")
make_mft.write_journal(v, image, journal, LCN, (8 << 20) - len(journal))
_, out = support.collect(os.path.join(T, "image-out"), "-p", "3cx-usn", image)
found = support.Archive(out).records().get("3cx-usn", [])
same("of an image", rows("journal", "reason", "path", "usn") + rows("deleted", "reason", "path", "usn"), [
    ("created, closed", "Program Files/3CXDesktopApp/app/manifest", HOLE),
    ("deleted, closed", "Program Files/3CXDesktopApp/app/manifest", HOLE + 80)])
support.finish()
