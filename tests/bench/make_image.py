"""Makes the image for those who have no larger one: an NTFS volume without a partition
table, with the tree of the sample (tests/data) and many more files. It is made once.
It wants mkntfs, ntfs-3g and a mount; where that cannot be, the sample itself must do.

usage: make_image.py FOLDER [FILES BYTES]"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(os.path.dirname(HERE), "data")
sys.path[:0] = [HERE, DATA]

import files
import fixture_ewf
import make_sample

FILES, BYTES = 20000, 400 << 20
CLOCK = "2023-04-11 17:00:00"
SAMPLE = os.path.join(DATA, "sample")


def missing(env):
    """Why the image cannot be made here, or None."""
    for tool in ("mkntfs", "ntfs-3g", "umount"):
        if shutil.which(tool, path=env["PATH"]) is None:
            return "no " + tool
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        return "mounting needs root and /dev/fuse"
    return None


def call(args, env):
    """Runs a tool; RuntimeError with what it said when it fails."""
    p = subprocess.run(args, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       errors="replace", stdin=subprocess.DEVNULL, check=False)
    if p.returncode != 0:
        raise RuntimeError(f"{args[0]}: {p.stdout.strip()[-300:]}")


def frozen(env):
    """The environment in which the clock stands still, so that the bytes are the same
    each time; where faketime is not there, the times differ."""
    if shutil.which("faketime", path=env["PATH"]) is None:
        return env
    library = subprocess.run(["faketime", "-f", CLOCK, "sh", "-c", 'echo "$LD_PRELOAD"'], env=env,
                             capture_output=True, text=True, check=True).stdout.strip()
    return {**env, "LD_PRELOAD": library, "FAKETIME": CLOCK, "TZ": "UTC"}


def make_raw(path, count, total, env):
    """About a quarter of the volume stays free."""
    point = path + ".mnt"
    os.makedirs(point)
    with open(path, "wb") as f:
        f.truncate((total * 4 // 3 + count * 2048 + (64 << 20)) & ~4095)
    call(["mkntfs", "-F", "-Q", "-T", "-q", "-L", "Bench", "-c", "4096", path], env)
    call(["ntfs-3g", "-o", "streams_interface=windows,compression,noatime,norecover", path, point],
         frozen(env))
    try:
        make_sample.fill(point, "sample")
        files.fill(os.path.join(point, "Windows", "WinSxS"), count, total)
    finally:
        call(["umount", point], env)
        os.rmdir(point)


def make_ewf(raw, base, env):
    """By ewfacquire, as examiners do; by the writer of the fixtures without it."""
    if shutil.which("ewfacquire", path=env["PATH"]):
        call(["ewfacquire", "-u", "-q", "-t", base, "-f", "encase6", "-c", "fast", "-S", "2GiB",
              "-C", "bench", "-D", "bench", "-E", "1", "-e", "bench", "-N", "bench", "-m", "fixed",
              "-M", "logical", "-d", "sha1", raw], frozen(env))
        return
    with open(raw, "rb") as f:
        fixture_ewf.write(f.read(), base)


def made(folder, env, count=FILES, total=BYTES):
    """(first part of the names of the image, None), or that of the sample and why."""
    base = os.path.join(folder, "disk")
    if os.path.exists(base + ".raw"):
        return base, None
    why = missing(env)
    if why is None:
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        try:
            make_raw(base + ".tmp", count, total, env)
            make_ewf(base + ".tmp", base, env)
            os.rename(base + ".tmp", base + ".raw")
            return base, None
        except (OSError, RuntimeError) as e:
            shutil.rmtree(folder, ignore_errors=True)
            why = str(e)
    return SAMPLE, "no image is made (%s); the sample must do: figures of it say little" % why


if __name__ == "__main__":
    print(*made(sys.argv[1], dict(os.environ), *map(int, sys.argv[2:4])))
