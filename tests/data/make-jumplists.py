"""Writes jump lists: make-jumplists.py FOLDER. Compound files by [MS-CFB], lists by
"Jump lists format" of libyal; the shortcuts are those of make-lnk.py."""

import importlib.util
import os
import struct
import sys
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("make_lnk", os.path.join(HERE, "make-lnk.py"))
lnk = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lnk)

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
CLASS = uuid.UUID("00021401-0000-0000-c000-000000000046").bytes_le
FOOTER = b"\xab\xfb\xbf\xba"


def directory_entry(name, kind, child, right, start, size):
    raw = name.encode("utf-16-le") + bytes(2)
    return (raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, FREE, right, child)
            + bytes(16 + 4 + 16) + struct.pack("<IQ", start, size))


def compound(streams):
    """A compound file with these small streams in its root: sector 0 is the FAT, then directory,
    table of small sectors, small sectors."""
    names = sorted(streams, key=lambda n: (len(n), n.upper()))
    small, table, entries = b"", [], []
    for i, name in enumerate(names):
        data = streams[name]
        count = -(-len(data) // 64)
        first = len(table) if count else END
        table += [len(table) + k + 1 for k in range(count - 1)] + [END] * (count > 0)
        small += data.ljust(count * 64, b"\0")
        entries.append(directory_entry(name, 2, FREE, i + 2 if i + 1 < len(names) else FREE, first, len(data)))
    directories = -(-(len(entries) + 1) // 4)
    tables = -(-len(table) // 128) or 1
    smalls = -(-len(small) // 512) or 1
    fat = [FAT]
    for count in (directories, tables, smalls):
        fat += [len(fat) + k + 1 for k in range(count - 1)] + [END]
    entries.insert(0, directory_entry("Root Entry", 5, 1, FREE, 1 + directories + tables, len(small)))
    body = struct.pack("<128I", *(fat + [FREE] * (128 - len(fat))))
    body += b"".join(entries).ljust(directories * 512, b"\0")
    body += struct.pack(f"<{tables * 128}I", *(table + [FREE] * (tables * 128 - len(table))))
    body += small.ljust(smalls * 512, b"\0")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 1 + directories, tables, END, 0)
    return head + struct.pack("<109I", 0, *[FREE] * 108) + body


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
        "loop.automatic": lnk.patched(new, 512 + 4 * 3, struct.pack("<I", 3)),
        "large.automatic": lnk.patched(new, new.index("DestList".encode("utf-16-le")) + 120, b"\xff\xff\xff\x7f"),
        "none.automatic": b"nothing",
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
