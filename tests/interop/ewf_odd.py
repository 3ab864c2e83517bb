#!/usr/bin/env python3
"""E01 images that no program writes, or only a rare one: tables in odd orders, without their
chunks, or far away; chunks of all sizes; segments and media of all sizes. Each is read right,
or an anomaly says what is not; and where libewf (img_cat) reads one, it reads the same."""
import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import fixture_ewf as ewf
from support import BUILD, check, finish, same, scratch, skip

T = scratch()
SRCCAT = os.path.join(BUILD, "tests", "interop", "srccat")
PACKED = 0x80000000
KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40


def medium(size, seed=1):
    """Text, zeros and noise by turns, so that chunks differ in kind and in size."""
    r, out = random.Random(seed), b""
    while len(out) < size:
        out += (b"fossick %d " % len(out) * 200, bytes(3000), r.randbytes(2500))[r.randrange(3)]
    return out[:size]


class Writer(ewf.Segment):
    """One segment file, section by section."""

    def __init__(self, number, sectors, chunk_sectors, sector=512):
        super().__init__(number)
        self.section("volume" if number == 1 else "data",
                     ewf.volume(sectors, chunk_sectors, sector))

    def sectors(self, chunks, gap=b""):
        """A sectors section; the entries of its chunks, as (offset in the file, flag)."""
        entries, body, start = [], b"", len(self.data) + 76
        for data in chunks:
            packed, flag = ewf.chunk(data)
            entries.append((start + len(body), flag))
            body += packed + gap
        self.section("sectors", body)
        return entries

    def table(self, entries, kind="table", base=0, count=None):
        body = ewf.table(base, [(at - base) | flag for at, flag in entries])
        if count is not None:
            head = struct.pack("<I4xQ4x", count, base)
            body = head + ewf.adler(head) + body[24:]
        return self.section(kind, body)

    def tables(self, entries, **more):
        self.table(entries, **more)
        self.table(entries, "table2", **more)

    def end(self, raw=None, last=True):
        if raw is not None:
            body = hashlib.md5(raw).digest() + bytes(16)
            self.section("hash", body + ewf.adler(body))
        self.section("done" if last else "next", b"")


def save(name, *writers):
    """Writes segment files; their paths."""
    os.makedirs(os.path.join(T, name))
    paths = [os.path.join(T, name, "disk.E%02d" % n) for n in range(1, len(writers) + 1)]
    for path, w in zip(paths, writers):
        with open(path, "wb") as f:
            f.write(w.data)
    return paths


def read(paths, *options):
    """(bytes, anomalies) of srccat."""
    run = subprocess.run([SRCCAT, *options, *paths], capture_output=True, timeout=300)
    lines = run.stderr.decode(errors="replace").splitlines()
    return run.stdout, [json.loads(x) for x in lines if x.startswith("{")]


def case(name, raw, paths, word=None, peer=True):
    """Every byte is right; no anomaly, or each has `word` (a tuple: each one of them).
    `peer`: libewf reads it, and the same."""
    got, anomalies = read(paths)
    check(f"{name}: every byte", got == raw, f"{len(got)} of {len(raw)} bytes, {anomalies}")
    words = (word,) if isinstance(word, str) else word or ()
    good = all(any(w in a["reason"] for w in words) for a in anomalies)
    check(f"{name}: {'anomalies' if words else 'no anomaly'}",
          good and len(anomalies) >= len(words) and bool(anomalies) == bool(words),
          json.dumps(anomalies))
    if not peer:
        return
    if shutil.which("img_cat") is None:
        skip(f"{name}: as libewf reads it", "no img_cat (Debian package sleuthkit)")
        return
    theirs = subprocess.run(["img_cat", paths[0]], capture_output=True, timeout=300).stdout
    check(f"{name}: as libewf reads it", theirs == raw, f"{len(theirs)} bytes")


def cut(raw, size):
    return [raw[i:i + size] for i in range(0, len(raw), size)]


