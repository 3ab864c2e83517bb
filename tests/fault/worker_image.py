"""A small disk for tests of the worker: MBR, one FAT volume that looks like
Windows and calls itself D in its registry. Needs mtools."""
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import regf  # noqa: E402

SIGNATURE = 0x46534B31
START = 64  # first sector of the volume
SECTORS = 16384

FILES = {
    "Windows/System32/config/SYSTEM": None,  # made below
    "Users/ann/note.txt": b"a harmless note\n",
    "Users/ann/empty.txt": b"",
    "Users/bob/big.bin": bytes(range(256)) * 6000,
    "Users/bob/note.txt": b"another harmless note\n",
}


def system_hive():
    hive = regf.Hive("SYSTEM", regf.filetime("2023-03-29T08:15:30Z"))
    mounted = struct.pack("<IQ", SIGNATURE, START * 512)
    hive.set("MountedDevices", r"\DosDevices\D:", mounted)
    hive.set("MountedDevices", r"\DosDevices\E:", struct.pack("<IQ", 1, 512))
    return hive.build()


def contents():
    out = dict(FILES)
    out["Windows/System32/config/SYSTEM"] = system_hive()
    return out


def make(path, scratch):
    volume = os.path.join(scratch, "volume.img")
    with open(volume, "wb") as f:
        f.truncate(SECTORS * 512)
    run = lambda *args: subprocess.run(args, check=True, stdout=subprocess.DEVNULL)  # noqa: E731
    run("mformat", "-i", volume, "-T", str(SECTORS), "-h", "16", "-s", "32", "-c", "2", "-N", "12345678",
        "-v", "SMALL", "::")
    made = set()
    for name, data in sorted(contents().items()):
        folders = name.split("/")[:-1]
        for i in range(len(folders)):
            folder = "/".join(folders[:i + 1])
            if folder not in made:
                run("mmd", "-i", volume, f"::{folder}")
                made.add(folder)
        piece = os.path.join(scratch, "piece")
        with open(piece, "wb") as f:
            f.write(data)
        run("mcopy", "-i", volume, piece, f"::{name}")
    entry = struct.pack("<B3sB3sII", 0x80, b"\0\0\0", 0x06, b"\0\0\0", START, SECTORS)
    table = b"\0" * 440 + struct.pack("<IH", SIGNATURE, 0) + entry + b"\0" * 48 + b"\x55\xaa"
    with open(path, "wb") as out, open(volume, "rb") as f:
        out.write(table + b"\0" * ((START - 1) * 512) + f.read())
