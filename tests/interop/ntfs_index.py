"""Listings of NTFS from the index of the MFT against the walk through the folders: every
entry with address, times, size, streams and type. On the fixtures, on every NTFS of the
developer corpus (FOSSICK_CORPUS) and on the images named in FOSSICK_IMAGES (separated by
':'). Output is TAP."""
import lzma
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tsk_corpus

SRC = os.environ["FOSSICK_SRC"]
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
    p = subprocess.run([tsk_corpus.FSLS] + options + files, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False)
    out = p.stdout.decode("utf-8", "backslashreplace")
    return (out if p.returncode == 0 else None), p.stderr.decode("utf-8", "backslashreplace")


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
        for image in filter(None, os.environ.get("FOSSICK_IMAGES", "").split(":")):
            run(tap, os.path.basename(image), tsk_corpus.segments(image))
    if os.path.exists(os.path.join(tsk_corpus.CORPUS, "CORPUS.tsv")):
        corpus(tap, only)
        tap.ok(only or tap.count >= 24, "the corpus has NTFS volumes")
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
