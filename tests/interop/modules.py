"""What native modules give for files of the corpus, and facts of others to compare it with."""

import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support

DUMP = """return { api = 1, name = "dump", summary = "what a native module gives", wants = { "Files/*" },
run = function(ctx, item)
    local it, why, code = %s
    ctx:record("row", { entry = item, it = it or nil, why = why, code = code })
end }
"""


def dump(folder, call, paths):
    """{path: {"it": table} or {"why", "code"}} of the files of the corpus, and the anomalies
    about them: {path: [reason]}. `call` is Lua with the file as `item`."""
    tree = os.path.join(folder, "tree", "Files")
    os.makedirs(tree)
    for i, path in enumerate(paths):
        shutil.copyfile(os.path.join(support.CORPUS, path), os.path.join(tree, f"{i:05}"))
    plugin = os.path.join(folder, "dump.lua")
    with open(plugin, "w", encoding="utf-8") as f:
        f.write(DUMP % call)
    _, out = support.collect(os.path.join(folder, "out"), "-p", plugin, os.path.dirname(tree))
    archive = support.Archive(out)
    rows = {paths[int(row["fields"]["entry"]["path"][-5:])]: row["fields"]
            for row in archive.records().get("dump", [])}
    anomalies = {}
    for row in archive.anomalies:
        path = (row.get("locator") or {}).get("path", "")
        if path.startswith("Files/"):
            anomalies.setdefault(paths[int(path[-5:])], []).append(row["reason"])
    return rows, anomalies


def expected(name):
    with open(os.path.join(support.CORPUS, "expected", name), encoding="utf-8") as f:
        return json.load(f)


def plaso_events(path):
    """The events that plaso's tests state of a file: [(data type, values)]."""
    return [(event["values"]["data_type"], event["values"])
            for case in expected("plaso.json")["files"].get(path, [])
            for event in case.get("events", [])]


def micro(text):
    """An ISO time to microseconds, as others round it down."""
    if not text:
        return None
    whole, _, fraction = text.replace("+00:00", "").removesuffix("Z").partition(".")
    return whole + "." + fraction.ljust(6, "0")[:6]


class Facts:
    """Counts what was compared, and tells what was not."""

    def __init__(self):
        self.compared, self.wrong, self.left = 0, [], {}

    def same(self, what, got, wanted):
        self.compared += 1
        if got != wanted:
            self.wrong.append(f"{what}: got {got!r}, wanted {wanted!r}")

    def leave(self, what, why):
        self.left.setdefault(why, []).append(what)

    def report(self, name):
        support.check(f"{name}: {self.compared} facts", self.compared > 0 and not self.wrong,
                      "\n".join(self.wrong))
        for why, what in sorted(self.left.items()):
            print(f"# {len(what)} facts not compared: {why}")
