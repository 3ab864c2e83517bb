"""Contents of the NTFS fixture (tests/data/make-ntfs-fixture.sh) against what
ntfs-3g and icat read, with sound and with unreadable sectors. Output is TAP."""
import hashlib
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile

SRC = os.environ.get("FOSSICK_SRC", ".")
FSLS = os.path.join(os.environ.get("FOSSICK_BUILD", "."), "tests/interop/fsls")
DATA = os.path.join(SRC, "tests/data")
CLUSTER = 4096


class Tap:
    count = failed = 0

    def ok(self, good, name, detail=""):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, name))
        if not good:
            print("\n".join("# " + x[:300] for x in str(detail).split("\n")[:20]))
        sys.stdout.flush()

    def skip(self, name, reason):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, reason))


def fsls(*args):
    """Entries by (path, stream), anomalies, bytes read from the medium."""
    p = subprocess.run([FSLS] + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       check=False)
    if p.returncode != 0:
        raise RuntimeError(p.stderr.decode("utf-8", "replace"))
    rows = {}
    for line in p.stdout.decode("utf-8").splitlines():
        r = json.loads(line)
        if "scheme" not in r:
            rows[(r["path"], r.get("stream", ""), r.get("deleted", False))] = r
    err = p.stderr.decode("utf-8").splitlines()
    said = [json.loads(x) for x in err if x.startswith("{")]
    return rows, said, int([x for x in err if x.startswith("bytes ")][0].split()[1])


def truth():
    rows = {}
    with open(os.path.join(DATA, "ntfs.truth.tsv"), encoding="utf-8") as f:
        for line in f:
            path, stream, size, sha, how = line.rstrip("\n").split("\t")
            rows[(path, stream)] = (int(size), sha, how)
    return rows


def compare_truth(tap, image, wanted):
    rows, said, _ = fsls("-r", image)
    for (path, stream), (size, sha, how) in sorted(wanted.items()):
        if path.startswith("many/") and not path.endswith("0.txt"):
            continue
        r = rows.get((path, stream, False))
        name = path[:60] + (":" + stream if stream else "")
        if how == "complete":
            tap.ok(r is not None and r["size"] == size and r.get("sha256") == sha and
                   r["status"] == "complete" and r["bad"] == [], name + " as ntfs-3g reads it", r)
        else:
            tap.ok(r is not None and how in r.get("error", "") and r["size"] == size,
                   name + " is said to be " + how, r)
    names = {k[0] for k in rows if k[0].startswith("many/")}
    tap.ok(names == {p for p, _ in wanted if p.startswith("many/")}, "every name of a large folder")
    tap.ok(said == [], "a sound volume has no anomalies", said)
    tap.ok(rows[("data/hole.bin", "", False)]["holes"] == 3, "a hole is said to be one")
    tap.ok(rows[("data/sparse.bin", "", False)]["holes"] == 2, "whole pieces in holes are found")
    tap.ok(rows[("special/junction", "", False)]["type"] == "link", "a junction is a link")
    return rows


def compare_icat(tap, image, rows, wanted):
    if shutil.which("icat") is None:
        tap.skip("icat", "no icat")
        return
    differ = []
    for (path, stream), (_, sha, how) in sorted(wanted.items()):
        if stream or how != "complete" or path.startswith("many/"):
            continue
        p = subprocess.run(["icat", image, str(rows[(path, "", False)]["addr"])],
                           stdout=subprocess.PIPE, check=True)
        if hashlib.sha256(p.stdout).hexdigest() != sha:
            differ.append(path)
    tap.ok(differ == [], "icat reads the same", differ)


def clusters(image, addr):
    """Clusters of the unnamed $DATA, in order, as istat tells them."""
    p = subprocess.run(["istat", image, str(addr)], stdout=subprocess.PIPE, check=True)
    out, inside = [], False
    for line in p.stdout.decode("utf-8", "replace").splitlines():
        m = re.match(r"Type: \$DATA \(128-\d+\)\s+Name: (\S+)", line)
        if line.startswith("Type:"):
            inside = bool(m) and m.group(1) == "N/A"
        elif inside:
            out += [int(x) for x in line.split()]
    return out


