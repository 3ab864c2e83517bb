"""Writes prefetch files: make-prefetch.py FOLDER. What is in them is in tests/unit/test_prefetch.c.

Format: "Windows Prefetch File (PF) format" of libyal; packing: [MS-XCA] 2.1."""

import os
import struct
import sys
import zlib

RUN = 133245513300000000  # 2023-03-29T08:15:30Z
SECOND = 10000000
CREATED = RUN - 86400 * SECOND
SERIAL = 0x64BB3469
# version: bytes of the file information, of a metric, of a chain, of a volume; where runs and count are
LAYOUTS = {"17": (68, 20, 12, 40, 36, 60), "23": (156, 32, 12, 104, 44, 68), "26": (220, 32, 12, 104, 44, 124),
           "30": (220, 32, 8, 96, 44, 124), "30-2": (212, 32, 8, 96, 44, 116), "31": (212, 32, 8, 96, 44, 116)}


def wide(text):
    return text.encode("utf-16-le", "surrogatepass")


def sum37(data, start):
    for byte in data:
        start = (start * 37 + byte) & 0xFFFFFFFF
    return start


def path_hash(version, path):
    if version != 17:
        return sum37(wide(path), 314159)
    h = sum37(wide(path), 0) * 314159269 & 0xFFFFFFFF
    return (0x100000000 - h if h > 0x80000000 else h) % 1000000007


