"""Hives and transaction logs that are damaged in one way each, for
tests/e2e/damaged_hives.py, with what must be said of them.

    for case in cases(): case.files, case.told, case.keys, case.values

`files` are {suffix: bytes} beside the hive's name. `told` has (suffix, words) of each
anomaly, words with offsets in the file; `also`: more may be said. `keys` and `values` are what is
still read (None: not known)."""

import collections
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hivelog
import regf

WHEN = regf.filetime("2023-03-29T08:15:30Z")
NAME = r"\??\C:\Users\ann\ntuser.dat"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
FAR = 0x7FFFFFF0
PARENT, SUBKEYS, LIST, VALUES, VALUE_LIST, SECURITY, CLASS, NAME_AT = 16, 20, 28, 36, 40, 44, 48, 76
VALUE_SIZE, VALUE_DATA, VALUE_NAME_AT = 4, 8, 20

Case = collections.namedtuple("Case", "name files told keys values also", defaults=[False])


class Damaged:
    """A small hive as bytes, and where in the file what lies."""

    def __init__(self):
        h = regf.Hive(NAME, WHEN)
        h.set(RUN, "Phone", "C:\\phone.exe")
        h.set(RUN, "Sidebar", "C:\\sidebar.exe")
        h.set("Above\\Below", "deep", 1)
        h.set("Big", "blob", bytes(range(256)) * 128)
        h.set("Odd\\\u0416key", "\u0416value", 7)
        h.key_class("Odd", "a class")
        self.data, self.cells = bytearray(h.build()), h.cells
        self.keys = sum(kind == "key" for kind, *_ in self.cells)
        self.values = len(self.cells) - self.keys

    def key(self, path):
        return self.cells["key", path]

    def value(self, path, name):
        return self.cells["value", path, name]

    def get(self, cell, at):
        return struct.unpack_from("<I", self.data, cell + 4 + at)[0]

    def put(self, cell, at, number, form="<I"):
        struct.pack_into(form, self.data, cell + 4 + at, number)

    def cell(self, offset):
        """Of an offset in the hive: its place in the file."""
        return offset + regf.HEADER

    def case(self, name, told, keys=0, values=0, **more):
        """`keys` and `values`: how many are lost."""
        data = bytes(self.data)
        if more.get("seal", True):
            data = hivelog.seal(data) + data[hivelog.BASE:]
        return Case(name, {"": data}, told if isinstance(told, list) else [("", told)],
                    self.keys - keys, self.values - values)


def headers():
    d = Damaged()
    d.data[508] ^= 0xFF
    yield d.case("checksum", [("", "the checksum of the header is wrong (offset 0)"),
                              ("", "hive is dirty and has no transaction logs")], seal=False)
    d = Damaged()
    del d.data[-4096:]
    size = len(d.data) - regf.HEADER
    yield d.case("truncated", f"cut off: {size} of {size + 4096} bytes of bins are there (offset {len(d.data)})")._replace(
        keys=None, values=None, also=True)


def bins():
    d = Damaged()
    d.put(regf.HEADER - 4, 8, 0x7000)  # the size of the first bin: it swallows others
    yield d.case("bin-size", "the cells of the bin at 0x0 end at 0x1000 (offset 8192)")._replace(also=True)
    d = Damaged()
    d.put(regf.HEADER - 4, 8, 0x7FFFF000)
    yield d.case("bin-too-large", "no bin from 0x0 to 0x1000 (offset 4096)")._replace(also=True)
    d = Damaged()
    d.data[regf.HEADER:regf.HEADER + 4] = b"xxxx"
    yield d.case("bin-signature", "no bin from 0x0 to 0x1000 (offset 4096)")._replace(also=True)


