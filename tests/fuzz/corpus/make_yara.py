#!/usr/bin/env python3
"""Writes the seeds of fuzz_yara that those of fuzz_pe and fuzz_macho are not: an ELF file, a DEX
file, a program with a .NET header, and texts."""
import os
import struct

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "yara")


def elf():
    names = b"\0.text\0.shstrtab\0.dynamic\0"
    head = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 2, 62, 1, 0x400078, 64, 120, 0, 64, 56, 1, 64, 4, 2)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 0x200, 0x200, 0x1000)
    body = 120 + 4 * 64

    def section(name, kind, offset, size, entry=0):
        return struct.pack("<IIQQQQIIQQ", name, kind, 6, 0x400000 + offset, offset, size, 0, 0, 1, entry)

    dynamic = struct.pack("<QQQQ", 1, 1, 0, 0)
    return (head + segment + section(0, 0, 0, 0) + section(1, 1, 120, 16) + section(7, 3, body, len(names))
            + section(17, 6, body + len(names), len(dynamic), 16) + names + dynamic)


def dex():
    strings = b"\x03foo\0\x03bar\0"
    size = 0x70 + 8 + 8 + len(strings)
    head = struct.pack("<8sI20s20I", b"dex\n035\0", 0, bytes(20), size, 0x70, 0x12345678, 0, 0, 0, 2, 0x70, 1, 0x78,
                       0, 0, 0, 0, 0, 0, 0, 0, size, 0)
    return head + struct.pack("<II", 0x80, 0x85) + struct.pack("<II", 0, 1) + strings


def dotnet():
    """PE32 with one section, a CLI header and metadata with five streams."""
    tables = struct.pack("<IBBBBQQI5H", 0, 2, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0)
    streams = [(b"#~", tables), (b"#Strings", b"\0<Module>\0tool.exe\0"), (b"#GUID", bytes(range(16))),
               (b"#Blob", b"\0\x03abc"), (b"#US", b"\0\x05a\0b\0\0")]
    metadata = struct.pack("<IHHII12sHH", 0x424A5342, 1, 1, 0, 12, b"v4.0.30319", 0, len(streams))
    at = 0xA0
    for name, content in streams:
        metadata += struct.pack("<II", at, len(content)) + name + bytes(4 - len(name) % 4)
        at += 0x40
    metadata = metadata.ljust(0xA0, b"\0") + b"".join(content.ljust(0x40, b"\0") for _, content in streams)
    cli = struct.pack("<IHHIII", 72, 2, 5, 0x2048, len(metadata), 1).ljust(72, b"\0")
    code = cli + metadata
    optional = struct.pack("<HBBIIIIIIIIIHHHHHHIIIIHHIIIIII", 0x10B, 8, 0, 0x400, 0, 0, 0x2000, 0x2000, 0x4000, 0x400000,
                           0x2000, 0x200, 4, 0, 0, 0, 4, 0, 0, 0x4000, 0x200, 0, 3, 0, 0x100000, 0x1000, 0x100000, 0x1000,
                           0, 16) + bytes(14 * 8) + struct.pack("<II", 0x2000, 72) + bytes(8)
    section = struct.pack("<8sIIIIIIHHI", b".text", 0x400, 0x2000, 0x400, 0x200, 0, 0, 0, 0, 0x60000020)
    stub = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    head = stub + b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, len(optional), 0x2102) + optional + section
    return head.ljust(0x200, b"\0") + code.ljust(0x400, b"\0")


FILES = {"elf": elf(), "dex": dex(), "dotnet": dotnet(), "text": b"aaaab some.dll Zm9zc2ljaw== bcd`", "empty": b""}

for name, data in FILES.items():
    with open(os.path.join(FOLDER, name), "wb") as f:
        f.write(data)