def bad_sectors(tap, image, rows, wanted):
    if shutil.which("istat") is None:
        tap.skip("bad sectors", "no istat")
        return
    at = clusters(image, rows[("data/large.bin", "", False)]["addr"])
    where = at[10] * CLUSTER + 1024
    got, said, _ = fsls("-r", "-b", "%d:512" % where, image)
    r = got[("data/large.bin", "", False)]
    tap.ok(r["status"] == "partial" and r["bad"] == [[10 * CLUSTER + 1024, 512]],
           "a bad sector is at its offset in the file", r)
    others = [k for k, v in got.items() if v.get("status", "complete") != "complete" and
              k[0] != "data/large.bin"]
    tap.ok(others == [], "every other file is complete", others)
    tap.ok(len(said) == 1 and said[0]["ranges"] == [[where, 512]], "one anomaly with the range", said)

    at = [c for c in clusters(image, rows[("packed/text.log", "", False)]["addr"]) if c]
    tap.ok(len(at) < 200000 // CLUSTER // 2, "the compressed file is compressed", at)
    got, _, _ = fsls("-r", "-b", "%d:512" % (at[0] * CLUSTER), "-g", "packed/*", image)
    r = got[("packed/text.log", "", False)]
    tap.ok(r["status"] == "partial" and r["bad"] == [[0, 65536]],
           "a bad sector of a compressed unit is the unit", r)

    at = clusters(image, rows[("ads/host.txt", "", False)]["addr"])
    got, _, _ = fsls("-r", "-b", "0:0", "-g", "ads/host.txt", image)
    tap.ok(at == [] and got[("ads/host.txt", "", False)]["status"] == "complete",
           "resident data has no clusters")
    at = clusters(image, rows[("Users/bob/ntuser.dat", "", False)]["addr"])
    got, _, _ = fsls("-r", "-b", "%d:%d" % (at[0] * CLUSTER, 8192), "-g", "Users/*/*", image)
    tap.ok(got[("Users/bob/ntuser.dat", "", False)]["status"] == "unreadable",
           "a file of bad sectors only is unreadable")
    tap.ok(got[("Users/Alice/NTUSER.DAT", "", False)]["status"] == "complete" and
           got[("Users/Alice/NTUSER.DAT", "", False)]["sha256"] ==
           wanted[("Users/Alice/NTUSER.DAT", "")][1], "its neighbour is complete")


def damaged_folder(tap, image, rows):
    """One index record of a large folder is unreadable: the others are there."""
    p = subprocess.run(["istat", image, str(rows[("many", "", False)]["addr"])],
                       stdout=subprocess.PIPE, check=False)
    text = p.stdout.decode("utf-8", "replace")
    m = re.search(r"INDEX_ALLOCATION \(160[^\n]*\n([\d \n]+)", text)
    if not m:
        tap.skip("a damaged folder", "no istat")
        return
    at = [int(x) for x in m.group(1).split()]
    got, said, _ = fsls("-b", "%d:512" % (at[2] * CLUSTER + 512), "-g", "many/*", image)
    tap.ok(sorted(k[0] for k in got) == sorted(k[0] for k in rows if k[0].startswith("many/")),
           "names of an unreadable index record are found in the MFT", len(got))
    tap.ok(len([a for a in said if a["reason"].startswith("folder is damaged: 1 records") and
                a["locator"]["path"] == "many"]) == 1, "and the damage is reported", said)
    # the record of the folder itself
    mft = clusters(image, 0)
    where = mft[0] * CLUSTER + rows[("many", "", False)]["addr"] * 1024
    got, said, _ = fsls("-b", "%d:512" % where, "-g", "many/*", image)
    tap.ok(len(got) == 250, "names of a folder whose record is unreadable, too", len(got))
    tap.ok(any("names were added from the MFT" in a["reason"] for a in said), "and reported", said)


def deleted(tap, image):
    got, _, _ = fsls("-g", "deleted/*", image)
    tap.ok(sorted(k[0] for k in got) == ["deleted/kept.txt"], "deleted names are not listed", got)
    got, _, _ = fsls("-d", "-g", "deleted/*", image)
    tap.ok(("deleted/gone.txt", "", True) in got and ("deleted/kept.txt", "", False) in got,
           "unless they are asked for", got)


def cost(tap, image):
    """An anchored glob reads its folders and nothing else: no MFT, no index of
    another folder."""
    _, _, base = fsls("-g", "no such name", image)
    got, _, used = fsls("-g", "users/*/ntuser.dat", image)
    tap.ok(sorted(k[0] for k in got) == ["Users/Alice/NTUSER.DAT", "Users/bob/ntuser.dat"],
           "names are found in any case", got)
    tap.ok(used - base < 600000, "and %d bytes are read for it" % (used - base), used)
    got, _, _ = fsls("-g", "USERS/änne/grÖSSE.txt", "-g", "users/ÄNNE/GRÖßE.TXT", image)
    tap.ok(sorted(k[0] for k in got) == ["Users/Änne/Größe.TXT"], "letters beyond ASCII fold", got)
    got, _, _ = fsls("-g", "**/bottom.txt", "-g", "ads/{host,none}.txt:Z*", "-g", "ads:*", image)
    tap.ok(sorted((k[0].split("/")[-1], k[1]) for k in got) ==
           [("ads", "on-a-folder"), ("bottom.txt", ""), ("host.txt", "Zone.Identifier")],
           "depth, alternatives and streams", got)


def put(b, at, value, n):
    b[at:at + n] = value.to_bytes(n, "little")


def disk_of_4096(path, parts):
    """A GPT of 4096-byte sectors; parts: bytes of each file system."""
    import zlib
    starts, at = [], 256
    for p in parts:
        starts.append(at)
        at += (len(p) + 4095) // 4096
    disk = bytearray((at + 64) * 4096)
    disk[510:512] = b"\x55\xaa"
    disk[450] = 0xEE
    put(disk, 454, 1, 4)
    put(disk, 458, 0xFFFFFFFF, 4)
    array = bytearray(128 * 128)
    for i, p in enumerate(parts):
        array[128 * i:128 * i + 16] = bytes.fromhex("a2a0d0ebe5b9334487c068b6b72699c7")
        array[128 * i + 16:128 * i + 32] = bytes([i + 1] * 16)
        put(array, 128 * i + 32, starts[i], 8)
        put(array, 128 * i + 40, starts[i] + (len(p) + 4095) // 4096 - 1, 8)
        disk[starts[i] * 4096:starts[i] * 4096 + len(p)] = p
    head = bytearray(92)
    head[0:8] = b"EFI PART"
    for off, value, n in ((8, 0x10000, 4), (12, 92, 4), (24, 1, 8), (32, at + 63, 8), (40, 6, 8),
                          (48, at, 8), (72, 2, 8), (80, 128, 4), (84, 128, 4)):
        put(head, off, value, n)
    put(head, 88, zlib.crc32(array), 4)
    put(head, 16, zlib.crc32(head), 4)
    disk[4096:4096 + 92] = head
    disk[8192:8192 + len(array)] = array
    with open(path, "wb") as f:
        f.write(disk)


def sectors_of_4096(tap, work):
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    if shutil.which("mkntfs", path=path) is None or shutil.which("mkfs.vfat", path=path) is None:
        tap.skip("sectors of 4096 bytes", "no mkntfs or mkfs.vfat")
        return
    env = dict(os.environ, PATH=path)
    ntfs, fat = os.path.join(work, "n"), os.path.join(work, "f")
    for name, size in ((ntfs, 8 << 20), (fat, 12 << 20)):
        with open(name, "wb") as f:
            f.truncate(size)
    subprocess.run(["mkntfs", "-F", "-Q", "-q", "-s", "4096", "-p", "256", "-H", "16", "-S", "63",
                    "-L", "Large", ntfs], check=True, env=env, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    subprocess.run(["mkfs.vfat", "-S", "4096", "-n", "CARD", "-i", "12345678", fat], check=True,
                   env=env, stdout=subprocess.DEVNULL)
    disk = os.path.join(work, "4k.img")
    disk_of_4096(disk, [open(ntfs, "rb").read(), open(fat, "rb").read()])
    p = subprocess.run([FSLS, disk], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    rows = [json.loads(x) for x in p.stdout.decode("utf-8").splitlines()]
    volumes = [r for r in rows if "scheme" in r]
    tap.ok([(v["fs"][:3], v["label"], v["sector_size"], v["offset"]) for v in volumes] ==
           [("ntf", "Large", 4096, 256 * 4096), ("fat", "CARD", 4096, 2304 * 4096)],
           "NTFS and FAT on a GPT of 4096-byte sectors", p.stdout + p.stderr)
    tap.ok([v["guid"][:8] for v in volumes] == ["01010101", "02020202"], "with their GUIDs")
    tap.ok([v["serial"] for v in volumes][1] == "1234-5678", "and the serial of FAT", volumes)
    tap.ok("$MFT" in [r.get("path") for r in rows], "and the names of NTFS")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="fossick-ntfs.") as work:
        image = os.path.join(work, "ntfs.img")
        with lzma.open(os.path.join(DATA, "ntfs.img.xz")) as src, open(image, "wb") as dst:
            shutil.copyfileobj(src, dst)
        wanted = truth()
        rows = compare_truth(tap, image, wanted)
        compare_icat(tap, image, rows, wanted)
        bad_sectors(tap, image, rows, wanted)
        damaged_folder(tap, image, rows)
        deleted(tap, image)
        cost(tap, image)
        sectors_of_4096(tap, work)
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
