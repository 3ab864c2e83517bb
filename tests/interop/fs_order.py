"""Contents of files read in the order of the medium, by what is known of their places,
against the same read one by one through libtsk: digests, sizes, holes, status and bad
ranges. On the fixtures, on every image of the developer corpus (FOSSICK_CORPUS) and on the images named
in FOSSICK_IMAGES (separated by ':'); with unreadable places, too. Output is TAP."""
import hashlib
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tsk_corpus

SRC = os.environ["FOSSICK_SRC"]
FOSSICK = os.environ.get("FOSSICK", "fossick")
FSLS = os.path.join(os.environ.get("FOSSICK_BUILD", "."), "tests/interop/fsls")


def listing(files, options):
    p = subprocess.run([FSLS, "-r"] + options + files, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False)
    return (p.stdout.decode("utf-8", "backslashreplace") if p.returncode == 0 else None,
            p.stderr.decode("utf-8", "backslashreplace"))


def compare(tap, name, files, options=()):
    """Returns the rows, or None for what has no file system."""
    one_by_one, said = listing(files, list(options))
    if one_by_one is None or '"path"' not in one_by_one:
        return None
    in_order, said = listing(files, ["-o"] + list(options))
    mine, theirs = (in_order or "").split("\n"), one_by_one.split("\n")
    tap.ok(in_order == one_by_one, "%s: %d lines, in order and one by one" % (name, len(theirs)),
           "in order: %s\none by one: %s\n%s" % (sorted(set(mine) - set(theirs))[:5],
                                                 sorted(set(theirs) - set(mine))[:5], said[-500:]))
    return [json.loads(x) for x in theirs if '"sha256"' in x]


def unreadable(tap, image):
    """Of the MFT, of an index, of files."""
    for at in (1 << 20, 3 << 20, 9 << 20):
        rows = compare(tap, "64 KiB at %d are bad" % at, [image], ["-b", "%d:65536" % at])
        tap.ok(rows, "and something is left")


def corpus(tap):
    for row in tsk_corpus.rows():
        if row["kind"] not in ("image", "fs-signature"):
            continue
        with tempfile.TemporaryDirectory(prefix="fossick-order.") as work:
            try:
                files = tsk_corpus.unpack(os.path.join(tsk_corpus.CORPUS, row["path"]), work)
            except (OSError, subprocess.CalledProcessError) as e:
                print("# %s: %s" % (row["path"], e))
                continue
            for image in files:
                compare(tap, row["path"], tsk_corpus.segments(image))


def copied(tap, name, work):
    """A volume on which the driver makes what records can say: runs in pieces, holes,
    lengths that were set and never written, small files, compressed folders."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    env = dict(os.environ, PATH=path)
    if shutil.which("mkntfs", path=path) is None or shutil.which("ntfs-3g", path=path) is None:
        tap.ok(True, name + " # SKIP no mkntfs or ntfs-3g")
        return
    image, point = os.path.join(work, "made.img"), os.path.join(work, "mnt")
    with open(image, "wb") as f:
        f.truncate(24 << 20)
    os.mkdir(point)
    subprocess.run(["mkntfs", "-F", "-Q", "-q", image], check=True, env=env,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if subprocess.run(["ntfs-3g", image, point], env=env, capture_output=True,
                      check=False).returncode != 0:
        tap.ok(True, name + " # SKIP ntfs-3g does not mount")
        return
    try:
        for i in range(200):  # in turn, so that both are in pieces
            for which in "ab":
                with open(os.path.join(point, which), "ab") as f:
                    f.write(bytes([i]) * 5000)
        for size in (0, 1, 511, 512, 600, 700, 800, 4095, 4096, 4097, 65537):
            with open(os.path.join(point, "%d.bin" % size), "wb") as f:
                f.write(os.urandom(size))
        with open(os.path.join(point, "hole"), "wb") as f:
            f.write(b"front")
            f.seek(3 << 20)
            f.write(b"back")
        with open(os.path.join(point, "grown"), "wb") as f:
            f.write(b"x" * 9000)
            f.truncate(1 << 20)
        for size in (600, 4097, 700000):
            with open(os.path.join(point, "many-%d" % size), "wb") as f:
                f.write(os.urandom(size))
            for i in range(300):  # more than a group of `fossick hash`
                os.link(os.path.join(point, "many-%d" % size),
                        os.path.join(point, "name-%d-%d" % (size, i)))
        written = {}
        for entry in os.listdir(point):
            with open(os.path.join(point, entry), "rb") as f:
                written[entry] = hashlib.sha256(f.read()).hexdigest()
    finally:
        subprocess.run(["umount", point], check=True)
    rows = compare(tap, name, [image])
    tap.ok(rows is not None and len(rows) > 20 and
           all(r["status"] == "complete" for r in rows if r["addr"] > 23), name + ": all complete")
    p = subprocess.run([FOSSICK, "hash", image, "*"], capture_output=True, text=True, check=False)
    told = {line.split("/", 1)[1]: line[:64] for line in p.stdout.splitlines()}
    wrong = [x for x in written if told.get(x) != written[x]]
    tap.ok(not wrong and len(written) > 900, name + ": %d digests by fossick hash" % len(written),
           "%s\n%s" % (wrong[:5], p.stderr))


def main():
    tap = tsk_corpus.Tap()
    data = os.path.join(SRC, "tests/data")
    with tempfile.TemporaryDirectory(prefix="fossick-order.") as work:
        compare(tap, "sample.E01", tsk_corpus.segments(os.path.join(data, "sample.E01")))
        image = os.path.join(work, "ntfs.img")
        with lzma.open(os.path.join(data, "ntfs.img.xz")) as src, open(image, "wb") as dst:
            tsk_corpus.copy_sparse(src, dst)
        rows = compare(tap, "ntfs.img", [image])
        tap.ok(rows and len(rows) > 250, "files of the fixture", str(len(rows or [])))
        unreadable(tap, image)
        copied(tap, "a new volume", work)
        for extra in filter(None, os.environ.get("FOSSICK_IMAGES", "").split(":")):
            compare(tap, os.path.basename(extra), tsk_corpus.segments(extra))
    if os.path.exists(os.path.join(tsk_corpus.CORPUS, "CORPUS.tsv")):
        corpus(tap)
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


sys.exit(main())
