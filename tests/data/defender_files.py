"""Files of Microsoft Defender's quarantine, for tests. The key is the one in lua-scripts/lib/defender.lua."""

import os
import re
import struct

import fixture_pe
from sample_tree import FIRST, filetime

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "../../lua-scripts/lib/defender.lua"), encoding="utf-8") as source:
    KEY = bytes.fromhex("".join(re.findall('"([0-9a-f]{64})"', source.read())))


def wide(text):
    return text.encode("utf-16-le")


def rc4(data):
    return fixture_pe.rc4(KEY, data)


def quarantined(name, path, ident, when=FIRST + 900):
    """An entry about one file."""
    about = bytes(32) + struct.pack("<QQI", filetime(when), 1, 1) + name.encode() + b"\0"
    item = wide("\\\\?\\" + path + "\0") + struct.pack("<H", 2) + b"file\0"
    for kind, value in ((0x5002, bytes.fromhex(ident)), (0x200C, wide(path + "\0"))):
        item += bytes(-(8 + len(item)) % 4) + struct.pack("<HH", len(value), kind) + value
    list_ = struct.pack("<II", 1, 8) + item
    head = b"fixture\0".ljust(40, b"\0") + struct.pack("<IIII", len(about), len(list_), 0, 0) + bytes(4)
    return rc4(head) + rc4(about) + rc4(list_)


def kept(data):
    security = b"descriptor"
    return rc4(struct.pack("<IIQI", 3, 2, len(security), 0) + security + struct.pack("<IIQI", 1, 0, len(data), 0) + data)
