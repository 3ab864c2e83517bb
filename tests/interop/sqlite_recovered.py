#!/usr/bin/env python3
"""Rows that were deleted, replaced or rolled back, against a diary of all that ever was
in the table: what is recovered must have been there, and must not be there now; and of what the
file still holds most must be found. The databases are written by Python's own SQLite."""
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import check, finish

SQLDUMP = os.path.join(os.environ["FOSSICK_BUILD"], "tests/interop/sqldump")
SCHEMA = ("CREATE TABLE urls (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, "
          "visit_count INTEGER DEFAULT 0 NOT NULL, last_visit_time INTEGER NOT NULL, hidden INTEGER)",
          "CREATE TABLE visits (id INTEGER PRIMARY KEY, url INTEGER NOT NULL, visit_time INTEGER NOT "
          "NULL, from_visit INTEGER, transition INTEGER, publicly_routable BOOLEAN)",
          "CREATE TABLE segments (name VARCHAR, url_id INTEGER, weight REAL)",
          "CREATE INDEX urls_url ON urls (url)")


def value(text):
    kind, rest = text[0], text[1:]
    if kind == "n":
        return None
    if kind == "i":
        return int(rest)
    if kind == "d":
        return float(rest)
    data = bytes.fromhex(rest)
    return data.decode("utf-8") if kind == "t" else data


class Row:
    def __init__(self, fields):
        self.page, self.offset, self.frame = (int(x) for x in fields[1:4])
        self.origin, self.flags = fields[4:6]
        self.rowid = None if fields[6] == "-" else int(fields[6])
        self.values = [value(x) for x in fields[7:]]


