#!/usr/bin/env python3
"""The module msi and msitools agree: on packages that msibuild writes, on those of
tests/data/make-msi.py, and on one that wixl builds."""
import importlib
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
from support import check, same

if shutil.which("msiinfo") is None or shutil.which("msibuild") is None:
    support.skip_all("needs msitools")
make = importlib.import_module("make-msi")

T = support.scratch()
TREE = os.path.join(T, "tree")
SOUND = {n: d for n, d in make.files().items() if n in ("tool.msi", "wide.msi", "western.msi", "cab.msi")}
os.makedirs(TREE)
for name, data in SOUND.items():
    with open(os.path.join(TREE, name), "wb") as f:
        f.write(data)
PROPERTIES = "\n".join(["Property\tValue", "s72\tl0", "Property\tProperty"]
                       + ["%s\t%s" % p for p in sorted(make.product("Peer", "4.5.6").items())]) + "\n"
FILE = """File\tComponent_\tFileName\tFileSize\tVersion\tLanguage\tAttributes\tSequence
s72\ts72\tl255\ti4\tS72\tS20\tI2\ti2
File\tFile
a.exe\tMain\tA~1.EXE|a long name.exe\t70000\t1.2.3.4\t1033\t512\t1
b.txt\tMain\tB.TXT\t0\t\t\t\t2
"""
WXS = """<?xml version="1.0"?><Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
<Product Id="*" Name="Built" Version="7.8.9" Manufacturer="Ann" Language="1033"
  UpgradeCode="99999999-0000-4000-8000-000000000002"><Package InstallerVersion="200" Compressed="yes"/>
<Media Id="1" Cabinet="cab1.cab" EmbedCab="yes"/><Directory Id="TARGETDIR" Name="SourceDir">
<Component Id="Main" Guid="99999999-0000-4000-8000-000000000003"><File Id="note" Name="a longer note.txt"
  Source="note.txt"/></Component></Directory>
<Feature Id="All" Level="1"><ComponentRef Id="Main"/></Feature></Product></Wix>"""


def run(*args):
    return subprocess.run(args, capture_output=True, text=True, check=True, cwd=T,
                          encoding="utf-8", errors="replace").stdout


def built():
    for name, text in ("Property.idt", PROPERTIES), ("File.idt", FILE), ("cab.bin", "c" * 9000):
        with open(os.path.join(T, name), "w", encoding="utf-8", newline="\r\n") as f:
            f.write(text)
    path = os.path.join(TREE, "peer.msi")
    run("msibuild", path, "-s", "Peer title", "Peer author", "x64;1033", "{11111111-2222-3333-4444-555555555555}")
    run("msibuild", path, "-i", "Property.idt", "File.idt")
    run("msibuild", path, "-a", "cab1.cab", "cab.bin")


built()
if shutil.which("wixl") is not None:
    for name, text in ("built.wxs", WXS), ("note.txt", "harmless\n"):
        with open(os.path.join(T, name), "w", encoding="utf-8") as f:
            f.write(text)
    run("wixl", "-o", os.path.join(TREE, "wixl.msi"), "built.wxs")
else:
    support.skip("a package of wixl", "needs wixl")
with open(os.path.join(T, "dump.lua"), "w", encoding="utf-8") as f:
    f.write("""
return { api = 1, name = "dump", summary = "packages as records", wants = { "*" },
run = function(ctx, e)
    ctx:record("msi", { name = e.name, m = assert(msi.open(e)) })
end }
""")
_, out = support.collect(os.path.join(T, "out"), "-p", os.path.join(T, "dump.lua"), TREE)
archive = support.Archive(out)
found = {r["fields"]["name"]: r["fields"]["m"] for r in archive.records()["dump"]}
same("every package was read", sorted(found), sorted(os.listdir(TREE)))
check("no anomalies", not archive.anomalies, str(archive.anomalies)[:300])


def rows(path, table):
    lines = run("msiinfo", "export", path, table).replace("\r", "").split("\n")
    return [dict(zip(lines[0].split("\t"), line.split("\t"))) for line in lines[3:] if line]


def mine_of(f):
    both = f["short"] + "|" + f["name"] if "short" in f else f["name"]
    return f["id"], both, str(f["size"]), f.get("version", ""), f["component"]


for name, m in sorted(found.items()):
    path = os.path.join(TREE, name)
    tables = [t for t in run("msiinfo", "tables", path).split() if not t.startswith("_")]
    same(name + ": tables", sorted(m["tables"]), sorted(tables))
    same(name + ": properties", sorted(m["properties"].items()),
         sorted((r["Property"], r["Value"]) for r in rows(path, "Property")))
    same(name + ": files", sorted(map(mine_of, m["files"])), sorted(
        (r["File"], r["FileName"], r["FileSize"], r["Version"], r["Component_"]) for r in rows(path, "File")))
    streams = [s for s in run("msiinfo", "streams", path).split("\n") if s and not s.startswith("\5")]
    same(name + ": streams", sorted(s["name"] for s in m["embedded"]), sorted(streams))
    told = dict(re.findall(r"^(\w[\w ]*?)(?: \(\w+\))?: (.*)$", run("msiinfo", "suminfo", path), re.M))
    for key, theirs in (("title", "Title"), ("author", "Author"), ("template", "Template"),
                        ("revision", "Revision number"), ("subject", "Subject"), ("application", "Application")):
        same(name + ": summary, " + key, m["summary"].get(key, ""), told.get(theirs, ""))
support.finish()
