"""`fossick info` and `ls` against Sleuth Kit's mmls and fls, on every image of
the developer corpus that Sleuth Kit opens; what nobody here can read is said
to be that, and images that must fail do so clearly. Output is TAP. The corpus
is found through FOSSICK_CORPUS."""
import csv
import gzip
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

CORPUS = os.environ.get("FOSSICK_CORPUS", "")
FOSSICK = os.environ.get("FOSSICK", "fossick")
TYPES = {"ntfs": "ntfs", "exfat": "exfat", "hfs": "hfs", "apfs": "apfs", "iso9660": "iso9660",
         "ext2": "ext", "ext3": "ext", "ext4": "ext", "fat12": "fat", "fat16": "fat",
         "fat32": "fat", "ufs1": "ufs", "ufs2": "ufs"}


def run(args):
    """Status, lines of standard output, text of standard error."""
    p = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return (p.returncode, p.stdout.decode("utf-8", "backslashreplace").split("\n"),
            p.stderr.decode("utf-8", "backslashreplace"))


def unpack(path, work):
    """The image files that a file of the corpus holds."""
    name = os.path.basename(path)
    if name.endswith((".xz", ".gz")) and ".tar" not in name:
        opener = lzma.open if name.endswith(".xz") else gzip.open
        out = os.path.join(work, name[:-3])
        with opener(path, "rb") as src, open(out, "wb") as dst:
            copy_sparse(src, dst)
        return [out]
    if name.endswith(".zip"):
        with zipfile.ZipFile(path) as z:
            members = [m for m in z.namelist() if re.search(r"\.(dd|ext4|vhdx|raw)$", m)]
            return [z.extract(m, work) for m in members]
    if name.endswith(".7z"):
        subprocess.run(["7z", "x", "-y", "-o" + work, path], check=True,
                       stdout=subprocess.DEVNULL)
        return sorted(os.path.join(work, n) for n in os.listdir(work))
    return [path]


def copy_sparse(src, dst):
    while True:
        piece = src.read(1 << 20)
        if not piece:
            break
        if piece.count(0) == len(piece):
            dst.seek(len(piece), 1)
        else:
            dst.write(piece)
    dst.truncate()


def segments(path):
    """The files that belong to a first segment."""
    folder, name = os.path.split(path)
    m = re.match(r"(.*\.)([A-Za-z]?)(\d+)$", name)
    if not m:
        return [path]
    rest = re.compile(re.escape(m.group(1)) + m.group(2) + r"\d{%d}$" % len(m.group(3)))
    return sorted(os.path.join(folder, n) for n in os.listdir(folder) if rest.match(n))


def seen(files):
    """Exit status, volumes, names by volume, and reasons of anomalies, as
    `info` and `ls` show them."""
    status, lines, err = run([FOSSICK, "info", "--json", files[0]])
    if status not in (0, 1):
        return status, [], {}, [err]
    info = json.loads("\n".join(lines))
    names = {}
    for pattern in ("**", "**/*:*"):
        for line in run([FOSSICK, "ls", "--json", files[0], pattern])[1]:
            where = json.loads(line)["locator"] if line else None
            if where:
                stream = ":" + where["stream"] if "stream" in where else ""
                names.setdefault(where["volume"], set()).add(where["path"] + stream)
    return status, info["volumes"], names, [a["reason"] for a in info["anomalies"]]


def mmls(files):
    """Slot, byte offset and byte length of each allocated row; [] without a table."""
    status, lines, _ = run(["mmls"] + files)
    if status != 0:
        return []
    size = 512
    rows = []
    for line in lines:
        m = re.match(r"Units are in (\d+)-byte", line)
        if m:
            size = int(m.group(1))
        m = re.match(r"\d+:\s+(\d[\d:]*)\s+(\d+)\s+(\d+)\s+(\d+)\s+(.*)", line)
        if m and "Extended" not in m.group(5) and "GPT Safety" not in m.group(5):
            rows.append((m.group(1), int(m.group(2)) * size, int(m.group(4)) * size))
    return rows


def shown(name):
    """A name as fls prints it: control characters become '^'."""
    return re.sub(r"[\x00-\x1f\x7f]", "^", name)


