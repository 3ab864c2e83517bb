"""What plaso's tests state about files of Safari and of macOS' quarantine, compared with the records."""

import os
import shutil
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["FOSSICK_SRC"], "tests")]
sys.dont_write_bytecode = True

import modules
import support

HOME = "Users/corpus/Library/"
# file of the corpus: place in the home, plugin and kind of its records
FILES = {
    "plaso/plist/Downloads.plist": ("Safari/Downloads.plist", "browser-history", "download"),
    "plaso/plist/History.plist": ("Safari/History.plist", "browser-history", "visit"),
    "plaso/Cookies.binarycookies": ("Cookies/Cookies.binarycookies", "browser-profile", "cookie"),
    "plaso/sqlite/quarantine.db": ("Preferences/com.apple.LaunchServices.QuarantineEventsV2", "browser-history", "quarantine"),
}
# their names of our fields
FIELDS = {
    "safari:downloads:entry": {"start_time": "time", "end_time": "ended", "full_path": "target", "received_bytes": "received",
                               "total_bytes": "size", "url": "url"},
    "safari:history:visit": {"last_visited_time": "time", "title": "title", "url": "url", "visit_count": "visits"},
    "safari:cookie:entry": {"cookie_name": "name", "creation_time": "time", "expiration_time": "expires", "path": "path",
                            "url": "host"},
    "macos:lsquarantine:entry": {"agent": "agent", "data": "url", "downloaded_time": "time", "url": "origin"},
}
# plaso counts what it reads out of the values of Google's cookies, too, which fossick leaves alone
OF_VALUES = {"plaso/Cookies.binarycookies": ("__utma", "__utmb", "__utmz")}
TIMES = {"time", "ended", "expires"}


def main():
    if not os.path.exists(os.path.join(support.CORPUS, "plaso/plist/Downloads.plist")):
        support.skip_all("no corpus")
    T = support.scratch()
    marker = os.path.join(T, "tree/System/Library/CoreServices/SystemVersion.plist")
    os.makedirs(os.path.dirname(marker))
    open(marker, "wb").close()
    for source, (place, _, _) in FILES.items():
        os.makedirs(os.path.dirname(os.path.join(T, "tree", HOME, place)), exist_ok=True)
        shutil.copyfile(os.path.join(support.CORPUS, source), os.path.join(T, "tree", HOME, place))
    _, out = support.collect(os.path.join(T, "out"), "-p", "browser-history,browser-profile", os.path.join(T, "tree"))
    archive = support.Archive(out)
    records = archive.records()
    for source, (place, plugin, kind) in FILES.items():
        rows = [r["fields"] for r in records.get(plugin, [])
                if r["kind"] == kind and r["fields"]["entry"]["path"] == HOME + place]
        case = modules.expected("plaso.json")["files"][source][0]
        twice = sum(row.get("name") in OF_VALUES.get(source, ()) for row in rows)
        support.same(f"{source}: {kind}s", len(rows) + twice, case["counts"]["event_data"])
        rows = [{k: modules.micro(v) if k in TIMES else v for k, v in row.items()} for row in rows]
        for event in case["events"]:
            names = FIELDS[event["values"]["data_type"]]
            wanted = {ours: modules.micro(event["values"][name]) if ours in TIMES else event["values"][name]
                      for name, ours in names.items()}
            found = max(rows, key=lambda r: sum(r.get(k) == v for k, v in wanted.items()), default={})
            for key, value in wanted.items():
                support.same(f"{source}: {key}", found.get(key), value)
        support.check(f"{source}: no value of a cookie", not any("value" in row for row in rows))
    support.same("no anomalies", [a["reason"] for a in archive.anomalies if HOME in str(a.get("locator"))], [])
    for source, (place, _, _) in FILES.items():
        support.check(f"{source}: collected", any(row["locator"]["path"] == HOME + place for row in archive.files.values()))
    support.finish()


main()
