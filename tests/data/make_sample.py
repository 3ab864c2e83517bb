"""Parts of make-sample.sh that want a real language.

make_sample.py MOUNT sample|clean [TRUTH]   writes the tree into a mounted NTFS
"""

import hashlib
import os
import struct
import sys

import sample_tree

FILE_ATTRIBUTE_COMPRESSED = 0x800
BLOCK = 65536


def set_times(path, created, modified):
    """NTFS times through ntfs-3g: created, modified, accessed."""
    stamps = struct.pack("<QQQ", *(sample_tree.filetime(t) for t in (created, modified, modified)))
    os.setxattr(path, "system.ntfs_times", stamps)


def write_file(path, entry):
    if entry.attribute == "compressed":  # ntfs-3g compresses what lies in such a folder
        value = struct.pack("<I", FILE_ATTRIBUTE_COMPRESSED)
        os.setxattr(os.path.dirname(path), "system.ntfs_attrib", value)
    with open(path, "wb") as out:
        if entry.attribute != "sparse":
            out.write(entry.data)
            return
        for at in range(0, len(entry.data), BLOCK):
            piece = entry.data[at : at + BLOCK]
            if piece.strip(b"\0"):
                out.seek(at)
                out.write(piece)
        out.truncate(len(entry.data))


def fill(mount, kind, truth=None):
    tree = sample_tree.build(kind == "sample")
    folders = set()
    for name in sorted(tree):
        path = os.path.join(mount, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        entry = tree[name]
        write_file(path, entry)
        for stream, data in entry.streams.items():
            with open(path + ":" + stream, "wb") as out:
                out.write(data)
        set_times(path, entry.when, entry.when + 60)
        while os.path.dirname(name):
            name = os.path.dirname(name)
            folders.add(name)
    gone = os.path.join(mount, "Users/jonas/Documents/removed.txt")
    with open(gone, "w") as out:
        out.write("this file was removed\n")
    os.unlink(gone)
    for name in sorted(folders, key=lambda n: (-n.count("/"), n)):
        set_times(os.path.join(mount, name), sample_tree.OLD, sample_tree.END)
    if truth:
        with open(truth, "w") as out:
            write_truth(tree, out)


def write_truth(tree, out):
    """path, bytes, SHA-256, category; a stream has a line of its own."""
    for name in sorted(tree):
        entry = tree[name]
        parts = [("", entry.data)] + [(":" + s, d) for s, d in sorted(entry.streams.items())]
        for stream, data in parts:
            digest = hashlib.sha256(data).hexdigest()
            print(name + stream, len(data), digest, entry.category, sep="\t", file=out)


if __name__ == "__main__":
    fill(*sys.argv[1:])
