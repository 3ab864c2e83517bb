#!/usr/bin/env python3
"""Histories of browsers: databases in use, with rows that are in the log only; deleted rows; what the
stealer could read; databases that are not as they should be."""
import hashlib
import json
import os
import re
import shutil
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import browser_cache as bcache
import browser_db as bdb
import leveldb
from support import CORPUS, Archive, check, collect, finish, same, scratch, skip, verifies

T = scratch()
LOCAL = "Users/ann/AppData/Local/"
FIREFOX = "Users/ann/AppData/Roaming/Mozilla/Firefox/Profiles/x1.default/places.sqlite"
LIVE = {
    "Chrome": ("chromium", LOCAL + "Google/Chrome/User Data/Default/History"),
    "Edge": ("chromium", LOCAL + "Microsoft/Edge/User Data/Profile 1/History"),
    "Brave": ("chromium", LOCAL + "BraveSoftware/Brave-Browser/User Data/Default/History"),
    "Opera": ("chromium", "Users/ann/AppData/Roaming/Opera Software/Opera Stable/History"),
    "Arc": ("chromium", LOCAL + "Packages/TheBrowserCompany.Arc_ttt1ap7aakyb4/LocalCache/Local/Arc/User Data/"
                        "Default/History"),
    "Firefox": ("firefox", FIREFOX),
}


def tree(name):
    top = os.path.join(T, name)
    os.makedirs(os.path.join(top, "Windows", "System32"))
    return top


def put(top, path):
    whole = os.path.join(top, path)
    os.makedirs(os.path.dirname(whole), exist_ok=True)
    return whole


def run(top, *more, plugins="browser-history,3cx-browser"):
    out = tempfile.mkdtemp(dir=T)
    _, path = collect(out, "-p", plugins, *more, top)
    return path, Archive(path)


def records(archive, plugin, kind):
    return [r["fields"] for r in archive.lines(f"records/{plugin}.jsonl") if r["kind"] == kind]


def digests(top):
    out = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                out[path] = hashlib.sha256(f.read()).hexdigest()
    return out


def databases_in_use():
    """A writer holds them open; nothing of the last rows is in the files themselves."""
    top, held, wanted = tree("live"), [], set()
    for name, (family, path) in LIVE.items():
        whole = put(top, path)
        db = bdb.create(whole, bdb.SCHEMAS[family], "journal_mode=WAL", "wal_autocheckpoint=0")
        bdb.add_visit(db, family, 1, "https://saved.example/" + name)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        bdb.add_visit(db, family, 2, "https://late.example/" + name, "late", bdb.T0 + 1)
        held.append(db)
        wanted.add((name, "https://late.example/" + name, "2023-03-29T08:15:31Z", "new"))
        wanted.add((name, "https://saved.example/" + name, "2023-03-29T08:15:30Z", None))
        alone = sqlite3.connect(f"file:{whole}?immutable=1", uri=True)
        table = "urls" if family == "chromium" else "moz_places"
        same(f"{name}: SQLite does not see them without the log",
             alone.execute(f"SELECT count(*) FROM {table} WHERE url LIKE '%late%'").fetchone()[0], 0)
        alone.close()
    before = digests(top)
    path, archive = run(top)
    same("the files are as they were", digests(top), before)
    visits = {(v["browser"], v["url"], v["time"], v.get("in_wal"))
              for v in records(archive, "browser-history", "visit")}
    same("rows in the log are read and marked", visits, wanted)
    same("without an anomaly", archive.anomalies, [])
    verifies("the archive verifies", path)
    logs = {n for n in archive.files if n.endswith("-wal")}
    same("the logs are collected, too", len(logs), len(LIVE))
    for db in held:
        db.close()


