#!/usr/bin/env python3
"""make_history.py OUT [--urls N] [--visits N]: the database "History" of a Chromium browser, of any
size, the same for the same numbers. Schema: components/history/core/browser/ of Chromium's source."""
import argparse
import os
import random
import sqlite3

BEGIN = 13_300_000_000_000_000  # of 2022, in microseconds since 1601
SCHEMA = """
CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
CREATE TABLE urls(id INTEGER PRIMARY KEY AUTOINCREMENT, url LONGVARCHAR, title LONGVARCHAR,
    visit_count INTEGER DEFAULT 0 NOT NULL, typed_count INTEGER DEFAULT 0 NOT NULL,
    last_visit_time INTEGER NOT NULL, hidden INTEGER DEFAULT 0 NOT NULL);
CREATE TABLE visits(id INTEGER PRIMARY KEY AUTOINCREMENT, url INTEGER NOT NULL,
    visit_time INTEGER NOT NULL, from_visit INTEGER, external_referrer_url TEXT,
    transition INTEGER DEFAULT 0 NOT NULL, segment_id INTEGER,
    visit_duration INTEGER DEFAULT 0 NOT NULL, incremented_omnibox_typed_score BOOLEAN DEFAULT FALSE NOT NULL,
    opener_visit INTEGER, originator_cache_guid TEXT);
CREATE TABLE visit_source(id INTEGER PRIMARY KEY, source INTEGER NOT NULL);
CREATE TABLE keyword_search_terms(keyword_id INTEGER NOT NULL, url_id INTEGER NOT NULL,
    term LONGVARCHAR NOT NULL, normalized_term LONGVARCHAR NOT NULL);
"""
INDEXES = """
CREATE INDEX visits_url_index ON visits (url);
CREATE INDEX visits_from_index ON visits (from_visit);
CREATE INDEX visits_time_index ON visits (visit_time);
CREATE INDEX urls_url_index ON urls (url);
"""
WORDS = "news shop mail docs forum video wiki photo music maps code games".split()
LINK, TYPED = 0x30000000, 0x32000001  # a chain of one; by the address bar


def urls(rng, count, visits):
    for i in range(1, count + 1):
        word = rng.choice(WORDS)
        yield (i, "https://%s%d.example.org/%s/article-%d?ref=%x" % (word, i % 900, word, i, rng.getrandbits(32)),
               "%s, page %d \u2013 what there is to know" % (word.title(), i), visits // count, i % 3,
               BEGIN + i * 1_000_003, 0)


def visits(rng, count, of):
    for i in range(1, count + 1):
        yield (i, rng.randrange(of) + 1, BEGIN + i * 60_000_017, i - 1 if i % 3 else 0, "",
               LINK if i % 5 else TYPED, 0, rng.randrange(10**8) if i % 2 else 0, 0, 0, "")


def make(path, n_urls, n_visits):
    rng = random.Random(1)
    if os.path.exists(path):
        os.unlink(path)
    with sqlite3.connect(path) as c:
        c.execute("PRAGMA journal_mode=OFF")
        c.executescript(SCHEMA)
        c.execute("INSERT INTO meta VALUES ('version', '60')")
        c.executemany("INSERT INTO urls VALUES (?,?,?,?,?,?,?)", urls(rng, n_urls, n_visits))
        c.executemany("INSERT INTO visits VALUES (?,?,?,?,?,?,?,?,?,?,?)", visits(rng, n_visits, n_urls))
        c.executescript(INDEXES)
    c.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--urls", type=int, default=300_000)
    parser.add_argument("--visits", type=int, default=1_000_000)
    args = parser.parse_args()
    make(args.out, args.urls, args.visits)
