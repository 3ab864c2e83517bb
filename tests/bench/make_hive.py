"""Writes a hive like a large SOFTWARE, the same for the same options: a piece of it is made by
tests/data/regf.py, copied until the size is reached, and each copy's offsets are moved.

usage: make_hive.py OUT [--size MIB] [--truth FILE]

--truth writes the number of keys and of values."""
import argparse
import array
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "data")]
sys.dont_write_bytecode = True

import regf

WHEN = regf.filetime("2023-03-29T08:15:30Z")
MARK = "{0C0FFEE0-%04X-4B3D-9C1F-%012X}"  # a key that is copied; the first eight digits become its number
MARK_HEX = b"{0C0FFEE0-"
FOLDERS = {
    "Classes\\CLSID": 24,
    "Classes\\Interface": 40,
    "Microsoft\\Windows\\CurrentVersion\\Installer\\UserData\\S-1-5-18\\Components": 60,
    "Microsoft\\Windows\\CurrentVersion\\Uninstall": 6,
    "Microsoft\\Windows\\CurrentVersion\\AppModel\\StateRepository\\Cache": 16,
    "Wow6432Node\\Classes\\CLSID": 14,
}
WORDS = "Agent Audio Bridge Cache Common Core Data Device Driver Event Host Item Media Policy Service View".split()
LEAF = 500  # entries of a list of subkeys; regf.LEAF_MAX fit


def word(rng):
    return "".join(rng.choices(WORDS, k=rng.randint(1, 3)))


def fill(hive, rng, folder, top):
    """What lies below one of the keys that are copied."""
    put = lambda path, name, value, kind=None: hive.set(top + path, name, value, kind)
    path = "C:\\Windows\\System32\\%s.dll" % word(rng)
    if folder.endswith("CLSID"):
        put("", "", word(rng) + " Class")
        put("\\InProcServer32", "", path.replace("C:\\Windows", "%SystemRoot%"), "REG_EXPAND_SZ")
        put("\\InProcServer32", "ThreadingModel", rng.choice(("Both", "Apartment")))
        put("\\ProgID", "", word(rng) + ".1")
        if rng.random() < 0.4:
            put("\\TypeLib", "", MARK % (7, rng.getrandbits(48)))
            hive.key(top + "\\Implemented Categories\\" + MARK % (9, rng.getrandbits(48)))
    elif folder.endswith("Interface"):
        put("", "", "I" + word(rng))
        put("\\ProxyStubClsid32", "", MARK % (7, rng.getrandbits(48)))
        put("\\NumMethods", "", str(rng.randint(3, 40)))
    elif folder.endswith("Components"):
        for _ in range(rng.randint(1, 2)):
            put("", "%032X" % rng.getrandbits(128), path)
    elif folder.endswith("Uninstall"):
        for name in ("DisplayName", "DisplayVersion", "InstallLocation", "Publisher", "UninstallString"):
            put("", name, word(rng) + " " + path)
        put("", "EstimatedSize", rng.getrandbits(20))
        put("", "VersionMajor", rng.getrandbits(4))
    else:
        put("", "Index", rng.getrandbits(16))
        put("", "_Modified", rng.getrandbits(62), "REG_QWORD")
        put("\\Data\\%x" % rng.getrandbits(12), "Blob", rng.randbytes(rng.choice((24, 90, 300, 900))))
        put("\\Data\\%x" % rng.getrandbits(12), "Names", [word(rng) for _ in range(4)])


def template(seed=1):
    """(bins, {folder: [offset of a key]}) of one piece."""
    rng = random.Random(seed)
    hive, tops = regf.Hive("SOFTWARE", WHEN), {}
    for folder, count in FOLDERS.items():
        for i in range(count):
            top = MARK % (len(tops), rng.getrandbits(48))
            tops[top] = folder
            fill(hive, rng, folder, top)
    data = hive.build()
    offsets = {folder: [] for folder in FOLDERS}
    for top, folder in tops.items():
        offsets[folder].append(hive.cells["key", top] - regf.HEADER)
    return bytearray(data[regf.HEADER:]), offsets


class Fields:
    """Where in a piece offsets stand, found by following them."""

    def __init__(self, bins):
        self.bins, self.at, self.keys, self.values = bins, [], 0, 0

    def u32(self, at):
        return struct.unpack_from("<I", self.bins, at)[0]

    def offset(self, at):
        """Notes the field at `at`; where its cell's content begins."""
        if self.u32(at) == regf.NONE:
            return None
        self.at.append(at)
        return self.u32(at) + 4

    def key(self, cell):
        self.keys += 1
        self.offset(cell + 16)
        subkeys, nvalues = self.offset(cell + 28), self.u32(cell + 36)
        values = self.offset(cell + 40)
        self.values += nvalues
        for i in range(nvalues):
            value = self.offset(values + 4 * i)
            if 0 < self.u32(value + 4) < 0x80000000:
                self.offset(value + 8)
        if subkeys:
            for i in range(struct.unpack_from("<H", self.bins, subkeys + 2)[0]):
                self.key(self.offset(subkeys + 4 + 8 * i))


def name_hash(name):
    digest = 0
    for char in name.upper():
        digest = (digest * 37 + char) & regf.NONE
    return digest


