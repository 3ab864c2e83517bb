#!/usr/bin/env python3
"""A folder as evidence: names that would move a terminal or a path, links and
special files, large files from several workers at once."""
import hashlib
import os
import resource
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import Archive, check, collect, finish, fossick, same, scratch, verifies

T = scratch()
TREE = os.path.join(T, "tree")
MIB = 1 << 20
TAKE = os.path.join(T, "take.lua")
with open(TAKE, "w", encoding="utf-8") as f:
    f.write('return { api = 1, name = "take", summary = "takes all", wants = { "**" }, run = function(ctx, e)\n'
            '\tctx:record("seen", { path = e.path, type = e.type })\n'
            '\tif e.type == "file" then ctx:collect(e, "test") end\nend }\n')


def put(name, data):
    path = os.path.join(os.fsencode(TREE), os.fsencode(name))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


# --- names ---------------------------------------------------------------------
NASTY = ["new\nline", "esc\x1b[2J\x1b]0;title\x07", "rtl\u202egpj.exe", "back\\slash", "tab\there",
         "n" * 255, "Ärger/e\u0301clair", " leading and trailing ", "-rf", "..hidden", "q\"uote'"]
for name in NASTY:
    put(name, name.encode())
put(b"not-utf8-\xff\xfe", b"x")
os.symlink("/etc/passwd", os.path.join(TREE, "link"))
os.symlink("..", os.path.join(TREE, "up"))
os.mkfifo(os.path.join(TREE, "pipe"))

run, path = collect(os.path.join(T, "names"), "-p", TAKE, TREE)
check("collect ends with 1: one name is left out", run.returncode == 1, f"{run.returncode} {run.stderr}")
verifies("names: the archive verifies", path)
a = Archive(path)
got = sorted(a.zip.read(n).decode() for n in a.files)
same("every file with a readable name is there", got, sorted(NASTY))
bad = [n for n in a.names if n.startswith("/") or "\\" in n or ".." in n.split("/") or any(ord(c) < 32 for c in n)]
same("no member name leaves its folder or moves a terminal", bad, [])
kinds = {r["fields"]["path"]: r["fields"]["type"] for r in a.records()["take"]}
same("links and pipes are seen, and not followed",
     (kinds.get("link"), kinds.get("up"), kinds.get("pipe"), [p for p in kinds if p.startswith("up/")]),
     ("link", "link", "other", []))
check("the name that is no UTF-8 is an anomaly", "UTF-8" in a.text("anomalies.jsonl"), a.text("anomalies.jsonl"))
for command in (("ls", TREE, "**"), ("ls", "-l", TREE, "**"), ("collect", "-o", os.path.join(T, "names"), "-p", TAKE, TREE)):
    shown = fossick(*command)
    wild = [c for c in shown.stdout + shown.stderr if (ord(c) < 32 and c != "\n") or c == "\u202e"]
    same(f"{command[0]} {command[1]}: nothing on the screen moves the terminal", wild, [])

# --- large files -----------------------------------------------------------------
LARGE = os.path.join(T, "large")
os.makedirs(LARGE)
block = hashlib.sha512(b"seed").digest() * (MIB // 64)
for n in range(4):
    with open(os.path.join(LARGE, f"same{n}.bin"), "wb") as f:
        for i in range(40):
            f.write(bytes([i]) + block[1:])
with open(os.path.join(LARGE, "noise.bin"), "wb") as f:
    state = b"noise"
    for _ in range(24):
        piece = []
        for _ in range(MIB // 64):
            state = hashlib.sha512(state).digest()
            piece.append(state)
        f.write(b"".join(piece))
with open(os.path.join(LARGE, "hole.bin"), "wb") as f:
    f.truncate(200 * MIB)
    f.seek(100 * MIB)
    f.write(b"island")
wanted = {}
for name in os.listdir(LARGE):
    h = hashlib.sha256()
    with open(os.path.join(LARGE, name), "rb") as f:
        while piece := f.read(MIB):
            h.update(piece)
    wanted["fs/$rootfs$/" + name] = h.hexdigest()

run, path = collect(os.path.join(T, "out"), "-j4", "-p", TAKE, LARGE)
check("large files: collect ends with 0", run.returncode == 0, f"{run.returncode} {run.stderr}")
verifies("large files: the archive verifies", path)
same("large files: every digest", {n: r["sha256"] for n, r in Archive(path).files.items()}, wanted)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
# the sanitizers' shadow and quarantine are in it; unbounded buffering would hold 384 MiB more
check("large files: no process holds them in memory", peak < 900, f"{peak} MiB")
finish()
