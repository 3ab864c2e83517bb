"""Queues of the background transfer service, as Windows up to 8.1 (qmgr0.dat) and since 10 (qmgr.db) have
them, as far as lua-scripts/lib/bits.lua reads them. The database is not a whole one: its rows lie in pages
of noise. Nothing in it runs."""
import os
import random
import struct
import uuid

from regf import filetime

WHEN = filetime("2023-03-29T08:15:30Z")
FILE_HEADER = bytes.fromhex("13f72bc84099124a9f1a3aaebd894eea")
QUEUE = bytes.fromhex("47445f00a9bdba449851c47bb6c07ace")
PART = bytes.fromhex("36da56776f515a43acac44a248fff34d")
WINDOWS_7, WINDOWS_10 = bytes.fromhex("8c93ea64030f6840b46ff97fe51d4dcd"), bytes.fromhex("d057568f2c013e4ead2cf4a5d7656faf")
ROW = bytes.fromhex("e4cf9e5146d99743b73e268513051ab2")
FOLDER = "ProgramData/Microsoft/Network/Downloader/"


def text(s):
    data = (s + "\0").encode("utf-16-le")
    return struct.pack("<I", len(data) // 2) + data


def file(path, url, size=1000):
    return text(path) + text(url) + text(path + ".tmp") + struct.pack("<QQB", size, size + 1, 0) + text("C:\\") + text("volume") + bytes(40)


def guid(name):
    return uuid.uuid5(uuid.NAMESPACE_URL, name).bytes_le


def job(name, command="", arguments="", files=(), state=6, mark=WINDOWS_7, sid="S-1-5-21-1-2-3-1001", refs=False):
    """`files`: records of files, or with `refs` the names of rows."""
    head = struct.pack("<IIII", 0, 2, state, 0) + guid(name)
    head += text(name) + text("what it is") + text(command) + text(arguments) + text(sid) + struct.pack("<I", 3) + b"token"
    inner = b"".join(map(guid, files)) if refs else b"".join(files)
    tail = struct.pack("<I", 1) + struct.pack("<QIIIIB", 0x80190194, 1, 2, 3, 4, 0) + struct.pack("<III", 0, 600, 86400)
    tail += struct.pack("<QQQ", WHEN, WHEN + 10**7, 0) + bytes(14) + struct.pack("<QQ", 0, 0)
    return mark + head + PART + struct.pack("<I", len(files)) + inner + PART + tail


def row(name, record):
    """A row of the table of files."""
    return guid(name) + bytes(6) + ROW + record


def dat(current, deleted=b""):
    return b"\0" * 16 + FILE_HEADER + QUEUE + struct.pack("<I", len(current)) + b"".join(current) + QUEUE + b"\1\2" + FILE_HEADER + deleted


TOOL = job("Update", "C:\\Program Files\\T\\t.exe", "t.exe /done", [
    file("C:\\Users\\ann\\a.zip", "https://example.org/a.zip"), file("\\\\server\\share\\b", "http://example.org/b", 5)])


def write(folder, path, data):
    full = os.path.join(folder, *path.split("/"))
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data)


def tree(folder):
    former = job("Former", files=[file("D:\\old.bin", "ftp://example.org/old")], state=8)
    write(folder, FOLDER + "qmgr0.dat", dat([TOOL, job("Plain", state=1)], b"\0\0" + former + job("Cut", "C:\\x.exe")[:120]))
    write(folder, FOLDER + "qmgr1.dat", dat([]))
    noise = random.Random(3).randbytes(8192)
    write(folder, FOLDER + "qmgr.db", noise[:4] + b"\xef\xcd\xab\x89" + noise[8:] + row("f1", file("C:\\f1", "https://example.org/1"))
          + noise + job("New", "cmd.exe", "cmd.exe /c C:\\Users\\ann\\run.bat", ["f1"], mark=WINDOWS_10, refs=True)
          + noise + row("f2", file("C:\\f2", "https://example.org/2")) + row("f3", b"\xff" * 40) + ROW + noise[:10])
    for path in ("Program Files/T/t.exe", "Users/ann/run.bat", "Windows/System32/config/none"):
        write(folder, path, b"data")
