"""win-recent: shortcuts and jump lists, sound and damaged, as tests/data/make-jumplists.py writes them."""

import importlib
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
sys.dont_write_bytecode = True
import support

T = support.scratch()
RECENT = os.path.join(T, "tree/Users/Ann/AppData/Roaming/Microsoft/Windows/Recent")
TOOL, DOCUMENT = "C:\\Users\\ann\\tool.exe", "\\\\server\\share\\dir\\a.doc"
CUT_LIST = "DestList is cut off: 2 of 900 entries"
# what of each list becomes a row: position, number, target, time, further fields
LISTED = [(1, 1, TOOL, "2023-03-29T08:15:31Z"), (2, 10, DOCUMENT, "2023-03-29T08:15:40Z")]
LEFT = [(None, 11, TOOL, None)]
AUTOMATIC = {
    "new": LISTED + LEFT, "loop": LISTED + LEFT, "cut-list": LISTED, "list": LISTED[:1], "no-link": LISTED[:1], "empty": [],
    "large": [(None, n, t, None) for n, t in ((1, TOOL), (10, DOCUMENT), (11, TOOL))],
    "no-list": [(None, 1, TOOL, None)], "odd-version": [(None, 1, TOOL, None)], "cut": [], "none": [],
    "version-4": LISTED[:1], "long": [(i + 1, *LISTED[0][1:]) for i in range(60)], "cut-end": [(None, 1, TOOL, None)],
}
MINE = [("Mine", TOOL), ("tasks", DOCUMENT), ("tasks", TOOL)]
CUSTOM = {"mine": MINE, "many": MINE, "empty": [], "none": [], "strange": [(None, TOOL)],
          "other-class": [(None, DOCUMENT), (None, TOOL)]}
ANOMALIES = {
    "cut-list.automatic": CUT_LIST, "cut.automatic": "the directory contradicts itself",
    "cut-end.automatic": 'stream "DestList": 64 bytes are not there', "loop.automatic": "the directory or a table is damaged", "none.automatic": "no compound file",
    "large.automatic": 'stream "DestList": larger than its file', "no-link.automatic": "stream 1: no shortcut",
    "no-list.automatic": 'no stream "DestList"', "odd-version.automatic": "DestList of version 9",
    "many.custom": "a category is not understood; 0 shortcuts", "none.custom": "no list of custom destinations",
    "other-class.custom": "a category is not understood; 2", "strange.custom": "a category is not understood; 1",
    "none.lnk": "no shortcut: signature missing",
}


def make(name, folder):
    importlib.import_module(name).write(os.path.join(T, name))
    return os.path.join(T, name), folder


def build():
    os.makedirs(os.path.join(T, "tree/Windows/System32/config"))
    for folder in ("AutomaticDestinations", "CustomDestinations"):
        os.makedirs(os.path.join(RECENT, folder))
    lists, _ = make("make-jumplists", RECENT)
    for name in [f"{n}.automaticDestinations-ms" for n in AUTOMATIC] + [f"{n}.customDestinations-ms" for n in CUSTOM]:
        os.rename(os.path.join(lists, name),
                  os.path.join(RECENT, "CustomDestinations" if ".custom" in name else "AutomaticDestinations", name))
    links, _ = make("make-lnk", RECENT)
    for name in ("tool", "network", "none", "appended"):
        os.rename(os.path.join(links, name + ".lnk"), os.path.join(RECENT, name + ".lnk"))


def main():
    build()
    _, out = support.collect(os.path.join(T, "out"), "-p", "win-recent", os.path.join(T, "tree"))
    archive = support.Archive(out)
    rows = archive.records()["win-recent"]

    def of(kind, name):
        return [r["fields"] for r in rows if r["kind"] == kind and os.path.basename(r["fields"]["entry"]["path"]).startswith(name)]

    for name, wanted in AUTOMATIC.items():
        support.same(f"automatic list {name}", [(f.get("position"), f["number"], f["target"], f.get("time"))
                                                for f in of("jumplist", name + ".automatic")], wanted)
    for name, wanted in CUSTOM.items():
        support.same(f"custom list {name}", [(f.get("category"), f["target"]) for f in of("jumplist", name + ".custom")], wanted)
    first = of("jumplist", "new.automatic")[0]
    support.same("fields of an entry", (first["user"], first["runs"], first["pinned"], first["machine"], first["mac"],
                                        first["volume_serial"], first["target_created"]),
                 ("Ann", 7, 1, "ann-pc", "08:00:27:ac:3d:7f", "64BB-3469", "2023-03-29T08:15:30Z"))
    tool, network = of("lnk", "tool.lnk")[0], of("lnk", "network.lnk")[0]
    support.same("a shortcut", (tool["target"], tool["arguments"], tool["user"], tool["machine"], tool["target_size"]),
                 (TOOL, "/quiet", "Ann", "ann-pc", 4660))
    support.check("its times", "time" in tool and "first" in tool, tool)
    support.same("a shortcut to a server", (network["target"], network["network_share"]), ("\\\\server\\share\\dir\\a.exe", "\\\\server\\share"))
    support.same("bytes behind the end", of("lnk", "appended.lnk")[0]["appended"], 7)
    told = {}
    for anomaly in archive.anomalies:
        told.setdefault(os.path.basename(anomaly["object"]).replace("Destinations-ms", ""), []).append(anomaly["reason"])
    support.same("what is damaged is told", sorted(told), sorted(ANOMALIES))
    for name, reason in ANOMALIES.items():
        support.check(f"{name}: {reason}", any(t.startswith(reason) for t in told.get(name, [])), told.get(name))
    support.same("no findings", archive.findings, [])
    support.same("all of them are collected", sum("/Recent/" in n for n in archive.names), len(AUTOMATIC) + len(CUSTOM) + 4)
    support.finish()


main()