def keys():
    d = Damaged()
    d.put(d.key("Above"), LIST, FAR)
    yield d.case("list-outside", f'key "Above": 1 of its subkeys cannot be read: cell {FAR:#x} is no list of '
                 f'subkeys (offset {d.key("Above")})', keys=1, values=1)
    d = Damaged()
    below, above = d.key("Above\\Below"), d.key("Above")
    d.put(below, SUBKEYS, 1)
    d.put(below, LIST, d.get(d.key("Odd"), LIST))
    entry = d.cell(d.get(below, LIST))
    d.put(entry, 4, above - regf.HEADER)
    d.put(d.key("Odd"), SUBKEYS, 0)
    yield d.case("loop", f'key "Above\\Below": 1 of its subkeys cannot be read: cell {above - regf.HEADER:#x} '
                 f"belongs to another key (offset {below})", keys=1, values=1)
    d = Damaged()
    below, root = d.key("Above\\Below"), d.key("")
    d.put(below, SUBKEYS, 1)
    d.put(below, LIST, d.get(root, LIST))
    d.put(root, PARENT, below - regf.HEADER)
    leaf = d.cell(d.get(d.key("Odd"), LIST))
    d.put(below, LIST, d.get(d.key("Odd"), LIST))
    d.put(leaf, 4, root - regf.HEADER)
    d.put(d.key("Odd"), SUBKEYS, 0)
    yield d.case("loop-root", f'key "Above\\Below": 1 of its subkeys cannot be read: cell {root - regf.HEADER:#x} '
                 f"is the root of the hive (offset {below})", keys=1, values=1)
    d = Damaged()
    odd = d.key("Odd\\\u0416key")
    d.put(odd, NAME_AT, 0xD816, "<H")
    yield d.case("key-surrogate", f'its name has a surrogate without its other half (offset {odd})')
    d = Damaged()
    odd = d.value("Odd\\\u0416key", "\u0416value")
    d.put(odd, VALUE_NAME_AT, 0xDC16, "<H")
    yield d.case("value-surrogate", f'its name has a surrogate without its other half (offset {odd})')
    d = Damaged()
    d.put(d.key("Odd"), CLASS, FAR)
    yield d.case("class-outside", f'key "Odd": its class at {FAR:#x} cannot be read (offset {d.key("Odd")})')
    d = Damaged()
    d.put(d.key("Odd"), SECURITY, FAR)
    yield d.case("security-outside", f'key "Odd": no security descriptor at {FAR:#x} (offset {d.key("Odd")})')
    d = Damaged()
    sk = d.cell(d.get(d.key("Odd"), SECURITY))
    d.data[sk + 4:sk + 6] = b"xx"
    yield d.case("security-overwritten", f"no security descriptor at {sk - regf.HEADER:#x} (offset {d.key('')})")


def values():
    d = Damaged()
    d.put(d.value(RUN, "Phone"), VALUE_DATA, FAR)
    yield d.case("data-outside", f'key "{RUN}": value "Phone": no data cell at {FAR:#x} (offset {d.value(RUN, "Phone")})',
                 values=1)
    d = Damaged()
    data = d.get(d.value(RUN, "Phone"), VALUE_DATA)
    d.put(d.value(RUN, "Phone"), VALUE_SIZE, 4000)
    yield d.case("data-longer", f'value "Phone": data cell at {data:#x} holds 28 of 4000 bytes (offset {d.value(RUN, "Phone")})',
                 values=1)
    d = Damaged()
    d.put(d.value(RUN, "Phone"), -4, 0, "<i")
    off = d.value(RUN, "Phone")
    yield d.case("value-cell", [("", f'key "{RUN}": value 1: no cell at {off - regf.HEADER:#x} (offset {d.key(RUN)})'),
                                ("", f"end at {off - regf.HEADER:#x} (offset {off})")], values=1)
    d = Damaged()
    blob = d.value("Big", "blob")
    d.put(d.cell(d.get(d.cell(d.get(blob, VALUE_DATA)), 4)), 4, FAR)
    yield d.case("segment-missing", f'key "Big": value "blob": no data segment 2 of 3 at {FAR:#x} (offset {blob})', values=1)
    d = Damaged()
    d.put(d.key(RUN), VALUES, 0x40000001)
    yield d.case("values-overflow", f'key "{RUN}": the list of 1073741825 values at {d.get(d.key(RUN), VALUE_LIST):#x} is too short (offset {d.key(RUN)})', values=2)
    d = Damaged()
    d.put(d.key(RUN), VALUE_LIST, FAR)
    yield d.case("values-outside", f'key "{RUN}": no list of values at {FAR:#x} (offset {d.key(RUN)})', values=2)


def shared():
    """Keys that share one long list of values, which would make a walk take for ever."""
    h = regf.Hive(NAME, WHEN)
    for i in range(500):
        h.set(f"Many\\k{i:03}", "own", i)
    for i in range(2000):
        h.set("Long", f"v{i:04}", i)
    h.set("Zone", "kept", 1)
    data = bytearray(h.build())
    (at,) = struct.unpack_from("<I", data, h.cells["key", "Long"] + 4 + VALUE_LIST)
    for i in range(500):
        struct.pack_into("<I", data, h.cells["key", f"Many\\k{i:03}"] + 4 + VALUES, 2000)
        struct.pack_into("<I", data, h.cells["key", f"Many\\k{i:03}"] + 4 + VALUE_LIST, at)
    words = f"the list of 2000 values at {at:#x}, or values in it, are those of other keys, too (offset "
    yield Case("shared-list", {"": bytes(data)}, [("", words)], 504, None, True)


