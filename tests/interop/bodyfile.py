"""`fossick ls --bodyfile` against `fls -m` on NTFS: every name that is there with address,
size and all eight times; and mactime reads it. On the fixture, and on the images named in
FOSSICK_IMAGES (separated by ':'; volumes are found with mmls). Output is TAP."""
import collections
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tsk_corpus

FN = " ($FILE_NAME)"


def rows(text, prefix):
    """{(name, inode): (type, size, times)}, in one table for each kind of row."""
    out = ({}, {})
    for line in text.split("\n"):
        parts = line.split("|")
        if len(parts) != 11:
            continue
        name, inode = parts[1], parts[2].split("-")[0]
        if name.endswith(" (deleted)") or name.endswith(" (deleted-realloc)"):
            continue
        fn = name.endswith(FN)
        if fn:
            name = name[:-len(FN)]
        if not name.startswith(prefix):
            continue
        # fls calls the streams of a folder those of its "."
        name = name[len(prefix):].replace("/.:", ":")
        times = [t if int(t) > 0 else "0" for t in parts[7:]]
        out[fn][name, inode] = (parts[3][0], parts[6], times)
    return out


def fossick(image):
    text = ""
    for glob in ("**", "**/*:*"):
        _, lines, _ = tsk_corpus.run([tsk_corpus.FOSSICK, "ls", "--bodyfile", image, glob])
        text += "\n".join(lines) + "\n"
    return text


def compare(tap, name, image, offset, prefix):
    mine = rows(fossick(image), prefix)
    _, lines, _ = tsk_corpus.run(["fls", "-r", "-m", "/", "-f", "ntfs", "-o", str(offset)] +
                                 tsk_corpus.segments(image))
    theirs = rows("\n".join(lines), "/")
    for kind, label in ((0, "$STANDARD_INFORMATION"), (1, "$FILE_NAME")):
        got, wrong = mine[kind], []
        names = collections.Counter(inode for _, inode in got)
        attributes = {name.rsplit(":", 1)[0] for name, _ in theirs[0]}
        for key, (what, size, times) in theirs[kind].items():
            # what only libtsk has; index attributes are no streams
            if key[0].startswith("$OrphanFiles") or re.search(r":\$(O|Q|R|SDH|SII)$", key[0]):
                continue
            if key not in got:
                wrong.append("missing: %s %s" % key)
            elif key[0] == "$MFT" and int(times[0]) > 2**31:
                continue  # beyond the year 2262, which libtsk cuts to 32 bits
            elif got[key][2] != times:
                wrong.append("times of %s: %s, wanted %s" % (key[0], got[key][2], times))
            elif kind == 0 and what == "r" and got[key][1] != size:
                wrong.append("size of %s: %s, wanted %s" % (key[0], got[key][1], size))
        # fls shows a file without $DATA by its other attributes only, and no
        # $FILE_NAME of a file with several names
        extra = [k for k in got if k not in theirs[kind] and k[0] not in attributes and
                 (kind == 0 or names[k[1]] == 1)]
        tap.ok(len(got) > 100 and not wrong and not extra,
               "%s: %d names with sizes and times of %s as fls -m" % (name, len(got), label),
               "\n".join(wrong[:10]) + "\ntoo many: %s" % extra[:10])


def main():
    for tool in ("fls", "mmls", "mactime"):
        if shutil.which(tool) is None:
            print("1..0 # SKIP no " + tool)
            return 0
    tap = tsk_corpus.Tap()
    with tempfile.TemporaryDirectory(prefix="fossick-body.") as work:
        image = os.path.join(work, "ntfs.img")
        source = os.path.join(os.environ["FOSSICK_SRC"], "tests/data/ntfs.img.xz")
        with lzma.open(source) as src, open(image, "wb") as dst:
            tsk_corpus.copy_sparse(src, dst)
        compare(tap, "ntfs.img", image, 0, "vol0:/")
        body = os.path.join(work, "body")
        with open(body, "w", encoding="utf-8") as f:
            f.write(fossick(image))
        p = subprocess.run(["mactime", "-b", body, "-d", "-z", "UTC"], stdout=subprocess.PIPE,
                           check=False, text=True)
        tap.ok(p.returncode == 0 and p.stdout.count("($FILE_NAME)") > 100, "mactime reads it")
    for image in filter(None, os.environ.get("FOSSICK_IMAGES", "").split(":")):
        for slot, offset, _ in tsk_corpus.mmls(tsk_corpus.segments(image)):
            status, lines, _ = tsk_corpus.run(["fsstat", "-t", "-o", str(offset // 512)] +
                                              tsk_corpus.segments(image))
            if status == 0 and lines[0] == "ntfs":
                compare(tap, os.path.basename(image) + " " + slot, image, offset // 512, "C:/")
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
