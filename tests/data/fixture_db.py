"""Browser databases for fixtures, with the tables of the real ones. Rows
given as `late` are only in the write-ahead log, as when the browser runs."""

import os
import sqlite3
import struct
import tempfile

PAGE = 4096
SALT = bytes.fromhex("3cf0551c00000001")
SQLITE_VERSION = struct.pack(">I", 3040001)

CHROMIUM = """
CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
CREATE TABLE urls(id INTEGER PRIMARY KEY AUTOINCREMENT, url LONGVARCHAR, title LONGVARCHAR,
 visit_count INTEGER DEFAULT 0 NOT NULL, typed_count INTEGER DEFAULT 0 NOT NULL,
 last_visit_time INTEGER NOT NULL, hidden INTEGER DEFAULT 0 NOT NULL);
CREATE TABLE visits(id INTEGER PRIMARY KEY AUTOINCREMENT, url INTEGER NOT NULL,
 visit_time INTEGER NOT NULL, from_visit INTEGER, transition INTEGER DEFAULT 0 NOT NULL,
 segment_id INTEGER, visit_duration INTEGER DEFAULT 0 NOT NULL,
 incremented_omnibox_typed_score BOOLEAN DEFAULT FALSE NOT NULL, opener_visit INTEGER);
CREATE TABLE visit_source(id INTEGER PRIMARY KEY, source INTEGER NOT NULL);
CREATE TABLE keyword_search_terms(keyword_id INTEGER NOT NULL, url_id INTEGER NOT NULL,
 term LONGVARCHAR NOT NULL, normalized_term LONGVARCHAR NOT NULL);
CREATE TABLE downloads(id INTEGER PRIMARY KEY, guid VARCHAR NOT NULL,
 current_path LONGVARCHAR NOT NULL, target_path LONGVARCHAR NOT NULL, start_time INTEGER NOT NULL,
 received_bytes INTEGER NOT NULL, total_bytes INTEGER NOT NULL, state INTEGER NOT NULL,
 danger_type INTEGER NOT NULL, interrupt_reason INTEGER NOT NULL, hash BLOB NOT NULL,
 end_time INTEGER NOT NULL, opened INTEGER NOT NULL, referrer VARCHAR NOT NULL,
 site_url VARCHAR NOT NULL, tab_url VARCHAR NOT NULL, mime_type VARCHAR(255) NOT NULL);
CREATE TABLE downloads_url_chains(id INTEGER NOT NULL, chain_index INTEGER NOT NULL,
 url LONGVARCHAR NOT NULL, PRIMARY KEY (id, chain_index));
CREATE INDEX visits_url_index ON visits (url);
CREATE INDEX visits_time_index ON visits (visit_time);
CREATE INDEX urls_url_index ON urls (url);
INSERT INTO meta VALUES('version', '57'), ('last_compatible_version', '16');
"""

FIREFOX = """
CREATE TABLE moz_origins(id INTEGER PRIMARY KEY, prefix TEXT NOT NULL, host TEXT NOT NULL,
 frecency INTEGER NOT NULL, UNIQUE (prefix, host));
CREATE TABLE moz_places(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR,
 rev_host LONGVARCHAR, visit_count INTEGER DEFAULT 0, hidden INTEGER DEFAULT 0 NOT NULL,
 typed INTEGER DEFAULT 0 NOT NULL, frecency INTEGER DEFAULT -1 NOT NULL, last_visit_date INTEGER,
 guid TEXT, foreign_count INTEGER DEFAULT 0 NOT NULL, url_hash INTEGER DEFAULT 0 NOT NULL,
 description TEXT, preview_image_url TEXT, origin_id INTEGER REFERENCES moz_origins(id));
CREATE TABLE moz_historyvisits(id INTEGER PRIMARY KEY, from_visit INTEGER, place_id INTEGER,
 visit_date INTEGER, visit_type INTEGER, session INTEGER);
CREATE TABLE moz_inputhistory(place_id INTEGER NOT NULL, input LONGVARCHAR NOT NULL,
 use_count INTEGER, PRIMARY KEY (place_id, input));
CREATE TABLE moz_bookmarks(id INTEGER PRIMARY KEY, type INTEGER, fk INTEGER DEFAULT NULL,
 parent INTEGER, position INTEGER, title LONGVARCHAR, dateAdded INTEGER, lastModified INTEGER,
 guid TEXT);
CREATE INDEX moz_places_url_hashindex ON moz_places (url_hash);
CREATE INDEX moz_historyvisits_placedateindex ON moz_historyvisits (place_id, visit_date);
"""

