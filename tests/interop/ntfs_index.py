"""Listings of NTFS from the index of the MFT against the walk through the folders: every
entry with address, times, size, streams and type. On the fixtures, on every NTFS of the
developer corpus (FOSSICK_CORPUS) and on the images named in FOSSICK_IMAGES (separated by
':'). A damaged MFT is noticed, and hides no name that a folder knows. Output is TAP."""
import calendar
import datetime
import json
import lzma
import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tsk_corpus

SRC = os.environ["FOSSICK_SRC"]
FSLS = os.path.join(os.environ.get("FOSSICK_BUILD", "."), "tests/interop/fsls")
GLOBS = (["**", "**/*:*"], ["**/*.{exe,dat,txt}"], ["*/**/*:Zone.Identifier"], ["**/$*"])


def run(tap, name, files):
    lines, err = listing(files, [])
    if lines is None:
        print("# %s does not open: %s" % (name, err.strip()[-200:]))
        return
    if '"fs":"ntfs"' not in lines:
        return
    for globs in GLOBS:
        options = [x for g in globs for x in ("-g", g)]
        index, said = listing(files, options)
        walk, _ = listing(files, ["-w"] + options)
        mine, theirs = (index or "").split("\n"), (walk or "").split("\n")
        tap.ok(index is not None and index == walk,
               "%s: %d lines of %s with and without the index" % (name, len(mine), " ".join(globs)),
               "only index: %s\nonly walk: %s\n%s" % (sorted(set(mine) - set(theirs))[:5],
                                                      sorted(set(theirs) - set(mine))[:5], said))


def listing(files, options):
    p = subprocess.run([FSLS] + options + files, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False)
    out = p.stdout.decode("utf-8", "backslashreplace")
    return (out if p.returncode == 0 else None), p.stderr.decode("utf-8", "backslashreplace")


def mft_at(image):
    """Offset of $MFT and of its mirror in an image without a table."""
    cluster = struct.unpack_from("<H", image, 11)[0] * image[13]
    return [lcn * cluster for lcn in struct.unpack_from("<QQ", image, 48)]


def mft_runs(image, at):
    """Where the runs of $MFT's unnamed $DATA stand in the image."""
    place = at + struct.unpack_from("<H", image, at + 20)[0]
    while struct.unpack_from("<I", image, place)[0] != 0x80:
        place += struct.unpack_from("<I", image, place + 4)[0]
    return place + struct.unpack_from("<H", image, place + 32)[0]


def torn(image):
    """One sector of every tenth record is of another time."""
    at = mft_at(image)[0]
    for i in range(30, 4096, 10):
        if image[at + 1024 * i:at + 1024 * i + 4] != b"FILE":
            break
        image[at + 1024 * i + 1022] ^= 0x55


def bad_runs(new):
    def harm(image):
        for at in mft_at(image):
            place = mft_runs(image, at)
            image[place:place + len(new)] = new
    return harm


DAMAGE = (
    ("every tenth record is torn", torn),
    ("no runs", bad_runs(b"\0")),
    ("a run beyond the volume", bad_runs(b"\x14\x40\xff\xff\xff\x7f\0")),
    ("a run before the volume", bad_runs(b"\x11\x40\x80\0")),
    ("a run of impossible width", bad_runs(b"\xff\x40\x04\0")),
    ("a hole", bad_runs(b"\x01\x40\0")),
)


def damaged(tap, sound):
    """The index must not know less than the folders, and something must be said."""
    with open(sound, "rb") as f:
        original = f.read()
    for what, harm in DAMAGE:
        image = bytearray(original)
        harm(image)
        path = sound + ".damaged"
        with open(path, "wb") as f:
            f.write(image)
        index, said = listing([path], [])
        walk, _ = listing([path], ["-w"])
        tap.ok(index == walk, "%s: the same names with and without the index" % what, said)
        tap.ok(said.count("\n") > 1, "%s: said" % what, said)
        os.remove(path)


