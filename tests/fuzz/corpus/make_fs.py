"""Seeds of fuzz_ntfs_index, fuzz_mft, fuzz_ntfs_data, fuzz_lznt1 and fuzz_gpt, written into the folders
beside this file."""
import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = 77


def save(target, name, data):
    os.makedirs(os.path.join(HERE, target), exist_ok=True)
    with open(os.path.join(HERE, target, name), "wb") as f:
        f.write(data)


def entry(addr, name, space=3, flags=0, tag=0):
    text = name.encode("utf-16-le")
    key = struct.pack("<Q", FOLDER | 1 << 48) + struct.pack("<Q", 133245126000000000) * 4
    key += struct.pack("<QQIIBB", 4096, 1234, flags, tag, len(text) // 2, space) + text
    size = (16 + len(key) + 7) & ~7
    head = struct.pack("<QHHI", addr | 1 << 48, size, len(key), 0)
    return (head + key).ljust(size, b"\0")


LAST = struct.pack("<QHHI", 0, 16, 0, 2)


def root(entries):
    body = b"".join(entries) + LAST
    head = struct.pack("<IIIB3x", 0x30, 1, 4096, 1)
    return head + struct.pack("<IIII", 16, 16 + len(body), 16 + len(body), 0) + body


def record(entries, size=4096):
    body = b"".join(entries) + LAST
    out = bytearray(size)
    out[0:4] = b"INDX"
    struct.pack_into("<HH", out, 4, 0x28, size // 512 + 1)
    struct.pack_into("<IIII", out, 24, 0x40 - 24, 0x40 - 24 + len(body), size - 24, 0)
    out[0x40:0x40 + len(body)] = body
    struct.pack_into("<H", out, 0x28, 7)
    for i in range(1, size // 512 + 1):
        end = i * 512 - 2
        out[0x28 + 2 * i:0x2a + 2 * i] = out[end:end + 2]
        struct.pack_into("<H", out, end, 7)
    return bytes(out)


def attribute(kind, content, name=""):
    text = name.encode("utf-16-le")
    at = (24 + len(text) + 7) & ~7
    size = (at + len(content) + 7) & ~7
    head = struct.pack("<IIBBHHHIHH", kind, size, 0, len(name), 24, 0, 0, len(content), at, 0)
    return ((head + text).ljust(at, b"\0") + content).ljust(size, b"\0")


def extent(first, size):
    """A non-resident $DATA of one run."""
    return struct.pack("<IIBBHHHQQHH4xQQQ", 0x80, 72, 1, 0, 64, 0, 0, first, first + 8, 64, 0, size,
                       size, size) + b"\x11\x08\x20".ljust(8, b"\0")


def runs(flags, clusters, size, initialised, text, unit=0):
    """A non-resident $DATA of clusters of 4 KiB."""
    length = (64 + len(text) + 7) & ~7
    return (struct.pack("<IIBBHHHQQHH4xQQQ", 0x80, length, 1, 0, 64, flags, 0, 0, clusters - 1, 64,
                        unit, clusters * 4096, size, initialised) + text).ljust(length, b"\0")


def standard(time):
    return attribute(0x10, struct.pack("<QQQQ", time, time + 1, time, time) + bytes(16))


def file_name(parent, name, space=1, flags=0, tag=0):
    text = name.encode("utf-16-le")
    head = struct.pack("<QQQQQQQIIBB", parent | 1 << 48, *[133245126000000000] * 4, 0, 0, flags, tag,
                       len(text) // 2, space)
    return attribute(0x30, head + text)


def mft_record(attributes, flags=1, base=0, size=1024):
    body = b"".join(attributes) + struct.pack("<II", 0xffffffff, 0)
    first = (48 + 2 * (size // 512 + 1) + 7) & ~7
    out = bytearray(size)
    out[0:4] = b"FILE"
    struct.pack_into("<HH", out, 4, 48, size // 512 + 1)
    struct.pack_into("<HHHHIIQ", out, 16, 1, 1, first, flags, first + len(body), size, base)
    out[first:first + len(body)] = body
    struct.pack_into("<H", out, 48, 9)
    for i in range(1, size // 512 + 1):
        end = i * 512 - 2
        out[48 + 2 * i:50 + 2 * i] = out[end:end + 2]
        struct.pack_into("<H", out, end, 9)
    return bytes(out)


def mft_area():
    """The area of an index (core/evidence/ntfs_index/mft_area.c): the root, a file in it with
    an 8.3 name and a stream, one that is gone, a damaged record."""
    names = b"long name.txt\0LONGNA~1.TXT\0ads\0gone\0"
    entries = [(0, 0, 0x11111111, 5, 1, 1), (9, 0, 0x21211111, 1, 5, 0), (0, 1, 0x1111, 2, 2, 0),
               (0, 0, 0, 0, 0, 0)]
    links = [(0, 1, 0, 5, 2, 0), (0, 2, 31, 5, 0, 1)]
    body = b"".join(struct.pack("<QIIHBBxxxx", *e) for e in entries)
    body += struct.pack("<QII", 3, 1, 27) + struct.pack("<QQ", 1 << 56, 2 << 56)
    body += b"".join(struct.pack("<IIIHBB", *x) for x in links)
    body += struct.pack("<II", 3, 1) + struct.pack("<5I", 0, 2, 2, 2, 2) + names
    counts = struct.pack("<11Q", 4, len(links), 1, 2, 1, len(names), 2, 1, 0, 1, 0)
    return b"fskmft1\0" + struct.pack("<Q", 16 + len(counts) + len(body)) + counts + body


def mft(size):
    """Folder, hard links with a short name, streams, an extension, a junction, a
    file that is gone, and two folders in each other."""
    one = 1 << 48
    return [
        mft_record([standard(1), file_name(0, ".", 3, 0x10000000)], 3, 0, size),
        mft_record([standard(1), file_name(0, "PROGRA~1", 2), file_name(0, "Program Files"),
                    extent(0, 4096)], 1, 0, size),
        mft_record([standard(2), file_name(0, "a.txt", 0), attribute(0x80, b"hello"),
                    attribute(0x80, b"[ZoneTransfer]", "Zone.Identifier")], 1, 0, size),
        mft_record([file_name(0, "b\u00e9.txt", 0), attribute(0x80, b"x", "\u4e2d"),
                    extent(8, 0)], 1, 2 | one, size),
        mft_record([standard(3), file_name(0, "junction", 3, 0x10000400, 0xa0000003),
                    attribute(0xc0, struct.pack("<IHH", 0xa0000003, 0, 0))], 3, 0, size),
        mft_record([standard(4), file_name(0, "gone")], 0, 0, size),
        mft_record([standard(5), file_name(7, "x")], 3, 0, size),
        mft_record([standard(6), file_name(6, "y"), attribute(0x20, bytes(32))], 3, 7 | one, size),
    ]


def gpt(sector, name):
    disk = bytearray(80 * sector)
    array = bytearray(16 * 128)
    array[0:16] = bytes.fromhex("a2a0d0ebe5b9334487c068b6b72699c7")
    array[16:32] = bytes(range(16))
    struct.pack_into("<QQ", array, 32, 40, 50)
    array[56:56 + 2 * len(name)] = name.encode("utf-16-le")
    head = bytearray(92)
    head[0:8] = b"EFI PART"
    struct.pack_into("<II", head, 8, 0x10000, 92)
    struct.pack_into("<QQQQ", head, 24, 1, 79, 6, 70)
    struct.pack_into("<QIII", head, 72, 2, 16, 128, zlib.crc32(array))
    struct.pack_into("<I", head, 16, zlib.crc32(head))
    disk[sector:sector + 92] = head
    disk[2 * sector:2 * sector + len(array)] = array
    return bytes(disk[:8 * sector])


def main():
    names = [entry(100, "Users", flags=0x10000000), entry(101, "Program Files", 1),
             entry(101, "PROGRA~1", 2), entry(103, "Docs", flags=0x10000400, tag=0xA0000003)]
    save("ntfs_index", "root", b"\x80" + root(names))
    save("ntfs_index", "empty-root", b"\x80" + root([]))
    save("ntfs_index", "record", b"\x03" + record(names))
    save("ntfs_index", "small-record", b"\x00" + record(names[:2], 512))
    left = bytearray(record(names))
    struct.pack_into("<I", left, 28, 56)  # no entry is in use
    save("ntfs_index", "left-over", b"\x43" + bytes(left))
    save("ntfs_index", "unused-record", b"\x63" + bytes(left))
    save("ntfs_index", "dot", b"\x80" + root([entry(5, "."), entry(6, "a/b\\:c")]))
    for n, shift in ((512, 0), (1024, 1), (4096, 3)):
        small = mft(n)
        save("mft", "records-%d" % n, bytes([shift]) + b"".join(small))
        save("mft", "mended-%d" % n, bytes([0x80 | shift]) + b"".join(small[:4]))
    save("mft", "area", b"\x40" + mft_area())
    save("mft", "area-mended", b"\x60" + mft_area())
    torn = [r[:-1] + b"\xff" if i % 2 else r for i, r in enumerate(mft(1024))]
    save("mft", "torn", b"\x01" + b"".join(torn))
    longer = mft(1024)[2].replace(b"\x00\x04\x00\x00", b"\x01\x04\x00\x00")
    save("mft", "used-too-long", b"\x01" + longer)
    save("mft", "empty", b"\x01" + bytes(2048))
    for name, data in (
            ("plain", runs(0, 10, 40000, 40000, b"\x11\x0a\x20\0")),
            ("pieces", runs(0, 12, 45057, 5000, b"\x11\x04\x40\x11\x08\xe0\0")),
            ("hole", runs(0x8000, 48, 3 << 16, 3 << 16, b"\x11\x10\x20\x01\x10\x11\x10\x10\0", 4)),
            ("packed", runs(1, 16, 65536, 65536, b"\x11\x02\x20\x01\x0e\0", 4)),
            ("no-end", runs(0, 10, 40000, 40000, b"\x11\x0a\x20\x11\x01\x20\x11\x01")),
            ("wide", runs(0, 10, 40000, 40000, b"\x88" + b"\xff" * 16)),
            ("resident", attribute(0x80, b"hello")),
            ("two", attribute(0x80, b"hello") + attribute(0x80, b"world"))):
        save("ntfs_data", name, b"\x01\x00\x01" + mft_record([standard(1), data]))
        save("ntfs_data", "mended-" + name, b"\x81\x00\x01" + mft_record([standard(1), data]))
    save("lznt1", "run", bytes([0x03, 0xb0, 0x02]) + b"x" + bytes([0xfc, 0x0f]))
    save("lznt1", "stored", bytes([0x02, 0x30]) + b"abc" + bytes([0, 0]))
    save("lznt1", "mixed", bytes([0x08, 0xb0, 0x10]) + b"abcd" + bytes([0x01, 0x30]) + b"efg")
    save("gpt", "small-sectors", gpt(512, "Basic data partition"))
    save("gpt", "large-sectors", gpt(4096, "Daten"))


if __name__ == "__main__":
    main()
