"""Writes the hives of tests/unit/test_hive.c: small.hive has one value of each
kind, names of each encoding, big data, a list of lists; typed.hive has the types
of apps and devices; deep.hive is nested deeper than a registry allows. With --seeds writes the seeds of
tests/fuzz/fuzz_hive.c instead.

    python3 make-hive.py [--seeds] FOLDER"""

import os
import struct
import sys
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import regf

WHEN = regf.filetime("2023-03-29T08:15:30.1234567Z")
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"


def pattern(size):
    return bytes((i * 7 + i // 251) & 0xFF for i in range(size))


def small():
    hive = regf.Hive(r"\??\C:\Users\ann\ntuser.dat", WHEN, root="CMI-CreateHive{0}")
    hive.set(RUN, "Phone", r'"C:\Users\ann\AppData\Local\Phone\app.exe" autoLaunch')
    hive.set(RUN, "Sidebar", r"%ProgramFiles%\Sidebar.exe /autoRun", "REG_EXPAND_SZ")
    hive.key_time(RUN, regf.filetime("2023-03-30T01:02:03Z"))
    hive.set("Types", "", "the default")
    hive.set("Types", "none", b"", "REG_NONE")
    hive.set("Types", "sz", "J\u00fcrgen \U0001f30d")
    hive.set("Types", "hidden", "shown\0behind")
    hive.set("Types", "open", "no end".encode("utf-16-le"), "REG_SZ")
    hive.set("Types", "lone", b"a\0\x00\xd8b\0\0\0", "REG_SZ")
    hive.set("Types", "binary", bytes(range(9)))
    hive.set("Types", "short", b"\x01\x02\x03")
    hive.set("Types", "dword", 0xFEDCBA98)
    hive.set("Types", "dword-be", 0x01020304, "REG_DWORD_BIG_ENDIAN")
    hive.set("Types", "dword-odd", b"\x2a", "REG_DWORD")
    hive.set("Types", "link", r"\Registry\Machine".encode("utf-16-le"), "REG_LINK")
    hive.set("Types", "multi", ["one", "two", "three"])
    hive.set("Types", "multi-none", [])
    hive.set("Types", "multi-open", "one\0two".encode("utf-16-le"), "REG_MULTI_SZ")
    hive.set("Types", "qword", 1 << 63)
    hive.set("Types", "strange", b"\xde\xad\xbe\xef!", 0x52)
    for size in (regf.SEGMENT, regf.SEGMENT + 1, 2 * regf.SEGMENT + 1):
        hive.set("Big", str(size), pattern(size))
    hive.set("Big", "text", "x" * 9000)
    hive.key("Names\\Gr\u00f6\u00dfe")
    hive.key("Names\\\u041f\u0440\u0438\u0432\u0435\u0442")
    hive.key("Names\\\U0001f30e")
    hive.set("Names", r"\DosDevices\C:", b"12345678")
    hive.key_class("Names", "a class")
    for i in range(regf.LEAF_MAX + 3):
        hive.key(f"Many\\k{i:03}")
    return hive


APP = 0x5F5E100  # types of settings.dat, and of properties of devices
DEVPROP = 0xFFFF0000
GUID = uuid.UUID("8f0e7c52-3cf0-4a11-9d55-0123456789ab").bytes_le


def typed():
    """Values of settings.dat end with the time at which they were written."""
    hive = regf.Hive("settings.dat", WHEN)
    wide = lambda text: (text + "\0").encode("utf-16-le")
    later = regf.filetime("2023-04-01T00:00:00Z")
    app = {
        "u8": (1, b"\xff"), "i16": (2, struct.pack("<h", -2)), "u16": (3, struct.pack("<H", 65535)),
        "i32": (4, struct.pack("<i", -70000)), "u32": (5, struct.pack("<I", 1 << 31)),
        "i64": (6, struct.pack("<q", -5)), "u64": (7, struct.pack("<Q", 1 << 40)),
        "single": (8, struct.pack("<f", 1.5)), "double": (9, struct.pack("<d", -0.25)),
        "char": (10, "\u0416".encode("utf-16-le")), "bool": (11, b"\1"), "off": (11, b"\0"),
        "string": (12, wide("Dark")), "composite": (13, b"\x10\0\0\0rest"), "date": (14, struct.pack("<Q", later)),
        "span": (15, struct.pack("<q", 10**7)), "guid": (16, GUID), "short": (4, b"\1"),
    }
    for name, (number, data) in app.items():
        hive.set("App", name, data + struct.pack("<Q", WHEN), APP + number)
    hive.set("App", "unstamped", b"\1", APP + 11)
    hive.set("App", "never", bytes(8) + struct.pack("<Q", WHEN), APP + 14)
    hive.set("Device", "u32", struct.pack("<I", 7), DEVPROP + 7)
    hive.set("Device", "guid", GUID, DEVPROP + 13)
    hive.set("Device", "time", struct.pack("<Q", later), DEVPROP + 16)
    hive.set("Device", "true", b"\xff", DEVPROP + 17)
    hive.set("Device", "text", wide("Disk"), DEVPROP + 18)
    hive.set("Device", "list", wide("a\0b\0"), DEVPROP + 0x2012)
    hive.set("Device", "filetime", struct.pack("<Q", later), 16)
    hive.set("Lone", "v\udc00w", 1)
    hive.key("Lone\\k\ud800l")
    return hive


def deep():
    hive = regf.Hive("deep", WHEN)
    hive.set("\\".join("d" for _ in range(520)), "bottom", 1)
    return hive


def seeds():
    """Hives of few bins, for a fuzzer to bend."""
    plain = regf.Hive("plain", WHEN)
    plain.set("A\\B", "", "text")
    plain.set("A\\B", "n", 7)
    plain.set("A", "list", ["x", "y"])
    plain.key("C\u0416")
    yield "plain", plain.build()

    lists = regf.Hive("lists", WHEN)
    regf.LEAF_MAX = 2
    for name in "abcde":
        lists.set(name, "v", b"12345678")
    yield "lists", lists.build()

    big = regf.Hive("big", WHEN)
    big.set("", "v", pattern(regf.SEGMENT + 1))
    yield "big", big.build()

    damaged = bytearray(plain.build())
    at = plain.cells["key", "A\\B"]
    damaged[at + 4 : at + 6] = b"??"
    yield "damaged", bytes(damaged)


def main():
    if sys.argv[1] == "--seeds":
        for name, data in seeds():
            with open(os.path.join(sys.argv[2], name), "wb") as f:
                f.write(data)
        return
    sys.setrecursionlimit(10000)
    for name, hive in ("deep.hive", deep()), ("typed.hive", typed()), ("small.hive", small()):
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(hive.build())


if __name__ == "__main__":
    main()