def volume_part(kind, device, folders, references):
    version, size = int(kind[:2]), LAYOUTS[kind][3]
    refs = struct.pack("<II", 1 if version == 17 else 3, len(references)) + struct.pack(f"<{len(references)}Q", *references)
    names = b"".join(struct.pack("<H", len(wide(n)) // 2) + wide(n) + bytes(2) for n in folders)
    at = size + len(wide(device)) + 2
    at += -at % 8
    entry = struct.pack("<IIQIIIII", size, len(wide(device)) // 2, CREATED, SERIAL, at, len(refs),
                        at + len(refs), len(folders)).ljust(size, b"\0")
    return (entry + wide(device)).ljust(at, b"\0") + refs + names


TOOL = "\\USERS\\ANN\\TOOL.EXE"


def build(kind, executable="TOOL.EXE", count=3, hashed=None, extra=(), program=TOOL, runs=None):
    """`program` lies on the volume, `runs` are FILETIMEs, the latest first; `extra` are whole names."""
    version = int(kind[:2])
    info_size, metric, chain, _, runs_at, count_at = LAYOUTS[kind]
    real = "\\DEVICE\\HARDDISKVOLUME2"
    device = "\\VOLUME{01d95abc00000000-64bb3469}" if version >= 30 else real
    names = [device + n for n in ("\\WINDOWS\\SYSTEM32\\NTDLL.DLL", program, "\\USERS\\ANN\\A\ud800.DAT")]
    names += extra
    h = path_hash(version, (hashed or real) + program)
    at = 84 + info_size
    metrics, chains = at, at + metric * len(names)
    files = chains + chain
    text = b"".join(wide(n) + bytes(2) for n in names) + bytes(6)
    volumes = files + len(text)
    part = volume_part(kind, device, [device + "\\WINDOWS", device + "\\USERS\\ANN"], [0, 2 << 48 | 250])
    info = struct.pack("<9I", metrics, len(names), chains, 1, files, len(text), volumes, 1, len(part))
    info = bytearray(info.ljust(info_size, b"\0"))
    runs = runs or ([RUN] if version < 26 else [RUN, RUN - 60 * SECOND])
    struct.pack_into(f"<{len(runs)}Q", info, runs_at, *runs)
    struct.pack_into("<I", info, count_at, count)
    body = bytes(info) + bytes(metric * len(names) + chain) + text + part
    name = wide(executable).ljust(60, b"\0")
    return struct.pack("<I4sII", version, b"SCCA", 0x11, 84 + len(body)) + name + struct.pack("<II", h, 0) + body


class Packer:
    """XPRESS with Huffman codes that are all 9 bits long."""

    def __init__(self):
        self.out, self.slots, self.bits, self.total = bytearray(), [], 0, 0

    def slot(self):
        self.slots.append(len(self.out))
        self.out += bytes(2)

    def put(self, value, n):
        self.bits = self.bits << n | value
        self.total += n
        while self.total > 16 * (len(self.slots) - 1):
            self.slot()

    def block(self, symbols):
        self.out += b"\x99" * 256
        self.slots, self.bits, self.total = [], 0, 0
        self.slot()
        self.slot()
        for symbol in symbols:
            if isinstance(symbol, int):
                self.put(symbol, 9)
                continue
            length, distance = symbol
            width = distance.bit_length() - 1
            self.put(256 + width * 16 + min(length - 3, 15), 9)
            if length - 3 >= 15:
                self.out += bytes([length - 18]) if length < 273 else b"\xff" + struct.pack("<H", length - 3)
            self.put(distance - (1 << width), width)
        bits = self.bits << (len(self.slots) * 16 - self.total)
        for i, at in enumerate(self.slots):
            struct.pack_into("<H", self.out, at, bits >> (len(self.slots) - 1 - i) * 16 & 0xFFFF)


def symbols_of(data):
    """Literals, and runs of a byte or of its like two bytes before, which is most of UTF-16."""
    i, out = 0, []
    while i < len(data):
        for distance in (1, 2, 70):
            n = 0
            while i >= distance and i + n < len(data) and data[i + n] == data[i + n - distance] and n < 60000:
                n += 1
            if n >= 3:
                out.append((n, distance))
                i += n
                break
        else:
            out.append(data[i])
            i += 1
    return out


def pack(data, checksum=None, length=None):
    packer = Packer()
    for at in range(0, len(data), 65536):
        packer.block(symbols_of(data[at:at + 65536]))
    kind = b"MAM\x04" if checksum is None else b"MAM\x84"
    head = kind + struct.pack("<I", len(data) if length is None else length)
    if checksum is not None:
        head += struct.pack("<I", zlib.crc32(head + bytes(4) + packer.out) ^ checksum)
    return head + bytes(packer.out)


def patched(data, at, new):
    return data[:at] + new + data[at + len(new):]


def write(folder):
    win7, win11 = build("23"), build("31")
    far, many = b"\xf0\xff\xff\x7f", b"\xff\xff\xff\xff"
    volumes = struct.unpack_from("<I", win7, 84 + 24)[0]
    references = volumes + struct.unpack_from("<I", win7, volumes + 20)[0]
    files = {f"v{kind}": build(kind) for kind in LAYOUTS}
    files.update({
        "packed": pack(win11),
        "packed-large": pack(win11 + bytes(140000)),
        "packed-sum": pack(win11, checksum=0),
        "packed-wrong-sum": pack(win11, checksum=1),
        "long-name": build("30", executable="TOOLTOOLTOOLTOOLTOOLTOOLTOOLT",
                           extra=["\\VOLUME{01d95abc00000000-64bb3469}\\X\\" + "TOOL" * 8 + ".EXE"]),
        "hosted": build("26", hashed="\\DEVICE\\HARDDISKVOLUME2\\X"),
        "two-places": build("26", hashed="\\DEVICE\\HARDDISKVOLUME2\\X", extra=["\\DEVICE\\HARDDISKVOLUME3\\TOOL.EXE"]),
        # damage
        "cut": win7[:-30],
        "cut-header": win7[:80],
        "cut-info": win7[:100],
        "variant": patched(win11, 84, struct.pack("<I", 300)),
        "version": patched(win7, 0, b"\x63"),
        "files-outside": patched(win7, 84 + 16, far),
        "files-many": patched(win7, 84 + 20, many),
        "volumes-outside": patched(win7, 84 + 24, far),
        "volumes-many": patched(win7, 84 + 28, many),
        "device-outside": patched(win7, volumes, far),
        "device-long": patched(win7, volumes + 4, many),
        "references-many": patched(win7, references + 4, many),
        "folders-many": patched(win7, volumes + 32, many),
        "packed-cut": pack(win11)[:-200],
        "packed-bomb": pack(win11, length=0xFFFFFFF0),
        "packed-short": pack(win11, length=40),
        "packed-codes": patched(pack(win11), 8, b"\x11" * 256),
        "packed-kind": patched(pack(win11), 3, b"\x03"),
        "packed-empty": b"MAM\x04" + struct.pack("<I", 20000),
        "none": struct.pack("<I4sI", 30, b"SDCA", 17) + b"x",
    })
    os.makedirs(folder, exist_ok=True)
    for name, data in files.items():
        with open(os.path.join(folder, name + ".pf"), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    write(sys.argv[1])