def deleted():
    top = tree("deleted")
    db = bdb.create(put(top, LIVE["Chrome"][1]), bdb.CHROMIUM)
    for n in range(1, 60):
        bdb.add_visit(db, "chromium", n, f"https://host{n}.example/", f"Title {n}")
    bdb.add_visit(db, "chromium", 60, "https://files.akamaitechcloudservices.com/a/", "x")
    bdb.add_visit(db, "chromium", 61, "https://last.example/", "y")
    db.execute("DELETE FROM urls WHERE id IN (17, 60)")
    db.execute("DELETE FROM visits WHERE id IN (17, 60)")
    db.close()
    _, archive = run(top, "--set", "browser-history.recover=true")
    urls = {(u["url"], u["title"]): u["recovered"] for u in records(archive, "browser-history", "url")}
    same("deleted URLs come back when asked for", set(urls), {
        ("https://host17.example/", "Title 17"), ("https://files.akamaitechcloudservices.com/a/", "x")})
    check("with page and offset", all(u["page"] > 1 and u["offset"] > 4096 for u in urls.values()), urls)
    visits = [v["url_id"] for v in records(archive, "browser-history", "visit") if "recovered" in v]
    same("deleted visits, too", sorted(visits), [17, 60])
    same("a listed name that was deleted is found", [
        (f["severity"], f["title"], f["fields"]["recovered"]) for f in archive.findings],
        [("high", "Visit to a network name of the 3CX compromise", True)])
    _, archive = run(top, plugins="browser-history")
    same("not asked for: none", records(archive, "browser-history", "url"), [])


def exposure():
    top = tree("exposure")
    for name in ("Chrome", "Opera", "Firefox"):
        family, path = LIVE[name]
        db = bdb.create(put(top, path), bdb.SCHEMAS[family])
        db.execute("BEGIN")
        for n in range(1, 701):
            bdb.add_visit(db, family, n, f"https://h{n % 10}.example/{n}", "t", bdb.T0 + n)
        db.execute("COMMIT")
        db.close()
    _, archive = run(top)
    told = [(e["browser"], e["table"], e["rows"], e["total"], e["oldest"], e["newest"], len(e["hosts"]))
            for e in records(archive, "3cx-browser", "exposure")]
    same("the last 500 rows, of the browsers that the stealer knows", sorted(told), [
        ("Chrome", "urls", 500, 700, "2023-03-29T08:18:51Z", "2023-03-29T08:27:10Z", 10),
        ("Firefox", "moz_places", 500, 700, "2023-03-29T08:18:51Z", "2023-03-29T08:27:10Z", 10)])
    same("no finding", archive.findings, [])


def names_are_whole():
    top = tree("names")
    db = bdb.create(put(top, LIVE["Chrome"][1]), bdb.CHROMIUM)
    for n, url in enumerate(("https://notakamaicontainer.com/", "https://akamaicontainer.com.example.org/",
                             "https://example.org/?q=akamaicontainer.com", "https://user@example.org/",
                             "https://www.3cx.com/blog/", "https://github.com/"), 1):
        bdb.add_visit(db, "chromium", n, url)
    db.close()
    _, archive = run(top)
    same("parts of names are no names", archive.findings, [])


def downloads():
    top = tree("downloads")
    db = bdb.create(put(top, LIVE["Edge"][1]), bdb.CHROMIUM)
    with open(put(top, "Users/ann/Downloads/setup.exe"), "wb") as f:
        f.write(b"x")
    for n, name in ((1, "setup.exe"), (2, "gone.zip")):
        db.execute("INSERT INTO downloads VALUES (?, '', '', ?, ?, 10, 10, 1, 2, 0, x'', ?, 1, 0, 0, "
                   "'https://ref.example/', '', 'https://tab.example/', '', '', 'application/zip')",
                   (n, "C:\\Users\\ann\\Downloads\\" + name, bdb.webkit(bdb.T0), bdb.webkit(bdb.T0 + 5)))
        for i, url in enumerate(("https://short.example/1", "https://cdn.example/" + name)):
            db.execute("INSERT INTO downloads_url_chains VALUES (?, ?, ?)", (n, i, url))
    db.execute("INSERT INTO keyword_search_terms VALUES (2, 1, 'a b', 'a b')")
    bdb.add_visit(db, "chromium", 1, "https://search.example/?q=a+b")
    db.execute("UPDATE visits SET from_visit = 0, transition = 0xA0000001")
    db.close()
    _, archive = run(top)
    rows = {d["download"]: d for d in records(archive, "browser-history", "download")}
    same("all URLs of a download", rows[1]["chain"], ["https://short.example/1", "https://cdn.example/setup.exe"])
    same("state, danger, times", [rows[1][k] for k in ("state", "danger", "opened", "time", "ended", "url")],
         ["complete", "dangerous URL", True, "2023-03-29T08:15:30Z", "2023-03-29T08:15:35Z",
          "https://cdn.example/setup.exe"])
    same("the file, when it is there", [rows[1].get("file", {}).get("path"), rows[2].get("file")],
         ["Users/ann/Downloads/setup.exe", None])
    same("searches", [(s["term"], s["url"]) for s in records(archive, "browser-history", "search")],
         [("a b", "https://search.example/?q=a+b")])
    same("how a visit came about", [(v["transition"], v["qualifiers"])
                                    for v in records(archive, "browser-history", "visit")],
         [("typed", "chain end, server redirect")])


