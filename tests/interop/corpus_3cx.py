#!/usr/bin/env python3
"""Nothing in the corpus of third-party files is of the 3CX case: its plugins must tell nothing above "info" of
the images, nor of hives, prefetch files, event logs and profiles of browsers that are put where Windows has them."""
import gzip
import lzma
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support

IMAGES = ("velociraptor/partition_image.E01", "velociraptor/test.ntfs.dd.E01", "plaso/images/image.E01",
          "plaso/images/image-split.E01", "plaso/images/tsk_volume_system.raw", "dfvfs/image.vhd", "dfvfs/hfsplus.raw",
          "dfvfs/apfs.raw", "dfvfs/ext2.vmdk")
HIVES = {"Windows/System32/config/SYSTEM": "regipy/SYSTEM_WIN_10_1709.xz",
         "Windows/appcompat/Programs/Amcache.hve": "plaso/registry/winreg/Amcache.hve"}


def corpus(name):
    return os.path.join(support.CORPUS, name)


def put(tree, place, source):
    path = os.path.join(tree, place)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(os.path.splitext(source)[1], open)
    with opener(source, "rb") as data, open(path, "wb") as out:
        shutil.copyfileobj(data, out)


def every(folder, ending):
    for top, _, names in sorted(os.walk(corpus(folder))):
        for name in sorted(names):
            if name.lower().endswith(ending):
                yield os.path.join(top, name)


def windows(tree):
    put(tree, "Windows/System32/ntoskrnl.exe", os.devnull)
    for place, source in HIVES.items():
        put(tree, place, corpus(source))
    users = [p for f in ("plaso/registry", "regipy") for e in (".dat", ".dat.xz", ".xz") for p in every(f, e)
             if "NTUSER" in os.path.basename(p).upper()]
    for i, source in enumerate(sorted(set(users))):
        put(tree, "Users/u%02d/NTUSER.DAT" % i, source)
    for i, source in enumerate(p for f in ("plaso/winprefetch", "ez-prefetch", "velociraptor") for p in every(f, ".pf")):
        name = ("3CXDESKTOPAPP", "UPDATE", "MSIEXEC", "TPMVSCMGRSVR", "X_TRADER")[i % 5]
        put(tree, "Windows/Prefetch/%s.EXE-%08X.pf" % (name, i), source)
    for i, source in enumerate(p for f in ("plaso/evtx", "evtx-rs", "velociraptor") for p in every(f, ".evtx")):
        put(tree, "Windows/System32/winevt/Logs/%02d %s" % (i, os.path.basename(source)), source)
    shutil.copytree(corpus("browser-history/test_homedirs/Windows/AppData"), os.path.join(tree, "Users/w/AppData"))


def alarms(name, source):
    status, out = support.collect(os.path.join(T, name), "-p", "3cx", source)
    if not out:
        support.skip("no findings on " + name, "no archive, status %s" % status)
        return None
    archive = support.Archive(out)
    found = [(f["severity"], f["plugin"], f["title"], (f.get("evidence") or [{}])[0].get("path"))
             for f in archive.findings if f["plugin"].startswith("3cx-") and f["severity"] != "info"]
    support.same("no findings on " + name, found, [])
    return archive


if not os.path.isdir(corpus("expected")):
    support.skip_all("no corpus")
T = support.scratch()
for image in IMAGES:
    if os.path.exists(corpus(image)):
        alarms(image.replace("/", "-"), corpus(image))
windows(os.path.join(T, "tree"))
archive = alarms("files of the corpus in their places", os.path.join(T, "tree"))
rows = [r for rs in archive.records().values() for r in rs]
support.same("no build, run or payload", [r for r in rows if r["plugin"].startswith("3cx-") and r["kind"] in (
    "install", "run", "loaded", "payload", "icon", "contact", "detection")], [])
support.finish()
