"""win-run-keys on hives that nobody has: thousands of values, endless texts, damaged
cells and types that do not fit. It ends, says what it did not look at, and a
place full of rubbish hides no other one."""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import autostart
import autostart_tree
import regf
from support import Archive, check, collect, finish, same, scratch

T = scratch()
RUN = "Software\\" + autostart_tree.W + "Run"
ROUNDS = 15
WORDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x20\0\0\0")


def crowded():
    hive = regf.Hive("ntuser.dat", autostart_tree.WHEN)
    for i in range(6000):
        hive.set(RUN, f"v{i}", f"C:\\x\\{i}.exe")
    hive.set("Software\\" + autostart_tree.NT + "Winlogon", "Shell", "C:\\Tools\\shell.exe")
    hive.set("Software\\" + autostart_tree.NT + "Windows", "Load", ",".join(f"C:\\a{i}.exe" for i in range(2000)))
    hive.set("Environment", "UserInitMprLogonScript", "C:\\Tools\\logon.cmd " + "x" * 1000000)
    return hive.build()


def write(tree, files):
    for path, content in files.items():
        os.makedirs(os.path.dirname(os.path.join(tree, path)), exist_ok=True)
        with open(os.path.join(tree, path), "wb") as f:
            f.write(content)


def many():
    tree = os.path.join(T, "many")
    write(tree, {"Users/ann/NTUSER.DAT": crowded(), "Windows/System32/x": b"", "Tools/shell.exe": b"x", "Tools/logon.cmd": b"x"})
    run, path = collect(tree + ".out", "-p", "win-run-keys", tree)
    check("many: ends", run.returncode == 1, run.stderr)
    archive = Archive(path)
    rows = autostart.every_file_is_there("many", archive)
    same("many: a row for each value", len([f for _, f in rows if f["place"] == "run"]), 6000)
    same("many: other places have their turn", sorted(f["program"] for _, f in rows if "program" in f),
         ["C:/Tools/shell.exe"])
    same("many: a command line that Windows would not take", [f["missing"] for _, f in rows if f["place"] == "logon-script"],
         ["the command line is longer than Windows permits"])
    same("many: and what was too much is said", sorted(a["reason"].split(": ", 1)[-1] for a in archive.anomalies),
         ["a text of 1000019 bytes, of which 65536 are looked at", "more than 1000 texts",
          "not all of their files are looked for"])
    same("many: findings are bounded", len(archive.findings) <= 202, True)


def bent(data, chance):
    data = bytearray(data)
    for _ in range(chance.choice((1, 4, 20, 100))):
        at = chance.randrange(regf.HEADER, len(data))
        value = data.find(b"vk", at)
        kind = chance.randrange(4)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at & ~3 : (at & ~3) + 4] = chance.choice(WORDS)
        elif value > 0:  # another type
            data[value + 12] = chance.choice((0, 1, 2, 3, 4, 7, 11))
    return bytes(data)


def damaged():
    tree = os.path.join(T, "damaged")
    autostart_tree.write(tree, autostart_tree.CASES)
    hives = {}
    for place in autostart_tree.HIVES.values():
        with open(os.path.join(tree, place), "rb") as f:
            hives[place] = f.read()
    for turn in range(ROUNDS):
        chance = random.Random(1000 + turn)
        write(tree, {place: bent(data, chance) for place, data in hives.items()})
        run, path = collect(f"{tree}.out{turn}", "-p", "win-run-keys", tree)
        mistakes = [a["reason"] for a in Archive(path).anomalies if a["code"] == "plugin" or ".lua:" in a["reason"]]
        check(f"damaged {turn}: ends without a mistake of the plugin", run.returncode in (0, 1) and not mistakes, f"{run.stderr}{mistakes}")


many()
damaged()
finish()