class Large:
    """Bins, first those with the folders, then the copies."""

    def __init__(self, size):
        self.piece, tops = template()
        fields = Fields(self.piece)
        for folder in FOLDERS:
            for off in tops[folder]:
                fields.key(off + 4)
        self.tops, self.copies = tops, max(1, size // len(self.piece))
        self.parents = {off: folder for folder in FOLDERS for off in tops[folder]}
        self.fixed = sorted({at // 4 for at in fields.at} - {(off + 4 + 16) // 4 for off in self.parents})
        self.keys, self.values = fields.keys * self.copies, fields.values * self.copies

    def folders(self):
        """A hive of the folders, each with room for its lists of subkeys in a value."""
        hive = regf.Hive("\\SystemRoot\\System32\\Config\\SOFTWARE", WHEN, root="CMI-CreateHive{SOFTWARE}")
        for folder in FOLDERS:
            hive.key(folder)
        return hive

    def write(self, path):
        hive = self.folders()
        base = bytearray(hive.build()[regf.HEADER:])
        lists = {f: self.list_size(len(self.tops[f]) * self.copies) for f in FOLDERS}
        room = -(-(32 + sum(lists.values()) + 8) // 4096) * 4096
        first = len(base) + room
        where, at = {}, len(base) + 32
        bins = bytearray(struct.pack("<4sIIQQI", b"hbin", len(base), room, 0, WHEN, 0)).ljust(room, b"\0")
        for folder, size in lists.items():
            where[folder], at = at, at + size
            cell = hive.cells["key", folder] - regf.HEADER + 4
            struct.pack_into("<I", base, cell + 20, len(self.tops[folder]) * self.copies)
            struct.pack_into("<I", base, cell + 28, self.lists(bins, where[folder], len(base), folder, first))
        struct.pack_into("<i", bins, at - len(base), len(base) + room - at)
        self.keys += len(hive.cells)
        total = first + self.copies * len(self.piece)
        root = hive.cells["key", ""] - regf.HEADER
        with open(path, "wb") as out:
            out.write(hive._header(root, total))
            out.write(base)
            out.write(bins)
            security = struct.unpack_from("<I", base, root + 4 + 44)[0]
            for i in range(self.copies):
                out.write(self.copy(i, first + i * len(self.piece), hive, security))

    def copy(self, number, start, hive, security):
        words = array.array("I", bytes(self.piece))
        for i in self.fixed:
            words[i] += start
        for off, folder in self.parents.items():
            words[(off + 4 + 16) // 4] = hive.cells["key", folder] - regf.HEADER
        at = 0
        data = bytearray(words.tobytes())
        while at < len(data):  # the bins of the piece say where they lie
            struct.pack_into("<I", data, at + 4, start + at)
            at += struct.unpack_from("<I", data, at + 8)[0]
        for at in self.keys_at():
            struct.pack_into("<I", data, at + 44, security)
        return bytes(data).replace(MARK_HEX, b"{%08X-" % number)

    def keys_at(self):
        if not hasattr(self, "_keys"):
            fields, self._keys = Fields(self.piece), []
            seen = fields.key
            fields.key = lambda cell: (self._keys.append(cell), seen(cell))
            for off in self.parents:
                fields.key(off + 4)
        return self._keys

    @staticmethod
    def list_size(count):
        """Bytes of the cells of a list of lists."""
        leaves = -(-count // LEAF)
        leaf = -(-(8 + 8 * LEAF) // 8) * 8
        return leaves * leaf + -(-(8 + 4 * leaves) // 8) * 8

    def lists(self, bins, at, base, folder, first):
        """Writes them at `at`, and says where the uppermost lies."""
        entries = [(first + i * len(self.piece) + off, i) for i in range(self.copies)
                   for off in self.tops[folder]]
        leaves, size = [], -(-(8 + 8 * LEAF) // 8) * 8
        for i in range(0, len(entries), LEAF):
            part = entries[i:i + LEAF]
            struct.pack_into("<i2sH", bins, at - base, -size, b"lh", len(part))
            for k, (off, number) in enumerate(part):
                struct.pack_into("<II", bins, at - base + 8 + 8 * k, off, self.hash_of(off, first, number))
            leaves.append(at)
            at += size
        size = -(-(8 + 4 * len(leaves)) // 8) * 8
        struct.pack_into("<i2sH%dI" % len(leaves), bins, at - base, -size, b"ri", len(leaves), *leaves)
        return at

    def hash_of(self, off, first, number):
        cell = off - first - number * len(self.piece) + 4
        size = struct.unpack_from("<H", self.piece, cell + 72)[0]
        name = bytes(self.piece[cell + 76:cell + 76 + size])
        return name_hash(name.replace(MARK_HEX, b"{%08X-" % number))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("out")
    p.add_argument("--size", type=int, default=100)
    p.add_argument("--truth")
    args = p.parse_args()
    large = Large(args.size << 20)
    large.write(args.out)
    if args.truth:
        with open(args.truth, "w", encoding="ascii") as f:
            f.write("%d %d\n" % (large.keys, large.values))
    return 0


if __name__ == "__main__":
    sys.exit(main())