SAFARI = """
CREATE TABLE history_items(id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE,
 domain_expansion TEXT NULL, visit_count INTEGER NOT NULL, daily_visit_counts BLOB NOT NULL,
 should_recompute_derived_visit_counts INTEGER NOT NULL, visit_count_score INTEGER NOT NULL);
CREATE TABLE history_visits(id INTEGER PRIMARY KEY AUTOINCREMENT,
 history_item INTEGER NOT NULL REFERENCES history_items(id) ON DELETE CASCADE,
 visit_time REAL NOT NULL, title TEXT NULL, load_successful BOOLEAN NOT NULL DEFAULT 1,
 http_non_get BOOLEAN NOT NULL DEFAULT 0, origin INTEGER NOT NULL DEFAULT 0);
CREATE INDEX history_visits__last_visit ON history_visits (history_item, visit_time DESC);
"""


def webkit(unix):
    return (unix + 11644473600) * 10**6


def _chromium_row(c, row):
    if "target" in row:
        number = c.execute("SELECT count(*) FROM downloads").fetchone()[0] + 1
        c.execute(
            "INSERT INTO downloads VALUES(?,?,?,?,?,?,?,1,0,0,x'',?,0,?,'',?,'application/x-msi')",
            (number, "00000000-0000-4000-8000-%012d" % number, row["target"], row["target"],
             webkit(row["time"]), row["size"], row["size"], webkit(row["time"] + 9), row["url"],
             row["url"]),
        )
        c.execute("INSERT INTO downloads_url_chains VALUES(?,0,?)", (number, row["url"]))
        return
    when = webkit(row["time"])
    known = c.execute("SELECT id FROM urls WHERE url = ?", (row["url"],)).fetchone()
    if known:
        c.execute("UPDATE urls SET visit_count = visit_count + 1, last_visit_time = ? WHERE id = ?",
                  (when, known[0]))
    else:
        cursor = c.execute(
            "INSERT INTO urls(url, title, visit_count, typed_count, last_visit_time)"
            " VALUES(?,?,1,0,?)", (row["url"], row["title"], when))
        known = (cursor.lastrowid,)
    c.execute("INSERT INTO visits(url, visit_time, from_visit, transition) VALUES(?,?,0,805306368)",
              (known[0], when))


def _firefox_row(c, row):
    host = row["url"].split("/")[2]
    cursor = c.execute(
        "INSERT INTO moz_places(url, title, rev_host, visit_count, last_visit_date)"
        " VALUES(?,?,?,1,?)", (row["url"], row["title"], host[::-1] + ".", row["time"] * 10**6))
    c.execute("INSERT INTO moz_historyvisits(from_visit, place_id, visit_date, visit_type, session)"
              " VALUES(0,?,?,1,0)", (cursor.lastrowid, row["time"] * 10**6))


def _safari_row(c, row):
    cursor = c.execute("INSERT INTO history_items VALUES(NULL,?,NULL,1,x'',0,100)", (row["url"],))
    c.execute("INSERT INTO history_visits(history_item, visit_time, title) VALUES(?,?,?)",
              (cursor.lastrowid, row["time"] - 978307200, row["title"]))


KINDS = {
    "chromium": (CHROMIUM, _chromium_row),
    "firefox": (FIREFOX, _firefox_row),
    "safari": (SAFARI, _safari_row),
}


def _same_version(page):
    """The first page names the SQLite that wrote it: always the same here."""
    return page[:96] + SQLITE_VERSION + page[100:]


def _same_wal(wal):
    """Salts are random numbers: fixed here, and all checksums made anew.
    Format: sqlite.org, "Database File Format", section 4."""
    order = ">" if wal[3] & 1 else "<"

    def checksum(data, a, b):
        for x, y in struct.iter_unpack(order + "II", data):
            a = (a + x + b) & 0xFFFFFFFF
            b = (b + y + a) & 0xFFFFFFFF
        return a, b

    head = wal[:16] + SALT
    a, b = checksum(head, 0, 0)
    out = head + struct.pack(">II", a, b)
    for at in range(32, len(wal), 24 + PAGE):
        frame, page = wal[at : at + 8], wal[at + 24 : at + 24 + PAGE]
        if frame[:4] == b"\0\0\0\1":
            page = _same_version(page)
        a, b = checksum(frame, a, b)
        a, b = checksum(page, a, b)
        out += frame + SALT + struct.pack(">II", a, b) + page
    return out


def build(kind, rows, late=()):
    """The files of a database by the ending of their names: "", and with
    `late` rows "-wal" and "-shm"."""
    schema, insert = KINDS[kind]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "db")
        c = sqlite3.connect(path, isolation_level=None)
        c.execute("PRAGMA page_size = %d" % PAGE)
        if late:
            c.execute("PRAGMA journal_mode = WAL")
        c.execute("BEGIN")
        for statement in schema.strip().split(";\n"):
            c.execute(statement)
        for row in rows:
            insert(c, row)
        c.execute("COMMIT")
        if late:
            c.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            c.execute("PRAGMA wal_autocheckpoint = 0")
            for row in late:
                c.execute("BEGIN")
                insert(c, row)
                c.execute("COMMIT")
        out = {"": _same_version(open(path, "rb").read())}
        if late:
            out["-wal"] = _same_wal(open(path + "-wal", "rb").read())
            out["-shm"] = bytes(32768)
        c.close()
    return out
