"""Programs for the tests of the module pe, without code: signed in all the ways
that there are, and damaged in many.

usage: make-pe.py FOLDER"""

import hashlib
import struct

import fixture_files
import fixture_pe
import fixture_sign
from fixture_pe import PAGE
from fixture_sign import authenticode, image_digest, record, sign, with_table

STAMPED = "20230329081530Z"
OLD_STAMP = "190502101112Z"


class Data:
    """The bytes of .rdata, which is at address PAGE."""

    def __init__(self):
        self.bytes = bytearray()

    def put(self, data, align=4):
        self.bytes += b"\0" * (-len(self.bytes) % align)
        at = PAGE + len(self.bytes)
        self.bytes += data
        return at

    def text(self, text):
        return self.put(text.encode() + b"\0", 2)


def imports(data, libraries):
    """{ library: [name or ordinal, …] } of 64 bits."""
    rows = b""
    for library, functions in libraries.items():
        numbers = b""
        for f in functions:
            value = 1 << 63 | f if isinstance(f, int) else data.text("\0\0" + f)
            numbers += struct.pack("<Q", value)
        table = data.put(numbers + bytes(8), 8)
        rows += struct.pack("<5I", table, 0, 0, data.text(library), table)
    return data.put(rows + bytes(20)), len(rows) + 20


def exports(data, dll, names, forwarders):
    """Functions without an address; those of `forwarders` lead elsewhere."""
    start = data.put(bytes(40))
    name = data.text(dll)
    every = sorted(list(names) + list(forwarders))
    addresses = [data.text(forwarders[n]) if n in forwarders else 0 for n in every]
    functions = data.put(struct.pack("<%dI" % len(every), *addresses))
    texts = [data.text(n) for n in every]
    table = data.put(struct.pack("<%dI" % len(every), *texts))
    ordinals = data.put(struct.pack("<%dH" % len(every), *range(len(every))))
    head = struct.pack(
        "<IIHHIIIIIII", 0, 0, 0, 0, name, 1, len(every), len(every), functions, table, ordinals
    )
    data.bytes[start - PAGE : start - PAGE + 40] = head
    return start, PAGE + len(data.bytes) - start


def symbols(data, path):
    info = b"RSDS" + bytes(range(16)) + struct.pack("<I", 3) + path.encode() + b"\0"
    at = data.put(info)
    row = struct.pack("<IIHHIIII", 0, 0, 0, 0, 2, len(info), at, at - PAGE + 0x400)
    return data.put(row), len(row)


STRINGS = {
    "CompanyName": "Prüfling GmbH",
    "FileDescription": "A tool without code",
    "FileVersion": "18.12.425",
    "InternalName": "tool",
    "OriginalFilename": "tool.exe",
    "ProductName": "Prüfstand",
}


def tool():
    data = Data()
    data.put(b"fixture without code")
    folders = {
        1: imports(data, {"KERNEL32.dll": ["LoadLibraryW", "ExitProcess"], "odd.ocx": ["Run", 7], "WS2_32.dll": [115, 999]}),
        0: exports(data, "tool.exe", ["alpha", "beta"], {"gamma": "NTDLL.RtlGamma"}),
        6: symbols(data, "C:\\build\\tool.pdb"),
    }
    return fixture_pe.build(
        bytes(data.bytes), "18.12.425.1", False, strings=STRINGS, folders=folders
    )


def plain():
    return fixture_pe.build(b"a plain fixture " * 40)


def signed():
    """What is signed in one way or another."""
    image, stamp = tool(), fixture_sign.time_stamp(STAMPED)
    inner = authenticode("sha256", image_digest("sha256", image), unsigned=[stamp])
    counter = fixture_sign.counter_signature(OLD_STAMP, "sha1")
    good = sign(image, unsigned=[stamp])
    altered = bytearray(good)
    altered[0x410] ^= 1
    marked = sign(image, slack=b"\0" * 6 + b"FEEDFACE" * 3)
    return {
        "tool.exe": good,
        "old.exe": sign(image, "sha1", unsigned=[counter, fixture_sign.nested(inner)]),
        "claimed.exe": sign(image, "sha384", when="230401000000Z", program="Prüfling 😀"),
        "altered.exe": bytes(altered),
        "not-sealed.exe": sign(image, sealed=False),
        "no-signer.exe": sign(image, certificates=["root"]),
        "other-stamp.exe": sign(
            image, unsigned=[fixture_sign.time_stamp(STAMPED, of_another=True)]),
        "other-counter.exe": sign(
            image, unsigned=[fixture_sign.counter_signature(OLD_STAMP, key=fixture_sign.SIGNER_KEY)]),
        "marked.exe": marked,
        "padded.exe": sign(image, slack=b"\0" * 24),
        "behind.exe": good + b"behind the table",
        "two.exe": with_table(
            image, record(authenticode("sha256", image_digest("sha256", image))) * 2),
        "md5.exe": sign(image, "md5"),
        "plain.dll": plain(),
        "packed.exe": packed(),
        "gap.exe": gap(False),
        "gap-document.exe": gap(True),
    }


def gap(by_document):
    """Bytes between headers and section, which Microsoft's document passes over; it takes
    as many from the end of the last section twice."""
    image = bytearray(plain())
    at = struct.unpack_from("<I", image, 0x3C)[0] + 24
    image[at + 60 : at + 64] = struct.pack("<I", 0x200)
    image = bytes(image)
    if not by_document:
        return sign(image)
    checksum, entry = fixture_sign.fields(image)
    parts = [image[:checksum], image[checksum + 4 : entry], image[entry + 8 : 0x200]]
    parts += [image[0x400:], image[len(image) - 0x200 :]]
    digest = hashlib.sha256(b"".join(parts)).digest()
    return with_table(image, record(authenticode("sha256", digest)))


