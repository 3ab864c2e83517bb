"""What the tests of other readers of browsers' files state about third-party profiles, fact by fact:
compared with the records of fossick's plugins about the same file, or named with the reason why not. A
fact that has neither rule nor reason fails. With --table: the table of docs/browser-facts.md."""

import collections
import datetime
import json
import os
import shutil
import sys
import urllib.parse

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["FOSSICK_SRC"], "tests")]
sys.dont_write_bytecode = True

import facts
import support

FACTS = facts.Facts("browser_facts.py", "browser-facts.md")
HOMES = "browser-history/test_homedirs/"
# of each system: the folder of the corpus, where the home lies, and a file that tells the system
SYSTEMS = {
    "windows": ("Windows", "Users/corpus/", "Windows/System32/ntoskrnl.exe"),
    "mac": ("Darwin", "Users/corpus/", "System/Library/CoreServices/SystemVersion.plist"),
    "linux": ("Linux", "home/corpus/", "etc/os-release"),
}
CHROMIUM = "AppData/Local/Google/Chrome/User Data/"
FIREFOX = "AppData/Roaming/Mozilla/Firefox/Profiles/"
# single files, each put into a profile of its own
MORE = {
    "hindsight/01/History": ("windows", CHROMIUM + "h01/History"),
    "hindsight/10/History": ("windows", CHROMIUM + "h10/History"),
    "hindsight/20/History": ("windows", CHROMIUM + "h20/History"),
    "hindsight/30/History": ("windows", CHROMIUM + "h30/History"),
    "hindsight/60/History": ("windows", CHROMIUM + "h60/History"),
    "plaso/chrome/History": ("windows", CHROMIUM + "p8/History"),
    "plaso/chrome/History-57.0.2987.133": ("windows", CHROMIUM + "p57/History"),
    "plaso/chrome/History-58.0.3029.96": ("windows", CHROMIUM + "p58/History"),
    "plaso/chrome/History-59.0.3071.86": ("windows", CHROMIUM + "p59/History"),
    "plaso/chrome/History-59_added-fake-column": ("windows", CHROMIUM + "p59f/History"),
    "plaso/chrome/cookies.db": ("windows", CHROMIUM + "p17/Cookies"),
    "plaso/chrome/Cookies-68.0.3440.106": ("windows", CHROMIUM + "p68/Cookies"),
    "plaso/chrome/Web Data": ("windows", CHROMIUM + "p68/Web Data"),
    "plaso/chrome/Extension Activity": ("windows", CHROMIUM + "p68/Extension Activity"),
    "plaso/firefox/places.sqlite": ("windows", FIREFOX + "plaso/places.sqlite"),
    "plaso/firefox/downloads.sqlite": ("windows", FIREFOX + "plaso/downloads.sqlite"),
    "plaso/firefox/firefox_10_cookies.sqlite": ("windows", FIREFOX + "plaso/cookies.sqlite"),
    "plaso/firefox_cache/cache2/": ("windows", "AppData/Local/Mozilla/Firefox/Profiles/plaso/cache2/entries/"),
    "plaso/safari/History.db": ("mac", "Library/Containers/com.apple.Safari/Data/Library/Safari/History.db"),
    "velociraptor/ChromeHistory.sqlite": ("windows", CHROMIUM + "v/History"),
}

# which records stand for the rows of a table, one each
TABLES = {
    "visits": "visit", "moz_historyvisits": "visit", "history_visits": "visit",
    "downloads": "download", "moz_downloads": "download", "cookies": "cookie", "moz_cookies": "cookie",
}


def corpus(name):
    return os.path.join(support.CORPUS, name)


def expected(name):
    with open(corpus("expected/" + name), encoding="utf-8") as text:
        return json.load(text)


# --- what fossick says --------------------------------------------------------------