def fls(files, volume, pool_block):
    args = ["fls", "-r", "-p", "-u", "-f", TYPES[volume["fs"]]]
    if pool_block is not None:
        args += ["-P", "apfs", "-B", str(pool_block)]
        if volume["offset"]:
            args += ["-o", str(volume["offset"] // volume["sector_size"])]
    else:
        args += ["-o", str(volume["offset"] // 512)]
    status, lines, err = run(args + files)
    names = set()
    for line in lines:
        m = re.match(r"(\S)/(\S) (?:\* )?([\d-]+)(?:\(realloc\))?:\t(.*)$", line)
        if not m or "V" in m.group(1) + m.group(2) or "v" in m.group(1) + m.group(2):
            continue
        name = m.group(4)
        if name.endswith("(Volume Label Entry)") or name.startswith("$OrphanFiles"):
            continue
        # fls shows a file of NTFS by its attributes; it may have no $DATA of its
        # own, and index attributes ($Secure:$SDH) are no streams
        if volume["fs"] == "ntfs" and ":" in name:
            names.add(name.split(":")[0])
            if "-144-" in m.group(3):
                continue
        names.add(name)
    return status, names, err


def pool_blocks(files, volume):
    args = ["pstat"]
    if volume["offset"]:
        args += ["-o", str(volume["offset"] // volume["sector_size"])]
    _, lines, _ = run(args + files)
    return [int(m.group(1)) for m in (re.search(r"APSB Block Number: (\d+)", x) for x in lines) if m]


class Tap:
    count = 0
    failed = 0

    def ok(self, good, name, detail=""):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, name))
        if not good:
            print("\n".join("# " + x for x in detail.split("\n")[:30]))
        sys.stdout.flush()


def compare_volumes(tap, name, files, volumes):
    table = mmls(files)
    got = [(v["slot"].split("/")[0], v["offset"], v["length"]) for v in volumes]
    got = sorted(set(got), key=lambda v: v[1])
    if not table:
        tap.ok(len(volumes) >= 1 and all(v["scheme"] == "none" for v in volumes),
               name + ": one volume, no table", str(volumes))
        return
    tap.ok(got == sorted(table, key=lambda v: v[1]), name + ": volumes as mmls gives them",
           "got %s\nwanted %s" % (got, table))


def compare_names(tap, name, files, volume, names, pool_block):
    status, wanted, err = fls(files, volume, pool_block)
    label = "%s: %d names of volume %d (%s) as fls gives them" % (
        name, len(wanted), volume["volume"], volume["fs"])
    if status != 0 and not wanted:
        tap.ok(False, label, "fls failed: " + err)
        return
    if volume["fs"] in ("hfs", "apfs"):
        # extended attributes, which fls does not list
        names = {n for n in names if ":" not in n.rsplit("/", 1)[-1] or n in wanted}
    names = {shown(n) for n in names}
    tap.ok(names == wanted, label, "missing %s\ntoo many %s" % (
        sorted(wanted - names)[:10], sorted(names - wanted)[:10]))


def blkid_facts(path):
    """Label and serial number as libblkid's own tests expect them."""
    facts = os.path.join(CORPUS, "expected", "util-linux-blkid.json")
    if not os.path.exists(facts):
        return None
    with open(facts, encoding="utf-8") as f:
        known = json.load(f)["files"].get(path)
    if known is None:
        return None
    known = known["blkid"]
    label = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m.group(1), 16)]),
                   known.get("ID_FS_LABEL_ENC", "").encode())
    return label.decode("utf-8", "replace"), known.get("ID_FS_UUID", "")


def compare_facts(tap, name, path, volume):
    facts = blkid_facts(path)
    if facts is None or volume["fs"] == "apfs":
        return
    tap.ok(volume["label"] == facts[0].rstrip(), name + ": label as blkid gives it",
           "got %r, wanted %r" % (volume["label"], facts[0]))
    if volume["serial"]:
        tap.ok(volume["serial"] == facts[1], name + ": serial as blkid gives it",
               "got %s, wanted %s" % (volume["serial"], facts[1]))


def compare(tap, name, files):
    status, volumes, names, said = seen(files)
    if status not in (0, 1):
        tap.ok(False, name + ": opens", "\n".join(said))
        return
    compare_volumes(tap, name, files, volumes)
    readable = [v for v in volumes if v["fs"]]
    tap.ok(len(readable) > 0, name + ": has a file system", "\n".join(said))
    blocks = {}
    for v in readable:
        block = None
        if v["fs"] == "apfs":
            rest = blocks.setdefault(v["offset"], pool_blocks(files, v))
            block = rest[int(v["slot"].split("/")[1])]
        compare_names(tap, name, files, v, names.get(v["volume"], set()), block)
    if len(readable) == 1:
        compare_facts(tap, name, "/".join(name.split("/")[:2]), readable[0])


def compare_unreadable(tap, name, files):
    _, volumes, _, said = seen(files)
    tap.ok(not any(v["fs"] for v in volumes) and
           any(r.startswith(("encrypted: ", "not readable: ")) for r in said),
           name + ": said to be unreadable", "%s\n%s" % (volumes, said))
    print("# " + "; ".join(said))


def rows():
    with open(os.path.join(CORPUS, "CORPUS.tsv"), encoding="utf-8") as f:
        yield from csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)


# image, and what the message must say
MUST_FAIL = (("sleuthkit/bogus.E01", "bogus.E01"), ("dfvfs/bogus.001", "bogus.001"),
             ("dfvfs/fat-differential.vhd", "differencing"), ("dfvfs/ext2.qcow2", "QCOW"),
             ("plaso/images/hfsplus_zlib.dmg", "hfsplus_zlib.dmg"))


def compare_failures(tap):
    for path, words in MUST_FAIL:
        status, _, err = run([FOSSICK, "info", os.path.join(CORPUS, path)])
        tap.ok(status == 2 and words in err, path + ": fails clearly", "exit %d: %s" % (status, err))


UNREADABLE = re.compile(r"^(cryptsetup/.*\.img\.xz|util-linux/(bitlocker-win7|btrfs|lvm2|xfs)\.img\.xz)$")


def main():
    if not os.path.exists(os.path.join(CORPUS, "CORPUS.tsv")):
        print("1..0 # SKIP no corpus")
        return 0
    for tool in ("mmls", "fls", "pstat", "7z"):
        if shutil.which(tool) is None:
            print("1..0 # SKIP no " + tool)
            return 0
    tap = Tap()
    only = sys.argv[1:]
    for row in rows():
        path = row["path"]
        if only and path not in only:
            continue
        opens = row["tsk_4.11.1"].startswith("yes")
        if not opens and not UNREADABLE.match(path):
            continue
        with tempfile.TemporaryDirectory(prefix="fossick-corpus.") as work:
            for image in unpack(os.path.join(CORPUS, path), work):
                name = path if image.startswith(CORPUS) else path + "/" + os.path.basename(image)
                (compare if opens else compare_unreadable)(tap, name, segments(image))
    if not only:
        compare_failures(tap)
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