def odd_databases():
    """Each says what is wrong with it, and costs no other."""
    top = tree("odd")

    def place(name):
        return put(top, f"{LOCAL}Google/Chrome/User Data/{name}/History")

    good = place("good")
    db = bdb.create(good, bdb.CHROMIUM)
    bdb.add_visit(db, "chromium", 1, "https://good.example/")
    db.close()
    with open(place("empty"), "wb"):
        pass
    with open(place("encrypted"), "wb") as f:
        f.write(hashlib.shake_128(b"cipher").digest(8192))
    log = put(top, "../other")
    other = bdb.create(log, bdb.CHROMIUM, "page_size=8192", "journal_mode=WAL", "wal_autocheckpoint=0")
    bdb.add_visit(other, "chromium", 1, "https://other.example/")
    for name in ("wal of another", "wal damaged"):
        shutil.copy(good, place(name))
        shutil.copy(log + "-wal", place(name) + "-wal")
    with open(place("wal damaged") + "-wal", "r+b") as f:
        f.write(b"broken")
    other.close()
    shutil.copy(good, place("old"))
    db = sqlite3.connect(place("old"))
    db.execute("DROP TABLE downloads")
    db.execute("DROP TABLE visit_source")
    db.execute("DROP TABLE keyword_search_terms")
    db.execute("ALTER TABLE visits DROP COLUMN visit_duration")
    db.execute("ALTER TABLE visits DROP COLUMN external_referrer_url")
    db.execute("ALTER TABLE visits ADD COLUMN of_2030 TEXT")
    db.commit()
    db.close()
    shutil.copy(good, place("bytes"))
    db = sqlite3.connect(place("bytes"))
    db.execute("UPDATE urls SET title = CAST(x'ff00fe' AS TEXT), last_visit_time = 'never'")
    db.execute("UPDATE visits SET visit_time = 'never', transition = 'x', visit_duration = 1e300")
    db.commit()
    db.close()
    with open(place("cut"), "wb") as f, open(good, "rb") as whole:
        f.write(whole.read()[:9000])
    hot = sqlite3.connect(place("busy"), isolation_level=None)
    hot.executescript("PRAGMA cache_size=5; " + "; ".join(bdb.CHROMIUM))
    bdb.add_visit(hot, "chromium", 1, "https://before.example/")
    hot.execute("BEGIN")
    for n in range(2, 2000):
        bdb.add_visit(hot, "chromium", n, f"https://during.example/{n}", "t" * 100)
    _, archive = run(top, "--set", "browser-history.recover=true")
    hot.execute("ROLLBACK")
    hot.close()
    reasons = {}
    for a in archive.anomalies:
        path = (a.get("locator") or {}).get("path", "")
        if path.endswith("/History"):
            reasons.setdefault(path.split("/")[-2], a["reason"])
    seen = {}
    for v in records(archive, "browser-history", "visit"):
        if "recovered" not in v:
            seen.setdefault(v["profile"], []).append(v.get("url"))
    one = ["https://good.example/"]
    same("what can be read is read", {k: v for k, v in seen.items() if k != "cut"}, {
        "good": one, "wal of another": one, "wal damaged": one, "old": one, "bytes": one,
        "busy": ["https://before.example/"]})
    same("and each fault is named", sorted(reasons), ["busy", "cut", "empty", "encrypted", "wal damaged",
                                                      "wal of another"])
    for name, word in (("empty", "empty"), ("encrypted", "signature"), ("wal of another", "page size"),
                       ("wal damaged", "-wal"), ("cut", "cut off"), ("busy", "rolled back")):
        check(f"{name}: {reasons.get(name)}", word in reasons.get(name, ""))


