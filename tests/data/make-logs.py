"""Writes the hives with transaction logs of tests/unit/test_replay.c and
tests/e2e/hive_logs.py:

    ntuser.dat                 dirty; no Run value
    ntuser.dat.LOG1, .LOG2     entry 10 (another value) and entry 11, with the
                               Run value "Phone" and a key that makes it larger
    clean.dat                  what the three of them are
    both.LOG1                  entries 10 and 11 in one log
    old.dat, old.dat.LOG       the same as a hive of Windows 7 with its one log
    old-clean.dat              what these two are

    python3 make-logs.py FOLDER

With --seeds writes the seeds of tests/fuzz/fuzz_hive_logs.c instead."""

import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hivelog
import regf

WHEN = regf.filetime("2023-03-29T08:15:30Z")
NAME = r"\??\C:\Users\ann\ntuser.dat"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"


def hive(step, much=60):
    h = regf.Hive(NAME, WHEN)
    h.set(RUN, "Sidebar", r"%ProgramFiles%\Sidebar.exe /autoRun", "REG_EXPAND_SZ")
    h.set("Software\\Notes", "seen", min(step, 1))
    if step == 2:
        h.set(RUN, "Phone", r'"C:\Users\ann\AppData\Local\Phone\app.exe" autoLaunch')
        h.set("Software\\Notes", "much", bytes(range(256)) * much)
    return h.build()


def seeds():
    """A hive and a log in one file each, for a fuzzer to bend."""
    before, after = hive(0), hive(2, much=1)
    dirty = hivelog.header(before, (10, 9))
    logs = {
        "entries": hivelog.entries(after, 10, [hivelog.delta(before, after)]),
        "bitmap": hivelog.bitmap(after, 10, hivelog.delta(before, after, 512)),
    }
    for name, log in logs.items():
        yield name, struct.pack("<I", len(dirty)) + dirty + log
    yield "base", struct.pack("<I", len(dirty)) + bytes(64) + dirty[64:] + logs["entries"]


def fixtures():
    steps = [hive(i) for i in range(3)]
    first, second = hivelog.delta(*steps[:2]), hivelog.delta(*steps[1:])
    yield "ntuser.dat", hivelog.header(steps[0], (10, 9))
    yield "ntuser.dat.LOG1", hivelog.entries(steps[1], 10, [first])
    yield "ntuser.dat.LOG2", hivelog.entries(steps[2], 11, [second])
    sizes = [len(s) - hivelog.HEADER for s in steps[1:]]
    yield "both.LOG1", hivelog.entries(steps[1], 10, [first, second], sizes)
    yield "old.dat", hivelog.header(steps[0], (8, 7))
    yield "old.dat.LOG", hivelog.bitmap(steps[2], 8, hivelog.delta(steps[0], steps[2], 512))
    yield "old-clean.dat", hivelog.header(steps[2], (8, 8))
    yield "clean.dat", hivelog.header(steps[2], (11, 11))


def main():
    folder = sys.argv[-1]
    os.makedirs(folder, exist_ok=True)
    for name, data in seeds() if sys.argv[1] == "--seeds" else fixtures():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
