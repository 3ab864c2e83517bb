#!/usr/bin/env python3
"""3cx-usn: records of a change journal about files of the 3CX case, with paths out of $MFT or out of the
journal itself; and records about files of other programs with the same names."""
import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import fixture_files
import sample_tree
import support
from sample_tree import FIRST, filetime
from support import same

CREATED, DELETED, CLOSED = 0x100, 0x200, 0x80000000


def reference(number, sequence=1):
    return sequence << 48 | number


def record(name, ref, parent, when, reason, version=2):
    raw = name.encode("utf-16-le")
    head = {2: 60, 3: 76}[version]
    pad = -(head + len(raw)) % 8
    refs = struct.pack("<QQ", ref, parent) if version == 2 else struct.pack("<QQQQ", ref, 0, parent, 0)
    return (struct.pack("<IHH", head + len(raw) + pad, version, 0) + refs
            + struct.pack("<QQIIIIHH", 0, filetime(when), reason, 0, 0, 32, len(raw), head) + raw + bytes(pad))


def file_record(name, parent, sequence=1):
    """A record of $MFT with a long and a short name."""
    def attribute(text, space):
        raw = text.encode("utf-16-le")
        value = struct.pack("<Q", parent) + bytes(56) + struct.pack("<BB", len(text), space) + raw
        size = 24 + len(value) + -len(value) % 8
        return struct.pack("<IIBBHHHIHBB", 0x30, size, 0, 0, 24, 0, 0, len(value), 24, 0, 0) + value + bytes(-len(value) % 8)

    body = attribute("SHORT~1", 2) + attribute(name, 1) + struct.pack("<I", 0xFFFFFFFF)
    out = bytearray(struct.pack("<4sHHQHHHH", b"FILE", 48, 3, 0, sequence, 1, 56, 1).ljust(56, b"\0") + body)
    out = out.ljust(1024, b"\0")
    out[48:50] = b"\x07\x00"
    for sector in (1, 2):
        out[48 + 2 * sector:50 + 2 * sector] = out[512 * sector - 2:512 * sector]
        out[512 * sector - 2:512 * sector] = b"\x07\x00"
    return bytes(out)


def table(rows):
    """{number: (name, parent)} as $MFT."""
    out = bytearray(64 * 1024)
    for number, (name, parent) in rows.items():
        out[1024 * number:1024 * number + 1024] = file_record(name, reference(parent, 5 if parent == 5 else 1))
    return bytes(out)


MFT = table({30: ("Users", 5), 31: ("kim", 30), 32: ("Programs", 31), 33: ("3CXDesktopApp", 32), 34: ("app", 33),
             40: ("ChatBox", 32), 41: ("app", 40), 42: ("Default", 31)})
APP, CHAT, PROFILE = reference(34), reference(41), reference(42)
GONE = reference(50, 7)  # a folder whose record has another file now
JOURNAL = bytes(65536) + b"".join((
    record("manifest", reference(60), APP, FIRST, CREATED),
    record("manifest", reference(60), APP, FIRST + 60, DELETED | CLOSED),
    record("manifest", reference(61), CHAT, FIRST, DELETED | CLOSED),
    record("manifest.json", reference(62), APP, FIRST, DELETED | CLOSED),
    record("manifest", reference(63), reference(99), FIRST, DELETED | CLOSED),
    record("app-18.12.416", GONE, reference(33), FIRST + 90, DELETED | CLOSED),
    record("ffmpeg.dll", reference(64), GONE, FIRST + 80, DELETED | CLOSED, 3),
    record("ffmpeg.dll", reference(65), CHAT, FIRST, DELETED | CLOSED),
    record("History.old", reference(66), PROFILE, FIRST + 120, DELETED | CLOSED),
    b"manifest".join([b"\0" * 3] * 4), "manifest".encode("utf-16-le") + bytes(9))) + "manifest".encode("utf-16-le")

T = support.scratch()
TREE = {"Windows/System32/ntoskrnl.exe": sample_tree.program("kernel"), "$MFT": MFT, "$Extend/$J": JOURNAL}
fixture_files.write(os.path.join(T, "tree"), TREE)
_, out = support.collect(os.path.join(T, "out"), "-p", "3cx-usn", os.path.join(T, "tree"))
archive = support.Archive(out)
rows = sorted((r["kind"], r["fields"]["time"], r["fields"]["path"], r["fields"]["reason"], r["fields"].get("user"))
              for r in archive.records().get("3cx-usn", []))
HOME = "Users/kim/Programs/3CXDesktopApp/"
same("what is told", rows, sorted([
    ("journal", "2023-03-14T09:12:00Z", HOME + "app/manifest", "created", "kim"),
    ("deleted", "2023-03-14T09:13:00Z", HOME + "app/manifest", "deleted, closed", "kim"),
    ("deleted", "2023-03-14T09:13:30Z", HOME + "app-18.12.416", "deleted, closed", "kim"),
    ("deleted", "2023-03-14T09:13:20Z", HOME + "app-18.12.416/ffmpeg.dll", "deleted, closed", "kim"),
    ("deleted", "2023-03-14T09:14:00Z", "Users/kim/Default/History.old", "deleted, closed", "kim")]))
same("no finding of its own", archive.findings, [])
support.finish()
