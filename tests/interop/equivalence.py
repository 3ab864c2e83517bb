#!/usr/bin/env python3
"""The same evidence gives the same listing, digests and archive: with the index of NTFS and
folder by folder through libtsk (--no-index), with one thread and with four, from the image
as it is, raw and as E01.

usage: equivalence.py [all]     without "all": the fixtures and a few images of the corpus

FOSSICK_CORPUS is the corpus, FOSSICK_IMAGES names further images, parted by ':'. TAP."""
import hashlib
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile

SRC = os.environ["FOSSICK_SRC"]
sys.path[:0] = [os.path.join(SRC, "tests"), os.path.join(SRC, "tests/data")]
import fixture_ewf
import tsk_corpus
from support import (BUILD, CORPUS, DATA, SAMPLE, Archive, check, collect, finish, fossick, same,
                     scratch, skip)

SRCCAT = os.path.join(BUILD, "tests/interop/srccat")
FORMS_MAX = 2 << 30  # a larger medium is compared as it is only
FEW = ("dfir-orc/ntfs.7z", "dfvfs/ext2.vmdk", "velociraptor/partition_image.E01",
       "velociraptor/test.vhdx.zip")
# without any name
EMPTY = ("util-linux/apfs.img.xz", "util-linux/fat32_xp_label1.img.xz", "util-linux/udf.img.xz")
T = scratch()
ALL = os.path.join(T, "all.lua")
with open(ALL, "w", encoding="utf-8") as f:
    f.write('return { api = 1, name = "all", summary = "takes all", wants = { "**", "**/*:*" },\n'
            '\trun = function(ctx, e)\n'
            '\t\tctx:record("seen", { path = e.path, type = e.type, size = e.size,\n'
            '\t\t\ttimes = e.times, entry = e })\n'
            '\t\tif e.type == "file" then ctx:collect(e, "test") end\n\tend }\n')

# what is run beside the first: (words, options, form)
VARIANTS = (("folder by folder", ["--no-index"], "raw"), ("four threads", ["-j4"], "raw"),
            ("E01", ["-j4"], "E01"), ("as it is", ["-j4"], "own"))
LISTINGS = (("ls -l", ["-l", "**"]), ("ls --bodyfile", ["--bodyfile", "**"]),
            ("ls --json", ["--json", "**"]), ("ls --json of streams", ["--json", "**/*:*"]))


# --- forms of an image -----------------------------------------------------------
def medium_of(image, out):
    """The medium of an image, with holes for zeros."""
    cat = subprocess.Popen([SRCCAT, *tsk_corpus.segments(image)], stdout=subprocess.PIPE)
    with open(out, "wb") as raw:
        tsk_corpus.copy_sparse(cat.stdout, raw)
    cat.stdout.close()
    return cat.wait() == 0


def write_ewf(raw, base):
    if shutil.which("ewfacquire"):
        subprocess.run(["ewfacquire", "-u", "-q", "-t", base, "-f", "encase6", "-c", "fast", "-C",
                        "c", "-D", "d", "-E", "e", "-e", "x", "-N", "n", "-m", "fixed", "-M",
                        "physical", "-S", "1.4GiB", raw], stdin=subprocess.DEVNULL,
                       capture_output=True, check=True)
        return
    with open(raw, "rb") as f:
        fixture_ewf.write(f.read(), base)


def forms_of(image, work):
    """{"own": path, "raw": path, "E01": path}, as far as there are."""
    info = json.loads(fossick("info", "--json", image).stdout)
    forms = {"own": image}
    if info["source"]["size"] > FORMS_MAX:
        near = os.path.splitext(image)[0]
        forms.update((e, f"{near}.{e}") for e in ("raw", "E01") if os.path.exists(f"{near}.{e}"))
        return forms
    raw = os.path.join(work, "image.raw")
    if not medium_of(image, raw) or os.path.getsize(raw) != info["source"]["size"]:
        check(f"{image}: the medium is read whole", False)
        return forms
    write_ewf(raw, os.path.join(work, "image"))
    return {**forms, "raw": raw, "E01": os.path.join(work, "image.E01")}


# --- what a run gives --------------------------------------------------------------
def neutral(text, image):
    """Without the name of the image, which is the only thing that may differ."""
    return text.replace(os.path.basename(image), "IMAGE")


