"""A tree of files with their times as an NTFS image, made when a test runs, with no driver and no root:
write({path: sample_tree.File}, path of the image). Also a disk of partitions out of images. The volume
itself is written by tests/bench/make_mft.py."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))
import make_mft
import sample_tree

RESIDENT = 400  # bytes of a file that still lie in its record
SECTOR = 512
GAP = 2048  # sectors in front of the first partition and between two


class Volume(make_mft.Volume):
    """As the one of make_mft, with files of any size."""

    def file_attrs(self, no):
        _, _, _, folder, content, more = self.files[no - self.first]
        if folder or len(content) <= RESIDENT:
            return super().file_attrs(no)
        clusters = -(-len(content) // make_mft.CLUSTER)
        at = self.allocate(clusters)
        self.write_at(at, content)
        more = dict(more, no_data=True,
                    attrs=[make_mft.nonresident(0x80, [(at, clusters)], len(content))])
        row = self.files[no - self.first]
        self.files[no - self.first] = row[:5] + (more,)
        attrs = super().file_attrs(no)
        self.files[no - self.first] = row
        return attrs


def folder_of(tree, volume, known, path):
    """A folder is as old as the oldest of what lies in it."""
    if path not in known:
        parent = folder_of(tree, volume, known, os.path.dirname(path))
        when = min(tree[n].when for n in tree if n.startswith(path + "/"))
        known[path] = volume.add(os.path.basename(path), parent, folder=True, times=sample_tree.filetime(when))
    return known[path]


def write(tree, path):
    volume, known = Volume(), {"": make_mft.ROOT}
    for name in sorted(tree):
        entry = tree[name]
        volume.add(os.path.basename(name), folder_of(tree, volume, known, os.path.dirname(name)),
                   content=entry.data, times=sample_tree.filetime(entry.when),
                   streams=sorted(entry.streams.items()))
    volume.add("$UsnJrnl", make_mft.EXTEND, no_data=True, attrs=[
        make_mft.resident(0x80, bytes(64), "$J"), make_mft.resident(0x80, bytes(32), "$Max")])
    volume.write(path)


def locked(path, size=8 << 20):
    """The first bytes of a BitLocker volume, then nothing."""
    with open(path, "wb") as out:
        out.write(b"\xeb\x58\x90-FVE-FS-".ljust(510, b"\0") + b"\x55\xaa")
        out.truncate(size)


def disk(volumes, path):
    """Images as partitions of one disk with a master boot record."""
    head, at, table = bytearray(SECTOR), GAP, b""
    with open(path, "wb") as out:
        for name in volumes:
            with open(name, "rb") as f:
                data = f.read()
            sectors = -(-len(data) // SECTOR)
            out.seek(at * SECTOR)
            out.write(data)
            table += struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 7, b"\xfe\xff\xff", at, sectors)
            at += -(-sectors // GAP) * GAP
        out.truncate(at * SECTOR)
        head[446:446 + len(table)] = table
        head[510:] = b"\x55\xaa"
        out.seek(0)
        out.write(head)
