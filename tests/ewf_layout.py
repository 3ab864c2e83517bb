"""Where the chunks of an E01 lie in its segment files, by its own tables. For
tests that damage chunks and for figures; sound images only."""
import glob
import re
import struct

SECTION = 76
TABLE_HEAD = 24
COMPRESSED = 0x80000000


def segments(first):
    """The segment files that belong to NAME.E01, in order."""
    named = re.compile(r"\.[E-Z][0-9A-Z]{2}$")
    return sorted(n for n in glob.glob(glob.escape(first[:-3]) + "???") if named.search(n))


def chunks_of(path):
    """(offset, length, compressed) of each chunk of one segment file."""
    out, at, ends = [], 13, 0
    with open(path, "rb") as f:
        while True:
            f.seek(at)
            kind, following, size = struct.unpack_from("<16sQQ", f.read(SECTION))
            kind = kind.rstrip(b"\0")
            if kind == b"sectors":
                ends = at + size
            if kind == b"table":
                out += table_chunks(f.read(size - SECTION), ends)
            if kind in (b"next", b"done"):
                return out
            at = following


def table_chunks(table, ends):
    count, base = struct.unpack_from("<I4xQ", table)
    raw = struct.unpack_from("<%dI" % count, table, TABLE_HEAD)
    starts = [base + (r & ~COMPRESSED) for r in raw]
    stops = starts[1:] + [ends]
    return [(s, e - s, bool(r & COMPRESSED)) for s, e, r in zip(starts, stops, raw)]


def chunks(first):
    """(segment file, offset, length, compressed) of each chunk of the image."""
    return [(s, *c) for s in segments(first) for c in chunks_of(s)]
