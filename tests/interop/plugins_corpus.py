"""The plugins on third-party hives: what they say of Run keys against libregf. (Browsers: browser_facts.py.)"""

import collections
import json
import lzma
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support


def corpus(name):
    return os.path.join(support.CORPUS, name)


def expected(name):
    with open(corpus("expected/" + name), encoding="utf-8") as text:
        return json.load(text)


def put(tree, name, data=b""):
    path = os.path.join(tree, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)


def records(archive, plugin, kind):
    rows = support.Archive(archive).lines("records/%s.jsonl" % plugin)
    return [row["fields"] for row in rows if row["kind"] == kind]


# --- Run keys ---------------------------------------------------------------------


def unpacked(name):
    path = corpus(name)
    if name.endswith(".xz"):
        return lzma.open(path).read()
    with open(path, "rb") as data:
        return data.read()


def run_values(persistence):
    """Names and commands of Run keys, as libregf reads them: texts that are not empty."""
    out = []
    for key, told in persistence.items():
        if key.split("\\")[-1] in ("Run", "RunOnce"):
            for name, kind, command in told.get("values", []):
                if kind in (1, 2) and command and command.strip():
                    out.append((name, command))
    return sorted(out)


def run_keys():
    tree = os.path.join(support.scratch(), "hives")
    put(tree, "Windows/System32/ntoskrnl.exe")
    wanted = {}
    for name, facts in sorted(expected("observed-hives.json")["files"].items()):
        if "NTUSER" not in name.upper() or not facts.get("persistence"):
            continue
        if "partial" in name:  # its root is not that of a user's hive
            continue
        place = "Users/u%02d/NTUSER.DAT" % len(wanted)
        put(tree, place, unpacked(name))
        wanted[place] = (name, run_values(facts["persistence"]))
    _, archive = support.collect(tree + ".out", "-p", "win-run-keys", tree)
    got = collections.defaultdict(list)
    for row in records(archive, "win-run-keys", "autostart"):
        if row["place"] == "run":
            got[row["entry"]["path"]].append((row["name"], row["command"]))
    support.check("hives with Run keys", len(wanted) > 5, "only %d" % len(wanted))
    for place, (name, values) in wanted.items():
        support.same("Run keys of " + name, sorted(got[place]), values)


if not os.path.isdir(corpus("expected")):
    support.skip_all("no corpus")
run_keys()
support.finish()
