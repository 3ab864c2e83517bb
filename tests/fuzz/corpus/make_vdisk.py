#!/usr/bin/env python3
"""Writes the seeds of fuzz_vdisk beside itself, in vdisk/. VHDX is missing: its
smallest file is too large for a seed."""
import os
import struct
import zlib

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vdisk")
MEDIUM = bytes(range(256)) * 2 + bytes(1024) + b"fossick " * 64 + b"disk" * 128
MEDIUM += bytes(-len(MEDIUM) % 512)


def padded(data, unit=512):
    return data + bytes(-len(data) % unit)


def with_sum(data, field):
    total = ~sum(data) & 0xFFFFFFFF
    return data[:field] + struct.pack(">I", total) + data[field + 4 :]


def footer(kind, size):
    head = struct.pack(">8sIIQI4sI4sQQII4x16s", b"conectix", 2, 0x10000, 2**64 - 1 if kind == 2 else 512, 0, b"seed", 0,
                       b"Wi2k", size, size, 0, kind, b"0123456789abcdef")
    return with_sum(head + bytes(512 - len(head)), 64)


def dynamic(kind=3, block=1024):
    blocks = [MEDIUM[i : i + block] for i in range(0, len(MEDIUM), block)]
    header = struct.pack(">8sQQIII4x", b"cxsparse", 2**64 - 1, 1536, 0x10000, len(blocks), block)
    header = with_sum(header + bytes(1024 - len(header)), 36)
    table, body, at = b"", b"", 2048
    for piece in blocks:
        if not any(piece):
            table += b"\xff" * 4
            continue
        table += struct.pack(">I", at // 512)
        body += bytes([255]) * 512 + piece.ljust(block, b"\0")
        at += 512 + block
    return footer(kind, len(MEDIUM)) + header + table.ljust(512, b"\xff") + body + footer(kind, len(MEDIUM))


def sparse_header(flags, spare, directory):
    return padded(struct.pack("<4sIIQQQQIQQQB4sH", b"KDMV", 3 if flags >> 16 else 1, flags, len(MEDIUM) // 512, 1, 1, 1, 16,
                              spare, directory, 8, 0, b"\n \r\n", flags >> 16 & 1))


def vmdk(packed=False, parent="ffffffff"):
    text = padded(b"# Disk DescriptorFile\nversion=1\nparentCID=" + parent.encode() + b"\n")
    grains = [MEDIUM[i : i + 512] for i in range(0, len(MEDIUM), 512)]
    directory = padded(struct.pack("<I", 4))
    table, body, at = [], b"", 5
    for i, grain in enumerate(grains):
        if not any(grain):
            table.append(i % 2)
            continue
        if packed:
            data = zlib.compress(grain)
            grain = padded(struct.pack("<QI", i, len(data)) + data)
        table.append(at)
        body += grain
        at += len(grain) // 512
    table = padded(struct.pack("<%dI" % len(table), *table))
    flags = 0x30007 if packed else 7
    image = sparse_header(flags, 2, 2**64 - 1 if packed else 3) + text + directory * 2 + table + body
    return image + sparse_header(flags, 2, 3) + bytes(512) if packed else image


SEEDS = {
    "fixed.vhd": MEDIUM + footer(2, len(MEDIUM)),
    "dynamic.vhd": dynamic(),
    "cut.vhd": dynamic()[:-1200],
    "differencing.vhd": dynamic(4),
    "plain.vmdk": vmdk(),
    "packed.vmdk": vmdk(True),
    "snapshot.vmdk": vmdk(parent="12345678"),
    "cut.vmdk": vmdk()[:-700],
}

os.makedirs(HERE, exist_ok=True)
for name, data in SEEDS.items():
    with open(os.path.join(HERE, name), "wb") as out:
        out.write(data)
