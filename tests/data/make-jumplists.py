"""Writes jump lists: make-jumplists.py FOLDER. Compound files by [MS-CFB], lists by
"Jump lists format" of libyal; the shortcuts are those of make-lnk.py."""

import importlib
import os
import struct
import sys
import uuid

lnk = importlib.import_module("make-lnk")

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
CLASS = uuid.UUID("00021401-0000-0000-c000-000000000046").bytes_le
FOOTER = b"\xab\xfb\xbf\xba"


def directory_entry(name, kind, child, right, start, size):
    raw = name.encode("utf-16-le") + bytes(2)
    return (raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, FREE, right, child)
            + bytes(16 + 4 + 16) + struct.pack("<IQ", start, size))


def chained(fat, count):
    """Adds a chain of `count` sectors to the table; its first, or END."""
    first = len(fat)
    fat += [first + k + 1 for k in range(count - 1)] + [END] * (count > 0)
    return first if count else END


def compound(streams, sector=512):
    """A compound file with these streams in its root. After the header lie the FAT, where it
    is (DIFAT), the directory, the table of small sectors, these, and the large streams."""
    names = sorted(streams, key=lambda n: (len(n), n.upper()))
    per = sector // 4
    sectors = {n: -(-len(streams[n]) // sector) for n in names if len(streams[n]) >= 4096}
    small, table, starts = b"", [], {}
    for name in names:
        if name not in sectors:
            count = -(-len(streams[name]) // 64)
            starts[name] = chained(table, count)
            small += streams[name].ljust(count * 64, b"\0")
    counts = [-(-(len(names) + 1) * 128 // sector), -(-len(table) // per) or 1, -(-len(small) // sector) or 1]
    total, fats, places = sum(counts) + sum(sectors.values()), 1, 0
    while fats * per < total + fats + places:
        fats += 1
        places = max(0, -(-(fats - 109) // (per - 1)))
    fat = [FAT] * fats + [0xFFFFFFFC] * places
    directory, tables, smalls = (chained(fat, count) for count in counts)
    for name, count in sectors.items():
        starts[name] = chained(fat, count)
    entries = [directory_entry("Root Entry", 5, 1, FREE, smalls, len(small))]
    for i, name in enumerate(names):
        right = i + 2 if i + 1 < len(names) else FREE
        entries.append(directory_entry(name, 2, FREE, right, starts[name], len(streams[name])))
    body = struct.pack(f"<{fats * per}I", *(fat + [FREE] * (fats * per - len(fat))))
    for k in range(places):
        part = list(range(109 + k * (per - 1), min(fats, 109 + (k + 1) * (per - 1))))
        following = fats + k + 1 if k + 1 < places else END
        body += struct.pack(f"<{per}I", *part, *[FREE] * (per - 1 - len(part)), following)
    body += b"".join(entries).ljust(counts[0] * sector, b"\0")
    body += struct.pack(f"<{counts[1] * per}I", *(table + [FREE] * (counts[1] * per - len(table))))
    body += small.ljust(counts[2] * sector, b"\0")
    body += b"".join(streams[n].ljust(count * sector, b"\0") for n, count in sectors.items())
    major, shift = (3, 9) if sector == 512 else (4, 12)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, major, 0xFFFE, shift, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", counts[0] if major == 4 else 0, fats, directory, 0, 4096, tables, counts[1],
                        fats if places else END, places)
    first = list(range(min(fats, 109)))
    return (head + struct.pack("<109I", *first, *[FREE] * (109 - len(first)))).ljust(sector, b"\0") + body


def counting(size):
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def tree(*entries):
    """A compound file of empty storages (1) and streams (2): kind, name, child, right."""
    directory = directory_entry("Root Entry", 5, 1, FREE, END, 0)
    directory += b"".join(directory_entry(name, kind, child if kind == 1 else FREE, right, END, 0)
                          for kind, name, child, right in entries)
    data = compound({"x": directory.ljust(4096, b"\0")})
    at = data.index(directory) // 512 - 1
    return lnk.patched(data, 48, struct.pack("<I", at))


def destination(version, number, path, pin=0xFFFFFFFF, count=7):
    droid = uuid.UUID("fb6af886-05d7-402d-9741-d1ee9e64c41f").bytes_le
    droid += uuid.UUID("9b1ce584-4a4c-11e5-b5c9-080027ac3d7f").bytes_le
    fixed = bytes(8) + droid * 2 + b"ann-pc".ljust(16, b"\0")
    fixed += struct.pack("<IIIQI", number, 0, 0, lnk.FILETIME + number * 10000000, pin)
    if version > 1:
        fixed += struct.pack("<IIQ", 0, count, 0)
    raw = path.encode("utf-16-le")
    return fixed + struct.pack("<H", len(raw) // 2) + raw + (bytes(4) if version > 1 else b"")


def destinations(version, *entries, count=None):
    head = struct.pack("<II", version, len(entries) if count is None else count)
    return head.ljust(32, b"\0") + b"".join(entries)


def category(kind, shortcuts, name=None):
    out = struct.pack("<I", kind)
    if kind == 1:
        return out + struct.pack("<I", 2) + FOOTER
    if name is not None:
        out += struct.pack("<H", len(name)) + name.encode("utf-16-le")
    return out + struct.pack("<I", len(shortcuts)) + b"".join(CLASS + s for s in shortcuts) + FOOTER


def custom(*categories):
    return struct.pack("<III", 2, len(categories), 0) + b"".join(categories)


PATH = "C:\\Users\\ann\\tool.exe"


def write(folder):
    network = lnk.header(lnk.INFO) + lnk.info(share=b"\\\\server\\share", suffix=b"dir\\a.doc") + lnk.END
    listed = (destination(4, 1, PATH, pin=0), destination(4, 10, "\\\\server\\share\\dir\\a.doc"))
    new = compound({"1": lnk.TOOL, "a": network, "b": lnk.TOOL, "DestList": destinations(4, *listed)})
    mine = custom(category(0, [lnk.TOOL], "Mine"), category(1, []), category(2, [network, lnk.TOOL]))
    files = {
        "list.automatic": compound({"1": lnk.TOOL, "DestList": destinations(1, destination(1, 1, PATH))}),
        "new.automatic": new,
        "empty.automatic": compound({"DestList": b""}),
        "cut-list.automatic": compound({"1": lnk.TOOL, "DestList": destinations(4, *listed, count=900)}),
        "odd-version.automatic": compound({"1": lnk.TOOL, "DestList": destinations(9, *listed)}),
        "no-link.automatic": compound({"1": b"nothing", "DestList": destinations(4, listed[0])}),
        "no-list.automatic": compound({"1": lnk.TOOL}),
        "cut.automatic": new[:1600],
        "cut-end.automatic": new[:-1300],
        "loop.automatic": lnk.patched(new, 512 + 4 * 3, struct.pack("<I", 3)),
        "large.automatic": lnk.patched(new, new.index("DestList".encode("utf-16-le")) + 120, b"\xff\xff\xff\x7f"),
        "none.automatic": b"nothing",
        "header.automatic": new[:512],
        "version-9.automatic": lnk.patched(new, 26, b"\x09"),
        "counting.automatic": compound({"large": counting(70000), "small": counting(1000)}),
        "counting-4.automatic": compound({"large": counting(70000), "small": counting(1000)}, 4096),
        # more than the header has places for
        "many-sectors.automatic": compound({"large": counting(8000000)}),
        "nested.automatic": tree((1, "in", 2, 3), (1, "deeper", 4, 5), (2, "top", FREE, FREE), (2, "1", FREE, FREE),
                                 (2, "list", FREE, FREE)),
        "circle.automatic": tree((2, "1", FREE, 2), (2, "a", FREE, 1)),
        "deep.automatic": tree(*[(1, "s", i + 2, FREE) for i in range(300)]),
        "version-4.automatic": compound({"1": lnk.TOOL, "DestList": destinations(4, listed[0])}, 4096),
        "long.automatic": compound({"1": lnk.TOOL, "DestList": destinations(4, *[listed[0]] * 60)}),
        "mine.custom": mine,
        "empty.custom": custom(),
        "many.custom": lnk.patched(mine, 4, b"\xff\xff\xff\xff"),
        "strange.custom": custom(struct.pack("<II", 77, 3) + category(2, [lnk.TOOL])),
        "other-class.custom": lnk.patched(mine, mine.index(CLASS), b"\x99"),
        "none.custom": b"nothing at all",
    }
    os.makedirs(folder, exist_ok=True)
    for name, data in files.items():
        with open(os.path.join(folder, name + "Destinations-ms"), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    write(sys.argv[1])