# --- chunks from 4 KiB to 4 MiB, in three segments --------------------------------
for sectors in (8, 16, 64, 1024, 8192):
    size = sectors * 512
    raw = medium(min(7 * size, 9 * MIB) + 1536, sectors)
    chunks, writers = cut(raw, size), []
    for number in (1, 2, 3):
        w = Writer(number, len(raw) // 512, sectors)
        part = chunks[len(chunks) * (number - 1) // 3:len(chunks) * number // 3]
        w.tables(w.sectors(part) if part else [])
        w.end(raw if number == 3 else None, number == 3)
        writers.append(w)
    case(f"chunks of {size // KIB} KiB", raw, save(f"chunks-{sectors}", *writers))
raw = medium(9 * 65536)
w = Writer(1, len(raw) // 4096, 16, 4096)
w.tables(w.sectors(cut(raw, 65536)))
w.end(raw)
case("sectors of 4 KiB", raw, save("sectors-4096", w))

# --- tables where they do not belong -----------------------------------------------
SIZE = 4096
RAW = medium(41 * SIZE + 512)
CHUNKS = cut(RAW, SIZE)
A, B = CHUNKS[:20], CHUNKS[20:]


def start():
    return Writer(1, len(RAW) // 512, SIZE // 512)


w = start()
for part in (A, B):
    w.table(w.sectors(part), "table2")
w.end(RAW)
case("table2 only", RAW, save("table2-only", w), "it is missing; table2 is used", False)

w = start()
w.sectors(A)
w.tables(w.sectors(B))
w.end(RAW)
case("no table", RAW, save("no-table", w), "20 chunks found by their checksums", False)

w = start()  # where chunks lie does not depend on the length of their table
at = [len(w.data) + 76 + 24 + 80 + 4 + 76]
for c in A:
    at.append(at[-1] + len(ewf.chunk(c)[0]))
w.table(list(zip(at, [ewf.chunk(c)[1] for c in A])))
w.sectors(A)
w.tables(w.sectors(B))
w.end(RAW)
case("a table in front of its chunks", RAW, save("table-first", w), None, False)

two = []
for number in (1, 2):
    w = Writer(number, len(RAW) // 512, SIZE // 512)
    halves = (A[:10], A[10:]) if number == 1 else (B[:10], B[10:])
    sizes = [76 + 24 + 4 * len(h) + 4 for h in halves]
    at, lists = len(w.data) + sum(sizes), []
    for h in halves:
        at += 76
        lists.append([])
        for c in h:
            packed, flag = ewf.chunk(c)
            lists[-1].append((at, flag))
            at += len(packed)
    for entries in lists:
        w.table(entries)
    for h in halves:
        w.sectors(h)
    w.end(RAW if number == 2 else None, number == 2)
    two.append(w)
case("all tables in front of all chunks", RAW, save("tables-first", *two), None, False)

w = start()
ea, eb = w.sectors(A), w.sectors(B)
w.tables(eb)
w.tables(ea)
w.end(RAW)
case("tables behind all chunks, in another order", RAW, save("tables-late", w),
     ("found by their checksums", "the medium has"), False)

w = start()
order = list(range(len(A)))
random.Random(7).shuffle(order)
entries = w.sectors([A[i] for i in order])
w.tables([entries[order.index(i)] for i in range(len(A))])
w.tables(w.sectors(B, b"unused bytes"))
w.end(RAW)
case("chunks in any order, with gaps", RAW, save("shuffled", w), None, False)

w = start()
w.tables(w.sectors(A))
eb = w.sectors(B)
w.tables(eb)
w.table(eb[:5])
w.end(RAW)
case("a table that lists chunks again", RAW, save("again", w), "the tables list", False)

w = start()
ea = w.sectors(A)
w.tables(ea, count=5000)
w.tables(w.sectors(B))
w.end(RAW)
case("more entries than fit the table", RAW, save("count", w), "20 chunks found by their checksums",
     False)

w = start()
w.tables(w.sectors(A))
w.section("delta_chunk", b"\0" * 300)
w.tables(w.sectors(B))
w.end(RAW)
case("a delta_chunk section", RAW, save("delta", w), "section \"delta_chunk\"", False)

w = start()
ea = w.sectors(A)
ea[7] = (0x7ffffff0, ea[7][1])
w.tables(ea)
w.tables(w.sectors(B))
w.end(RAW)
got, anomalies = read(save("beyond", w))
wanted = RAW[:7 * SIZE] + bytes(SIZE) + RAW[8 * SIZE:]
check("an entry that points behind the file: zeros there, and it is told", got == wanted and
      [a.get("ranges") for a in anomalies] == [[[7 * SIZE, SIZE]]], json.dumps(anomalies))

# --- far away ----------------------------------------------------------------------


def section_at(f, at, kind, body_len, next_at=None):
    """A descriptor whose section is `body_len` long, or goes to `next_at`."""
    end = at + 76 + body_len if next_at is None else next_at
    last = kind in ("next", "done")
    head = struct.pack("<16sQQ40x", kind.encode(), at if last else end, 0 if last else end - at)
    f.seek(at)
    f.write(head + ewf.adler(head))
    return at if last else end


def first_segment(f, sectors, chunk_sectors):
    w = Writer(1, sectors, chunk_sectors)
    f.write(w.data)
    return len(w.data)


def zeros_adler(n):
    return struct.pack("<I", (n % 65521) << 16 | 1)


def markers(offsets, size):
    """64 KiB of the medium at each offset: the number of its chunk, then zeros."""
    return b"".join(struct.pack("<Q", at // size).ljust(65536, b"\0") for at in offsets)


# one segment of 20 GB: chunks of 4 MiB, stored, each with its number in front
size, count, per = 4 * MIB, 5120, 500
path = os.path.join(T, "huge.E01")
with open(path, "wb") as f:
    at = first_segment(f, count * size // 512, size // 512)
    for first in range(0, count, per):
        n, base = min(per, count - first), at
        end = section_at(f, at, "sectors", n * (size + 4))
        entries = []
        for i in range(n):
            chunk_at = at + 76 + i * (size + 4)
            entries.append(chunk_at - base)
            number = struct.pack("<Q", first + i)
            f.seek(chunk_at)
            f.write(number)
            f.seek(chunk_at + size)
            a = zlib.adler32(number)  # and zeros behind: only the upper half changes
            b = ((a >> 16) + (size - 8) * (a & 0xffff)) % 65521
            f.write(struct.pack("<I", b << 16 | (a & 0xffff)))
        for kind in ("table", "table2"):
            body = ewf.table(base, entries)
            at, end = end, section_at(f, end, kind, len(body))
            f.write(body)
        at = end
    section_at(f, at, "done", 0)
offsets = [c * size for c in (0, 1, 499, 500, 511, 512, 2600, 4999, 5000, 5119)]
pick = [x for o in offsets for x in ("-r", str(o))]
got, anomalies = read([path], *pick)
check("one segment of 20 GB: pieces of it", got == markers(offsets, size), anomalies)
same("one segment of 20 GB: no anomaly", (anomalies, os.path.getsize(path) > 20 * GIB), ([], True))
same("one segment of 20 GB: all tables", read([path], "-k"), (b"", []))

# a medium of 8 TiB: every entry is 0, so that the tables take no space on this disk
size, per = 32 * KIB, 1 << 22
count = 8 * TIB // size
path = os.path.join(T, "wide.E01")
with open(path, "wb") as f:
    at = first_segment(f, 8 * TIB // 512, size // 512)
    for _ in range(count // per):
        head = struct.pack("<I4xQ4x", per, at + 76)
        at = section_at(f, at, "sectors", size + 4)
        f.seek(at - 4)
        f.write(zeros_adler(size))
        at = section_at(f, at, "table", 24 + 4 * per + 4)
        f.write(head + ewf.adler(head))
        f.seek(at - 4)
        f.write(zeros_adler(4 * per))
    section_at(f, at, "done", 0)


def fits(memory, *options):
    """srccat needs no more than so many MiB for its data, and has nothing to say."""
    run = subprocess.run(["sh", "-c", 'ulimit -d "$0" && exec "$@"', str(memory * KIB), SRCCAT,
                          *options, path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return run.returncode == 0 and run.stderr == b""


offsets = [i * 8 * TIB // 64 + 12345 * i for i in range(64)]
pick = [x for o in offsets for x in ("-r", str(o))]
got, anomalies = read([path], *pick)
check("a medium of 8 TiB: pieces of it", got == bytes(64 * 65536) and not anomalies, anomalies[:3])
with open(SRCCAT, "rb") as f:
    sanitized = b"__asan_init" in f.read()
if sanitized:
    skip("a medium of 8 TiB: memory", "a sanitizer takes memory of its own")
else:
    check("a medium of 8 TiB: opening reads no table", fits(8, "-e"))
    check("a medium of 8 TiB: tables are given back", fits(64, *pick))
    check("a medium of 8 TiB: the limit works", not fits(32, *pick))
finish()
