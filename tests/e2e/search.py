"""e:find and free space: what is told stands where blkls and plain reading say that it does."""
import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import free_blocks
import support
from support import check, same, skip

T = support.scratch()
MIB = 1024 * 1024
MARK = b"fossick looks for this"
PLUGIN = """
local NEEDLES = { "fossick looks for this", "\\0\\0\\0\\0\\1", "looks" }
return {
  api = 1, name = "dump", summary = "where a text stands", wants = { "**/*", "$Unallocated/*" },
  run = function(ctx, e)
    if e.type == "dir" then return end
    local hits, more = e:find(NEEDLES)
    local first, again = e:find(NEEDLES, { max = 2, from = 5 })
    ctx:record("hits", { path = e.path, size = e.size, type = e.type, deleted = e.deleted, hits = hits, more = more,
      first = first, again = again, collected = ctx:collect(e, "x") or false })
  end,
}
"""


def plainly(data, needles=(MARK, b"\0\0\0\0\1", b"looks"), start=0):
    out = []
    for number, needle in enumerate(needles, 1):
        at = data.find(needle, start)
        while at >= 0:
            out.append((at, number))
            at = data.find(needle, at + 1)
    return sorted(out)


def pairs(hits):
    return [(h["offset"], h["needle"]) for h in hits]


# --- files: places at the borders of what is read at once, many places, a hole ---

noise = random.Random(7)
files = {
    "borders.bin": bytearray(noise.randbytes(3 * MIB + 77)),
    "many.bin": b"looks " * 12000,
    "small.bin": b"looks",
    "empty.bin": b"",
    "overlap.bin": b"\0" * 300 + b"\1" + b"\0" * 5 + b"\1",
}
for k in range(24):
    at = (k % 3 + 1) * MIB - k if k < 23 else 3 * MIB + 77 - len(MARK)
    if k in (0, 4, 11, 23):
        files["borders.bin"][at:at + len(MARK)] = MARK
rows, notes = support.dump(PLUGIN, {name: bytes(data) for name, data in files.items()})
for name, data in files.items():
    wanted = plainly(bytes(data))
    same(f"{name}: all places", (pairs(rows[name]["hits"]), rows[name]["more"]), (wanted[:10000], len(wanted) > 10000))
    later = plainly(bytes(data), start=5)
    same(f"{name}: the first two behind byte 5", (pairs(rows[name]["first"]), rows[name]["again"]),
         (later[:2], len(later) > 2))
same("nothing is wrong with them", notes, {})

sparse = os.path.join(T, "sparse")
os.makedirs(sparse)
with open(os.path.join(sparse, "hole.bin"), "wb") as f:
    for at in (2 * MIB - 3, 9 * MIB + 5):
        f.seek(at)
        f.write(MARK)
    f.truncate(40 * MIB)
with open(os.path.join(T, "dump.lua"), "w", encoding="utf-8") as f:
    f.write(PLUGIN)


def rows_of(name, source):
    archive = support.Archive(support.collect(os.path.join(T, name), "-p", os.path.join(T, "dump.lua"), source)[1])
    return [r["fields"] for r in archive.records()["dump"]], archive


row = rows_of("out-sparse", sparse)[0][0]
same("a file with holes", [h for h in pairs(row["hits"]) if h[1] == 1], [(2 * MIB - 3, 1), (9 * MIB + 5, 1)])

# --- free space: a mark in a free block, and one in the slack of a file ---


def mkfs(path, *command):
    with open(path, "wb") as f:
        f.truncate(24 * MIB)
    subprocess.run([*command, path], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


for name, make, block in (("ntfs", free_blocks.ntfs, None), ("ext4", lambda p: mkfs(p, "mkfs.ext4", "-F", "-q"), None),
                          ("fat16", lambda p: mkfs(p, "mkfs.fat", "-F", "16"), 512)):
    image = os.path.join(T, name + ".img")
    if not shutil.which("blkls") or name != "ntfs" and not shutil.which("mkfs." + name.rstrip("16")):
        skip(f"{name}: free blocks", "no Sleuth Kit, or no program to make it")
        continue
    make(image)
    free, size = free_blocks.blkls(image, block)
    with open(image, "r+b") as f:
        marks = [free[0], free[len(free) // 2], free[-1]]
        for number in marks:
            f.seek(number * size + 40)
            f.write(MARK)
        if name == "ext4":  # of the others the first block is the boot record
            f.seek(size - len(MARK))
            f.write(MARK)
    rows, archive = rows_of("out-" + name, image)
    part = [r for r in rows if r["path"].startswith("$Unallocated/")]
    same(f"{name}: one part, with the offset in its name",
         [(r["path"], r["type"], r["deleted"], r["collected"]) for r in part],
         [("$Unallocated/0x0000000000000000", "other", True, False)])
    same(f"{name}: marks in free blocks, none in used ones", [h["offset"] for h in part[0]["hits"] if h["needle"] == 1],
         sorted(n * size + 40 for n in marks))
    with open(image, "rb") as f:
        raw = f.read()
    hidden = bytearray(raw)
    holes = set(range(len(raw) // size)) - set(free)
    for number in holes:
        hidden[number * size:(number + 1) * size] = bytes(size)
    wanted = [h for h in plainly(bytes(hidden)[:part[0]["size"]]) if h[1] == 3]
    same(f"{name}: as if all that is used were zeros", [h for h in pairs(part[0]["hits"]) if h[1] == 3], wanted[:10000])
    check(f"{name}: the whole volume is looked at", part[0]["size"] >= (free[-1] + 1) * size, part)
    again, _ = rows_of("again-" + name, image)
    check(f"{name}: the same again", again == rows)

listed = support.fossick("ls", os.path.join(T, "ntfs.img"), "**").stdout if os.path.exists(os.path.join(T, "ntfs.img")) else ""
check("nothing lists it", "$Unallocated" not in listed)
support.finish()
