"""Writes icons: make-ico.py FOLDER. Sound ones, one with bytes behind its picture, and damaged ones."""

import struct
import zlib

import fixture_files

MAGIC = b"\x89PNG\r\n\x1a\n"


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size=16, note=b"$ is no trailer"):
    """A picture of one colour."""
    rows = (b"\0" + bytes(size * 4)) * size
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return (MAGIC + chunk(b"IHDR", head) + chunk(b"tEXt", b"Comment\0" + note)
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND"))


def bitmap(size=16):
    return struct.pack("<IiiHHIIiiII", 40, size, size * 2, 1, 32, 0, 0, 0, 0, 0, 0) + bytes(size * size * 4 + size * 4)


def icon(pictures, trailer=b"", kind=1, sizes=None):
    """Pictures: list of (width, bytes). `sizes` are what the directory says instead of the truth."""
    at = 6 + 16 * len(pictures)
    out, body = struct.pack("<HHH", 0, kind, len(pictures)), b""
    for i, (width, data) in enumerate(pictures):
        size = sizes[i] if sizes else len(data)
        out += struct.pack("<BBBBHHII", width & 255, width & 255, 0, 0, 1, 32, size, at + len(body))
        body += data
    return out + body + trailer


def files():
    one = png()
    return {
        "tool.ico": icon([(16, one)], b"a trailer"),
        "plain.ico": icon([(16, one)]),
        "two.ico": icon([(16, bitmap()), (256, png(256))]),
        "bitmaps.ico": icon([(16, bitmap()), (32, bitmap(32))]),
        "cursor.cur": icon([(32, bitmap(32))], kind=2),
        "counted.ico": icon([(16, one + b"in the picture")]),  # the entry counts the bytes behind the PNG
        "bad/no-end.ico": icon([(16, one[:-12])]),
        "bad/far.ico": icon([(16, one)], sizes=[1 << 31]),
        "bad/past.ico": struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, 100, 1 << 30),
        "bad/inside.ico": struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, 10, 0),
        "bad/chunk.ico": icon([(16, MAGIC + struct.pack(">I", 0xFFFFFFFF) + b"IDAT")]),
        "bad/many.ico": struct.pack("<HHH", 0, 1, 65535) + bytes(16 * 1200),
        "bad/cut.ico": icon([(16, one)])[:14],
        "bad/text.ico": b"no icon at all",
        "bad/none.ico": struct.pack("<HHH", 0, 1, 0),
        "bad/empty.ico": b"",
    }


if __name__ == "__main__":
    fixture_files.main(files())
