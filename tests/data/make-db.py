"""Writes the databases of tests/unit/test_memdb.c with Python's own SQLite:

    plain.db                 one value of each kind; a view, a table of fts5
    wal.db, wal.db-wal       10 rows, 5 more and a new table only in the log
    changed.db, changed.db-wal   one of three rows has another value in the log
    hot.db, hot.db-journal   caught in the middle of a transaction
    wide.db-wal              a log with another page size
    utf16.db                 text in UTF-16

    python3 make-db.py FOLDER
    python3 make-db.py --seeds FOLDER    the seeds of tests/fuzz/fuzz_memdb.c

Files are copied while the database is open, as a crash or an image finds them."""

import os
import shutil
import sqlite3
import struct
import sys
import tempfile


def connect(path, *pragmas):
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in pragmas:
        db.execute("PRAGMA " + pragma)
    return db


def plain(path):
    db = connect(path)
    db.execute("CREATE TABLE kinds (i INTEGER, f REAL, t TEXT, b BLOB, n)")
    db.execute("INSERT INTO kinds VALUES (?, ?, ?, ?, NULL)", (-(1 << 62), 0.5, "J\u00fcrgen", b"\0\1\xff"))
    db.execute("INSERT INTO kinds VALUES (1, 2.0, '', x'', NULL)")
    db.execute("CREATE VIEW doubled AS SELECT i * 2 AS twice FROM kinds")
    db.execute('CREATE TABLE "odd ""name""" (x)')
    db.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
    db.execute("CREATE TABLE many (x INTEGER PRIMARY KEY, y TEXT)")
    db.executemany("INSERT INTO many VALUES (?, ?)", ((i, "row %d " % i + "x" * 80) for i in range(500)))
    db.close()


def with_wal(path, page_size, rows):
    """Leaves rows in the log: the copy is taken before the checkpoint."""
    work = path + ".work"
    db = connect(work, f"page_size={page_size}", "journal_mode=WAL", "wal_autocheckpoint=0")
    db.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, url TEXT)")
    db.executemany("INSERT INTO visits (url) VALUES (?)", (("https://example.org/%d" % i,) for i in range(10)))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.executemany("INSERT INTO visits (url) VALUES (?)", (("https://late.example/%d" % i,) for i in range(rows)))
    db.execute("CREATE TABLE late (x)")
    shutil.copy(work, path)
    shutil.copy(work + "-wal", path + "-wal")
    db.close()
    os.unlink(work)


def changed(path):
    work = path + ".work"
    db = connect(work, "journal_mode=WAL", "wal_autocheckpoint=0")
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    db.execute("INSERT INTO t (x) VALUES ('a'), ('b'), ('c')")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("UPDATE t SET x = 'B' WHERE x = 'b'")
    db.execute("UPDATE t SET x = x WHERE id = 3")
    shutil.copy(work, path)
    shutil.copy(work + "-wal", path + "-wal")
    db.close()
    os.unlink(work)


def hot(path, rows=400):
    """A transaction too large for the cache has written pages and its journal."""
    work = path + ".work"
    db = connect(work, "cache_size=10", "synchronous=FULL")
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, state TEXT)")
    db.executemany("INSERT INTO t (state) VALUES (?)", (("before" + "." * 100,) for _ in range(rows)))
    db.execute("BEGIN")
    db.execute("UPDATE t SET state = 'during' || substr(state, 7)")
    shutil.copy(work, path)
    shutil.copy(work + "-journal", path + "-journal")
    db.execute("ROLLBACK")
    db.close()
    os.unlink(work)


def utf16(path):
    db = connect(path, "encoding='UTF-16le'")
    db.execute("CREATE TABLE t (x TEXT)")
    db.execute("INSERT INTO t VALUES ('\u0416\U0001f30d')")
    db.close()


def freed(path):
    """Freed cells and free pages, and a log that replaces some of the rest."""
    db = connect(path, "page_size=512", "secure_delete=OFF", "journal_mode=WAL", "wal_autocheckpoint=0")
    db.execute("CREATE TABLE v (id INTEGER PRIMARY KEY, u TEXT, n INTEGER)")
    db.executemany("INSERT INTO v (u, n) VALUES (?, ?)", (("https://e.org/%d" % i, i) for i in range(60)))
    db.execute("DELETE FROM v WHERE id % 7 = 3 OR id BETWEEN 20 AND 45")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("UPDATE v SET n = 7 WHERE id < 9")
    data = struct.pack("<I", os.path.getsize(path)) + read(path) + read(path + "-wal")
    db.close()
    return data


def seeds(folder):
    """Length of the database (32 bits), database, log."""
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "s.db")
        with_wal(path, 512, 2)
        base, log = read(path), read(path + "-wal")
        write(os.path.join(folder, "wal"), struct.pack("<I", len(base)) + base + log)
        write(os.path.join(folder, "alone"), struct.pack("<I", len(base)) + base)
        os.unlink(path)
        db = connect(path, "page_size=512")
        db.execute("CREATE TABLE a (x PRIMARY KEY, y) WITHOUT ROWID")
        db.execute("CREATE INDEX i ON a (y)")
        db.execute("CREATE VIEW v AS SELECT x FROM a WHERE y > 1")
        db.executemany("INSERT INTO a VALUES (?, ?)", ((str(i), i) for i in range(30)))
        db.execute("INSERT INTO a VALUES (zeroblob(900), 1.5)")
        db.close()
        base = read(path)
        write(os.path.join(folder, "freed"), freed(os.path.join(scratch, "f.db")))
        write(os.path.join(folder, "index"), struct.pack("<I", len(base)) + base)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def main():
    if sys.argv[1] == "--seeds":
        seeds(sys.argv[2])
        return
    with tempfile.TemporaryDirectory() as scratch:
        plain(os.path.join(scratch, "plain.db"))
        with_wal(os.path.join(scratch, "wal.db"), 4096, 5)
        with_wal(os.path.join(scratch, "wide.db"), 8192, 5)
        changed(os.path.join(scratch, "changed.db"))
        hot(os.path.join(scratch, "hot.db"))
        utf16(os.path.join(scratch, "utf16.db"))
        os.unlink(os.path.join(scratch, "wide.db"))
        os.makedirs(sys.argv[1], exist_ok=True)
        for name in sorted(os.listdir(scratch)):
            shutil.copy(os.path.join(scratch, name), os.path.join(sys.argv[1], name))


if __name__ == "__main__":
    main()