def large():
    """Much is no damage; what is too much is."""
    h = regf.Hive(NAME, WHEN)
    for i in range(70000):
        h.set("Many", f"v{i}", i)
    yield Case("many-values", {"": h.build()}, [], 2, 70000)
    h = regf.Hive(NAME, WHEN)
    for i in range(70000):
        h.key(f"Many\\k{i}")
    yield Case("many-keys", {"": h.build()}, [], 70002, 0)
    h = regf.Hive(NAME, WHEN)
    h.set("\\".join("d" * 600), "bottom", 1)
    h.set("Beside", "kept", 1)
    sys.setrecursionlimit(20000)
    data = h.build()
    at = h.cells["key", "\\".join("d" * 513)]
    yield Case("deep", {"": data}, [("", f"is nested deeper than a registry allows (offset {at})")], 514, 1, True)


def stages():
    """A hive, dirty, and what two entries of its logs make of it."""
    steps = []
    for step in range(3):
        h = regf.Hive(NAME, WHEN)
        h.set(RUN, "Sidebar", "C:\\sidebar.exe")
        h.set("Notes", "seen", min(step, 1))
        if step == 2:
            h.set(RUN, "Phone", "C:\\phone.exe")
        steps.append(h.build())
    return steps


def logs():
    """Sidebar and seen are in the hive, Phone is in the second log."""
    old, middle, new = stages()
    hive = hivelog.header(old, (10, 9))
    first = hivelog.entries(middle, 10, [hivelog.delta(old, middle)])
    second = hivelog.entries(new, 11, [hivelog.delta(middle, new)])
    none = ("", "hive is dirty and nothing in its transaction logs could be applied")

    def case(name, told, values, one=first, two=second):
        return Case(name, {"": hive, ".LOG1": one, ".LOG2": two}, told, 7, values)

    def entry_damaged(log, at):
        return log[:at] + bytes([log[at] ^ 0xFF]) + log[at + 1:]

    yield case("logs", [], 3)
    yield case("logs-swapped", [], 3, second, first)
    stranger = regf.Hive(r"\SystemRoot\System32\Config\SOFTWARE", WHEN)
    foreign = hivelog.entries(stranger.build(), 10, [[(0, stranger.build()[4096:8192])]])
    yield case("log-foreign", [(".LOG1", 'transaction log not applied: at offset 48: a log of "')], 3, foreign, second)
    yield case("log-truncated", [(".LOG2", "no entry at offset 512: the log is cut off in it")], 2, first, second[:2000])
    yield case("log-head-truncated", [(".LOG2", "no entry at offset 512: the log is cut off in it")], 2, first, second[:530])
    yield case("log-without-header", [(".LOG2", "no base block at offset 0")], 2, first, second[:100])
    yield case("log-checksum", [(".LOG2", "the checksum of its base block at offset 0 is wrong")], 2, first, entry_damaged(second, 300))
    yield case("log-entry-head", [(".LOG2", "no entry at offset 512: the checksum of its head is wrong")], 2, first,
               entry_damaged(second, 530))
    yield case("log-entry-body", [(".LOG2", "no entry at offset 512: the checksum of its content is wrong")], 2, first,
               entry_damaged(second, 1100))
    both = hivelog.entries(middle, 10, [hivelog.delta(old, middle), hivelog.delta(middle, new)])
    at = len(first)
    yield case("log-torn", [(".LOG1", f"transaction log applied in part: stopped at the entry at offset {at}: the log is cut off in it")],
               2, both[:at + 600], b"")
    later = hivelog.entries(new, 13, [hivelog.delta(middle, new)])
    yield case("log-gap", [(".LOG2", "transaction log not applied: it begins at offset 512 with entry 13, not 11")], 2, first, later)
    yield case("logs-none", [(".LOG1", "no transaction log (type 0 at offset 28)"), none], 2,
               hivelog.header(old, (10, 10)), b"")


def cases():
    for make in (headers, bins, keys, values, shared, large, logs):
        yield from make()
