#!/usr/bin/env python3
"""The module usn on journals made by tests/data/make-usn.py, and on those of the corpus."""
import importlib
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import fixture_files
import support
from support import check, same

make = importlib.import_module("make-usn")

PLUGIN = """
return { api = 1, name = "dump", summary = "journals as records", wants = { "**/*" },
run = function(ctx, e)
    if e.type ~= "file" then
        return
    end
    local row, from = { entry = e, path = e.path, n = 0, damaged = 0, calls = 0, times = 0 }, nil
    repeat
        local part, why, code = usn.read(e, nil, from)
        if not part then
            row.why, row.code = why, code
            break
        end
        row.calls, row.first = row.calls + 1, row.first or part.first
        for _, r in ipairs(part.records) do
            row.n, row.head, row.last = row.n + 1, row.head or r, r
            row.times = row.times + (r.time and 1 or 0)
        end
        row.damaged, from = row.damaged + part.damaged, part.next
    until not from
    local picked = usn.read(e, "{FILE7.*,history.old,*.TXT}")
    row.picked = picked and #picked.records
    if e.size < 100000 then
        local part = usn.read(e:read())
        row.of_bytes = #part.records
    end
    ctx:record("journal", row)
end }
"""
T = support.scratch()
TREE, FILES = os.path.join(T, "tree"), make.files()
fixture_files.write(TREE, FILES)
with open(os.path.join(TREE, "sparse"), "wb") as f:  # 40 GiB, of which 8 KiB are there
    f.seek((40 << 30) + 3 * make.PAGE)
    f.write(make.journal(make.rows(50)))
rows, notes = support.dump_tree(PLUGIN, TREE)
same("every file gave a row", sorted(rows), sorted([*FILES, "sparse"]))
same("records", {n: rows[n]["n"] for n in ("few", "many", "hole", "ragged", "v3", "v4", "letters", "zeros", "empty", "two-holes")},
     {"few": 3, "many": 300, "hole": 300, "ragged": 3, "v3": 3, "v4": 3, "letters": 3, "zeros": 0, "empty": 0, "two-holes": 100})
same("of bytes", rows["hole"].get("of_bytes"), None)
same("of bytes, too", rows["v4"]["of_bytes"], 3)
head = rows["few"]["head"]
same("a record", {k: head[k] for k in ("name", "time", "reasons", "reference", "parent", "usn", "offset", "version", "attributes")},
     {"name": "file0.txt", "time": "2023-03-14T09:12:00Z", "reasons": ["created", "closed"], "reference": "100-1", "parent": "5-5",
      "usn": 0, "offset": 0, "version": 2, "attributes": 32})
same("version 3", (rows["v3"]["head"]["reference"], rows["v3"]["head"]["version"], rows["v3"]["head"]["name"]), ("100-1", 3, "file0.txt"))
same("version 4 has no time", rows["v4"]["times"], 2)
same("where it begins", [rows[n]["first"] for n in ("few", "hole", "ragged", "two-holes")], [0, make.PAGE * 700, make.PAGE * 3, 0])
same("the number is the place, behind a hole", rows["hole"]["head"]["usn"], make.PAGE * 700)
same("a hole of 40 GiB", (rows["sparse"]["n"], rows["sparse"]["first"]), (50, (40 << 30) + 3 * make.PAGE))
same("names that are wanted, in either case", (rows["many"]["picked"], rows["letters"]["picked"]), (300, 3))
same("a lone surrogate", rows["letters"]["last"]["name"], "a\\ud800.txt")
same("no anomaly of sound ones", sorted(n for n in notes if not n.startswith("bad-")), [])
for name, n in (("bad-record", 299), ("bad-length", 2), ("bad-name", 2), ("bad-offset", 2), ("bad-cut", 299), ("bad-v4", 0), ("bad-text", 0)):
    check(name + ": the others are told", rows[name]["n"] >= n and rows[name]["n"] <= n + 1, rows[name])
    check(name + ": an anomaly", any("no records of a journal" in x for x in notes.get(name, [])), notes)

# --- what other readers count ---
FACTS = (("dfir-orc/winxp.7z", "usnjrnl_winxp", 62), ("dfir-orc/win7.7z", "usnjrnl_win7", 38014),
         ("plaso/usnjrnl/UsnJrnl.raw", "UsnJrnl.raw", 19), ("ez-mft/Usn/record.usn", "record.usn", 1))
found = os.path.join(T, "corpus")
os.makedirs(found)
for path, inside, _ in FACTS:
    source = os.path.join(support.CORPUS, path)
    if not os.path.exists(source):
        continue
    if path.endswith(".7z"):
        with open(os.path.join(found, inside), "wb") as f:
            subprocess.run(["7z", "x", "-so", source, inside], stdout=f, stderr=subprocess.DEVNULL, check=False)
    else:
        shutil.copy(source, found)
if os.listdir(found):
    rows, notes = support.dump_tree(PLUGIN, found)
for path, inside, n in FACTS:
    if inside in os.listdir(found):
        same("records of " + path, rows[inside]["n"], n)
    else:
        support.skip("records of " + path, "not in the corpus")
support.finish()