def too_large():
    top = tree("large")
    with open(put(top, LIVE["Chrome"][1]), "wb") as f:
        f.write(b"SQLite format 3\0")
        f.truncate(5 << 30)
    _, archive = run(top, "--limit-size", "1M")
    check("a history of 5 GiB is over a limit, and said so",
          any("History" in str(a) and ("limit" in str(a) or "larger" in str(a)) for a in archive.anomalies),
          archive.anomalies)


SECRET = "s3cr3t-of-ann"
PROFILE = LOCAL + "Google/Chrome/User Data/Default/"
MOZILLA = os.path.dirname(FIREFOX) + "/"


def write_json(top, path, value):
    with open(put(top, path), "w", encoding="utf-8") as f:
        json.dump(value, f)


def extension_activity(top):
    db = sqlite3.connect(put(top, PROFILE + "Extension Activity"))
    db.executescript("CREATE TABLE activitylog_compressed (count INTEGER, time INTEGER, action_type INTEGER); "
                     "CREATE VIEW activitylog_uncompressed AS SELECT count, 'abc' AS extension_id, time, action_type, "
                     "'tabs.query' AS api_name, '%s' AS args, 'https://e.example/' AS page_url, NULL AS page_title, "
                     "NULL AS arg_url, NULL AS other, rowid AS activity_id FROM activitylog_compressed; "
                     "INSERT INTO activitylog_compressed VALUES (2, %d, 0)" % (SECRET, bdb.webkit(bdb.T0)))
    db.commit()


def chromium_profile(top):
    extension_activity(top)
    db = sqlite3.connect(put(top, PROFILE + "Network/Cookies"))
    db.execute("CREATE TABLE cookies (creation_utc INTEGER, host_key TEXT, name TEXT, value TEXT, encrypted_value "
               "BLOB, path TEXT, expires_utc INTEGER, is_secure INTEGER, is_httponly INTEGER, last_access_utc INTEGER)")
    db.execute("INSERT INTO cookies VALUES (?, '.c.example', 'sid', ?, ?, '/', ?, 1, 0, 0)",
               (bdb.webkit(bdb.T0), SECRET, SECRET.encode(), bdb.webkit(bdb.T0 + 60)))
    db.commit()
    db = sqlite3.connect(put(top, PROFILE + "Web Data"))
    db.execute("CREATE TABLE autofill (name VARCHAR, value VARCHAR, value_lower VARCHAR, date_created INTEGER, "
               "date_last_used INTEGER, count INTEGER)")
    db.execute("INSERT INTO autofill VALUES ('email', ?, ?, ?, ?, 3)", (SECRET, SECRET, bdb.T0, bdb.T0 + 1))
    db.commit()
    db = sqlite3.connect(put(top, PROFILE + "Login Data"))
    db.execute("CREATE TABLE logins (origin_url VARCHAR, username_value VARCHAR, password_value BLOB, date_created "
               "INTEGER, times_used INTEGER, blacklisted_by_user INTEGER)")
    db.execute("INSERT INTO logins VALUES ('https://login.example/', ?, ?, ?, 2, 0)",
               (SECRET, SECRET.encode(), bdb.webkit(bdb.T0)))
    db.commit()
    db = sqlite3.connect(put(top, PROFILE + "Favicons"))
    db.executescript("CREATE TABLE favicons (id INTEGER PRIMARY KEY, url TEXT); "
                     "CREATE TABLE icon_mapping (id INTEGER PRIMARY KEY, page_url TEXT, icon_id INTEGER); "
                     "CREATE TABLE favicon_bitmaps (id INTEGER PRIMARY KEY, icon_id INTEGER, last_updated INTEGER); "
                     "INSERT INTO favicons VALUES (1, 'https://i.example/f.ico'); "
                     "INSERT INTO icon_mapping VALUES (1, 'https://page.example/', 1)")
    db.commit()
    write_json(top, PROFILE + "Bookmarks", {"roots": {"bookmark_bar": {"children": [
        {"name": "folder", "children": [{"url": "https://b.example/", "name": "B", "type": "url",
                                         "date_added": str(bdb.webkit(bdb.T0))}]}]}, "sync_transaction_version": "1"}})
    write_json(top, PROFILE + "Secure Preferences", {"extensions": {"settings": {"abc": {
        "manifest": {"name": "Ext", "version": "1.2"}, "install_time": str(bdb.webkit(bdb.T0)), "state": 1,
        "active_permissions": {"api": ["tabs"], "explicit_host": ["<all_urls>"]}}}}})
    write_json(top, PROFILE + "Network/Network Persistent State", {"net": {"http_server_properties": {
        "servers": [{"server": "https://s.example:443"}]}}})
    write_json(top, PROFILE + "Preferences", {"other": 1})