def patched(image, at, fmt, *values):
    image = bytearray(image)
    struct.pack_into(fmt, image, at, *values)
    return bytes(image)


def resources(nodes):
    """`nodes` is the tree, at the beginning of .rdata."""
    return fixture_pe.build(nodes.ljust(64, b"\0"), folders={2: (PAGE, len(nodes))})


def folder(count, target):
    return struct.pack("<IIHHHH", 0, 0, 0, 0, 0, count) + struct.pack("<II", 1, target) * count


def packed():
    """A resource that is in memory only once the program runs."""
    tree = folder(1, 0x80000000 | 24) + folder(1, 0x80000000 | 48) + folder(1, 72)
    image = resources(tree + struct.pack("<IIII", PAGE + 0x3000, 16, 0, 0))
    at = struct.unpack_from("<I", image, 0x3C)[0] + 24 + 240
    return patched(image, at + 8, "<I", 0x8000)


def overlap():
    """Six sections, each of them all of the file."""
    image = sign(tool())
    at = struct.unpack_from("<I", image, 0x3C)[0] + 4
    table = at + 20 + 240
    row = struct.pack("<8sIIIIIIHHI", b"all", len(image), PAGE, len(image), 0, 0, 0, 0, 0, 0)
    return patched(image, at + 2, "<H", 6)[:table] + row * 6 + image[table + len(row) * 6 :]


def many_resources():
    """A folder of 200, each the same folder of 200, each the same leaf: 40 000."""
    inner = 16 + 8 * 200
    tree = folder(200, 0x80000000 | inner) + folder(200, 0x80000000 | 2 * inner)
    leaf = 2 * inner + 24
    return resources(tree + folder(1, leaf) + struct.pack("<IIII", PAGE, 16, 0, 0))


def nested_resources():
    """10 000 folders, each in the one before."""
    return resources(b"".join(folder(1, 0x80000000 | 24 * (i + 1)) for i in range(10000)) + folder(1, 0x80000000))


def named_resources():
    """90 times 90, all of one long name."""
    inner = 16 + 8 * 90
    name = 2 * inner + 40
    tree = struct.pack("<IIHHHH", 0, 0, 0, 0, 90, 0)
    tree += struct.pack("<II", 0x80000000 | name, 0x80000000 | inner) * 90
    tree += struct.pack("<IIHHHH", 0, 0, 0, 0, 90, 0)
    tree += struct.pack("<II", 0x80000000 | name, 0x80000000 | 2 * inner) * 90
    tree += folder(1, 2 * inner + 24) + struct.pack("<IIII", PAGE, 16, 0, 0)
    return resources(tree + struct.pack("<H", 1000) + "n".encode("utf-16-le") * 1000)


def damaged():
    """Each contradicts its format somewhere."""
    image, good = tool(), sign(tool())
    optional = struct.unpack_from("<I", image, 0x3C)[0] + 24
    coff, directories = optional - 20, optional + 112
    table = struct.unpack_from("<II", good, directories + 32)
    version = image.index("VS_VERSION_INFO".encode("utf-16-le")) - 6
    loops = Data()
    name = loops.text("a.dll")
    row = struct.pack("<5I", 0, 0, 0, name, 0)
    where = loops.put(b"")
    numbers = loops.put(struct.pack("<Q", 1 << 63 | 1) * 200 + bytes(8), 8)
    rows = loops.put(struct.pack("<5I", numbers, 0, 0, name, numbers) * 3 + row)
    return {
        "mz-only.exe": b"MZ" + bytes(62),
        "cut-headers.exe": image[: optional + 30],
        "far-header.exe": patched(image, 0x3C, "<I", 0xFFFFFFF0),
        "many-sections.exe": patched(image, coff + 2, "<H", 65535),
        "cut-section.exe": image[:-512],
        "overlap.exe": overlap(),
        "huge-section.exe": patched(image, optional + 240 + 16, "<I", 0xFFFFFFFF),
        "all-directories.exe": patched(image, directories, "<32I", *([0xFFFFFFFF] * 32)),
        "long-table.exe": patched(good, directories + 32, "<II", table[0], 0xFFFFFFF0),
        "table-in-headers.exe": patched(good, directories + 32, "<II", 0x40, 0x300),
        "huge-record.exe": patched(good, table[0], "<I", 0xFFFFFFFF),
        "small-record.exe": patched(good, table[0], "<I", 4),
        "garbage.exe": with_table(image, fixture_pe.certificate()),
        "cut-der.exe": patched(good, table[0] + 9, "<BBB", 0x83, 0xFF, 0xFF),
        "empty-der.exe": with_table(image, record(b"\x30\0")),
        "no-der.exe": with_table(image, record(b"\4\4abcd")),
        "resource-loop.exe": resources(folder(1, 0x80000000)),
        "resources.exe": resources(folder(60, 0x80000000)),
        "named-resources.exe": named_resources(),
        "many-resources.exe": many_resources(),
        "nested-resources.exe": nested_resources(),
        "resource-leaf.exe": resources(folder(3, 16)),
        "version-long.exe": patched(image, version, "<HH", 0xFFFF, 0xFFFF),
        "version-short.exe": patched(image, version, "<HH", 2, 0),
        "import-loop.exe": fixture_pe.build(bytes(loops.bytes), folders={1: (rows, 100)}),
        "import-nowhere.exe": fixture_pe.build(b"x" * 64, folders={1: (PAGE, 20)}),
        "export-count.exe": patched(
            image, image.index(b"tool.exe\0") - 40 + 24, "<I", 0xFFFFFFFF),
    }


def files():
    out = signed()
    out.update(("bad/" + name, data) for name, data in damaged().items())
    return out


if __name__ == "__main__":
    fixture_files.main(files())
