#!/usr/bin/env python3
"""Writes the seeds of fuzz_ewf beside itself, in ewf/."""
import hashlib
import os
import struct
import sys
import zlib

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ewf")
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "data"))
import fixture_ewf as ewf  # noqa: E402

CHUNK = 1024


def adler(data):
    return struct.pack("<I", zlib.adler32(data))


def section(at, kind, body, last=False, size=None):
    length = 76 + len(body)
    head = struct.pack("<16sQQ40x", kind, at if last else at + length, 0 if last else length if size is None else size)
    return head + adler(head) + body


def table(offsets, base, footer=True):
    head = struct.pack("<IIQI", len(offsets), 0, base, 0)
    entries = struct.pack("<%dI" % len(offsets), *offsets)
    return head + adler(head) + entries + (adler(entries) if footer else b"")


def volume(chunks, sectors, smart=False):
    if smart:
        body = struct.pack("<IIIII20x45x5s", 1, chunks, CHUNK // 512, 512, sectors, b"SMART")
    else:
        body = struct.pack("<IIIIQ12xB3x12xB3xI4x16s963x5x", 1, chunks, CHUNK // 512, 512, sectors, 3, 1, 64, b"\x07" * 16)
    return body + adler(body)


def chunk(i, data):
    """Every third one is stored; with its flag for the table."""
    return (data + adler(data), 0) if i % 3 == 2 else (zlib.compress(data), 0x80000000)


def image(data, number=1, last=True, smart=False, based=False, errors=False):
    out = b"EVF\x09\x0d\x0a\xff\x00\x01" + struct.pack("<HH", number, 0)
    pieces = [data[i : i + CHUNK] for i in range(0, len(data), CHUNK)]

    def add(kind, body, **more):
        nonlocal out
        out += section(len(out), kind, body, **more)

    text = "1\nmain\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\n1\t2\td\te\tt\t7\tLinux\t2014 4 20 7 56 50\t2014 4 20 7 56 50\t0\n\n"
    add(b"header2", zlib.compress(b"\xff\xfe" + text.encode("utf-16-le")))
    add(b"header", zlib.compress(text.replace("\n", "\r\n").encode()))
    add(b"volume", volume(len(pieces), len(data) // 512, smart))
    if smart:
        start = len(out) + 76 + 24 + 4 * len(pieces)
        chunks = [(zlib.compress(p), 0x80000000) for p in pieces]
    else:
        start = len(out) + 76
        chunks = [chunk(i, p) for i, p in enumerate(pieces)]
    base = len(out) if based else 0
    offsets, at = [], start
    for body, flag in chunks:
        offsets.append(at - base | flag)
        at += len(body)
    stored = b"".join(body for body, _ in chunks)
    if smart:
        add(b"table", table(offsets, 0, footer=False) + stored)
    else:
        add(b"sectors", stored)
        add(b"table", table(offsets, base))
        add(b"table2", table(offsets, base))
    if errors:
        head = struct.pack("<I512x", 1)
        entries = struct.pack("<II", 1, 2)
        add(b"error2", head + adler(head) + entries + adler(entries))
    digest = hashlib.md5(data).digest() + hashlib.sha1(data).digest() + bytes(40)
    add(b"digest", digest + adler(digest))
    digest = hashlib.md5(data).digest() + bytes(16)
    add(b"hash", digest + adler(digest))
    add(b"done" if last else b"next", b"", last=True)
    return out


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :]


MEDIUM = bytes(3000) + hashlib.sha256(b"fossick").digest() * 60 + b"fossick " * 100 + bytes(888)
MEDIUM = MEDIUM[: len(MEDIUM) // 512 * 512]
WHOLE = image(MEDIUM)
SEEDS = {
    "whole": WHOLE,
    "based": image(MEDIUM, based=True, errors=True),
    "smart": image(MEDIUM, smart=True),
    "second": image(MEDIUM, number=2),
    "not-the-last": image(MEDIUM, last=False),
    "cut-in-chunks": WHOLE[: WHOLE.index(b"table\0") - 700],
    "cut-in-table": WHOLE[: WHOLE.index(b"table\0") + 90],
    "bad-table": flipped(WHOLE, WHOLE.index(b"table\0") + 105),
    "bad-tables": flipped(flipped(WHOLE, WHOLE.index(b"table\0") + 105), WHOLE.index(b"table2\0") + 105),
    "bad-descriptor": flipped(WHOLE, WHOLE.index(b"sectors\0") + 20),
    "garbage": WHOLE[:13] + b"\x5a" * 300,
}

# --- several segment files, one after the other ---

RAW = b"".join((b"text %d " % i * 200)[:CHUNK] if i % 3 else
               hashlib.sha512(b"%d" % i).digest().ljust(CHUNK, b"\0") for i in range(12))
CHUNKS = [RAW[i : i + CHUNK] for i in range(0, len(RAW), CHUNK)]


def start(number):
    s = ewf.Segment(number)
    s.section("volume" if number == 1 else "data", ewf.volume(len(RAW) // 512, CHUNK // 512))
    return s


def put(s, chunks, kinds=("table", "table2"), flip=()):
    """Chunks with these tables, of which some are damaged."""
    base, offsets, body = len(s.data) + 76, [], b""
    for c in chunks:
        packed, flag = ewf.chunk(c)
        offsets.append(len(body) | flag)
        body += packed
    s.section("sectors", body)
    for kind in kinds:
        t = ewf.table(base, offsets)
        s.section(kind, flipped(t, 24 + 4) if kind in flip else t)


def three_files():
    out = []
    for number in (1, 2, 3):
        out.append(start(number))
        put(out[-1], CHUNKS[4 * number - 4 : 4 * number])
        out[-1].section("done" if number == 3 else "next", b"")
    return [s.data for s in out]


def damaged_tables():
    a, b = start(1), start(2)
    put(a, CHUNKS[:3], flip=("table",))
    put(a, CHUNKS[3:6], flip=("table", "table2"))
    a.section("next", b"")
    put(b, CHUNKS[6:9], ("table2",))
    put(b, CHUNKS[9:], ())
    b.section("done", b"")
    return a.data + b.data


def table_first():
    s = start(1)
    packed = [ewf.chunk(c) for c in CHUNKS]
    at, offsets = len(s.data) + 76 + 24 + 4 * len(packed) + 4 + 76, []
    for data, flag in packed:
        offsets.append(at | flag)
        at += len(data)
    s.section("table", ewf.table(0, offsets))
    s.section("sectors", b"".join(data for data, _ in packed))
    s.section("delta_chunk", bytes(20))
    s.section("done", b"")
    return s.data


FILES = three_files()
SEEDS["three-files"] = b"".join(FILES)
SEEDS["file-missing"] = FILES[0] + FILES[2]
SEEDS["damaged-tables"] = damaged_tables()
SEEDS["table-first"] = table_first()

os.makedirs(HERE, exist_ok=True)
for name, data in SEEDS.items():
    with open(os.path.join(HERE, name), "wb") as out:
        out.write(data)
