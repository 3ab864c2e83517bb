"""win-mru on third-party hives against facts that their origins' tests state."""

import json
import lzma
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support

T = support.scratch()
HIVES = ["regipy/NTUSER.DAT.xz", "regipy/NTUSER_BAGMRU.DAT.xz", "plaso/registry/NTUSER-WIN7.DAT", "plaso/registry/regf/NTUSER.DAT"]


def expected(name):
    with open(os.path.join(support.CORPUS, "expected", name), encoding="utf-8") as f:
        return json.load(f)


def values(name, kind, key=""):
    rows = [r["fields"] for r in records[name] if r["kind"] == kind and r["fields"]["key"].endswith(key)]
    return [r.get("value") for r in sorted(rows, key=lambda r: r.get("position", 0))]


def plaso(name, test, kind):
    return [e["values"] for t in expected("plaso.json")["files"][name] if t["plugin"].startswith(test)
            for e in t["events"] if e["values"]["data_type"] == kind]


if not support.CORPUS or not os.path.exists(os.path.join(support.CORPUS, "expected", "regipy.json")):
    support.skip_all("no corpus")
for i, name in enumerate(HIVES):
    path = os.path.join(T, "volume", f"Users/u{i}/NTUSER.DAT")
    os.makedirs(os.path.dirname(path))
    opener = lzma.open if name.endswith(".xz") else open
    with opener(os.path.join(support.CORPUS, name), "rb") as source, open(path, "wb") as f:
        f.write(source.read())
_, out = support.collect(os.path.join(T, "out"), "-p", "win-mru", os.path.join(T, "volume"))
told = support.Archive(out).records()["win-mru"]
records = {name: [r for r in told if r["fields"]["user"] == f"u{i}"] for i, name in enumerate(HIVES)}

cases = {c["plugin"]: c for c in expected("regipy.json")["plugin_cases"]}
for plugin, kind in ("TypedUrlsPlugin", "typed-url"), ("TypedPathsPlugin", "typed-path"):
    fact = cases[plugin]["exact_expected_result"]
    support.same(plugin, values(cases[plugin]["file"], kind), [next(iter(e.values())) for e in fact["entries"]])
words = values("regipy/NTUSER.DAT.xz", "search")
fact = cases["WordWheelQueryPlugin"]
support.same("searches", (len(words), words[0]), (fact["expected_entries_count"], fact["expected_entries_contains"][0]["name"]))
support.same("drives", values("regipy/NTUSER.DAT.xz", "drive"),
             [f["network_path"] for f in cases["NetworkDrivesPlugin"]["exact_expected_result"]])

WIN7, WIN8 = HIVES[2:]
fact = plaso(WIN8, "typedurls.", "windows:registry:typedurls")[0]
support.same("typed URLs", values(WIN8, "typed-url"), [e.split(": ", 1)[1] for e in fact["entries"]])
fact = plaso(WIN8, "typedurlstime.", "windows:registry:typedurlstime")[0]
row = next(r["fields"] for r in records[WIN8] if r["kind"] == "typed-url" and "catnews" in r["fields"]["value"])
support.same("when it was typed", row["time"][:26], fact["last_visited_time"][:26])
fact = plaso(WIN7, "typedurls.", "windows:registry:typedurls")[0]
support.same("typed paths", values(WIN7, "typed-path"), [e.split(": ", 1)[1] for e in fact["entries"]])
fact = next(f for f in plaso(WIN7, "mrulistex.MRUListExStringAndShellItemW", "windows:registry:mrulistex")
            if f["key_path"].endswith("RecentDocs"))
support.same("recent documents", values(WIN7, "recent", "RecentDocs"),
             [re.search(r"Path: (.*), Shell item", e).group(1) for e in fact["entries"]])
fact = plaso(WIN7, "officemru.", "windows:registry:office_mru_list")[0]
support.same("documents of Office", values(WIN7, "document", "File MRU"), re.findall(r"\*(.*?)(?: Item \d+: |$)", fact["entries"]))
mounts = [r for r in records[WIN8] if r["kind"] in ("share", "volume")]
fact = plaso(WIN8, "mountpoints.", "windows:registry:mount_points2")[0]
support.check("mount points", fact["name"] in [m["fields"]["value"] for m in mounts], mounts)
support.finish()
