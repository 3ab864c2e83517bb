#!/usr/bin/env python3
"""Makes tests/fuzz/corpus/recover: archives of two small members, killed at various moments.

Usage: make_recover.py ARCHIVE_TOOL FOLDER
"""
import os
import struct
import subprocess
import sys
import tempfile

MOMENTS = {"opened": 4, "header": 14, "data": 15, "finished": 19, "second": 30, "fold": 36,
           "folded": 48, "manifest": 58, "index": 66, "whole": 0}


def make(tool, kill_at):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([tool, "write", folder, "7", "2"], stdout=subprocess.DEVNULL,
                       env={**os.environ, "KILL_AT": str(kill_at), "NOSYNC": "1"}, check=False)
        parts = {}
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as f:
                parts[name.rsplit(".", 1)[1]] = f.read()
        return parts["zip"], parts.get("journal")


def main():
    tool, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    for name, kill_at in MOMENTS.items():
        archive, journal = make(tool, kill_at)
        with open(os.path.join(out, name), "wb") as f:
            f.write(struct.pack("<I", len(archive) | (0 if journal else 1 << 31)))
            f.write(archive + (journal or b""))
        if journal is None:
            continue
        with open(os.path.join(out, name + "-no-journal"), "wb") as f:
            f.write(struct.pack("<I", len(archive) | 1 << 31) + archive)


if __name__ == "__main__":
    main()