def recovered(path, table="urls", wal=""):
    done = subprocess.run([SQLDUMP, "--recovered", table, path, wal], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    lines = done.stdout.decode("utf-8").splitlines()
    if done.returncode != 0:
        return None, done.stdout.decode("utf-8") + done.stderr.decode("utf-8")
    return [Row(line.split("\t")) for line in lines], ""


class Diary:
    """A database and every version of every row that it ever held."""

    def __init__(self, path, *pragmas):
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        # distributions build SQLite so that it wipes what is deleted
        for pragma in ("secure_delete=OFF", *pragmas):
            self.db.execute("PRAGMA " + pragma)
        for line in SCHEMA:
            self.db.execute(line)
        self.ever = set()
        self.rng = random.Random(os.path.basename(path))

    def add(self, n):
        for _ in range(n):
            row = (f"https://{self.rng.randint(1, 10**9)}.example/{'a' * self.rng.randint(0, 90)}",
                   "" if self.rng.random() < 0.2 else f"Title \u00e9 {self.rng.randint(1, 10**6)}",
                   self.rng.choice((0, 1, 2, 300)), self.rng.randint(13 * 10**15, 14 * 10**15), 0)
            at = self.db.execute("INSERT INTO urls (url, title, visit_count, last_visit_time, hidden) "
                                 "VALUES (?, ?, ?, ?, ?)", row).lastrowid
            self.ever.add((at, *row))
            self.db.execute("INSERT INTO visits (url, visit_time, from_visit, transition) "
                            "VALUES (?, ?, 0, 805306368)", (at, row[3]))

    def note(self):
        self.ever.update(self.now())

    def now(self):
        return set(self.db.execute("SELECT id, url, title, visit_count, last_visit_time, hidden FROM urls"))

    def copy(self, name):
        to = os.path.join(os.path.dirname(self.path), name)
        shutil.copy(self.path, to)
        if os.path.exists(self.path + "-wal"):
            shutil.copy(self.path + "-wal", to + "-wal")
        return to


def whole(row):
    return (row.rowid, *row.values[1:])


def pages(path):
    """Every page of the file and of its log that is no index's."""
    with open(path, "rb") as f:
        data = f.read()
    size = int.from_bytes(data[16:18], "big")
    at = [(data, n) for n in range(0, len(data), size)]
    if os.path.exists(path + "-wal"):
        with open(path + "-wal", "rb") as f:
            log = f.read()
        at += [(log, n) for n in range(56, len(log), size + 24)]
    return [blob[n:n + size] for blob, n in at if blob[n] not in (2, 10)]


def still_held(path, gone):
    held = pages(path)
    return {row for row in gone if any(row[1].encode() + row[2].encode() in page for page in held)}


def compare(name, path, ever, now, least, wal=""):
    """At least `least` of the rows come back that are gone, and still in the file; none that never was."""
    rows, error = recovered(path, wal=wal)
    problems = [error] if error else []
    gone = ever - now
    held = still_held(path, gone)
    gone_values = {row[1:] for row in gone}
    found = set()
    for row in rows or ():
        if "p" in row.flags:
            continue
        if row.rowid is not None and whole(row) in gone:
            found.add(whole(row)[1:])
        elif row.rowid is None and tuple(row.values[1:]) in gone_values:
            found.add(tuple(row.values[1:]))
        else:
            problems.append(f"never was: {row.origin} {row.flags} {row.rowid} {row.values}")
    if len(found) < least * len(held):
        problems += [f"not found: {row}" for row in held if row[1:] not in found]
    check(f"{name}: {len(found)} found, {len(held)} of {len(gone)} deleted are in the file still",
          not problems, "\n".join(str(x) for x in problems[:10]))
    return rows or []


def deleted_one_by_one(top):
    d = Diary(os.path.join(top, "single.db"))
    d.add(400)
    for at in range(3, 400, 7):
        d.db.execute("DELETE FROM urls WHERE id = ?", (at,))
    path = d.copy("single.copy")
    rows = compare("rows freed inside of pages", path, d.ever, d.now(), 0.95)
    check("they say where they lay", all(
        open(path, "rb").read()[row.offset:row.offset + 4096].find(row.values[1].encode()) >= 0
        and (row.page - 1) * 4096 <= row.offset < row.page * 4096 for row in rows))
    check("freed cells are told from sure ones", all("c" in row.flags for row in rows))


def neighbours(top):
    d = Diary(os.path.join(top, "block.db"))
    d.add(300)
    d.db.execute("DELETE FROM urls WHERE id BETWEEN 100 AND 104 OR id BETWEEN 150 AND 153")
    compare("neighbours, whose space was joined", d.copy("block.copy"), d.ever, d.now(), 0.8)


def freed_pages(top):
    d = Diary(os.path.join(top, "pages.db"), "page_size=1024")
    d.add(600)
    d.db.execute("DELETE FROM urls WHERE id BETWEEN 50 AND 450")
    path = d.copy("pages.copy")
    rows = compare("pages that are free", path, d.ever, d.now(), 0.8)
    check("most lie on pages of the freelist", sum("f" in row.flags for row in rows) > len(rows) / 2)
    visits, error = recovered(path, "visits")
    ids = {row[0] for row in d.ever}
    check("rows of another table are not taken for visits", visits is not None and
          all(row.values[1] in ids and len(row.values) == 6 for row in visits), error)


def small_ids(top):
    """Of these not even the header of the record is whole."""
    d = Diary(os.path.join(top, "small.db"))
    d.add(20)
    d.db.execute("DELETE FROM urls WHERE id IN (4, 9, 15)")
    compare("ids below 128", d.copy("small.copy"), d.ever, d.now(), 0.9)


def versions_in_log(top):
    d = Diary(os.path.join(top, "log.db"), "journal_mode=WAL", "wal_autocheckpoint=0")
    d.add(60)
    d.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    d.note()
    d.db.execute("UPDATE urls SET visit_count = visit_count + 1 WHERE id % 3 = 0")
    d.note()
    d.add(10)
    d.db.execute("DELETE FROM urls WHERE id = 65 OR id = 12")
    d.db.execute("UPDATE urls SET title = 'again' WHERE id = 66")
    d.note()
    path = d.copy("log.copy")
    rows = compare("versions that the log replaced", path, d.ever, d.now(), 0.9,
                   path + "-wal")
    check("rows of an id that is there are called replaced",
          {row.rowid for row in rows if "r" in row.flags} >= {3, 6, 9, 66})
    check("rows that are gone are not", all("r" not in row.flags for row in rows
                                            if row.rowid in (65, 12)))
    check("frames and the file are told apart", any(row.frame > 0 for row in rows)
          and any(row.frame == 0 for row in rows))


def rolled_back(top):
    """A transaction too large for the cache spills into the log, and is never committed."""
    d = Diary(os.path.join(top, "spill.db"), "journal_mode=WAL", "wal_autocheckpoint=0", "cache_size=5")
    d.add(5)
    before = d.now()
    d.db.execute("BEGIN")
    d.add(500)
    path = d.copy("spill.copy")
    d.db.execute("ROLLBACK")
    compare("rows that were never committed", path, d.ever, before, 0.9, path + "-wal")


def nothing_is_gone(top):
    d = Diary(os.path.join(top, "fresh.db"), "journal_mode=WAL")
    d.add(500)
    path = d.copy("fresh.copy")
    for table in ("urls", "visits", "segments"):
        rows, error = recovered(path, table, path + "-wal")
        older = [row for row in rows or () if "r" not in row.flags]
        check(f"nothing was deleted: nothing of {table} is recovered", rows is not None and not older,
              error or [row.values for row in older[:3]])
    d.db.execute("VACUUM")
    d.db.execute("PRAGMA journal_mode=DELETE")
    rows, error = recovered(d.copy("vacuum.copy"))
    check("after VACUUM nothing is left", rows == [], error)


def refused(top):
    path = os.path.join(top, "odd.db")
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID")
    db.execute("CREATE VIEW seen AS SELECT k FROM w")
    db.commit()
    for table in ("w", "seen", "none"):
        rows, error = recovered(path, table)
        check(f'"{table}" is refused', rows is None and "no table" in error, error)


def third_party():
    """What the file alone shows, and the log has replaced, must be among the former versions."""
    path = os.path.join(os.environ.get("FOSSICK_CORPUS", ""), "sqlite-dissect",
                        "version_history_test.sqlite")
    if not os.path.exists(path):
        check("third-party database # SKIP no corpus", True)
        return
    file_only = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    before = {tuple(row) for row in file_only.execute("SELECT id, name, data FROM testing")}
    rows, error = recovered(path, "testing", path + "-wal")
    versions = {whole(row) for row in rows or () if row.rowid is not None}
    check(f"third-party: {len(before)} rows of the file that the log has replaced",
          versions and versions <= before, error or versions ^ before)


def main():
    with tempfile.TemporaryDirectory(prefix="fossick-test.") as top:
        for case in (deleted_one_by_one, neighbours, freed_pages, small_ids, versions_in_log,
                     rolled_back, nothing_is_gone, refused):
            case(top)
    third_party()
    finish()


main()
