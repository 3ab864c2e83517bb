#!/usr/bin/env python3
"""`info` and `ls` against mmls, fsstat and fls on every image of the corpus that
Sleuth Kit opens by itself; the images that must fail do so clearly."""
import csv
import gzip
import os
import re
import shutil
import subprocess
import sys
import zipfile
import json

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import CORPUS, check, finish, fossick, same, scratch, skip, skip_all

if not os.path.exists(os.path.join(CORPUS, "CORPUS.tsv")):
    skip_all("no corpus (FOSSICK_CORPUS)")
if not all(map(shutil.which, ("mmls", "fls", "fsstat"))):
    skip_all("no Sleuth Kit")
T = scratch()

# what nothing here reads yet: said clearly, not compared
OTHER_FORMATS = (".vmdk", ".vhd", ".vhdx")
FS_NAMES = {"ntfs": "ntfs", "fat12": "fat12", "fat16": "fat16", "fat32": "fat32", "exfat": "exfat", "ext2": "ext2",
            "ext3": "ext3", "ext4": "ext4", "hfs": "hfs", "hfsp": "hfs", "iso9660": "iso9660", "ufs1": "ufs", "ufs2": "ufs"}


def unpacked(row):
    """Path of the image of a row, unpacked into the scratch folder if need be."""
    path = os.path.join(CORPUS, row["path"])
    method, _, rest = row["unpack"].partition(": ")
    if not method:
        return path
    member = max((m.rsplit(" ", 2) for m in rest.split("; ")), key=lambda m: int(m[1]))[0].strip()
    out = os.path.join(T, os.path.basename(member))
    if method == "gzip":
        with gzip.open(path) as f, open(out, "wb") as o:
            while piece := f.read(1 << 20):
                # keep holes: these images are mostly zeros
                o.seek(len(piece), 1) if not piece.strip(b"\0") else o.write(piece)
            o.truncate()
    elif method == "zip":
        with zipfile.ZipFile(path) as z, z.open(member) as f, open(out, "wb") as o:
            shutil.copyfileobj(f, o)
    else:
        tool = shutil.which("7zz") or shutil.which("7z")
        if not tool:
            return None
        subprocess.run([tool, "e", "-y", "-o" + T, path], capture_output=True)
    return out


def run(*args):
    return subprocess.run(args, capture_output=True, text=True, errors="surrogateescape")


def segments(image):
    """Sleuth Kit wants every part of a split raw image named."""
    stem, dot, ext = image.rpartition(".")
    if not re.fullmatch(r"\d{3}", ext):
        return [image]
    number, parts = int(ext), []
    while os.path.exists(f"{stem}.{number:03}"):
        parts.append(f"{stem}.{number:03}")
        number += 1
    return parts


def peer_volumes(image):
    """[(offset in bytes, file system)] as mmls and fsstat see it."""
    parts, found = segments(image), []
    listing = run("mmls", "-a", *parts)
    size = int(m.group(1)) if (m := re.search(r"in (\d+)-byte", listing.stdout)) else 512
    starts = [int(line.split()[2]) for line in listing.stdout.splitlines() if re.match(r"\d+:\s+[\d:]+\s+\d", line)]
    for start in starts or [0]:
        kind = run("fsstat", "-t", "-o", str(start), *parts).stdout.strip()
        if kind in FS_NAMES:
            found.append((start * size, FS_NAMES[kind], start))
    return found


def peer_names(image, start):
    """Allocated names, folders and files and streams, as fls sees them."""
    names = set()
    out = run("fls", "-r", "-p", "-u", "-o", str(start), *segments(image)).stdout
    for line in out.splitlines():
        head, _, name = line.partition("\t")
        # v/v and V/V are files that only libtsk knows; "* " marks deleted ones
        if head[:1] in "vV" or " * " in head or name.startswith("$OrphanFiles") or \
                name.endswith("(Volume Label Entry)"):
            continue
        # libtsk shows indexes of metadata files like streams; they hold no data
        names.add(re.sub(r":\$(O|Q|R|SDH|SII)$", "", name))
    return names


def our_names(image, volume):
    """Names as `ls` shows them: the path, or path:stream."""
    names = set()
    for pattern in ("**", "**/*:*"):
        for line in fossick("ls", "--json", image, pattern).stdout.splitlines():
            where = json.loads(line)["locator"]
            if where["volume"] == volume:
                names.add(where["path"] + (":" + where["stream"] if where.get("stream") else ""))
    return names


def compare(row):
    name, image = row["path"], unpacked(row)
    if image is None:
        skip(name, "no 7z")
        return
    info = fossick("info", "--json", image)
    if image.lower().endswith(OTHER_FORMATS) and info.returncode == 2:
        check(f"{name}: the format is named", re.search("VMDK|VHD", info.stderr), info.stderr)
        skip(f"{name}: volumes and names", "this container format is not read yet")
        return
    if info.returncode not in (0, 1):
        check(f"{name}: info", False, info.stderr)
        return
    volumes = json.loads(info.stdout)["volumes"]
    wanted = peer_volumes(image)
    if "APFS" in row["tsk_4.11.1"]:
        check(f"{name}: APFS is found", any("apfs" in (v.get("fs") or "") for v in volumes), volumes)
        return
    same(f"{name}: volumes", [(v["offset"], v["fs"]) for v in volumes if v.get("fs")], [w[:2] for w in wanted])
    for v, (offset, fs, start) in zip([v for v in volumes if v.get("fs")], wanted):
        theirs, ours = peer_names(image, start), our_names(image, v["volume"])
        if fs == "hfs":
            # fls lists no resource forks and shows control characters as ^
            ours = {re.sub(r"[\x00-\x1f]", "^", n) for n in ours if ":" not in n}
        check(f"{name}: {len(theirs)} names of the {fs} at {offset}", theirs == ours,
              f"only fls: {sorted(theirs - ours)[:15]}\nonly fossick: {sorted(ours - theirs)[:15]}")


with open(os.path.join(CORPUS, "CORPUS.tsv"), encoding="utf-8", newline="") as f:
    rows = [r for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE) if r["kind"] == "image"]
for row in rows:
    if row["tsk_4.11.1"].startswith("yes"):
        compare(row)

for path, words in (("sleuthkit/bogus.E01", ["bogus.E01"]), ("dfvfs/bogus.001", ["bogus.001"]),
                    ("dfvfs/fat-differential.vhd", ["fat-differential.vhd"]), ("dfvfs/ext2.qcow2", ["QCOW"]),
                    ("plaso/images/hfsplus_zlib.dmg", ["hfsplus_zlib.dmg"])):
    result = fossick("info", os.path.join(CORPUS, path))
    check(f"{path} fails clearly", result.returncode == 2 and all(w in result.stderr for w in words),
          f"exit {result.returncode}\n{result.stdout}{result.stderr}")
finish()
