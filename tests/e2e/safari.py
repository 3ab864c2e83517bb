"""Files of Safari and the quarantine database of macOS: sound, damaged, and no values of cookies."""

import os
import sqlite3
import sys

sys.path[:0] = [os.path.join(os.environ["FOSSICK_SRC"], "tests"), os.path.join(os.environ["FOSSICK_SRC"], "tests", "data")]
sys.dont_write_bytecode = True
import safari_files as safari
import support

T = support.scratch()
LIBRARY = "Users/mia/Library/"
ISO = "2023-03-29T08:15:30Z"
QUARANTINE = LIBRARY + "Preferences/com.apple.LaunchServices.QuarantineEventsV2"
# kind: fields of its records
WANTED = {
    "visit": [("https://old.example/", "Old", ISO, 2, ["http://old.example/"])],
    "download": [("https://a.example/tool.dmg", "~/Downloads/tool.dmg", ISO, "2023-03-29T08:15:39Z", 7, "Users/mia/Downloads/tool.dmg")],
    "tab": [("https://c.example/", "C", ISO, "2023-03-29T08:16:30Z", None), ("https://far.example/", "Far", ISO, None, None),
            ("https://open.example/", "Open", ISO, None, None), ("https://p.example/", "P", ISO, None, True),
            ("https://w.example/", "W", ISO, "2023-03-29T08:16:31Z", None)],
    "quarantine": [("https://a.example/tool.dmg", "https://a.example/", "Safari", "com.apple.Safari", ISO, "mia")],
    "bookmark": [("https://a.example/", "A", "toolbar", None), ("https://b.example/", "B", "toolbar/Work", None),
                 ("https://later.example/", "Later", "reading list", ISO)],
    "cookie": [(".b.example", "id", "/x", ISO, "2023-03-29T09:15:30Z", False, False),
               ("a.example", "sid", "/", ISO, "2023-03-29T09:15:30Z", True, True),
               ("c.example", "z", "/", ISO, "2023-03-29T09:15:30Z", True, True)],
}
FIELDS = {
    "visit": ("url", "title", "time", "visits", "redirects"), "download": ("url", "target", "time", "ended", "size", "file"),
    "tab": ("url", "title", "time", "closed", "private"), "bookmark": ("url", "title", "folder", "time"),
    "quarantine": ("url", "origin", "agent", "agent_id", "time", "user"),
    "cookie": ("host", "name", "path", "time", "expires", "secure", "http_only"),
}


def put(top, name, data):
    path = os.path.join(T, top, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)
    return path


def databases(top):
    path = put(top, QUARANTINE, b"")
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE LSQuarantineEvent (LSQuarantineEventIdentifier TEXT PRIMARY KEY NOT NULL, LSQuarantineTimeStamp REAL,"
               " LSQuarantineAgentBundleIdentifier TEXT, LSQuarantineAgentName TEXT, LSQuarantineDataURLString TEXT,"
               " LSQuarantineOriginURLString TEXT)")
    db.execute("INSERT INTO LSQuarantineEvent VALUES('ID', ?, 'com.apple.Safari', 'Safari', 'https://a.example/tool.dmg',"
               " 'https://a.example/')", (safari.WHEN - safari.MAC,))
    db.commit()
    db = sqlite3.connect(put(top, LIBRARY + "Safari/CloudTabs.db", b""))
    db.execute("CREATE TABLE cloud_tab_devices (device_uuid TEXT PRIMARY KEY, device_name TEXT, last_modified REAL)")
    db.execute("CREATE TABLE cloud_tabs (tab_uuid TEXT PRIMARY KEY, device_uuid TEXT, title TEXT, url TEXT)")
    db.execute("INSERT INTO cloud_tab_devices VALUES('d', 'phone', ?)", (safari.WHEN - safari.MAC,))
    db.execute("INSERT INTO cloud_tabs VALUES('t', 'd', 'Far', 'https://far.example/')")
    db.commit()


def run(top, files):
    put(top, "System/Library/CoreServices/SystemVersion.plist", b"")
    put(top, "Users/mia/Downloads/tool.dmg", b"fixture")
    for name, data in files.items():
        put(top, LIBRARY + name, data)
    _, out = support.collect(os.path.join(T, top + ".out"), "-p", "browser-history,browser-profile", os.path.join(T, top))
    return support.Archive(out)


def told(archive, kind):
    """The fields of the records of that kind, sorted."""
    rows = [r["fields"] for rows in archive.records().values() for r in rows if r["kind"] == kind]
    found = [tuple(r.get(f, {}).get("path") if f == "file" else r.get(f) for f in FIELDS[kind]) for r in rows]
    return sorted(found, key=str)


def main():
    databases("sound")
    archive = run("sound", safari.files())
    for kind, wanted in WANTED.items():
        support.same(f"{kind}s", told(archive, kind), sorted(wanted, key=str))
    support.same("no anomalies", archive.anomalies, [])
    support.same("all of Safari", {r["fields"].get("browser") for rows in archive.records().values() for r in rows
                                   if r["kind"] != "quarantine"}, {"Safari"})
    support.check("no value of a cookie", all("secret" not in archive.text(n) for n in archive.names if n.startswith("records/")))
    support.same("collected", len([r for r in archive.files.values() if LIBRARY in r["locator"]["path"]]), 8)

    archive = run("damaged", safari.damaged())
    bad = {a["locator"]["path"].removeprefix(LIBRARY) for a in archive.anomalies}
    support.same("each damaged file is an anomaly", bad, set(safari.damaged()))
    support.same("what is left of the cookies", len(told(archive, "cookie")), 2)
    support.same("fields of another type are left out", told(archive, "visit"), [(None, None, None, None, None)])
    support.finish()


main()
