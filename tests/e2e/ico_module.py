#!/usr/bin/env python3
"""The module ico on icons made by tests/data/make-ico.py: what it tells of sound ones, and that each
damaged one costs an anomaly; an icon of 2 GB is one, too."""
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import fixture_files
import support
from support import check, same

make = importlib.import_module("make-ico")

PLUGIN = """
return { api = 1, name = "dump", summary = "icons as records", wants = { "**/*" },
run = function(ctx, e)
    if e.type == "file" then
        local i, why, code = ico.open(e)
        ctx:record("ico", { entry = e, path = e.path, i = i, why = why, code = code })
    end
end }
"""
TREE, FILES = support.scratch(), make.files()
fixture_files.write(TREE, FILES)
with open(os.path.join(TREE, "bad/huge.ico"), "wb") as f:
    f.write(FILES["tool.ico"])
    f.truncate(2 << 30)
rows, notes = support.dump_tree(PLUGIN, TREE)
same("every file gave a row", sorted(rows), sorted([*FILES, "bad/huge.ico"]))

size = len(make.png())
same("an icon with a trailer", rows["tool.ico"]["i"], {
    "kind": "icon", "trailer": {"offset": 22 + size, "size": 9},
    "images": [{"width": 16, "height": 16, "bits": 32, "offset": 22, "size": size, "stop": 22 + size,
                "format": "png"}]})
same("one without", rows["plain.ico"]["i"].get("trailer"), None)
same("two pictures", [(i["width"], i["format"]) for i in rows["two.ico"]["i"]["images"]],
     [(16, "bitmap"), (256, "png")])
same("bitmaps", rows["bitmaps.ico"]["i"].get("trailer"), None)
same("a cursor", rows["cursor.cur"]["i"]["kind"], "cursor")
same("a PNG ends where it says so", rows["counted.ico"]["i"]["trailer"], {"offset": 22 + size, "size": 14})
told = {name: [r for where, rs in notes.items() if where.endswith(name) for r in rs] for name in rows}
same("sound icons cost no anomaly", [n for n in rows if not n.startswith("bad/") and told[n]], [])
for name, reason in {
    "bad/no-end.ico": "is a PNG without its end", "bad/past.ico": "lies behind the end",
    "bad/inside.ico": "lies in the directory", "bad/chunk.ico": "is a PNG without its end",
    "bad/many.ico": "of which 1024 are told", "bad/cut.ico": "1 of 1 pictures have no entry",
    "bad/huge.ico": "bytes are more than an icon has",
}.items():
    check(name, any(reason in r for r in told[name]) and rows[name]["i"], str(told[name]))
same("a picture that is larger than the file, but whole", rows["bad/far.ico"]["i"].get("trailer"), None)
same("no icons", {n: rows[n]["why"] for n in ("bad/text.ico", "bad/none.ico", "bad/empty.ico")}, {
    "bad/text.ico": "no icon: its header is another", "bad/none.ico": "no icon: its header is another",
    "bad/empty.ico": "no icon: too short"})
support.finish()