def listing(image, options, args):
    options = [o for o in options if not o.startswith("-j")]
    run = fossick("ls", *options, image, *args[-1:], *args[:-1], timeout=900)
    return neutral(run.stdout, image)


def hashes(image, options):
    run = fossick("hash", "--json", "--all-digests", *options, image, timeout=900)
    return neutral(run.stdout, image)


def archive(image, options, work):
    """Rows of files, records, findings and anomalies, and the digests of what is in the archive."""
    out = tempfile.mkdtemp(dir=work)
    run, path = collect(out, *options, "-p", "3cx," + ALL, image, timeout=900)
    if path is None:
        return {"no archive": run.stderr}
    a = Archive(path)
    parts = {n: neutral(a.text(n), image) for n in a.names
             if n.startswith("records/") or n in ("findings.jsonl", "anomalies.jsonl")}
    parts["exit status"] = str(run.returncode)
    rows = [json.dumps(r) for r in a.manifest if r.get("locator")]
    parts["files"] = neutral("\n".join(rows), image)
    parts["content"] = "\n".join(n + " " + hashlib.sha256(a.zip.read(n)).hexdigest()
                                 for n in sorted(a.files))
    shutil.rmtree(out)
    return parts


def outcome(image, options, work):
    parts = {name: listing(image, options, args) for name, args in LISTINGS}
    parts["hash"] = hashes(image, options)
    parts.update(("archive: " + k, v) for k, v in archive(image, options, work).items())
    return parts


# --- comparing ---------------------------------------------------------------------
def difference(name, one, other):
    """The first lines that only one of two texts has."""
    mine, theirs = (one or "").splitlines(), (other or "").splitlines()
    gone, new = set(mine) - set(theirs), set(theirs) - set(mine)
    text = [f"{name}: {len(mine)} and {len(theirs)} lines"]
    text += ["- " + x[:300] for x in mine if x in gone][:4]
    text += ["+ " + x[:300] for x in theirs if x in new][:4]
    return "\n".join(text)


def compare(name, base, other):
    wrong = [k for k in sorted(set(base) | set(other)) if base.get(k) != other.get(k)]
    lines = sum(v.count("\n") for v in base.values())
    check(f"{name}: the same {lines} lines of {len(base)} kinds", not wrong,
          "\n".join(difference(k, base.get(k), other.get(k)) for k in wrong))


def reads(parts):
    """Whether a run gave names, and a record for each."""
    lines = parts["ls --json"].count("\n") + parts["ls --json of streams"].count("\n")
    rows = parts.get("archive: records/all.jsonl", "").count("\n")
    failed = '"code":"plugin"' in parts["archive: anomalies.jsonl"]
    return lines > 0 and rows == lines and not failed


def image_case(name, image):
    with tempfile.TemporaryDirectory(dir=T) as work:
        forms = forms_of(image, work)
        first = "raw" if "raw" in forms else "own"
        base = outcome(forms[first], ["-j1"], work)
        check(f"{name}: it is read, by the plugin too", reads(base) or name in EMPTY,
              str(base)[:1000])
        for words, options, form in VARIANTS:
            form = first if form == "raw" else form
            if form not in forms:
                skip(f"{name}: {words}", "there is no such form of a medium this large")
            elif words != "as it is" or form != first:
                compare(f"{name}: {words}", base, outcome(forms[form], options, work))


def corpus(everything):
    for row in tsk_corpus.rows():
        if not row["tsk_4.11.1"].startswith("yes") or not (everything or row["path"] in FEW):
            continue
        with tempfile.TemporaryDirectory(dir=T) as work:
            for image in tsk_corpus.unpack(os.path.join(CORPUS, row["path"]), work):
                image_case(row["path"], image)


def main(everything):
    image_case("sample.E01", SAMPLE)
    fixture = os.path.join(T, "ntfs.img")
    with lzma.open(os.path.join(DATA, "ntfs.img.xz")) as src, open(fixture, "wb") as dst:
        tsk_corpus.copy_sparse(src, dst)
    image_case("ntfs.img", fixture)
    for image in filter(None, os.environ.get("FOSSICK_IMAGES", "").split(":")):
        image_case(os.path.basename(image), image)
    if os.path.exists(os.path.join(CORPUS, "CORPUS.tsv")):
        corpus(everything)
    else:
        skip("the images of the corpus", "no corpus")
    finish()


if __name__ == "__main__":
    main("all" in sys.argv[1:])
