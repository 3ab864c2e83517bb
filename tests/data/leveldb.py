"""Writes files of a LevelDB: logs and tables, after doc/log_format.md and doc/table_format.md of LevelDB.
Blocks are deflated by snappy as far as literals go, which every reader must take.

    python3 leveldb.py FOLDER    the files of tests/unit/test_leveldb.c and the fuzzer's seeds"""
import os
import struct
import sys

TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)


def masked(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def batch(sequence, changes):
    """`changes`: (key, value), value None for a deletion."""
    out = struct.pack("<QI", sequence, len(changes))
    for key, value in changes:
        out += (b"\0" if value is None else b"\1") + varint(len(key)) + key
        if value is not None:
            out += varint(len(value)) + value
    return out


def log(batches):
    """Physical records in blocks of 32 KiB."""
    out = b""
    for payload in batches:
        first = True
        while first or payload:
            left = 32768 - len(out) % 32768
            if left < 7:
                out += bytes(left)
                continue
            piece, payload = payload[:left - 7], payload[left - 7:]
            kind = (1 if first else 4) if not payload else (2 if first else 3)
            out += struct.pack("<IHB", masked(bytes([kind]) + piece), len(piece), kind) + piece
            first = False
    return out


def snappy(data):
    out = varint(len(data))
    for at in range(0, len(data), 60):
        piece = data[at:at + 60]
        out += bytes([len(piece) - 1 << 2]) + piece
    return out


def block(entries):
    out, last = b"", b""
    for n, (key, value) in enumerate(entries):
        shared = 0 if n == 0 else len(os.path.commonprefix([last, key]))
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return out + struct.pack("<II", 0, 1)


def stored(data, packed):
    kind = b"\1" if packed else b"\0"
    data = snappy(data) if packed else data
    return data, data + kind + struct.pack("<I", masked(data + kind))


def table(records, packed=True, each=3):
    """`records`: (key, value or None, sequence), sorted by key."""
    out, index = b"", []
    rows = [(key + struct.pack("<Q", sequence << 8 | (value is not None)), value or b"")
            for key, value, sequence in records]
    for at in range(0, len(rows), each):
        data, whole = stored(block(rows[at:at + each]), packed)
        index.append((rows[min(at + each, len(rows)) - 1][0], varint(len(out)) + varint(len(data))))
        out += whole
    meta, whole = stored(block([]), False)
    meta_handle = varint(len(out)) + varint(len(meta))
    out += whole
    data, whole = stored(block(index), False)
    footer = meta_handle + varint(len(out)) + varint(len(data))
    return out + whole + footer + bytes(40 - len(footer)) + struct.pack("<Q", 0xDB4775248B80FB57)


def storage(site, when, keys):
    """Changes that a site's local storage makes; `when` in seconds since 1970."""
    stamp = (when + 11644473600) * 1000000
    return [(b"META:" + site.encode(), b"\x08" + varint(stamp) + b"\x10\x05")] + [
        (b"_" + site.encode() + b"\0\1" + key.encode(), b"\1value") for key in keys]


def main(folder):
    os.makedirs(folder, exist_ok=True)
    files = {
        "plain.log": log([batch(1, [(b"a", b"1"), (b"b", b"2")]), batch(3, [(b"a", None)])]),
        "long.log": log([batch(1, [(b"k", b"x" * 70000)]), batch(2, [(b"l", b"y")])]),
        "packed.ldb": table([(b"key%03d" % i, None if i == 5 else b"v%d" % i, i + 1) for i in range(10)]),
        "plain.ldb": table([(b"one", b"1", 7)], packed=False),
    }
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
