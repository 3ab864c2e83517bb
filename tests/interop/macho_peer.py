#!/usr/bin/env python3
"""The module macho and llvm-objdump agree on libraries, versions, sections and slices
of the files that tests/data/make-macho.py makes."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support
from support import same

PEER = shutil.which("llvm-objdump")
if PEER is None:
    support.skip_all("needs llvm-objdump")
T = support.scratch()
TREE = os.path.join(T, "tree")
subprocess.run([sys.executable, "-B", os.path.join(support.DATA, "make-macho.py"), TREE], check=True)
shutil.rmtree(os.path.join(TREE, "bad"))
NAMES = ("thin", "both", "adhoc", "plain", "no-stamp", "Tool")
for name in set(os.listdir(TREE)) - set(NAMES):
    os.remove(os.path.join(TREE, name))
with open(os.path.join(T, "dump.lua"), "w", encoding="utf-8") as f:
    f.write("""
return { api = 1, name = "dump", summary = "programs as records", wants = { "*" },
run = function(ctx, e)
    ctx:record("macho", { name = e.name, m = assert(macho.open(e)) })
end }
""")
_, out = support.collect(os.path.join(T, "out"), "-p", os.path.join(T, "dump.lua"), TREE)
found = {r["fields"]["name"]: r["fields"]["m"] for r in support.Archive(out).records()["dump"]}
same("every file was read", sorted(found), sorted(NAMES))


def objdump(name, *how):
    return subprocess.run([PEER, "--macho", *how, os.path.join(TREE, name)], capture_output=True,
                          text=True, check=False).stdout


def long_version(text):
    return ".".join((text.split(".") + ["0", "0"])[:3])


for name in NAMES[:-1]:
    mine, text = found[name]["slices"][0], objdump(name, "--private-headers")
    one = lambda key: re.search(r"^ *%s (.*)$" % key, text, re.M).group(1)
    same(name + ": libraries", mine["dylibs"],
         re.findall(r"^\t(.*?) \(compat", objdump(name, "--dylibs-used"), re.M))
    same(name + ": uuid", mine["uuid"].upper(), one("uuid"))
    same(name + ": system", (mine["platform"], mine["min_os"], mine["sdk"]),
         (one("platform").lower(), long_version(one("minos")), long_version(one("sdk"))))
    same(name + ": search paths", mine["rpaths"], re.findall(r"^ *path (.*) \(offset", text, re.M))
    sections = [(x["name"], x["offset"]) for s in mine["segments"] for x in s["sections"]]
    same(name + ": sections", sections, [(n, int(o)) for n, o in re.findall(
        r"sectname (\S+)\n(?:.*\n)*?\s+offset (\d+)", text)])
    if "dataoff" in text:
        same(name + ": signature", (mine["signature"]["offset"], mine["signature"]["size"]),
             (int(one("dataoff")), int(one("datasize"))))
slices = re.findall(r"^    offset (\d+)\n    size (\d+)", objdump("Tool", "--universal-headers"), re.M)
same("slices", [(str(s["offset"]), str(s["size"])) for s in found["Tool"]["slices"]], slices)
support.finish()
