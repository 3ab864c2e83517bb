#!/usr/bin/env python3
"""The module zip and zip, 7z and Python agree on members, sizes and digests: of archives that the tools write
and of those in the corpus."""
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support
from support import same

PLUGIN = """
return { api = 1, name = "dump", summary = "archives as records", wants = { "**/*.zip" },
run = function(ctx, e)
    local archive, why = zip.open(e)
    local rows = list {}
    for i, m in ipairs(archive and archive.members or {}) do
        local sums, code = nil, nil
        if not m.encrypted then
            sums = zip.digests(e, i)
        end
        rows[i] = { m.name, m.size, m.packed, sums and sums.sha256 or "none" }
    end
    ctx:record("archive", { path = e.path, rows = rows, why = why })
end }
"""
T = support.scratch()
TREE, FILES = os.path.join(T, "tree"), os.path.join(T, "files")
os.makedirs(TREE)
os.makedirs(os.path.join(FILES, "d"))
for name, data in (("a.txt", b"text " * 9000), ("d/b.bin", os.urandom(70000)), ("empty", b""), ("d/\u00e4.txt", b"\xe4")):
    with open(os.path.join(FILES, name), "wb") as f:
        f.write(data)


def made(name, *command):
    if shutil.which(command[0]) is None:
        support.skip(name, "needs " + command[0])
        return
    subprocess.run([*command[:-1], os.path.join(TREE, name + ".zip"), "."], cwd=FILES, check=True,
                   stdout=subprocess.DEVNULL)


made("zip", "zip", "-q", "-r", "")
made("stored", "zip", "-q", "-r", "-0", "")
made("bzip2", "zip", "-q", "-r", "-Z", "bzip2", "")
made("locked", "zip", "-q", "-r", "-P", "word", "")
made("seven", "7z", "a", "-bd", "-tzip", "")
for folder, _, names in os.walk(support.CORPUS):
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(".zip") and zipfile.is_zipfile(path) and os.path.getsize(path) < 64 << 20:
            shutil.copy(path, os.path.join(TREE, "corpus-" + name))

with open(os.path.join(T, "dump.lua"), "w", encoding="utf-8") as f:
    f.write(PLUGIN)
_, out = support.collect(os.path.join(T, "out"), "-p", os.path.join(T, "dump.lua"), TREE)
found = {r["fields"]["path"]: r["fields"]["rows"] for r in support.Archive(out).records()["dump"]}
for name in sorted(os.listdir(TREE)):
    wanted = []
    with zipfile.ZipFile(os.path.join(TREE, name)) as z:
        for m in z.infolist():
            sums = "none" if m.flag_bits & 1 else hashlib.sha256(z.read(m)).hexdigest()
            name_of = m.orig_filename if m.flag_bits & 0x800 else m.orig_filename.encode("cp437").decode()
            wanted.append([name_of, m.file_size, m.compress_size, sums])
    same("members of " + name, found.get(name), wanted)
support.finish()
