"""The free space of images, as blkls tells it, and an NTFS image to write into."""
import lzma
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def blkls(path, size=None):
    """Numbers of the free blocks, and their size (that of the file system if not given)."""
    text = subprocess.run(["blkls", "-l", path], check=True, capture_output=True, text=True).stdout
    rows = [line.split("|") for line in text.splitlines()[3:]]
    if size is None:
        stat = subprocess.run(["fsstat", path], check=True, capture_output=True, text=True).stdout
        size = next(int(line.split(":")[1]) for line in stat.splitlines() if line.startswith(("Cluster Size:", "Block Size:")))
    return [int(r[0]) for r in rows if r[1] == "f"], size


def ntfs(path):
    with lzma.open(os.path.join(HERE, "ntfs.img.xz")) as src, open(path, "wb") as dst:
        shutil.copyfileobj(src, dst)


def runs(free):
    """(first, count) of blocks that follow one another, the longest first."""
    out = []
    for number in free:
        if out and number == out[-1][0] + out[-1][1]:
            out[-1][1] += 1
        else:
            out.append([number, 1])
    return sorted(map(tuple, out), key=lambda r: -r[1])
