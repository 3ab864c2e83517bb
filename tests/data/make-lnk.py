"""Writes shortcuts: make-lnk.py FOLDER. What is in them is in tests/unit/test_lnk.c.

Format: [MS-SHLLINK]; shell items as libyal's documentation tells them."""

import os
import struct
import sys
import uuid

HEADER = struct.pack("<I", 0x4C) + uuid.UUID("00021401-0000-0000-c000-000000000046").bytes_le
COMPUTER = uuid.UUID("20d04fe0-3aea-1069-a2d8-08002b30309d")
ITEMS, INFO, NAME, RELATIVE, DIRECTORY, ARGUMENTS, ICON, UNICODE = (1 << i for i in range(8))
NO_INFO = 0x100
FILETIME = 133245513300000000  # 2023-03-29T08:15:30Z
FAT = (43 << 9 | 3 << 5 | 29, 8 << 11 | 15 << 5 | 15)  # the same


def header(flags, size=4660, show=1):
    return HEADER + struct.pack("<IIQQQIiIHHII", flags, 0x20, FILETIME, FILETIME + 10000000,
                                FILETIME + 20000000, size, 0, show, 0, 0, 0, 0)


def item(body):
    return struct.pack("<H", len(body) + 2) + body


def root(guid=COMPUTER):
    return item(b"\x1f\x50" + guid.bytes_le)


def volume(name):
    return item(b"\x2f" + name.ljust(20, b"\0") + bytes(2))


def entry(short, name, folder=False, reference=(81349, 1)):
    """As of Windows 10."""
    first = struct.pack("<BBIHHH", 0x31 if folder else 0x32, 0, 4660, *FAT, 0x10 if folder else 0x20)
    first += short + bytes(2 - len(short) % 2)
    block = struct.pack("<HIHHHHH", 9, 0xBEEF0004, *FAT, *FAT, 0x2E)
    block += bytes(2) + struct.pack("<Q", reference[0] | reference[1] << 48) + bytes(8) + bytes(2 + 4 + 4)
    block += name.encode("utf-16-le", "surrogatepass") + bytes(2)
    block += struct.pack("<H", len(first) + 2)
    return item(first + struct.pack("<H", len(block) + 2) + block)


def items(*parts):
    body = b"".join(parts) + bytes(2)
    return struct.pack("<H", len(body)) + body


def info(local=b"", suffix=b"", serial=0x64BB3469, label=b"OS", share=b"", wide=None):
    head = 0x24 if wide is not None else 0x1C
    at, body, flags, offsets = head, b"", 0, [0] * 4
    if local or wide is not None:
        flags |= 1
        part = struct.pack("<IIII", 17 + len(label), 3, serial, 16) + label + b"\0"
        offsets[0], body = at, body + part
        offsets[1], body = at + len(body), body + local + b"\0"
    if share:
        flags |= 2
        part = struct.pack("<IIIII", 24 + len(share), 1, 20, 21 + len(share), 0x20000) + share + b"\0Z:\0"
        offsets[2], body = at + len(body), body + part
    offsets[3], body = at + len(body), body + suffix + b"\0"
    tail = b""
    if wide is not None:
        tail = struct.pack("<II", at + len(body), 0)
        body += wide.encode("utf-16-le", "surrogatepass") + bytes(2)
    return struct.pack("<IIIIIII", head + len(body), head, flags, *offsets) + tail + body


def string(text):
    return struct.pack("<H", len(text)) + text.encode("utf-16-le")


def tracker(machine=b"ann-pc", file="9b1ce584-4a4c-11e5-b5c9-080027ac3d7f"):
    droid = uuid.UUID("fb6af886-05d7-402d-9741-d1ee9e64c41f").bytes_le + uuid.UUID(file).bytes_le
    return struct.pack("<IIII", 0x60, 0xA0000003, 0x58, 0) + machine.ljust(16, b"\0") + droid * 2


def pair(signature, text):
    return (struct.pack("<II", 0x314, signature) + text.encode("latin-1").ljust(260, b"\0")
            + text.encode("utf-16-le").ljust(520, b"\0"))


END = bytes(4)
PATH = (root(), volume(b"C:\\"), entry(b"Users", "Users", True), entry(b"ann", "ann", True),
        entry(b"TOOL~1.EXE", "tool.exe"))
TOOL = (header(ITEMS | INFO | NAME | RELATIVE | DIRECTORY | ARGUMENTS | UNICODE) + items(*PATH)
        + info(b"C:\\Users\\ann\\tool.exe") + string("A tool") + string("..\\tool.exe")
        + string("C:\\Users\\ann") + string("/quiet") + tracker() + END)


def patched(data, at, new):
    return data[:at] + new + data[at + len(new):]


def write(folder):
    at = TOOL.index(info(b"C:\\Users\\ann\\tool.exe"))
    darwin = "34TL`lrv5(mOG_3$,CC!ReaderProgramFiles>p=@0y{Wn0A8XHjl@4WqB"
    files = {
        "tool": TOOL,
        "appended": TOOL + b"payload",
        "network": header(INFO | ARGUMENTS) + info(share=b"\\\\server\\share", suffix=b"dir\\a.exe")
        + struct.pack("<H", 3) + b"\x80\xe9!" + END,
        "items": header(ITEMS | INFO | NO_INFO) + items(*PATH) + info(b"C:\\other.exe") + END,
        "guessed": header(ITEMS | INFO) + items(*PATH) + info(b"C:\\\xe9.exe") + END,
        "surrogate": header(INFO) + info(wide="C:\\a\ud800.exe") + END,
        "shell": header(ITEMS) + items(root(uuid.UUID("26ee0668-a00a-44d7-9371-beb064c98683"))) + END,
        "unknown": header(ITEMS) + items(root(), item(b"\x5b\0strange")) + END,
        "darwin": header(0x1000) + pair(0xA0000006, darwin) + END,
        "environment": header(0x200) + pair(0xA0000001, "%windir%\\x.exe") + END,
        "empty-info": header(INFO) + struct.pack("<I", 0x1C) + bytes(24) + END,
        # damage
        "cut-strings": TOOL[:TOOL.index(string("/quiet")) + 6],
        "cut-header": TOOL[:70],
        "cut-items": TOOL[:100],
        "bad-offset": patched(TOOL, at + 16, b"\xff\xff\xff\x7f"),
        "bad-volume": patched(TOOL, at + 12, b"\xf0\xff\xff\xff"),
        "bad-info": patched(TOOL, at, b"\xff\xff\xff\xff"),
        "bad-item": patched(TOOL, 0x4C + 2, b"\xff\x7f"),
        "bad-block": TOOL[:-4] + struct.pack("<II", 0xFFFFFFF0, 0xA0000003),
        "many-blocks": header(0) + struct.pack("<II", 8, 0xA0000099) * 70,
        "many-items": header(ITEMS) + items(*[item(b"\x2f")] * 300) + END,
        "none": b"L\0\0\0 but no shortcut",
    }
    os.makedirs(folder, exist_ok=True)
    for name, data in files.items():
        with open(os.path.join(folder, name + ".lnk"), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    write(sys.argv[1])