def firefox_profile(top):
    db = sqlite3.connect(put(top, MOZILLA + "cookies.sqlite"))
    db.execute("CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, name TEXT, value TEXT, host TEXT, path TEXT, "
               "expiry INTEGER, lastAccessed INTEGER, creationTime INTEGER, isSecure INTEGER, isHttpOnly INTEGER)")
    db.execute("INSERT INTO moz_cookies VALUES (1, 'ff', ?, 'f.example', '/', ?, ?, ?, 0, 1)",
               (SECRET, bdb.T0, bdb.T0 * 1000000, bdb.T0 * 1000000))
    db.commit()
    db = sqlite3.connect(put(top, MOZILLA + "formhistory.sqlite"))
    db.execute("CREATE TABLE moz_formhistory (id INTEGER PRIMARY KEY, fieldname TEXT, value TEXT, timesUsed "
               "INTEGER, firstUsed INTEGER, lastUsed INTEGER)")
    db.execute("INSERT INTO moz_formhistory VALUES (1, 'phone', ?, 1, ?, ?)", (SECRET, bdb.T0 * 1000000, 0))
    db.commit()
    write_json(top, MOZILLA + "logins.json", {"logins": [{"hostname": "https://fl.example", "encryptedPassword":
               SECRET, "encryptedUsername": SECRET, "timeCreated": bdb.T0 * 1000}]})
    write_json(top, MOZILLA + "extensions.json", {"addons": [{"id": "x@y", "version": "3", "active": True,
               "type": "extension", "defaultLocale": {"name": "X"}, "installDate": bdb.T0 * 1000,
               "userPermissions": {"permissions": ["tabs"], "origins": ["*://*/*"]}}]})
    with open(put(top, MOZILLA + "SiteSecurityServiceState.txt"), "w", encoding="utf-8") as f:
        f.write("hsts.example:HSTS\t0\t19000\t1700000000000,1,0,2\n")