def put(path, source=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if source is None:
        open(path, "wb").close()
    elif os.path.isdir(source):
        shutil.copytree(source, path, dirs_exist_ok=True)
    else:
        shutil.copy(source, path)


class System:
    """One machine with the home directory of the corpus and the single files; what the plugins say of
    each place in that home: `rows` of a kind, and the `anomalies`."""

    def __init__(self, name):
        source, self.home, marker = SYSTEMS[name]
        self.tree = os.path.join(support.scratch(), name)
        shutil.copytree(corpus(HOMES + source), os.path.join(self.tree, self.home))
        put(os.path.join(self.tree, marker))
        for single, (where, place) in MORE.items():
            if where == name:
                put(os.path.join(self.tree, self.home, place), corpus(single))
        plugins = "browser-history,browser-profile,browser-cache"
        _, path = support.collect(self.tree + ".out", "-p", plugins, self.tree)
        archive = support.Archive(path)
        self.rows = collections.defaultdict(lambda: collections.defaultdict(list))
        for row in (row for rows in archive.records().values() for row in rows):
            place = row["fields"]["entry"]["path"].removeprefix(self.home)
            self.rows[place][row["kind"]].append(row["fields"])
        self.anomalies = collections.Counter(
            (row.get("locator") or {}).get("path", "").removeprefix(self.home) for row in archive.anomalies)

    def below(self, folder, kind):
        """Records of a kind below a folder of the home, in the order of their times."""
        found = [r for place, kinds in self.rows.items() if place.startswith(folder) for r in kinds[kind]]
        return sorted(found, key=lambda r: (r.get("time", ""), r["entry"]["path"], r.get("visit", 0)))


MADE = {}


def system(name):
    if name not in MADE:
        MADE[name] = System(name)
    return MADE[name]


def place_of(name):
    """(system, place in the home) of a file of the corpus."""
    for single, (where, place) in MORE.items():
        if name == single or single.endswith("/") and name.startswith(single):
            return system(where), place + name.removeprefix(single)
    folder, place = name.removeprefix(HOMES).split("/", 1)
    return system(next(s for s, (f, _, _) in SYSTEMS.items() if f == folder)), place


def second(text):
    return (text or "")[:19]


# --- browser-history -------------------------------------------------------------------

# the folder of the browser that a test of theirs is about
BROWSERS = {
    "test_firefox_linux": ".mozilla/firefox/", "test_empty_history_file": ".mozilla/firefox/",
    "test_chrome_linux": ".config/google-chrome/", "test_chromium_linux": ".config/chromium/",
    "test_firefox_windows": "AppData/Roaming/Mozilla/Firefox/Profiles/Profile ",
    "test_edge_windows": "AppData/Local/Microsoft/Edge/", "test_safari_mac": "Library/Safari/",
    "test_opera_windows": "AppData/Roaming/Opera Software/Opera Stable/",
    "test_brave_windows": "AppData/Local/BraveSoftware/", "test_vivaldi_mac": "Library/Application Support/Vivaldi/",
    "test_librewolf_linux": ".librewolf/", "test_epic_windows": "AppData/Local/Epic Privacy Browser/",
    "test_epic_mac": "Library/Application Support/HiddenReflex/Epic/",
}
LISTS = {"his": "visit", "out.histories": "visit", "bmk": "bookmark"}


def theirs(row):
    """Whether browser-history tells a visit or bookmark, too: of Chromium those that lasted, of Firefox web
    pages with a title."""
    path = row["entry"]["path"]
    if path.endswith("/places.sqlite"):
        return row.get("url", "").startswith("http") and row.get("title") is not None
    if path.endswith("/History"):
        return row.get("duration", 0) > 0
    return True


def listed(test, where, what, profile):
    rows = [r for r in system(where).below(BROWSERS[test], LISTS[what]) if theirs(r)]
    return [r for r in rows if profile is None or r["profile"] in profile]


def profiles(test, where):
    return sorted({r["profile"] for r in system(where).below(BROWSERS[test], "history")})


def check_of(test, where, fact, profile):
    """(label, got, wanted) of each fact of a check."""
    if "len_of" in fact and fact["len_of"] in LISTS:
        yield "count", len(listed(test, where, fact["len_of"], profile)), fact["equals"]
    elif "len_of" in fact:
        yield "profiles", len(profiles(test, where)), fact["equals"]
    elif "entry" in fact:
        what, number = fact["entry"].rstrip("]").split("[")
        rows = listed(test, where, what, profile)
        same_time = [r for r in rows if second(r["time"]) == second(rows[int(number)]["time"])]
        row = next((r for r in same_time if r["url"] == fact["values"][0]), same_time[0])
        yield "time", second(row["time"]), second(fact["time_utc"])
        for label, wanted in zip(("url", "title", "folder"), fact["values"]):
            yield label, row.get(label) or "", wanted or ""


def browser_history():
    for test in expected("browser-history.json")["tests"]:
        profile, where = None, test["os"][0]
        for fact in test["checks"]:
            if "profiles_selected" in fact:
                profile = fact["profiles_selected"]
                if profile != ["empty"]:  # of an empty file there is no row
                    FACTS.compared("browser-history.json", test["test"], "profile",
                                   sorted(set(profile) & set(profiles(test["test"], where))), sorted(profile))
                continue
            for label, got, wanted in check_of(test["test"], where, fact, profile):
                FACTS.compared("browser-history.json", test["test"], f"line {fact['line']}: {label}", got, wanted)


# --- hindsight ----------------------------------------------------------------------------


def near(got, wanted):
    """`wanted` when the time is within a microsecond of it."""
    times = [datetime.datetime.fromisoformat(t.rstrip("Z")) for t in (got, wanted)]
    return wanted if abs(times[0] - times[1]) <= datetime.timedelta(microseconds=1) else got


def hindsight():
    for name, fact in expected("hindsight.json")["files"].items():
        where, place = place_of(name)
        for what, kind in (("history", "visit"), ("downloads", "download")):
            rows, told = where.rows[place][kind], fact[what]
            row = rows[told["wikipedia_record_index"]]
            got = {"record_count": len(rows), "wikipedia_record_index": rows.index(row),
                   "wikipedia_timestamp_utc": near(row["time"], told["wikipedia_timestamp_utc"]),
                   "url": "http(s)://" + row["url"].split("://")[1], "received_bytes": row.get("received"),
                   "target_path_one_of": [row.get("target")]}
            for label, wanted in told.items():
                if label == "target_path_one_of":
                    wanted = [p for p in wanted if p == row["target"]]
                if label != "origin_test":
                    FACTS.compared("hindsight.json", name, f"{what}: {label}", got[label], wanted)


# --- plaso --------------------------------------------------------------------------------

VALUES = "values of cookies and of fields are in no record"
# what a number of theirs is in a record
WORDS = {"page_transition_type": {0: "link"}, "visit_type": {2: "typed"}, "visit_source": {3: "imported from Firefox"},
         "action_type": {0: "call of an API"}}


def number_of(label, word):
    return next((n for n, w in WORDS[label].items() if w == word), word)


def page(row):
    return {"last_visited_time": row["time"], "title": row.get("title"), "url": row["url"],
            "visit_count": row["visits"], "typed_count": row.get("typed"),
            "page_transition_type": number_of("page_transition_type", row.get("transition")),
            "visit_type": number_of("visit_type", row.get("transition")),
            "visit_source": number_of("visit_source", row.get("source")),
            "hostname": urllib.parse.urlsplit(row["url"]).hostname, "was_http_non_get": row.get("non_get", False)}


def page_of_safari(row):
    return {**page(row), "title": row.get("title") or None}


def download(row):
    return {"start_time": row["time"], "end_time": row.get("ended"), "full_path": row["target"], "url": row["url"],
            "received_bytes": row["received"], "total_bytes": row["size"]}


def cookie(row):
    host = row["host"].lstrip(".")
    return {"access_time": row["accessed"], "cookie_name": row["name"], "creation_time": row["time"],
            "expiration_time": row["expires"], "hostname": host, "httponly": row["http_only"],
            "secure": row["secure"], "persistent": "expires" in row, "data": facts.Reason(VALUES),
            "url": ("https://" if row["secure"] else "http://") + host + row["path"]}


def field(row):
    return {"creation_time": row["time"], "last_used_time": row["used"], "field_name": row["name"],
            "usage_count": row["count"], "value": facts.Reason(VALUES)}


def activity(row):
    return {"action_type": number_of("action_type", row.get("action")), "activity_id": row["activity"], "api_name": row["api"], "extension_id": row["id"], "recorded_time": row["time"]}


def bookmark(row):
    of_page = facts.Reason("of the page, which is told with its visits")
    return {"added_time": row["time"], "modification_time": row.get("modified"), "title": row["title"], "url": row["url"],
            "bookmark_type": 1, "hostname": urllib.parse.urlsplit(row["url"]).hostname,
            "offset": facts.Reason("a number that the tool makes"),
            "places_title": of_page, "visit_count": of_page}


def cached(row):
    return {"expiration_time": row.get("expires", "2106-02-07T06:28:15Z"), "fetch_count": row["fetches"],
            "last_fetched_time": row["time"], "last_modified_time": row["modified"], "url": row["key"],
            "request_method": row.get("method"), "response_code": row.get("status"),
            "version": facts.Reason("version of the format, which no record has")}


# of each kind of event: the kind of record, how it says the same, and what finds the row
EVENTS = {
    "chrome:history:page_visited": ("visit", page, ("url", "last_visited_time")),
    "firefox:places:page_visited": ("visit", page, ("url", "last_visited_time")),
    "safari:history:visit_sqlite": ("visit", page_of_safari, ("url", "last_visited_time")),
    "chrome:history:file_downloaded": ("download", download, ("url",)),
    "firefox:downloads:download": ("download", download, ("url",)),
    "chrome:cookie:entry": ("cookie", cookie, ("cookie_name", "url")),
    "firefox:cookie:entry": ("cookie", cookie, ("cookie_name", "url")),
    "chrome:autofill:entry": ("field", field, ("field_name",)),
    "chrome:extension_activity:activity_log": ("extension-activity", activity, ("activity_id",)),
    "firefox:places:bookmark": ("bookmark", bookmark, ("url",)),
    "firefox:cache:record": ("cache", cached, ("url",)),
}
LEFT_OUT = {
    "cookie:google:analytics:utma": VALUES, "cookie:google:analytics:utmb": VALUES, "cookie:google:analytics:utmz": VALUES,
    "firefox:places:bookmark_annotation": "annotations are in no record but those of downloads",
    "firefox:places:bookmark_folder": "a folder is told with the bookmarks in it",
}
COUNTED = {
    "plaso/chrome/cookies.db": "counts what is read from values of cookies, too",
    "plaso/chrome/Cookies-68.0.3440.106": "counts what is read from values of cookies, too",
    "plaso/firefox/places.sqlite": "counts annotations and folders of bookmarks, too",
}


def moment(value):
    """A time of either form, without zone and ending zeros."""
    if not isinstance(value, str) or value[4:5] != "-" or value[10:11] != "T":
        return value
    return value.removesuffix("+00:00").removesuffix("Z").rstrip("0").rstrip(".") if "." in value else second(value)


def event(name, test, told, where, place):
    values, label = told["values"], f"event {told['index']}"
    kind, form, keys = EVENTS.get(values["data_type"], (None, None, None))
    row = {}
    if kind:
        forms = map(form, where.rows[place][kind])
        row = next((f for f in forms if all(moment(f[k]) == moment(values[k]) for k in keys)), {})
    for key, wanted in values.items():
        if key == "data_type":
            continue
        got = facts.Reason(LEFT_OUT[values["data_type"]]) if values["data_type"] in LEFT_OUT else row.get(key, "no such row")
        if isinstance(got, facts.Reason):
            FACTS.left_out("plaso.json", test, f"{label}: {key}", wanted, got.text)
        else:
            FACTS.compared("plaso.json", test, f"{label}: {key}", moment(got), moment(wanted))


def counts(name, test, told, where, place):
    rows = {kind: rows for kind, rows in where.rows[place].items() if kind not in ("history", "search")}
    for label, wanted in told.items():
        if label != "event_data":
            FACTS.compared("plaso.json", test, label, where.anomalies[place], wanted)
        elif name in COUNTED:
            FACTS.left_out("plaso.json", test, label, wanted, COUNTED[name])
        else:
            FACTS.compared("plaso.json", test, label, sum(r.get("entries", 1) for rs in rows.values() for r in rs), wanted)


def plaso():
    for name, tests in expected("plaso.json")["files"].items():
        if not name.startswith(("plaso/chrome/", "plaso/firefox", "plaso/safari/")):
            continue
        where, place = place_of(name)
        for test in tests:
            counts(name, test["test"], test.get("counts", {}), where, place)
            for told in test.get("events", []):
                event(name, test["test"], told, where, place)


# --- SQLite itself -------------------------------------------------------------------------


def sqlite():
    """Counts of rows, where a record stands for a row. All of them are compared by sqlite_corpus.py, with
    and without the log."""
    for name, fact in expected("observed-sqlite.json")["files"].items():
        for table, wanted in fact["main_file_only"].items():
            label, known = table, name in MORE or name.startswith(HOMES)
            if known and table in TABLES:
                where, place = place_of(name)
                FACTS.compared("observed-sqlite.json", name, label, len(where.rows[place][TABLES[table]]), wanted)


# --- what comes of it -----------------------------------------------------------------------

HEAD = """# Facts that others state about browsers' files

The tests of other readers of browsers' files say what is in the profiles that they come with. `tests/interop/browser_facts.py`
takes those statements one by one (a count, a time, a URL, a title) and compares each with the records that fossick's
plugins make of the same file. A statement without a rule fails the test, and so does a table below that is not what the
test makes (`python3 tests/interop/browser_facts.py --table`).
"""
ALLOWED = """
## What of theirs is allowed for

- browser-history tells fewer: of Chromium the visits that lasted (`duration`), of Firefox web pages with a title. It sorts
  all profiles of a browser by time, to the second.
- hindsight gives times by way of a float: they may be a microsecond off.
- plaso gives no title where Safari has an empty one, and 2106 where an entry of Firefox' cache has no end. It leaves out the
  dot before a cookie's host and makes a URL of host, path and `secure`.
- Counts of SQLite are compared where a record stands for a row; `tests/interop/sqlite_corpus.py` compares all, with and without
  the write-ahead log, those of sqlite-dissect among them.
- Files of other kinds (index.dat, Cookies.binarycookies, property lists) have tests of their own where a plugin reads them.
"""


def main():
    if not os.path.isdir(corpus("expected")):
        support.skip_all("no corpus")
    browser_history()
    hindsight()
    plaso()
    sqlite()
    FACTS.finish(HEAD, ALLOWED)


if __name__ == "__main__":
    main()
