"""Writes the list of chunks that floor.c reads.

usage: floor_list.py IMAGE.E01 LIST"""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import ewf_layout


def chunk_bytes(first):
    """The size of a chunk, from section "volume" or "disk" of the first segment."""
    at = 13
    with open(first, "rb") as f:
        while True:
            f.seek(at)
            kind, following, _ = struct.unpack_from("<16sQQ", f.read(ewf_layout.SECTION))
            if kind.rstrip(b"\0") in (b"volume", b"disk"):
                sectors, sector = struct.unpack_from("<8xII", f.read(16))
                return sectors * sector
            at = following


def write(first, path):
    files = ewf_layout.segments(first)
    rows = [(n, *c) for n, s in enumerate(files) for c in ewf_layout.chunks_of(s)]
    with open(path, "w", encoding="utf-8") as out:
        print(len(files), *files, sep="\n", file=out)
        print(chunk_bytes(first), len(rows), file=out)
        for segment, start, length, compressed in rows:
            print(segment, start, length, int(compressed), file=out)


if __name__ == "__main__":
    write(*sys.argv[1:])