def lz4(data):
    """A block of LZ4: each run of eight equal bytes as a match, the rest as literals."""
    out, at, literal = b"", 0, b""

    def emit(literal, match):
        token, more = b"", b""
        low = 0
        if match:
            low = min(match - 4, 15)
            more = b"\1\0" + (bytes([255] * ((match - 19) // 255) + [(match - 19) % 255]) if low == 15 else b"")
        high = min(len(literal), 15)
        extra = len(literal) - 15
        token = bytes([high << 4 | low]) + (bytes([255] * (extra // 255) + [extra % 255]) if high == 15 else b"")
        return token + literal + more

    while at < len(data):
        run = 1
        while at + run < len(data) and data[at + run] == data[at]:
            run += 1
        if run >= 8 and at + run < len(data):
            out += emit(literal + data[at:at + 1], run - 1)
            literal, at = b"", at + run
        else:
            literal += data[at:at + 1]
            at += 1
    return out + emit(literal, 0)


def tabs():
    top = tree("tabs")
    state = json.dumps({"windows": [{"tabs": [{"entries": [{"url": "https://one.example/", "title": "a" * 300},
                                                           {"url": "https://two.example/", "title": "T"}],
                                               "index": 2, "lastAccessed": bdb.T0 * 1000}],
                                     "_closedTabs": [{"state": {"entries": [{"url": "https://closed.example/"}]}}]}]})
    data = state.encode()
    whole = b"mozLz40\0" + len(data).to_bytes(4, "little") + lz4(data)
    put_bytes(top, MOZILLA + "sessionstore-backups/recovery.jsonlz4", whole)
    put_bytes(top, MOZILLA + "sessionstore.jsonlz4", whole[:-5])
    put_bytes(top, MOZILLA + "sessionstore-backups/previous.jsonlz4", b"mozLz40\0\0\0\0\x10" + lz4(data))
    _, archive = run(top, plugins="browser-profile")
    when = "2023-03-29T08:15:30Z"
    same("tabs of Firefox", [(t["url"], len(t.get("title", "")), t.get("time"), t["shown"], t.get("closed"))
                             for t in records(archive, "browser-profile", "tab")],
         [("https://one.example/", 300, when, False, None), ("https://two.example/", 1, when, True, None),
          ("https://closed.example/", 0, None, False, True)])
    same("damaged ones are named", sorted(a["reason"] for a in archive.anomalies),
         ["tabs: LZ4: 268435456 bytes are too many", "tabs: LZ4: damaged"])


def beside_the_history():
    top = tree("profile")
    chromium_profile(top)
    firefox_profile(top)
    _, archive = run(top, plugins="browser-profile")
    same("no anomaly", archive.anomalies, [])
    when = "2023-03-29T08:15:30Z"
    for kind, keys, wanted in (
            ("cookie", ("browser", "host", "name", "time", "profile"),
             [("Chrome", ".c.example", "sid", when, "Default"), ("Firefox", "f.example", "ff", when, "x1.default")]),
            ("field", ("name", "time", "count"), [("email", when, 3), ("phone", when, 1)]),
            ("login", ("url", "time"), [("https://fl.example", when), ("https://login.example/", when)]),
            ("favicon", ("url", "icon"), [("https://page.example/", "https://i.example/f.ico")]),
            ("bookmark", ("url", "title", "folder", "time"), [("https://b.example/", "B", "bookmark_bar/folder", when)]),
            ("extension", ("id", "name", "version", "permissions", "time"),
             [("abc", "Ext", "1.2", ["tabs", "<all_urls>"], when), ("x@y", "X", "3", ["tabs", "*://*/*"], when)]),
            ("extension-activity", ("id", "action", "api", "url", "count", "time"),
             [("abc", "call of an API", "tabs.query", "https://e.example/", 2, when)]),
            ("host", ("host", "from"), [("hsts.example", "HSTS"), ("s.example", "Network Persistent State")])):
        got = sorted(tuple(r.get(k) for k in keys) for r in records(archive, "browser-profile", kind))
        same(kind, got, wanted)
    text = archive.text("records/browser-profile.jsonl")
    check("values of cookies and fields, arguments, names of users and passwords are in no record", SECRET not in text)


def put_bytes(top, path, data):
    with open(put(top, path), "wb") as f:
        f.write(data)


def caches():
    top, at = tree("caches"), bdb.T0
    icon = "https://raw.githubusercontent.example/i/main/icon7.ico"
    long = "https://long.example/" + "a" * 2000
    middle = "https://middle.example/" + "b" * 400
    put_bytes(top, LOCAL + "Microsoft/Edge/User Data/Default/Cache/Cache_Data/0123456789abcdef_0",
              bcache.simple(icon, at))
    put_bytes(top, "Users/ann/AppData/Roaming/3CXDesktopApp/Cache/00000000000000aa_0",
              bcache.simple("https://pbx.example/", at, digest=False))
    data1, data2 = bcache.blocks([(icon, at), (middle, at + 1), (long, at + 2), ("https://gone.example/", at + 3)], {3})
    chrome = LOCAL + "Google/Chrome/User Data/Default/Cache/Cache_Data/data_"
    put_bytes(top, chrome + "1", data1)
    put_bytes(top, chrome + "2", data2)
    entries = LOCAL + "Mozilla/Firefox/Profiles/x1.default/cache2/entries/"
    put_bytes(top, entries + "0" * 40, bcache.firefox(icon, at))
    put_bytes(top, entries + "1" * 40, bcache.firefox("https://old.example/", at, bytes(300000), 1))
    put_bytes(top, entries + "2" * 40, b"no entry")
    put_bytes(top, chrome + "f", b"")
    put_bytes(top, LOCAL + "Vivaldi/User Data/Default/Cache/data_1", b"short")
    put_bytes(top, LOCAL + "Vivaldi/User Data/Default/Cache/ffffffffffffffff_0", bcache.simple(icon, at)[:40])
    _, archive = run(top, plugins="browser-cache")
    rows = [(c["browser"], c["profile"], c["url"][:40], c["time"], c.get("status"), c.get("recovered"))
            for c in records(archive, "browser-cache", "cache")]
    first, ok = "2023-03-29T08:15:30.250Z", "HTTP/1.1 200 OK"
    same("entries of caches", sorted(rows, key=str), sorted([
        ("Edge", "Default", icon[:40], first, ok, None),
        ("3CX Desktop App", "3CXDesktopApp", "https://pbx.example/", first, ok, None),
        ("Chrome", "Default", icon[:40], first, ok, None),
        ("Chrome", "Default", middle[:40], "2023-03-29T08:15:31.250Z", ok, None),
        ("Chrome", "Default", long[:40], "2023-03-29T08:15:32.250Z", ok, None),
        ("Chrome", "Default", "https://gone.example/", "2023-03-29T08:15:33.250Z", ok, True),
        ("Firefox", "x1.default", icon[:40], "2023-03-29T08:15:30Z", "HTTP/2 200 OK", None),
        ("Firefox", "x1.default", "https://old.example/", "2023-03-29T08:15:30Z", "HTTP/2 200 OK", None)], key=str))
    same("what is no entry is named", sorted(a["reason"] for a in archive.anomalies), [
        "cache: key is cut off", "cache: no entry of a cache", "cache: no file of blocks"])


def third_party_cache():
    source = os.path.join(CORPUS, "plaso", "firefox_cache", "cache2")
    if not os.path.isdir(source):
        skip("caches of others", "no corpus")
        return
    with open(os.path.join(CORPUS, "expected", "plaso.json"), encoding="utf-8") as f:
        facts = json.load(f)["files"]
    top, wanted = tree("cache2"), []
    for name in sorted(os.listdir(source)):
        with open(os.path.join(source, name), "rb") as f:
            put_bytes(top, LOCAL + "Mozilla/Firefox/Profiles/a/cache2/entries/" + name, f.read())
        for case in facts.get("plaso/firefox_cache/cache2/" + name, ()):
            for event in case.get("events", ()):
                v = event["values"]
                # the origin leaves what stands before the URL in its place
                wanted.append((name, re.search(r"https?://.*", v["url"]).group(), v["fetch_count"],
                               v["last_fetched_time"][:19], v["last_modified_time"][:19], v["response_code"]))
    _, archive = run(top, plugins="browser-cache")
    got = [(c["entry"]["path"].split("/")[-1], c["url"], c["fetches"], c["time"][:19], c["modified"][:19],
            c.get("status")) for c in records(archive, "browser-cache", "cache")]
    same(f"{len(wanted)} facts of others about caches", [w for w in wanted if w not in got], [])


def storage():
    top, at = tree("storage"), bdb.T0
    base = "Users/ann/AppData/Roaming/3CXDesktopApp/"
    pbx, gone = "https://pbx.example:5001", "https://gone.example"
    put_bytes(top, base + "Local Storage/leveldb/000003.log", leveldb.log([
        leveldb.batch(10, [(b"VERSION", b"1"), *leveldb.storage(pbx, at + 9, ["token", "user"])]),
        leveldb.batch(20, [(b"_" + gone.encode() + b"\0\1x", None)])]))
    put_bytes(top, PROFILE + "Local Storage/leveldb/000005.ldb", leveldb.table(sorted(
        (key, value, 3) for key, value in leveldb.storage(gone, at, ["a", "b", "c"]))))
    put_bytes(top, PROFILE + "Session Storage/000001.log", leveldb.log([leveldb.batch(1, [
        (b"namespace-0a1b2c3d_0000_4000_8000_0123456789ab-https://tab.example/", b"7"), (b"map-7-k", b"v")])]))
    put_bytes(top, PROFILE + "Local Storage/leveldb/000006.log", leveldb.log([leveldb.batch(1, [])])[:-1] + b"!")
    _, archive = run(top, plugins="browser-storage")
    rows = [(r["browser"], r["profile"], r["site"], r.get("time"), r["keys"], r["deleted"])
            for r in records(archive, "browser-storage", "storage")]
    same("sites with storage", sorted(rows, key=str), sorted([
        ("3CX Desktop App", "3CXDesktopApp", pbx, "2023-03-29T08:15:39Z", 2, 0),
        ("3CX Desktop App", "3CXDesktopApp", gone, None, 0, 1),
        ("Chrome", "Default", gone, "2023-03-29T08:15:30Z", 3, 0),
        ("Chrome", "Default", "https://tab.example/", None, 1, 0)], key=str))
    check("values are in no record", "value" not in archive.text("records/browser-storage.jsonl"))
    same("a damaged file is named", [("damaged" in a["reason"], a["locator"]["path"][-10:]) for a in archive.anomalies],
         [(True, "000006.log")])


def names_in_stores():
    """Listed names in anything a browser keeps, and none for names that only look alike."""
    icon = "https://raw.githubusercontent.com/IconStorages/images/main/icon10.ico"
    for name, host, url, wanted in (
            ("listed", ".cdn.akamaicontainer.com", icon, 5),
            ("alike", ".cdn-akamaicontainer.com", "https://raw.githubusercontent.com/IconStorage/images/icon10.ico", 0)):
        top = tree("stores-" + name)
        chromium_profile(top)
        firefox_profile(top)
        for path, sql in ((PROFILE + "Network/Cookies", "UPDATE cookies SET host_key = ?"),
                          (MOZILLA + "cookies.sqlite", "UPDATE moz_cookies SET host = ?")):
            db = sqlite3.connect(os.path.join(top, path))
            db.execute(sql, (host,))
            db.commit()
        put_bytes(top, PROFILE + "Cache/Cache_Data/0123456789abcdef_0", bcache.simple(icon if wanted else url, bdb.T0))
        put_bytes(top, PROFILE + "Cache/Cache_Data/data_1", bcache.blocks([(url, bdb.T0)])[0])
        put_bytes(top, PROFILE + "Local Storage/leveldb/000003.log", leveldb.log([leveldb.batch(
            1, leveldb.storage("https://x" + host, bdb.T0, ["k"]))]))
        if not wanted:
            os.unlink(os.path.join(top, PROFILE + "Cache/Cache_Data/0123456789abcdef_0"))
        _, archive = run(top, plugins="3cx-browser")
        same(f"{name} names in stores", (len(archive.findings), sorted({f["severity"] for f in archive.findings})),
             (wanted, ["high"] if wanted else []))


for case in (databases_in_use, deleted, exposure, names_are_whole, downloads, odd_databases, too_large,
             beside_the_history, tabs, caches, third_party_cache, storage, names_in_stores):
    case()
finish()
