"""Writes the hives with transaction logs of tests/unit/test_replay.c and
tests/e2e/hive_logs.py:

    ntuser.dat                 dirty; no Run value
    ntuser.dat.LOG1, .LOG2     entry 10 (another value) and entry 11, with the
                               Run value "Phone" and a key that makes it larger
    clean.dat                  what the three of them are
    both.LOG1                  entries 10 and 11 in one log
    old.dat, old.dat.LOG       the same as a hive of Windows 7 with its one log
    old-clean.dat              what these two are

    python3 make-logs.py FOLDER"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hivelog
import regf

WHEN = regf.filetime("2023-03-29T08:15:30Z")
NAME = r"\??\C:\Users\ann\ntuser.dat"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"


def hive(step):
    h = regf.Hive(NAME, WHEN)
    h.set(RUN, "Sidebar", r"%ProgramFiles%\Sidebar.exe /autoRun", "REG_EXPAND_SZ")
    h.set("Software\\Notes", "seen", min(step, 1))
    if step == 2:
        h.set(RUN, "Phone", r'"C:\Users\ann\AppData\Local\Phone\app.exe" autoLaunch')
        h.set("Software\\Notes", "much", bytes(range(256)) * 60)
    return h.build()


def main():
    def put(name, data):
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(data)

    os.makedirs(sys.argv[1], exist_ok=True)
    steps = [hive(i) for i in range(3)]
    first, second = hivelog.delta(*steps[:2]), hivelog.delta(*steps[1:])
    put("ntuser.dat", hivelog.header(steps[0], (10, 9)))
    put("ntuser.dat.LOG1", hivelog.entries(steps[1], 10, [first]))
    put("ntuser.dat.LOG2", hivelog.entries(steps[2], 11, [second]))
    put("clean.dat", hivelog.header(steps[2], (11, 11)))
    sizes = [len(s) - hivelog.HEADER for s in steps[1:]]
    put("both.LOG1", hivelog.entries(steps[1], 10, [first, second], sizes))
    put("old.dat", hivelog.header(steps[0], (8, 7)))
    put("old.dat.LOG", hivelog.bitmap(steps[2], 8, hivelog.delta(steps[0], steps[2], 512)))
    put("old-clean.dat", hivelog.header(steps[2], (8, 8)))


if __name__ == "__main__":
    main()
