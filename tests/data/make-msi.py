"""Writes packages of Windows Installer: make-msi.py FOLDER. They hold tables and a summary, and
nothing that could be installed."""

import importlib
import struct
import uuid
import zlib

import fixture_files

jumplists = importlib.import_module("make-jumplists")

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
TEXT, KEY, NUMBER, LONG, EMPTY = 0x0D00 | 72, 0x2000, 0x0502, 0x0104, 0x1000
FILETIME = 133245396000000000  # 2023-03-29T05:00:00Z
MARK = "\u4840"
CLASS = uuid.UUID("000c1084-0000-0000-c000-000000000046").bytes_le

COLUMNS = {
    "Property": [("Property", TEXT | KEY), ("Value", TEXT)],
    "Component": [("Component", TEXT | KEY), ("ComponentId", TEXT | EMPTY)],
    "File": [("File", TEXT | KEY), ("Component_", TEXT), ("FileName", TEXT), ("FileSize", LONG),
             ("Version", TEXT | EMPTY), ("Language", TEXT | EMPTY), ("Attributes", NUMBER | EMPTY),
             ("Sequence", NUMBER)],
}


def packed(name, table=False):
    out, i = MARK if table else "", 0
    while i < len(name):
        if name[i] in ALPHABET and i + 1 < len(name) and name[i + 1] in ALPHABET:
            out += chr(0x3800 + ALPHABET.index(name[i]) + 64 * ALPHABET.index(name[i + 1]))
            i += 2
        else:
            out += chr(0x4800 + ALPHABET.index(name[i])) if name[i] in ALPHABET else name[i]
            i += 1
    return out


class Pool:
    def __init__(self, page, wide):
        self.page, self.wide, self.numbers = page, wide, {}

    def number(self, text):
        return self.numbers.setdefault(text, len(self.numbers) + 1) if text else 0

    def reference(self, text):
        return struct.pack("<I", self.number(text))[:3 if self.wide else 2]

    def streams(self):
        table, data = struct.pack("<I", self.page | (0x80000000 if self.wide else 0)), b""
        for text in self.numbers:
            raw = text.encode({65001: "utf-8", 0: "latin-1"}.get(self.page, "cp%d" % self.page))
            if len(raw) > 0xFFFF:
                table += struct.pack("<HH", 0, len(raw) >> 16)
            table += struct.pack("<HH", len(raw) & 0xFFFF, 1)
            data += raw
        return {packed("_StringPool", True): table, packed("_StringData", True): data}


def cell(pool, kind, value):
    if kind & 0x0800:
        return pool.reference(value)
    if kind & 0xFF == 4:
        return struct.pack("<I", 0 if value is None else value + 0x80000000)
    return struct.pack("<H", 0 if value is None else value + 0x8000)


def by_columns(pool, kinds, rows):
    return b"".join(cell(pool, kind, row[i]) for i, kind in enumerate(kinds) for row in rows)


def summary(**texts):
    """[MS-OLEPS]: a section of texts, numbers and times."""
    ids = {"title": 2, "subject": 3, "author": 4, "template": 7, "revision": 9, "application": 18}
    values = [(1, struct.pack("<Ihxx", 2, 1252))]
    for name, text in texts.items():
        raw = text.encode("cp1252", "replace") + b"\0"
        values.append((ids[name], struct.pack("<II", 30, len(raw)) + raw + bytes(-len(raw) % 4)))
    values += [(12, struct.pack("<IQ", 64, FILETIME)), (14, struct.pack("<Ii", 3, 200)),
               (15, struct.pack("<Ii", 3, 2))]
    head, body = b"", b""
    for number, raw in values:
        head += struct.pack("<II", number, 8 + 8 * len(values) + len(body))
        body += raw
    section = struct.pack("<II", 8 + len(head) + len(body), len(values)) + head + body
    kind = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
    return struct.pack("<HHI16xI", 0xFFFE, 0, 2, 1) + kind + struct.pack("<I", 48) + section