def nanoseconds(iso):
    if not iso:
        return 0
    whole, _, fraction = iso.rstrip("Z").partition(".")
    at = datetime.datetime.fromisoformat(whole + "+00:00")
    return calendar.timegm(at.timetuple()) * 10**9 + int((fraction + "0" * 9)[:9])


def mounted(tap, name, image):
    """Every entry as the driver shows it: size, and three of the times."""
    point = tempfile.mkdtemp(prefix="fossick-mnt.")
    made = subprocess.run(["ntfs-3g", "-o", "ro", image, point], capture_output=True, check=False) \
        if shutil.which("ntfs-3g") else None
    if made is None or made.returncode != 0:
        os.rmdir(point)
        tap.ok(True, name + ": as ntfs-3g shows it # SKIP no ntfs-3g that mounts")
        return
    try:
        # reparse points that the driver cannot follow are links to nowhere
        theirs, links = {}, set()
        for folder, dirs, files in os.walk(point):
            for x in dirs + files:
                path = os.path.join(folder, x)
                s = os.lstat(path)
                if stat.S_ISLNK(s.st_mode):
                    links.add(os.path.relpath(path, point))
                theirs[os.path.relpath(path, point)] = \
                    (s.st_size if stat.S_ISREG(s.st_mode) else 0, s.st_mtime_ns, s.st_atime_ns,
                     s.st_ctime_ns)
    finally:
        subprocess.run(["umount", point], check=True)
        os.rmdir(point)
    mine = {}
    for line in listing([image], ["-g", "**"])[0].split("\n"):
        row = json.loads(line) if line else {}
        # the driver hides the files of the file system
        if "path" not in row or row["addr"] < 16 or row["path"].startswith("$Extend/"):
            continue
        times = [nanoseconds(row["times"].get(k)) for k in ("modified", "accessed", "changed")]
        mine[row["path"]] = (row["size"] if row["type"] == "file" else 0, *times)
    wrong = [(k, mine.get(k), theirs.get(k)) for k in sorted(set(mine) | set(theirs))
             if mine.get(k) != theirs.get(k) and not (k in links and k in mine)]
    tap.ok(len(mine) > 100 and not wrong, "%s: %d entries as ntfs-3g shows them" % (name, len(mine)),
           str(wrong[:10]))


def images(path, work):
    try:
        return tsk_corpus.unpack(path, work)
    except (OSError, subprocess.CalledProcessError) as e:
        print("# %s: %s" % (path, e))
        return []


def corpus(tap, only):
    for row in tsk_corpus.rows():
        if only and row["path"] not in only:
            continue
        if row["kind"] not in ("image", "fs-signature"):
            continue
        with tempfile.TemporaryDirectory(prefix="fossick-index.") as work:
            for image in images(os.path.join(tsk_corpus.CORPUS, row["path"]), work):
                run(tap, row["path"], tsk_corpus.segments(image))


def main():
    tap = tsk_corpus.Tap()
    data = os.path.join(SRC, "tests/data")
    only = sys.argv[1:]
    if not only:
        run(tap, "sample.E01", tsk_corpus.segments(os.path.join(data, "sample.E01")))
        with tempfile.TemporaryDirectory(prefix="fossick-index.") as work:
            image = os.path.join(work, "ntfs.img")
            with lzma.open(os.path.join(data, "ntfs.img.xz")) as src, open(image, "wb") as dst:
                tsk_corpus.copy_sparse(src, dst)
            run(tap, "ntfs.img", [image])
            mounted(tap, "ntfs.img", image)
            damaged(tap, image)
        for image in filter(None, os.environ.get("FOSSICK_IMAGES", "").split(":")):
            run(tap, os.path.basename(image), tsk_corpus.segments(image))
    if os.path.exists(os.path.join(tsk_corpus.CORPUS, "CORPUS.tsv")):
        corpus(tap, only)
        tap.ok(only or tap.count >= 24, "the corpus has NTFS volumes")
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
