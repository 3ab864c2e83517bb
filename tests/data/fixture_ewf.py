"""Writes E01 images for fixtures: the same bytes for the same disk.
Format: libewf's "Expert Witness Compression Format (EWF)", sections of EnCase 6.

usage: fixture_ewf.py RAW NAME [SEGMENTS]   writes NAME.E01, NAME.E02, …"""

import hashlib
import struct
import sys
import zlib

SECTOR = 512
CHUNK_SECTORS = 64
CHUNK = SECTOR * CHUNK_SECTORS
GUID = bytes.fromhex("3c0f0551c0004000800000000000c0de")

HEADER = (
    "1\nmain\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\tr\n"
    "fixture\t1\t{name}\tfossick\tharmless test data\t1\tLinux\t"
    "2023 3 31 8 0 0\t2023 3 31 8 0 0\t0\tf\n\n"
)


def adler(data):
    return struct.pack("<I", zlib.adler32(data))


class Segment:
    def __init__(self, number):
        self.data = b"EVF\x09\x0d\x0a\xff\x00" + struct.pack("<BHH", 1, number, 0)

    def section(self, kind, body):
        """The next section starts where this one ends; the last points at itself."""
        size = 76 + len(body)
        last = kind in ("next", "done")
        start = len(self.data)
        head = struct.pack("<16sQQ40x", kind.encode(), start if last else start + size,
                           0 if last else size)
        self.data += head + adler(head) + body
        return start + 76


def volume(sectors, chunk_sectors=CHUNK_SECTORS, sector=SECTOR):
    body = struct.pack("<B3xIIIQ", 1, -(-sectors // chunk_sectors), chunk_sectors, sector, sectors)
    body += struct.pack("<12xB3x4x4x4xB3xI4x16s", 3, 2, CHUNK_SECTORS, GUID)
    body = body.ljust(1048, b"\0")
    return body + adler(body)


def table(base, offsets):
    head = struct.pack("<I4xQ4x", len(offsets), base)
    entries = b"".join(struct.pack("<I", o) for o in offsets)
    return head + adler(head) + entries + adler(entries)


def chunk(data):
    """Compressed, or as it is with its checksum when that is smaller."""
    packed = zlib.compress(data, 9)
    if len(packed) < len(data) + 4:
        return packed, 0x80000000
    return data + adler(data), 0


def write_chunks(segment, chunks):
    start = len(segment.data) + 76
    offsets, body = [], b""
    for data in chunks:
        packed, flag = chunk(data)
        offsets.append(len(body) | flag)
        body += packed
    segment.section("sectors", body)
    segment.section("table", table(start, offsets))
    segment.section("table2", table(start, offsets))


def split(chunks, segments):
    """Runs of chunks whose packed sizes are about the same."""
    sizes = [len(chunk(c)[0]) for c in chunks]
    share, runs, filled = sum(sizes) / segments, [[]], 0
    for data, size in zip(chunks, sizes):
        if filled >= share and len(runs) < segments:
            runs.append([])
            filled = 0
        runs[-1].append(data)
        filled += size
    return runs


def write(raw, name, segments=1):
    chunks = [raw[i : i + CHUNK] for i in range(0, len(raw), CHUNK)]
    runs = split(chunks, segments)
    header = zlib.compress(HEADER.format(name=name.rsplit("/", 1)[-1]).encode(), 9)
    for number, run in enumerate(runs, 1):
        segment = Segment(number)
        if number == 1:
            segment.section("header", header)
            segment.section("header", header)
            segment.section("volume", volume(len(raw) // SECTOR))
        else:
            segment.section("data", volume(len(raw) // SECTOR))
        write_chunks(segment, run)
        if number < len(runs):
            segment.section("next", b"")
        else:
            md5, sha1 = hashlib.md5(raw).digest(), hashlib.sha1(raw).digest()
            body = md5 + sha1 + bytes(40)
            segment.section("digest", body + adler(body))
            body = md5 + bytes(16)
            segment.section("hash", body + adler(body))
            segment.section("done", b"")
        with open("%s.E%02d" % (name, number), "wb") as out:
            out.write(segment.data)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as disk:
        write(disk.read(), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1)