def streams(properties, files=(), page=1252, wide=False, extra=None, subject=None):
    """The streams of a package by the names that they have in the compound file."""
    pool, out = Pool(page, wide), {}
    rows = {
        "Property": sorted(properties.items()),
        "Component": [(f[1], "{00000000-0000-0000-0000-00000000000A}") for f in files],
        "File": [(*f, None, None, i + 1) for i, f in enumerate(files)],
    }
    rows = {name: list(dict.fromkeys(r)) for name, r in rows.items()}
    for name, columns in COLUMNS.items():
        out[packed(name, True)] = by_columns(pool, [kind for _, kind in columns], rows[name])
    schema = [(t, i + 1, c, kind) for t in sorted(COLUMNS) for i, (c, kind) in enumerate(COLUMNS[t])]
    out[packed("_Tables", True)] = by_columns(pool, [TEXT], [(t,) for t in sorted(COLUMNS)])
    out[packed("_Columns", True)] = by_columns(pool, [TEXT, NUMBER, TEXT, NUMBER], schema)
    out.update(pool.streams())
    out["\5SummaryInformation"] = summary(
        title="Installation Database", subject=subject or properties["ProductName"],
        author=properties["Manufacturer"], template="x64;1033",
        revision="{11111111-2222-3333-4444-555555555555}", application="make-msi")
    out.update({name if name[0] == "\5" else packed(name): raw for name, raw in (extra or {}).items()})
    return out


def product(name="Tool", version="1.2.3", maker="Tools of Ann", **more):
    return {"ProductName": name, "ProductVersion": version, "Manufacturer": maker, "ProductLanguage": "1033",
            "ProductCode": "{77DE5C80-0000-4000-8000-00000000000%d}" % len(name[:9]),
            "UpgradeCode": "{99999999-0000-4000-8000-000000000001}", **more}


FILES = [("tool.exe", "Main", "TOOL~1.EXE|tool.exe", 12345, "1.2.3.4"), ("readme", "Main", "README.TXT", 7, "")]


def compound(parts, sector=512):
    """A compound file whose root has the class of a package."""
    data = bytearray(jumplists.compound(parts, sector))
    at = data.index("Root Entry".encode("utf-16-le")) + 80
    data[at:at + 16] = CLASS
    return bytes(data)


def package(*args, sector=512, **kinds):
    return compound(streams(*args, **kinds), sector)


def app(version):
    """A package with the names of the 3CX app, and nothing inside."""
    return package(product("3CX Desktop App", version, "3CX Ltd"),
                   [("exe", "App", "3CXDES~1.EXE|3CXDesktopApp.exe", 1, version)])


def with_stream(sound, name, raw):
    return compound({**sound, packed(name, True): raw})


def files():
    """Content by name; "bad/…" are damaged."""
    sound = streams(product(), FILES)
    tool = compound(sound)
    pool, columns = sound[packed("_StringPool", True)], sound[packed("_Columns", True)]
    cabinet = zlib.compress(b"x") + bytes(9000)
    return {
        "tool.msi": tool,
        "wide.msi": package(product(), FILES, wide=True, sector=4096),
        "utf-8.msi": package(product("Wörkzeug \u65e5"), FILES, page=65001),
        "western.msi": package(product("Wörkzeug €"), FILES, subject="Tool"),
        "cyrillic.msi": package(product("\u0422ool"), FILES, page=1251),
        "long.msi": package(product(Licence="a" * 70000, Z="z"), FILES),
        "cab.msi": package(product(), FILES, extra={"cab1.cab": cabinet, "Binary.icon": b"i" * 10}),
        "not-signed.msi": package(product(), FILES, extra={"\5DigitalSignature": b"no signature"}),
        "bad/no-pool.msi": compound({n: s for n, s in sound.items() if "_StringPool" not in n
                                               and n != packed("_StringPool", True)}),
        "bad/empty-pool.msi": with_stream(sound, "_StringPool", b"\0\0"),
        "bad/pool-past-end.msi": with_stream(sound, "_StringPool", pool[:4] + b"\xff" * 64),
        "bad/pool-cut.msi": with_stream(sound, "_StringPool", pool[:-40]),
        "bad/columns-cut.msi": with_stream(sound, "_Columns", columns[:-1]),
        "bad/columns-zero.msi": with_stream(sound, "_Columns", bytes(len(columns))),
        "bad/columns-ones.msi": with_stream(sound, "_Columns", b"\xff" * len(columns)),
        "bad/file-cut.msi": with_stream(sound, "File", sound[packed("File", True)][:-3]),
        "bad/file-references.msi": with_stream(sound, "File", b"\xff" * len(sound[packed("File", True)])),
        "bad/summary.msi": compound({**sound, "\5SummaryInformation": sound["\5SummaryInformation"][:46]}),
        "bad/summary-text.msi": compound({**sound, "\5SummaryInformation":
                                                    sound["\5SummaryInformation"][:48] + b"\xff" * 80}),
        "bad/cut.msi": tool[:2048],
        "bad/text.msi": b"no package at all",
        "bad/empty.msi": b"",
    }


if __name__ == "__main__":
    fixture_files.main(files())
