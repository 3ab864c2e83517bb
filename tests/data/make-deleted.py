"""Writes deleted.hive of tests/unit/test_hive_find.c: what is deleted in it is
taken out of the lists of its key, and its cells are given up, as Windows does.

    Software\\App       the value "secret" was deleted; "kept" was not
    Software\\Gone      was deleted with the key "Below" and its two values, of which
                       "lost" has data that was overwritten since
    Orphan             was deleted, and the key above it was overwritten

    python3 make-deleted.py FOLDER"""

import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import regf

WHEN = regf.filetime("2023-03-29T08:15:30Z")
SUBKEYS, SUBKEY_LIST, VALUES, VALUE_LIST = 20, 28, 36, 40  # fields of a key, from its signature
VALUE_SIZE, VALUE_DATA = 4, 8


class Editor:
    """A hive as bytes. Positions are those of cells in the file."""

    def __init__(self, hive):
        self.data = bytearray(hive.build())
        self.cells = hive.cells

    def field(self, cell, at):
        return struct.unpack_from("<I", self.data, cell + 4 + at)[0]

    def put(self, cell, at, value):
        struct.pack_into("<I", self.data, cell + 4 + at, value)

    def free(self, cell):
        (size,) = struct.unpack_from("<i", self.data, cell)
        struct.pack_into("<i", self.data, cell, abs(size))

    def cell(self, offset):
        return offset + regf.HEADER

    def free_value(self, path, name):
        cell = self.cells["value", path, name]
        if self.field(cell, VALUE_SIZE) < 0x80000000:
            self.free(self.cell(self.field(cell, VALUE_DATA)))
        self.free(cell)

    def delete_value(self, path, name):
        key = self.cells["key", path]
        entries = self.cell(self.field(key, VALUE_LIST))
        count = self.field(key, VALUES)
        wanted = self.cells["value", path, name] - regf.HEADER
        left = [self.field(entries, 4 * i) for i in range(count) if self.field(entries, 4 * i) != wanted]
        for i, offset in enumerate(left):
            self.put(entries, 4 * i, offset)
        self.put(key, VALUES, len(left))
        self.free_value(path, name)

    def delete_key(self, path, values=()):
        """One without subkeys, the last in the list of the key above."""
        above = self.cells["key", path.rpartition("\\")[0]]
        entries = self.cell(self.field(above, SUBKEY_LIST))
        count = self.field(above, SUBKEYS) - 1
        self.put(above, SUBKEYS, count)
        struct.pack_into("<H", self.data, entries + 6, count)
        if count == 0:
            self.free(entries)
            self.put(above, SUBKEY_LIST, regf.NONE)
        key = self.cells["key", path]
        if values:
            self.free(self.cell(self.field(key, VALUE_LIST)))
        for name in values:
            self.free_value(path, name)
        self.free(key)


def hive():
    h = regf.Hive("deleted", WHEN)
    h.set("Software\\App", "kept", "still there")
    h.set("Software\\App", "secret", "was here once")
    h.set("Software\\Gone\\Below", "number", 77)
    h.set("Software\\Gone\\Below", "lost", "this is overwritten")
    h.key("Zone\\Orphan")
    return h


def main():
    h = hive()
    e = Editor(h)
    e.delete_value("Software\\App", "secret")
    lost = e.cell(e.field(e.cells["value", "Software\\Gone\\Below", "lost"], VALUE_DATA))
    e.delete_key("Software\\Gone\\Below", ["number", "lost"])
    e.delete_key("Software\\Gone")
    struct.pack_into("<i", e.data, lost, -abs(struct.unpack_from("<i", e.data, lost)[0]))  # used again
    e.delete_key("Zone\\Orphan")
    e.delete_key("Zone")
    zone = e.cells["key", "Zone"]
    e.data[zone + 4 : zone + 6] = b"xx"  # overwritten
    with open(os.path.join(sys.argv[1], "deleted.hive"), "wb") as f:
        f.write(e.data)


if __name__ == "__main__":
    main()
