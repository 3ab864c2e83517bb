"""Volumes that can be taken for two things, and FAT: made here with the tools of
Debian (dosfstools, mtools, e2fsprogs). Output is TAP."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

FSLS = os.path.join(os.environ.get("FOSSICK_BUILD", "."), "tests/interop/fsls")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class Tap:
    count = failed = 0

    def ok(self, good, name, detail=""):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, name))
        if not good:
            print("\n".join("# " + x[:300] for x in str(detail).split("\n")[:20]))
        sys.stdout.flush()


def run(*args, **env):
    subprocess.run(list(args), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=dict(os.environ, PATH=PATH, **env))


def fsls(*args, **env):
    """Volumes, entries, reasons of anomalies."""
    p = subprocess.run([FSLS] + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       check=False, env=dict(os.environ, **env))
    rows = [json.loads(x) for x in p.stdout.decode("utf-8").splitlines()]
    said = [json.loads(x) for x in p.stderr.decode("utf-8").splitlines() if x.startswith("{")]
    return [r for r in rows if "scheme" in r], [r for r in rows if "scheme" not in r], said


def blank(path, size):
    with open(path, "wb") as f:
        f.truncate(size)


def patch(path, at, data):
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(data)


def two_file_systems(tap, work):
    fat, ext = os.path.join(work, "fat"), os.path.join(work, "ext")
    blank(fat, 16 << 20)
    blank(ext, 16 << 20)
    run("mkfs.vfat", "-F", "16", "-R", "64", fat)
    run("mkfs.ext4", "-q", "-b", "4096", "-L", "root", ext)
    with open(ext, "rb") as f:
        f.seek(1024)
        patch(fat, 1024, f.read(7168))
    volumes, _, said = fsls("-g", "x", fat)
    reasons = [a["reason"] for a in said]
    tap.ok(volumes[0]["fs"] == "ext4" and volumes[0]["label"] == "root",
           "of ext4 and FAT the one with more structures is used", volumes)
    tap.ok("ext4 or fat16: the file system is ambiguous; ext4 is used" in reasons and
           [a["code"] for a in said] == ["ambiguous"] * len(said), "and both are named", said)


def table_or_file_system(tap, work):
    fat = os.path.join(work, "floppy")
    blank(fat, 4 << 20)
    run("mkfs.vfat", "-F", "12", "-n", "BOOT", fat)
    patch(fat, 3, b"ACME 1.0")
    patch(fat, 446, bytes([0x80, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0]))
    volumes, _, said = fsls("-g", "x", fat)
    tap.ok([(v["fs"], v["scheme"]) for v in volumes] == [("fat12", "none")],
           "a file system whose boot code looks like a table", volumes)
    tap.ok([a["reason"] for a in said] == [
        "ambiguous: MBR partition table or a file system at sector 0; the file system is used"],
           "and both are named", said)


def fat_files(tap, work):
    fat = os.path.join(work, "card")
    blank(fat, 40 << 20)
    run("mkfs.vfat", "-F", "32", "-n", "NO NAME", "-i", "CAFE1234", fat)
    source = os.path.join(work, "some file")
    with open(source, "wb") as f:
        f.write(b"content " * 5000)
    os.utime(source, (1680000000, 1680000000))
    env = {"MTOOLS_SKIP_CHECK": "1", "TZ": "UTC"}
    run("mmd", "-i", fat, "::/DCIM", **env)
    run("mcopy", "-m", "-i", fat, source, "::/DCIM/A rather long name.jpeg", **env)
    run("mcopy", "-m", "-i", fat, source, "::/GONE.TXT", **env)
    run("mlabel", "-i", fat, "::holiday", **env)
    run("mdel", "-i", fat, "::/GONE.TXT", **env)
    volumes, rows, said = fsls("-r", fat, TZ="Asia/Tokyo")
    tap.ok((volumes[0]["fs"], volumes[0]["label"], volumes[0]["serial"]) ==
           ("fat32", "HOLIDAY", "CAFE-1234"), "FAT32: label of the root folder, serial", volumes)
    tap.ok([r["path"] for r in rows] == ["DCIM", "DCIM/A rather long name.jpeg"],
           "no virtual, no deleted names, no label", rows)
    tap.ok(rows[1].get("status") == "complete" and rows[1]["size"] == 40000, "read whole", rows)
    tap.ok(rows[1]["times"]["modified"] == "2023-03-28T10:40:00Z",
           "local times of FAT are not those of this host's zone", rows[1])
    tap.ok(fsls("-r", fat, TZ="UTC")[1] == rows, "in no zone")
    tap.ok(said == [], "no anomalies", said)
    _, rows, _ = fsls("-d", "-g", "*ONE.TXT", "-g", "$*", fat)
    names = {(r["path"], r.get("deleted", False)) for r in rows}
    tap.ok(("_ONE.TXT", True) in names and ("$MBR", False) in names,
           "deleted and virtual names on request", names)
    _, rows, _ = fsls("-g", "dcim/a*LONG*", fat)
    tap.ok(len(rows) == 1, "FAT folds case", rows)


def truncated(tap, work):
    """The end of the image is missing: what is there is read, what is not is
    said to be so."""
    ext = os.path.join(work, "cut")
    blank(ext, 8 << 20)
    run("mkfs.ext4", "-q", "-b", "1024", "-d", work, ext)
    with open(ext, "r+b") as f:
        f.truncate(5 << 20)
    volumes, rows, _ = fsls("-r", ext)
    tap.ok(len(volumes) == 1 and any(r["path"] == "some file" for r in rows),
           "a truncated volume is listed", volumes)
    tap.ok(all(r.get("status") in (None, "complete", "partial", "unreadable") for r in rows) and
           all(r["read"] == r["size"] for r in rows if "read" in r), "and read as far as it goes")


def main():
    for tool in ("mkfs.vfat", "mkfs.ext4", "mcopy"):
        if shutil.which(tool, path=PATH) is None:
            print("1..0 # SKIP no " + tool)
            return 0
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="fossick-detect.") as work:
        two_file_systems(tap, work)
        table_or_file_system(tap, work)
        for name in os.listdir(work):
            os.unlink(os.path.join(work, name))
        fat_files(tap, work)
        os.unlink(os.path.join(work, "card"))
        truncated(tap, work)
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
