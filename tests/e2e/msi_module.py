#!/usr/bin/env python3
"""The module msi on packages made by tests/data/make-msi.py: what it tells of sound ones, and
that each damaged one costs an anomaly."""
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
from support import check, same

make = importlib.import_module("make-msi")

PLUGIN = """
return { api = 1, name = "dump", summary = "packages as records", wants = { "**/*" },
run = function(ctx, e)
    if e.type == "file" then
        local m, why, code = msi.open(e)
        ctx:record("msi", { entry = e, path = e.path, m = m, why = why, code = code })
    end
end }
"""
FILES = make.files()
rows, notes = support.dump(PLUGIN, FILES)
same("every file gave a row", sorted(rows), sorted(FILES))

tool = rows["tool.msi"]["m"]
for key, value in {
    "name": "Tool", "version": "1.2.3", "manufacturer": "Tools of Ann", "language": "1033", "code_page": 1252,
    "product_code": "{77DE5C80-0000-4000-8000-000000000004}", "signed": False, "signer": None,
    "upgrade_code": "{99999999-0000-4000-8000-000000000001}", "tables": sorted(make.COLUMNS),
    "properties": make.product(),
    "files": [
        {"id": "tool.exe", "name": "tool.exe", "short": "TOOL~1.EXE", "size": 12345, "version": "1.2.3.4",
         "component": "Main"},
        {"id": "readme", "name": "README.TXT", "size": 7, "component": "Main"}],
    "embedded": [],
    "summary": {
        "title": "Installation Database", "subject": "Tool", "author": "Tools of Ann", "template": "x64;1033",
        "revision": "{11111111-2222-3333-4444-555555555555}", "application": "make-msi", "schema": 200, "words": 2,
        "created": "2023-03-29T05:00:00Z"},
}.items():
    same(key, tool.get(key), value)
same("wide references, large sectors", rows["wide.msi"]["m"], tool)
same("UTF-8", rows["utf-8.msi"]["m"]["name"], "Wörkzeug \u65e5")
same("Windows-1252", rows["western.msi"]["m"]["name"], "Wörkzeug €")
same("another code page", rows["cyrillic.msi"]["m"]["name"], "\\xd2ool")
long = rows["long.msi"]["m"]["properties"]
same("long string", (len(long["Licence"]), long["Z"]), (70000, "z"))
same("embedded", rows["cab.msi"]["m"]["embedded"],
     [{"name": "cab1.cab", "size": 9009}, {"name": "Binary.icon", "size": 10}])
same("a signature that is none", rows["not-signed.msi"]["m"]["signed"], True)
for name in FILES:
    if not name.startswith("bad/") and name != "not-signed.msi":
        check("no anomaly: " + name, name not in notes)

for name, why, code in (
    ("text", "no compound file: signature missing", "corrupt"),
    ("empty", "no compound file: signature missing", "corrupt"),
    ("no-pool", "a compound file, but no package: it has no string pool", "unsupported"),
    ("empty-pool", "a string pool without a header", "corrupt"),
):
    row = rows["bad/" + name + ".msi"]
    same(name, (row.get("m"), row["why"], row["code"]), (None, why, code))
for name, path, reason, still in (
    ("signature", "not-signed.msi", "signature: no PKCS #7 value", 2),
    ("pool past its end", "bad/pool-past-end.msi", "string 1 is not in the pool", 0),
    ("pool cut", "bad/pool-cut.msi", "the pool has bytes that belong to no string", 2),
    ("columns cut", "bad/columns-cut.msi", "table _Columns ends in a row", 0),
    ("columns without numbers", "bad/columns-ones.msi", None, 0),
    ("no columns", "bad/columns-zero.msi", None, 0),
    ("files cut", "bad/file-cut.msi", "table File ends in a row", 0),
    ("references to nothing", "bad/file-references.msi", None, 2),
    ("summary cut", "bad/summary.msi", "the summary is damaged", 2),
):
    same(name, len(rows[path]["m"]["files"]), still)
    if reason:
        check(name + ": told", reason in notes.get(path, set()))
same("of a summary", rows["bad/summary.msi"]["m"]["name"], "Tool")
support.finish()
