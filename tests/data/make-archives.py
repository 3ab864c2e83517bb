"""Writes ZIP archives and archives of Electron programs, sound and damaged: make-archives.py FOLDER.
Nothing in them is of any vendor."""
import hashlib
import io
import json
import os
import struct
import zipfile

import fixture_files

WHEN = (2023, 3, 13, 6, 33, 26)
NUSPEC = b"<package><metadata><id>tool</id><version>1.2.3</version></metadata></package>"
TEXT = b"fixture of a file, no code. " * 40


# --- ZIP ---------------------------------------------------------------------------


def packed(members, method=zipfile.ZIP_DEFLATED, comment=b"", front=b""):
    """The archive of (name, bytes) pairs."""
    out = io.BytesIO(front)
    with zipfile.ZipFile(out, "a", method) as z:
        for name, data in members:
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = method
            z.writestr(info, data)
        z.comment = comment
    return out.getvalue()


def encrypted():
    """The flag says that the member is encrypted, with 12 bytes of a head in front."""
    data = bytearray(packed([("secret.txt", bytes(12) + TEXT)], zipfile.ZIP_STORED))
    for mark, at in (b"PK\3\4", 6), (b"PK\1\2", 8):
        data[data.index(mark) + at] |= 1
    return bytes(data)


def many():
    """A 64-bit end of the directory that announces a billion members."""
    data = packed([("a.txt", TEXT)])
    end = data.rindex(b"PK\5\6")
    size, start = struct.unpack_from("<II", data, end + 12)
    far = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1 << 30, 1 << 30, size, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    tail = bytearray(data[end:])
    struct.pack_into("<HHII", tail, 8, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    return data[:end] + far + locator + bytes(tail)


def flipped(data, at):
    out = bytearray(data)
    out[at] ^= 0xFF
    return bytes(out)


def zips():
    """Name to bytes."""
    nupkg = packed([("tool.nuspec", NUSPEC), ("lib/net45/tool.dll", TEXT)], comment=b"made by a test")
    stored = packed([("a.txt", TEXT), ("a.txt", b"another"), ("d/", b"")], zipfile.ZIP_STORED)
    return {
        "tool.nupkg": nupkg,
        "stored.zip": stored,
        "bzip2.zip": packed([("a.txt", TEXT)], zipfile.ZIP_BZIP2),
        "lzma.zip": packed([("a.txt", TEXT)], zipfile.ZIP_LZMA),
        "empty.zip": packed([]),
        "inner.zip": packed([("tool.nupkg", nupkg)]),
        "in-front.zip": packed([("a.txt", TEXT)], front=b"MZ a program in front of an archive"),
        "encrypted.zip": encrypted(),
        "names.zip": packed([("../../etc/passwd", b"x"), ("C:\\Windows\\a", b"y"), ("\u00e9.txt", b"z")]),
        "bad/moved.zip": b"MZ a program in front of an archive" + stored,
        "bad/none.zip": TEXT,
        "bad/empty.zip": b"",
        "bad/many.zip": many(),
        "bad/cut.zip": nupkg[: len(nupkg) // 2],
        "bad/content.zip": flipped(stored, stored.index(TEXT) + 300),
        "bad/deflate.zip": flipped(packed([("a.txt", os.path.basename(__file__).encode() + TEXT)]), 50),
        "bad/directory.zip": flipped(stored, stored.index(b"PK\1\2") + 42),
        "bad/bomb.zip": packed([("zeros", bytes(70 << 20))]),
    }


# --- asar --------------------------------------------------------------------------


def entry(data, at, integrity=True, **more):
    out = {"size": len(data), "offset": str(at)}
    if integrity:
        digest = hashlib.sha256(data).hexdigest()
        out["integrity"] = {"algorithm": "SHA256", "hash": digest, "blockSize": 4194304, "blocks": [digest]}
    return {**out, **more}


def with_index(index, content):
    text = index if isinstance(index, bytes) else json.dumps(index, separators=(",", ":")).encode()
    padded = text + bytes(-len(text) % 4)
    return struct.pack("<IIII", 4, len(padded) + 8, len(padded) + 4, len(text)) + padded + content


def asar(version, name="tool", more=()):
    """An archive with package.json, lib/main.js and what `more` has as (name, bytes) pairs."""
    package = json.dumps({"name": name, "version": version, "main": "lib/main.js"}).encode()
    script, files, content = b"console.log('fixture')\n", {}, b""
    for path, data in [("package.json", package), *more]:
        files[path] = entry(data, len(content))
        content += data
    files["lib"] = {"files": {"main.js": entry(script, len(content))}}
    return with_index({"files": files}, content + script)


def deep(levels):
    return b'{"files":{"d":' * levels + b'{"size":1,"offset":"0"}' + b"}}" * levels


def asars():
    """Name to bytes."""
    odd = {"files": {
        "beside.node": {"size": 4, "unpacked": True, "integrity": {"algorithm": "SHA256", "hash": "00"}},
        "run": entry(b"#!/bin/sh\n", 0, executable=True),
        "link": {"link": "run"},
        "plain": entry(b"text", 10, integrity=False),
        "empty": {"files": {}},
        "\u00e9.txt": entry(b"", 14),
    }}
    app = asar("1.2.3")
    return {
        "app.asar": app,
        "odd.asar": with_index(odd, b"#!/bin/sh\ntext"),
        "bad/changed.asar": flipped(app, len(app) - 3),
        "bad/cut.asar": app[:-10],
        "bad/index-cut.asar": app[:60],
        "bad/none.asar": TEXT,
        "bad/empty.asar": b"",
        "bad/no-json.asar": with_index(b"no index", b""),
        "bad/no-files.asar": with_index({"a": 1}, b""),
        "bad/places.asar": with_index({"files": {
            "far": {"size": 5, "offset": "999999"}, "word": {"size": 5, "offset": "five"},
            "negative": {"size": -1, "offset": "0"}, "none": {}, "number": 7,
            "wrap": {"size": 9223372036854775807, "offset": "999999999999999999"}}}, b"12345"),
        "bad/large.asar": struct.pack("<IIII", 4, 0xF0000008, 0xF0000004, 0xF0000000) + b"{}",
        "bad/deep.asar": with_index(deep(500), b"x"),
        "bad/many.asar": with_index(b'{"files":{' + b",".join(
            b'"%d":{}' % i for i in range(650000)) + b"}}", b""),
    }


if __name__ == "__main__":
    fixture_files.main({**zips(), **asars()})
