#!/usr/bin/env python3
"""Seeds of fuzz_deflate, written into the folder deflate beside this file."""
import os
import random
import zlib

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "deflate")


def save(name, data, level=6, strategy=zlib.Z_DEFAULT_STRATEGY):
    z = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    with open(os.path.join(FOLDER, name), "wb") as f:
        f.write(z.compress(data) + z.flush())


def main():
    r = random.Random(1951)
    os.makedirs(FOLDER, exist_ok=True)
    text = " ".join(r.choices(("evidence", "of", "a", "run", "key"), k=600)).encode()
    # counts that double: codes from 1 to 15 bits
    skewed = b"".join(bytes([i]) * 2 ** (15 - i) for i in range(16))
    skewed = bytes(r.sample(skewed, 6000))
    save("empty", b"")
    save("fixed", text[:300], strategy=zlib.Z_FIXED)
    save("dynamic", text)
    save("huffman", skewed, strategy=zlib.Z_HUFFMAN_ONLY)
    save("stored", r.randbytes(200), level=0)
    save("far", r.randbytes(300) + bytes(32000) + r.randbytes(5) + bytes(300))
    z = zlib.compressobj(6, zlib.DEFLATED, -15)
    blocks = b""
    for part in (text[:500], skewed[:500], text[500:900]):
        blocks += z.compress(part) + z.flush(zlib.Z_FULL_FLUSH)
    with open(os.path.join(FOLDER, "blocks"), "wb") as f:
        f.write(blocks + z.flush())


main()
