"""Writes transaction logs of registry hives, from M. Suhanov, "Windows registry
file format specification". A hive is bytes as regf.Hive.build() gives them.

    before, after = hive.build(), changed.build()
    dirty = header(before, (10, 9))          # a write that was cut short
    log = entries(after, 10, [delta(before, after)])
    old = bitmap(after, 10, delta(before, after, 512))"""

import struct

BASE = 512
HEADER = 4096
PAGE = 4096
SEED = 0x82EF4D887A4E55C5
MASK = 0xFFFFFFFF


def marvin32(data):
    low, high = SEED & MASK, SEED >> 32
    turn = lambda v, bits: (v << bits | v >> (32 - bits)) & MASK
    whole = len(data) // 4 * 4
    words = list(struct.unpack(f"<{whole // 4}I", data[:whole]))
    words += [int.from_bytes(data[whole:] + b"\x80", "little"), 0]
    for word in words:
        low = (low + word) & MASK
        high ^= low
        low = (turn(low, 20) + high) & MASK
        high = turn(high, 9) ^ low
        low = (turn(low, 27) + high) & MASK
        high = turn(high, 19)
    return high << 32 | low


def seal(base):
    """The first 512 bytes with the right checksum."""
    base = bytearray(base[: BASE - 4])
    total = 0
    for (word,) in struct.iter_unpack("<I", base):
        total ^= word
    return bytes(base) + struct.pack("<I", {0: 1, MASK: MASK - 1}.get(total, total))


def header(hive, sequence, kind=0, bins=None):
    """The hive with other sequence numbers, file type and size of the bins."""
    base = bytearray(hive[:BASE])
    struct.pack_into("<II", base, 4, *sequence)
    struct.pack_into("<I", base, 28, kind)
    if bins is not None:
        struct.pack_into("<I", base, 40, bins)
    return seal(base) + hive[BASE:]


def delta(before, after, size=PAGE):
    """[(offset, bytes)] of the pages of the bins that differ."""
    old, new = before[HEADER:], after[HEADER:]
    return [(at, new[at : at + size]) for at in range(0, len(new), size) if old[at : at + size] != new[at : at + size]]


def entry(sequence, bins, pages):
    """One entry of a log of Windows 8.1 and later."""
    body = b"".join(struct.pack("<II", at, len(data)) for at, data in pages)
    body += b"".join(data for _, data in pages)
    size = (40 + len(body) + BASE - 1) // BASE * BASE
    body = body.ljust(size - 40, b"\0")
    head = struct.pack("<4sIIIIIQ", b"HvLE", size, 0, sequence, bins, len(pages), marvin32(body))
    return head + struct.pack("<Q", marvin32(head)) + body


def entries(after, first, steps, bins=None):
    """A log with an entry for each list of pages in `steps`. `bins` are the sizes
    that the entries give; those of `after` unless told."""
    bins = bins or [len(after) - HEADER] * len(steps)
    log = header(after, (first, first), 6)[:BASE]
    for i, pages in enumerate(steps):
        log += entry(first + i, bins[i], pages)
    return log


def bitmap(after, sequence, sectors):
    """A log of Windows XP to 8: the sectors of 512 bytes that changed."""
    bins = len(after) - HEADER
    bits = bytearray(bins // BASE // 8)
    for at, _ in sectors:
        bits[at // BASE // 8] |= 1 << at // BASE % 8
    log = header(after, (sequence, sequence), 1)[:BASE] + b"DIRT" + bytes(bits)
    log = log.ljust((len(log) + BASE - 1) // BASE * BASE, b"\0")
    return log + b"".join(data for _, data in sectors)
