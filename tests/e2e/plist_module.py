"""plist.open and plist.parse: all kinds of values against Python's plistlib, and hostile files."""

import datetime
import importlib.util
import os
import plistlib
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support

T = support.scratch()
# records are less deep than property lists: of deep ones only their depth is told
PLUGIN = """local function depth(value)
    return type(value) == "table" and 1 + depth(value[1]) or 0
end
local function shown(value)
    return depth(value) < 12 and value or depth(value)
end
return {
    api = 1, name = "lists", summary = "reads property lists", wants = { "lists/*" },
    run = function(ctx, item)
        local value, why, code = plist.open(item)
        ctx:record("list", { name = item.name, value = shown(value), why = why, code = code, entry = item })
        local again, damage, class = plist.parse(item:read())
        ctx:record("parsed", { name = item.name, value = shown(again), why = damage, code = class, entry = item })
    end,
}
"""
WHEN = datetime.datetime(2023, 3, 22, 8, 0, 5)
VALUES = {
    "text": "plain", "wide": "\u00e9\u20ac\U0001f600", "empty": "", "long": "x" * 300, "true": True, "false": False,
    "small": 1, "byte": 200, "short": 40000, "word": 3000000000, "large": 2 ** 63 - 1, "minus": -5, "least": -2 ** 63,
    "beyond": 2 ** 63, "real": 2.5, "date": WHEN, "data": b"bytes\n", "list": [1, [2, [3]], {}], "none": [],
    "dict": {"a b": {"c": "d"}, "\u00e9": 1}, "many": list(range(300)), "<&>": "<&>\"'",
}
TOLD = dict(VALUES, date="2023-03-22T08:00:05Z", data="bytes\n", beyond=float(2 ** 63))
# what damaged files still tell, and lines of damage
PARTS = {
    "cycle": ([False], 1), "cycle-wide": ([False, [False] * 3, [False] * 3], 2),
    "cut-xml": ({"Built": "2023-03-22T08:00:00Z", "CFBundleVersion": "1.2", "Documents": [{}]}, 1),
    "deep-127": (127, 0), "key-no-text": ({"k": "k"}, 1), "numbers": (["x", 1e20, "x", "x", "!", ""], 5),
    "misplaced": ({"": True, "b": "c"}, 4), "old-text": ({"a": ["x", "y\u00e9\n"], "b": "\x0f\\xbd", "c": {}}, 0),
}


def load():
    spec = importlib.util.spec_from_file_location("make", os.path.join(support.DATA, "make-plist.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(make):
    files = {name: data for name, (data, _) in make.hostile().items()}
    files["own-xml"] = plistlib.dumps(VALUES)
    files["own-binary"] = plistlib.dumps(VALUES, fmt=plistlib.FMT_BINARY)
    files["own-utf16"] = plistlib.dumps(VALUES).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    files["uid"] = plistlib.dumps([plistlib.UID(7)], fmt=plistlib.FMT_BINARY)
    files["uid-xml"] = plistlib.dumps([{"CF$UID": 7}])
    os.makedirs(os.path.join(T, "tree/lists"))
    for name, data in files.items():
        with open(os.path.join(T, "tree/lists", name), "wb") as out:
            out.write(data)
    with open(os.path.join(T, "lists.lua"), "w", encoding="utf-8") as out:
        out.write(PLUGIN)


def main():
    make = load()
    build(make)
    _, out = support.collect(os.path.join(T, "out"), "-p", os.path.join(T, "lists.lua"), os.path.join(T, "tree"))
    archive = support.Archive(out)
    rows = archive.records()["lists"]
    kinds = {kind: {r["fields"]["name"]: r["fields"] for r in rows if r["kind"] == kind} for kind in ("list", "parsed")}
    told = kinds["list"]
    for name in ("own-xml", "own-binary", "own-utf16"):
        support.same(f"{name}: as plistlib wrote it", told[name].get("value"), TOLD)
    for name in ("uid", "uid-xml"):
        support.same(name, told[name].get("value"), [{"uid": 7}])
    for name, (_, code) in make.hostile().items():
        support.same(f"{name}: {code or 'told in part'}", told[name].get("code", ""), code)
        support.check(f"{name}: a value or a reason", "value" in told[name] or told[name].get("why"))
    for name, (value, damaged) in PARTS.items():
        support.same(f"{name}: what is told", told[name].get("value"), value)
        lines = [a for a in archive.anomalies if a["locator"]["path"].endswith("/" + name)]
        support.same(f"{name}: anomalies", len(lines), damaged)
    support.same("bytes are read as files are", kinds["parsed"], told)
    support.same("no worker died", [a for a in archive.anomalies if a.get("code") == "died"], [])
    support.finish()


main()
