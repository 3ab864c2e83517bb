"""The plugins on third-party profiles and hives: what they say against facts
stated by the origins of the data, and against SQLite and libregf."""

import collections
import json
import lzma
import os
import shutil
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support

HOMES = "browser-history/test_homedirs"
# where the profile of one user lies, and a file that tells the system
SYSTEMS = {
    "windows": ("Windows", "Users/corpus", "Windows/System32/ntoskrnl.exe"),
    "mac": ("Darwin", "Users/corpus", "System/Library/CoreServices/SystemVersion.plist"),
    "linux": ("Linux", "home/corpus", "etc/os-release"),
}
# more databases, of many versions, put into profiles of their own
CHROMIUM = "Users/corpus/AppData/Local/Google/Chrome/User Data/"
FIREFOX = "Users/corpus/AppData/Roaming/Mozilla/Firefox/Profiles/"
MORE = {
    "hindsight/01/History": CHROMIUM + "Profile 01/History",
    "hindsight/10/History": CHROMIUM + "Profile 10/History",
    "hindsight/20/History": CHROMIUM + "Profile 20/History",
    "hindsight/30/History": CHROMIUM + "Profile 30/History",
    "hindsight/60/History": CHROMIUM + "Profile 60/History",
    "plaso/chrome/History": CHROMIUM + "Profile p/History",
    "plaso/chrome/History-57.0.2987.133": CHROMIUM + "Profile p57/History",
    "plaso/chrome/History-58.0.3029.96": CHROMIUM + "Profile p58/History",
    "plaso/chrome/History-59.0.3071.86": CHROMIUM + "Profile p59/History",
    "plaso/chrome/History-59_added-fake-column": CHROMIUM + "Profile p59f/History",
    "velociraptor/ChromeHistory.sqlite": CHROMIUM + "Profile v/History",
    "plaso/firefox/places.sqlite": FIREFOX + "plaso.default/places.sqlite",
}
COUNTS = {
    "visits": "SELECT count(*) FROM visits v JOIN urls u ON u.id = v.url",
    "moz_historyvisits":
        "SELECT count(*) FROM moz_historyvisits v JOIN moz_places p ON p.id = v.place_id",
    "history_visits":
        "SELECT count(*) FROM history_visits v JOIN history_items i ON i.id = v.history_item",
}


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


# --- browsers --------------------------------------------------------------------


def count_visits(path):
    """With SQLite itself, on a copy: opening a database can change it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(path, folder)
        with sqlite3.connect(copy) as c:
            tables = {row[0] for row in c.execute("SELECT name FROM sqlite_master")}
            for table, sql in COUNTS.items():
                if table in tables:
                    return c.execute(sql).fetchone()[0]
    return None


def databases(tree):
    for folder, _, names in os.walk(tree):
        for name in names:
            if name in ("History", "History.db", "places.sqlite"):
                path = os.path.join(folder, name)
                yield os.path.relpath(path, tree), path


def browser_tree(system):
    source, home, marker = SYSTEMS[system]
    tree = os.path.join(support.scratch(), system)
    shutil.copytree(corpus(HOMES + "/" + source), os.path.join(tree, home))
    put(tree, marker)
    if system == "windows":
        for name, place in MORE.items():
            with open(corpus(name), "rb") as data:
                put(tree, place, data.read())
    return tree


def stated(system):
    """Visits that the origin's tests state: (time to the second, URL, title)."""
    for test in expected("browser-history.json")["tests"]:
        if test["os"] == [system]:
            for fact in test["checks"]:
                if fact.get("kind") == "histories":
                    yield (fact["time_utc"][:19], *fact["values"])


def browsers(system):
    tree = browser_tree(system)
    _, archive = support.collect(tree + ".out", "-p", "browser-history", tree)
    visits = records(archive, "browser-history", "visit")
    told = {((v.get("time") or "")[:19], v.get("url"), v.get("title")) for v in visits}
    facts = set(stated(system))
    support.check("%s: %d visits that the origin states" % (system, len(facts)),
                  facts and facts <= told, "missing: %s" % sorted(facts - told, key=str))
    got = collections.Counter(v["entry"]["path"] for v in visits)
    for name, path in sorted(databases(tree)):
        wanted = count_visits(path)
        if wanted is None:
            support.same("%s: no visits in %s" % (system, name), got.get(name, 0), 0)
        else:
            support.same("%s: visits in %s" % (system, name), got.get(name, 0), wanted)


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
for each in SYSTEMS:
    browsers(each)
run_keys()
support.finish()
