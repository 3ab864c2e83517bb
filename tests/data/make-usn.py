"""Writes change journals of NTFS: make-usn.py FOLDER. Versions 2, 3 and 4, behind a hole, and damaged.

journal(rows) is for other tests: rows of (name, reasons, reference, parent, time)."""
import struct

import fixture_files

PAGE = 4096
FIRST = 1678785120  # 2023-03-14T09:12:00Z
CREATED, DELETED, CLOSED, OLD_NAME, NEW_NAME, ADDED = 0x100, 0x200, 0x80000000, 0x1000, 0x2000, 2


def filetime(when):
    return (when + 11644473600) * 10**7


def reference(number, sequence=1):
    return number | sequence << 48


def record(name, reason, number, parent, when=FIRST, usn=0, version=2, attributes=0x20):
    raw = name.encode("utf-16-le", "surrogatepass")
    if version == 2:
        ids, at = struct.pack("<QQ", number, parent), 60
    else:
        ids, at = struct.pack("<QQQQ", number, 0, parent, 0), 76
    length = (at + len(raw) + 7) // 8 * 8
    head = struct.pack("<IHH", length, version, 0) + ids
    body = struct.pack("<QQIIIIHH", usn, filetime(when), reason, 0, 0, attributes, len(raw), at)
    return (head + body + raw).ljust(length, b"\0")


def ranges(number, parent, usn=0, count=2):
    ids = struct.pack("<QQQQ", number, 0, parent, 0)
    body = struct.pack("<QIIIHH", usn, ADDED, 0, 0, count, 16) + struct.pack("<QQ", 0, 4096) * count
    return struct.pack("<IHH", 8 + len(ids) + len(body), 4, 0) + ids + body


def paged(records, start=0):
    """Records in pages, none across two of them."""
    out = b""
    for make in records:
        one = make(start + len(out)) if callable(make) else make
        if len(out) % PAGE + len(one) > PAGE:
            out += bytes(-len(out) % PAGE)
            one = make(start + len(out)) if callable(make) else make
        out += one
    return out


def journal(rows, version=2, hole=0):
    """The journal of (name, reason, number, parent, time) rows, in pages, behind a hole of zeros."""
    makers = [lambda usn, r=r: record(r[0], r[1], r[2], r[3], r[4], usn, version) for r in rows]
    return bytes(hole) + paged(makers, hole)


def rows(n):
    return [("file%d.txt" % i, CREATED | CLOSED, reference(100 + i), reference(5, 5), FIRST + i) for i in range(n)]


def files():
    """Content by name."""
    one = journal(rows(3))
    many = journal(rows(300))
    cut = bytearray(many)
    cut[PAGE : PAGE + 8] = b"\xff" * 8
    odd = record("a\ud800.txt", DELETED | CLOSED, reference(7), reference(5, 5))
    return {
        "few": one,
        "many": many,
        "hole": journal(rows(300), hole=PAGE * 700),
        "ragged": bytes(PAGE * 3 + 512) + one,
        "v3": journal(rows(3), 3),
        "v4": paged([record("a.txt", ADDED, reference(9), reference(5, 5)), ranges(reference(9), reference(5, 5)),
                     record("a.txt", ADDED | CLOSED, reference(9), reference(5, 5), version=3)]),
        "letters": journal([("History.OLD", CREATED, 1, 2, FIRST), ("\u00c9.txt", DELETED, 1, 2, FIRST)]) + odd,
        "zeros": bytes(PAGE * 5),
        "empty": b"",
        "two-holes": journal(rows(70)).ljust(PAGE * 6, b"\0") + bytes(PAGE * 90) + journal(rows(30)),
        "bad-record": bytes(cut),
        "bad-length": struct.pack("<IHH", 0xFFFFFFF8, 2, 0) + bytes(96) + one,
        "bad-name": one[:56] + struct.pack("<HH", 2000, 60) + one[60:],
        "bad-offset": one[:58] + struct.pack("<H", 0xFFFE) + one[60:],
        "bad-cut": many[:-20],
        "bad-v4": ranges(1, 2)[:60] + struct.pack("<HH", 0xFFFF, 0xFFFF) + ranges(1, 2)[64:],
        "bad-text": b"this is no journal at all. " * 50,
    }


if __name__ == "__main__":
    fixture_files.main(files())
