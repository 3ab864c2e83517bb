"""The NTFS fixture: what lies on it, and what no driver of Linux would write.

  ntfs_tree.py fill MOUNTPOINT FACTS.json        through ntfs-3g
  ntfs_tree.py patch IMAGE FACTS.json TRUTH.tsv  the volume is unmounted

TRUTH.tsv: path, stream, size, SHA-256, how it reads ("complete", or the reason
why it does not)."""
import hashlib
import json
import os
import struct
import sys

COMPRESSED = struct.pack("<I", 0x800)
WOF_TAG, JUNCTION_TAG = 0x80000017, 0xA0000003
FLAG_ENCRYPTED = 0x4000


def text(n, seed="line"):
    """Text in which every block is different, and which packs well."""
    out = bytearray()
    i = 0
    while len(out) < n:
        out += b"%s %08d of a fixture, nothing to see here\r\n" % (seed.encode(), i)
        i += 1
    return bytes(out[:n])


def noise(n, seed=1):
    """Bytes that do not pack."""
    out = bytearray()
    while len(out) < n:
        out += hashlib.sha256(b"%d" % (seed + len(out))).digest()
    return bytes(out[:n])


def write(root, path, data):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data)


def write_holes(root, path, size, pieces):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        for off, data in pieces:
            f.seek(off)
            f.write(data)
        f.truncate(size)


def make_compressed(root, folder):
    full = os.path.join(root, folder)
    os.makedirs(full)
    os.setxattr(full, "system.ntfs_attrib", COMPRESSED, follow_symlinks=False)


def fill_plain(root):
    write(root, "Users/Alice/NTUSER.DAT", text(5000, "alice"))
    write(root, "Users/bob/ntuser.dat", text(7000, "bob"))
    write(root, "Users/Änne/Größe.TXT", text(300, "umlaut"))
    write(root, "data/empty.bin", b"")
    write(root, "data/resident.txt", text(200))
    write(root, "data/large.bin", text(300000, "large"))
    write(root, "data/neighbour.bin", text(50000, "neighbour"))
    write(root, "data/" + "n" * 251 + ".txt", text(10))
    write_holes(root, "data/sparse.bin", 5000000,
                [(0, text(100)), (1 << 20, text(70000)), (4999990, b"0123456789")])
    write_holes(root, "data/hole.bin", 3 << 20, [])
    for i in range(250):
        write(root, "many/a file with a long name %03d.txt" % i, b"%d" % i)
    write(root, "/".join("d%02d" % i for i in range(40)) + "/bottom.txt", text(80))
    for i in range(8):
        for name in ("one", "two"):
            full = os.path.join(root, "data/interleaved-%s.bin" % name)
            with open(full, "ab") as f:
                f.write(text(20000, "%s%d" % (name, i)))
                os.fsync(f.fileno())


def fill_special(root):
    make_compressed(root, "packed")
    write(root, "packed/text.log", text(200000, "packed"))
    write(root, "packed/mixed.bin", text(65536, "mixed") + noise(66000) + text(30000, "tail"))
    write(root, "packed/tiny.txt", text(30))
    write_holes(root, "packed/holes.bin", 700000, [(0, text(90000)), (524288, text(1000))])
    write(root, "ads/host.txt", text(40, "host"))
    write(root, "ads/host.txt:Zone.Identifier", b"[ZoneTransfer]\r\nZoneId=3\r\n")
    write(root, "ads/host.txt:big", text(100000, "stream"))
    with open(os.path.join(root, "ads") + ":on-a-folder", "wb") as f:
        f.write(b"a folder has streams, too")
    write(root, "special/valid.bin", text(20000, "valid"))
    write(root, "special/secret.bin", text(20000, "secret"))
    write(root, "special/app.exe", b"")
    write_holes(root, "special/app.exe", 40000, [])
    write(root, "special/app.exe:WofCompressedData", text(9000, "wof"))
    reparse(root, "special/app.exe", WOF_TAG, struct.pack("<IIII", 1, 2, 1, 0))
    os.makedirs(os.path.join(root, "special/junction"))
    target = "\\??\\C:\\Users".encode("utf-16-le")
    reparse(root, "special/junction", JUNCTION_TAG,
            struct.pack("<HHHH", 0, len(target), len(target) + 2, 0) + target + b"\0" * 4)
    write(root, "deleted/kept.txt", text(100))
    write(root, "deleted/gone.txt", text(9000, "gone"))
    os.unlink(os.path.join(root, "deleted/gone.txt"))


