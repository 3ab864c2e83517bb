"""win-execution and the third-party hives: counts and rows against the facts that
their origins' tests state."""

import collections
import json
import lzma
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support

T = support.scratch()
CONFIG = "Windows/System32/config/"
PLACES = {
    "SYSTEM": CONFIG + "SYSTEM",
    "SYSTEM_WIN_10_1709": CONFIG + "SYSTEM",
    "amcache.hve": "Windows/appcompat/Programs/Amcache.hve",
    "NTUSER.DAT": "Users/corpus/NTUSER.DAT",
}


def rows_of(name):
    """{kind: [fields]} of one hive."""
    tree = os.path.join(T, name)
    path = os.path.join(tree, PLACES[name])
    os.makedirs(os.path.dirname(path))
    os.makedirs(os.path.join(tree, CONFIG), exist_ok=True)
    with lzma.open(os.path.join(support.CORPUS, "regipy", name + ".xz")) as source, open(path, "wb") as f:
        f.write(source.read())
    _, archive = support.collect(os.path.join(T, "out", name), "-p", "win-execution", tree)
    found = collections.defaultdict(list)
    for row in support.Archive(archive).records()["win-execution"]:
        found[row["kind"]].append(row["fields"])
    return found


def micro(text):
    """A time to 10 microseconds: the last digit of the facts is rounded, or not."""
    whole, _, fraction = text.removesuffix("Z").partition("+")[0].partition(".")
    return whole + "." + fraction.ljust(6, "0")[:5]


def main():
    facts_path = os.path.join(support.CORPUS, "expected", "regipy.json") if support.CORPUS else ""
    if not os.path.exists(facts_path):
        support.skip_all("no corpus")
    with open(facts_path, encoding="utf-8") as f:
        cases = {c["plugin"]: c for c in json.load(f)["plugin_cases"]}
    old, new = rows_of("SYSTEM"), rows_of("SYSTEM_WIN_10_1709")

    # the facts count both control sets, which are alike; fossick reads the one in use
    support.same("AppCompatCache: entries", 2 * len(old["appcompatcache"]), cases["ShimCachePlugin"]["expected_entries_count"])
    fact = cases["ShimCachePlugin"]["expected_entries_contains"][0]
    first = next(r for r in old["appcompatcache"] if r["program"] == fact["path"])
    support.same("AppCompatCache: a row", (micro(first["modified"]), str(first["ran"])),
                 (micro(fact["last_mod_date"]), fact["exec_flag"]))
    support.check("AppCompatCache of Windows 10: a full table", len(new["appcompatcache"]) == 1024, len(new["appcompatcache"]))

    support.same("BAM: entries", len(new["bam"]), cases["BAMPlugin"]["expected_entries_count"])
    fact = cases["BAMPlugin"]["expected_entries_contains"][0]
    support.check("BAM: a row", any((r["program"], r["sid"], micro(r["time"])) ==
                                    (fact["executable"], fact["sid"], micro(fact["timestamp"])) for r in new["bam"]))

    amcache = rows_of("amcache.hve")["amcache"]
    support.same("Amcache: entries", len(amcache), cases["AmCachePlugin"]["expected_entries_count"])
    fact = cases["AmCachePlugin"]["expected_entries_contains"][0]
    row = next(r for r in amcache if r["program"] == fact["full_path"])
    support.same("Amcache: a row", (row["sha1"], micro(row["modified2"]), micro(row["time"])),
                 (fact["sha1"], micro(fact["last_modified_timestamp_2"]), micro(fact["timestamp"])))

    # the facts count every value twice, and two that are counters of Windows itself
    assist = rows_of("NTUSER.DAT")["userassist"]
    support.same("UserAssist: entries", 2 * (len(assist) + 2), cases["UserAssistPlugin"]["expected_entries_count"])
    for fact in cases["UserAssistPlugin"]["expected_entries_contains"]:
        row = next((r for r in assist if fact["name"].lower() in (r["program"].lower(), r.get("path", "").lower())), None)
        support.check(f'UserAssist: {fact["name"]}', row and (row["runs"], row["focus_count"], row["focus_ms"]) ==
                      (fact["run_counter"], fact["focus_count"], fact["total_focus_time_ms"]) and
                      row["time"][:19] == fact["timestamp"][:19], row)
    support.finish()


main()
