"""Writes disks with an MBR and FAT volumes that hold given files, with mtools.

    write("disk.img", [Volume({"Windows/System32/config/SYSTEM": b"…"}), Volume({…}, mib=2)])

mounts(count, letters) is what MountedDevices of a Windows on that disk says."""

import os
import shutil
import struct
import subprocess
import tempfile

SECTOR = 512
FIRST = 2048  # sectors in front of the first volume
SIGNATURE = 0x3CF00002
TOOLS = ("mkfs.vfat", "mcopy", "mmd")


def missing():
    """A tool that is not there, or None."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return next((t for t in TOOLS if not shutil.which(t, path=path)), None)


class Volume:
    def __init__(self, files, mib=4):
        self.files = files
        self.sectors = mib * 1024 * 1024 // SECTOR


def _run(*command):
    env = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin", "MTOOLS_SKIP_CHECK": "1"}
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)


def _volume(path, volume, number):
    with open(path, "wb") as f:
        f.truncate(volume.sectors * SECTOR)
    _run("mkfs.vfat", "-i", f"3CF0000{number}", "--invariant", path)
    with tempfile.TemporaryDirectory() as tree:
        for name, data in volume.files.items():
            os.makedirs(os.path.dirname(os.path.join(tree, name)) or tree, exist_ok=True)
            with open(os.path.join(tree, name), "wb") as f:
                f.write(data)
        tops = [os.path.join(tree, n) for n in sorted(os.listdir(tree))]
        if tops:
            _run("mcopy", "-s", "-Q", "-i", path, *tops, "::/")


def starts(volumes):
    """The first sector of each volume."""
    at, out = FIRST, []
    for v in volumes:
        out.append(at)
        at += v.sectors
    return out


def mounts(volumes, letters):
    """Names and data of MountedDevices; `letters` has one for each volume, or " "."""
    return {"\\DosDevices\\" + letter + ":": struct.pack("<IQ", SIGNATURE, start * SECTOR)
            for letter, start in zip(letters, starts(volumes)) if letter != " "}


def write(path, volumes):
    with open(path, "wb") as disk, tempfile.TemporaryDirectory() as work:
        mbr = bytearray(SECTOR)
        struct.pack_into("<I", mbr, 440, SIGNATURE)
        for i, (v, start) in enumerate(zip(volumes, starts(volumes))):
            struct.pack_into("<B3sB3sII", mbr, 446 + 16 * i, 0, b"\xfe\xff\xff", 0x0C, b"\xfe\xff\xff", start, v.sectors)
        mbr[510:] = b"\x55\xaa"
        disk.write(mbr)
        for i, (v, start) in enumerate(zip(volumes, starts(volumes))):
            part = os.path.join(work, "part")
            _volume(part, v, i)
            disk.seek(start * SECTOR)
            with open(part, "rb") as f:
                shutil.copyfileobj(f, disk)
    return path
