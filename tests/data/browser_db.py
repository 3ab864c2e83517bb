"""Databases of browsers as their versions of 2023 make them, for tests: schemas of Chromium
(History), Firefox (places.sqlite) and Safari (History.db), and rows for them."""
import sqlite3

CHROMIUM = (
    "CREATE TABLE meta (key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR)",
    "CREATE TABLE urls (id INTEGER PRIMARY KEY AUTOINCREMENT, url LONGVARCHAR, title LONGVARCHAR, "
    "visit_count INTEGER DEFAULT 0 NOT NULL, typed_count INTEGER DEFAULT 0 NOT NULL, "
    "last_visit_time INTEGER NOT NULL, hidden INTEGER DEFAULT 0 NOT NULL)",
    "CREATE TABLE visits (id INTEGER PRIMARY KEY AUTOINCREMENT, url INTEGER NOT NULL, visit_time INTEGER "
    "NOT NULL, from_visit INTEGER, external_referrer_url TEXT, transition INTEGER DEFAULT 0 NOT NULL, "
    "segment_id INTEGER, visit_duration INTEGER DEFAULT 0 NOT NULL)",
    "CREATE TABLE visit_source (id INTEGER PRIMARY KEY, source INTEGER NOT NULL)",
    "CREATE TABLE keyword_search_terms (keyword_id INTEGER NOT NULL, url_id INTEGER NOT NULL, "
    "term LONGVARCHAR NOT NULL, normalized_term LONGVARCHAR NOT NULL)",
    "CREATE TABLE downloads (id INTEGER PRIMARY KEY, guid VARCHAR NOT NULL, current_path LONGVARCHAR NOT "
    "NULL, target_path LONGVARCHAR NOT NULL, start_time INTEGER NOT NULL, received_bytes INTEGER NOT NULL, "
    "total_bytes INTEGER NOT NULL, state INTEGER NOT NULL, danger_type INTEGER NOT NULL, interrupt_reason "
    "INTEGER NOT NULL, hash BLOB NOT NULL, end_time INTEGER NOT NULL, opened INTEGER NOT NULL, "
    "last_access_time INTEGER NOT NULL, transient INTEGER NOT NULL, referrer VARCHAR NOT NULL, site_url "
    "VARCHAR NOT NULL, tab_url VARCHAR NOT NULL, tab_referrer_url VARCHAR NOT NULL, by_ext_id VARCHAR NOT "
    "NULL, mime_type VARCHAR NOT NULL)",
    "CREATE TABLE downloads_url_chains (id INTEGER NOT NULL, chain_index INTEGER NOT NULL, url LONGVARCHAR "
    "NOT NULL, PRIMARY KEY (id, chain_index))",
)
FIREFOX = (
    "CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, rev_host "
    "LONGVARCHAR, visit_count INTEGER DEFAULT 0, hidden INTEGER DEFAULT 0 NOT NULL, typed INTEGER DEFAULT 0 "
    "NOT NULL, frecency INTEGER DEFAULT -1 NOT NULL, last_visit_date INTEGER)",
    "CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, from_visit INTEGER, place_id INTEGER, "
    "visit_date INTEGER, visit_type INTEGER, session INTEGER)",
    "CREATE TABLE moz_anno_attributes (id INTEGER PRIMARY KEY, name VARCHAR(32) UNIQUE NOT NULL)",
    "CREATE TABLE moz_annos (id INTEGER PRIMARY KEY, place_id INTEGER NOT NULL, anno_attribute_id INTEGER, "
    "content LONGVARCHAR, flags INTEGER DEFAULT 0, dateAdded INTEGER DEFAULT 0)",
    "CREATE TABLE moz_inputhistory (place_id INTEGER NOT NULL, input LONGVARCHAR NOT NULL, use_count "
    "INTEGER, PRIMARY KEY (place_id, input))",
)
SAFARI = (
    "CREATE TABLE history_items (id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE, "
    "domain_expansion TEXT, visit_count INTEGER NOT NULL)",
    "CREATE TABLE history_visits (id INTEGER PRIMARY KEY AUTOINCREMENT, history_item INTEGER NOT NULL, "
    "visit_time REAL NOT NULL, title TEXT, load_successful BOOLEAN NOT NULL DEFAULT 1, redirect_source "
    "INTEGER, redirect_destination INTEGER, origin INTEGER NOT NULL DEFAULT 0)",
)

T0 = 1680077730  # 2023-03-29T08:15:30Z


def webkit(seconds):
    return (seconds + 11644473600) * 1000000


def create(path, schema, *pragmas):
    """An empty database; rows that are deleted stay in the file."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("secure_delete=OFF", *pragmas):
        db.execute("PRAGMA " + pragma)
    for line in schema:
        db.execute(line)
    return db


def add_visit(db, family, n, url, title="", at=T0):
    """Visit and URL number `n`."""
    if family == "chromium":
        db.execute("INSERT INTO urls VALUES (?, ?, ?, 1, 0, ?, 0)", (n, url, title, webkit(at)))
        db.execute("INSERT INTO visits VALUES (?, ?, ?, 0, '', 805306368, 0, 0)", (n, n, webkit(at)))
    elif family == "firefox":
        db.execute("INSERT INTO moz_places VALUES (?, ?, ?, '', 1, 0, 0, 0, ?)", (n, url, title, at * 1000000))
        db.execute("INSERT INTO moz_historyvisits VALUES (?, 0, ?, ?, 1, 0)", (n, n, at * 1000000))
    else:
        db.execute("INSERT INTO history_items VALUES (?, ?, '', 1)", (n, url))
        db.execute("INSERT INTO history_visits VALUES (?, ?, ?, ?, 1, NULL, NULL, 0)",
                   (n, n, at - 978307200, title))


SCHEMAS = {"chromium": CHROMIUM, "firefox": FIREFOX, "safari": SAFARI}