def reparse(root, path, tag, data):
    os.setxattr(os.path.join(root, path), "system.ntfs_reparse_data",
                struct.pack("<IHH", tag, len(data), 0) + data, follow_symlinks=False)


STREAMS = [("ads/host.txt", "Zone.Identifier"), ("ads/host.txt", "big"), ("ads", "on-a-folder")]


def digest(path):
    with open(path, "rb") as f:
        data = f.read()
    return len(data), hashlib.sha256(data).hexdigest()


def facts_of(root):
    rows = {}
    for folder, _, names in os.walk(root):
        for name in names:
            full = os.path.join(folder, name)
            path = os.path.relpath(full, root)
            if path in ("special/app.exe", "special/junction"):
                continue  # ntfs-3g wants plug-ins for reparse points
            rows[path + "\t"] = digest(full) + ("complete",)
    for path, stream in STREAMS:
        rows[path + "\t" + stream] = digest(os.path.join(root, path) + ":" + stream) + ("complete",)
    records = {p: os.lstat(os.path.join(root, p)).st_ino
               for p in ("special/valid.bin", "special/secret.bin")}
    return {"rows": rows, "records": records}


def fill(root, facts):
    fill_plain(root)
    fill_special(root)
    # what is written must be what is read back
    assert digest(os.path.join(root, "data/large.bin"))[1] == \
        hashlib.sha256(text(300000, "large")).hexdigest()
    with open(facts, "w", encoding="utf-8") as f:
        json.dump(facts_of(root), f)


class Image:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.bytes = bytearray(f.read())
        self.mft = struct.unpack_from("<Q", self.bytes, 0x30)[0] * 4096

    def data_attribute(self, record):
        """Offset of the unnamed $DATA of a record."""
        base = self.mft + record * 1024
        assert self.bytes[base:base + 4] == b"FILE"
        at = base + struct.unpack_from("<H", self.bytes, base + 20)[0]
        while struct.unpack_from("<I", self.bytes, at)[0] != 0xFFFFFFFF:
            kind, length = struct.unpack_from("<II", self.bytes, at)
            if kind == 0x80 and self.bytes[at + 9] == 0:
                return at
            at += length
        raise ValueError("no $DATA")


def patch(path, facts, truth):
    with open(facts, encoding="utf-8") as f:
        known = json.load(f)
    image = Image(path)
    rows = known["rows"]
    # the initialised size ends before the data does: the rest reads as zeros
    at = image.data_attribute(known["records"]["special/valid.bin"])
    struct.pack_into("<Q", image.bytes, at + 0x38, 12345)
    data = text(20000, "valid")[:12345] + b"\0" * (20000 - 12345)
    rows["special/valid.bin\t"] = (20000, hashlib.sha256(data).hexdigest(), "complete")
    at = image.data_attribute(known["records"]["special/secret.bin"])
    struct.pack_into("<H", image.bytes, at + 12, FLAG_ENCRYPTED)
    rows["special/secret.bin\t"] = (20000, "-", "encrypted (EFS)")
    rows["special/app.exe\t"] = (40000, "-", "CompactOS (WOF) compressed")
    rows["special/app.exe\tWofCompressedData"] = (
        9000, hashlib.sha256(text(9000, "wof")).hexdigest(), "complete")
    with open(path, "wb") as f:
        f.write(image.bytes)
    with open(truth, "w", encoding="utf-8", newline="\n") as f:
        for key in sorted(rows):
            f.write("%s\t%s\t%s\t%s\n" % ((key,) + tuple(rows[key])))


if __name__ == "__main__":
    {"fill": fill, "patch": patch}[sys.argv[1]](*sys.argv[2:])
