#!/usr/bin/env python3
"""fossick verify and fossick hash on images: the sample as it is, as a raw
image, and with chunks that were damaged at known places."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from ewf_layout import chunks_of
from support import DATA, FOSSICK, SAMPLE, check, collect, finish, fossick, same, scratch

T = scratch()
CHUNK = 32768
SEGMENTS = [SAMPLE, SAMPLE[:-1] + "2"]


def medium():
    out = []
    for path in SEGMENTS:
        data = open(path, "rb").read()
        for start, length, packed in chunks_of(path):
            piece = data[start : start + length]
            out.append(zlib.decompress(piece) if packed else piece[:-4])
    return b"".join(out)


def damaged(name, numbers):
    """A copy of the sample in which these chunks are damaged; its first file."""
    os.makedirs(os.path.join(T, name))
    copies = [shutil.copy(s, os.path.join(T, name)) for s in SEGMENTS]
    places = [(i, c) for i, s in enumerate(SEGMENTS) for c in chunks_of(s)]
    for n in numbers:
        segment, (start, length, _) = places[n]
        with open(copies[segment], "r+b") as f:
            f.seek(start + length // 2)
            byte = f.read(1)
            f.seek(start + length // 2)
            f.write(bytes([byte[0] ^ 0x41]))
            f.seek(start + length - 1)
            byte = f.read(1)
            f.seek(start + length - 1)
            f.write(bytes([byte[0] ^ 0x41]))
    return copies[0]


def verify(*args):
    run = fossick("verify", "--json", *args)
    try:
        return run, json.loads(run.stdout)
    except ValueError:
        check("verify prints JSON", False, run.stdout + run.stderr)
        return run, {}


def digests(*args):
    """{name: digest} of `fossick hash`, and the process."""
    run = fossick("hash", *args)
    return dict(reversed(line.split("  ", 1)) for line in run.stdout.splitlines()), run


def fossick_bytes(*args):
    return subprocess.run([FOSSICK, *args], capture_output=True, check=True).stdout


raw = medium()
wanted = {n: hashlib.new(n, raw).hexdigest() for n in ("md5", "sha1", "sha256")}

# --- verify of what is sound ---------------------------------------------------
run, j = verify(SAMPLE)
same("a sound image: exit status", run.returncode, 0)
same("a sound image: the stored digests are computed, and no others",
     {k: (d["computed"], d["match"]) for k, d in j["digests"].items()},
     {"md5": (wanted["md5"], True), "sha1": (wanted["sha1"], True)})
same("a sound image: nothing is bad", (j["ranges"], j["bytes_bad"], j["good"]), ([], 0, True))
for jobs in ("-j1", "-j4"):
    run, j = verify("--all-digests", jobs, SAMPLE)
    same(f"{jobs}: all digests", {k: d["computed"] for k, d in j["digests"].items()}, wanted)
run, j = verify("--only", "sha256,md5", SAMPLE)
same("--only: these digests, and those stored are named",
     (run.returncode, {k: (d["computed"], d["match"]) for k, d in j["digests"].items()}),
     (0, {"md5": (wanted["md5"], True), "sha1": (None, None), "sha256": (wanted["sha256"], None)}))
for words in ("", "md5,", "md4", "md5 sha1"):
    same(f"--only {words!r} is refused", fossick("verify", "--only", words, SAMPLE).returncode, 64)
text = fossick("verify", SAMPLE)
check("in words: as stored", text.returncode == 0 and text.stdout.count("as stored") == 3,
      text.stdout)

path = os.path.join(T, "disk.raw")
with open(path, "wb") as f:
    f.write(raw)
run, j = verify(path)
same("a raw image has no digest to compare with: SHA-256",
     (run.returncode, j["digests"]["sha256"]),
     (0, {"computed": wanted["sha256"], "stored": None, "match": None}))

# --- verify of what is damaged -------------------------------------------------
count = sum(len(chunks_of(s)) for s in SEGMENTS)
every_third = list(range(1, count, 3))
full = [n for n in range(count) if any(raw[n * CHUNK : (n + 1) * CHUNK])]
first_of_two = next(n for n in full if n > 2 and n + 1 in full and n + 2 in full)
pair = [first_of_two, first_of_two + 1, full[-2]]
# a file that lies in chunks of its own
big = "C:/Users/anna/AppData/Local/Google/Chrome/User Data/Default/History"
content = fossick_bytes("cat", SAMPLE, big)
at = raw.find(content[:4096])
in_file = [(at + len(content) // 2) // CHUNK]
for name, numbers in (("first", [0]), ("last", [count - 1]), ("pair", pair),
                      ("many", every_third), ("file", in_file)):
    image = damaged(name, numbers)
    run, j = verify(image)
    named = [c for off, n in j["ranges"] for c in range(off // CHUNK, -(-(off + n) // CHUNK))]
    same(f"damage ({name}): every damaged chunk is named and no other", named, numbers)
    same(f"damage ({name}): exit status, digests", (run.returncode, j["good"],
         [d["match"] for d in j["digests"].values()]), (1, False, [False, False]))
    one, k = verify("-j1", image)
    same(f"damage ({name}): the same with one thread", k, j)
text = fossick("verify", os.path.join(T, "pair", "sample.E01"))
check("in words: bytes and chunks", "chunks %d to %d\n" % tuple(pair[:2]) in text.stdout and
      "chunk %d\n" % pair[2] in text.stdout and "98304 bytes are BAD" in text.stdout, text.stdout)

os.makedirs(os.path.join(T, "changed"))
image = shutil.copy(SAMPLE, os.path.join(T, "changed", "sample.E01"))
run, j = verify(image)
check("a missing segment: what is not there is bad", run.returncode == 1 and j["bytes_bad"] > 0 and
      not j["good"], json.dumps(j)[:400])

# --- a step that ends its worker -------------------------------------------------
run = fossick("verify", "--json", SAMPLE, env={**os.environ, "FOSSICK_FAULT": "2:11"})
if "signal 11" in run.stderr:
    j = json.loads(run.stdout)
    same("a worker that dies: no digest is claimed",
         ([d["computed"] for d in j["digests"].values()], j["good"], run.returncode,
          j["bytes_bad"]), ([None, None], False, 1, len(raw)))

# --- what is no image --------------------------------------------------------------
same("a folder", fossick("verify", T).returncode, 2)
same("no such file", fossick("verify", os.path.join(T, "none.E01")).returncode, 2)
empty = os.path.join(T, "empty.raw")
open(empty, "w").close()
same("an empty file", fossick("verify", empty).returncode, 2)
run, archive = collect(os.path.join(T, "out"), SAMPLE)
text = fossick("verify", archive)
check("an archive is still an archive", text.returncode == 0 and "manifest SHA-256" in text.stdout,
      text.stdout + text.stderr)
renamed = shutil.copy(archive, os.path.join(T, "renamed.dat"))
check("an archive without its extension", "manifest SHA-256" in fossick("verify", renamed).stdout)

# --- hash ----------------------------------------------------------------------------
sound, run = digests(SAMPLE)
same("hash: exit status", run.returncode, 0)
listed = [n for n in fossick("ls", SAMPLE, "**").stdout.splitlines() if n in sound]
same("hash: in the order of paths, as ls", list(sound), listed)
truth = {}
with open(os.path.join(DATA, "sample.truth.tsv"), encoding="utf-8") as f:
    for line in f:
        name, _, sha256, _ = line.rstrip("\n").split("\t")
        if ":" not in name:  # streams are listed where a pattern names them
            truth["C:/" + name] = sha256
wrong = [n for n, d in truth.items() if sound.get(n) != d]
check(f"hash: {len(truth)} files have the SHA-256 of the list", not wrong, wrong)
for args in (("-j1", SAMPLE), ("-j4", SAMPLE), (path,)):
    other, _ = digests(*args)
    same(f"hash {args[0][-8:]}: the same list", other, sound)
rows = [json.loads(x) for x in fossick("hash", "--json", "--all-digests", SAMPLE,
                                       "C:/Users/**").stdout.splitlines()]
bad = [r for r in rows if r["status"] != "complete" or
       r["digests"]["sha256"] != sound["C:/" + r["locator"]["path"] +
       (":" + r["locator"]["stream"] if r["locator"].get("stream") else "")]]
check(f"hash --json: {len(rows)} rows with three digests each", rows and not bad and
      all(len(r["digests"]) == 3 for r in rows), bad[:3])
tags = fossick("hash", "--all-digests", SAMPLE, "C:/Users/*/NTUSER.DAT").stdout.splitlines()
check("hash --all-digests: lines as of --tag", len(tags) >= 3 and len(tags) % 3 == 0 and
      tags[0].startswith("MD5 (C:/Users/") and tags[2].startswith("SHA256 (C:/Users/"), tags)
same("hash: nothing matches", fossick("hash", SAMPLE, "C:/no/such").returncode, 2)

other, run = digests("--no-index", SAMPLE)
same("hash --no-index: the same list by libtsk alone", (other, run.returncode), (sound, 0))

# a worker that dies while it lists a volume costs that volume, later it costs nothing
died = whole = 0
for step in range(5, 12):
    run = fossick("hash", SAMPLE, env={**os.environ, "FOSSICK_FAULT": f"{step}:11"})
    if "signal 11" not in run.stderr:
        continue
    got = dict(reversed(line.split("  ", 1)) for line in run.stdout.splitlines())
    died += 1
    whole += list(got.items()) == list(sound.items())
    check(f"hash: a worker dies at step {step}: no wrong digest, nothing twice",
          run.returncode == 1 and len(run.stdout.splitlines()) == len(got) and
          got.items() <= sound.items() and
          (list(got) == list(sound) or "listing it ended a worker" in run.stderr), run.stderr)
check("hash: the files of a group are done again", died == 0 or whole >= 4, f"{whole} of {died}")

lost, run = digests(os.path.join(T, "pair", "sample.E01"))
wrong = [n for n, d in lost.items() if sound.get(n) != d]
check(f"hash of a damaged image: {len(lost)} of {len(sound)} files, no wrong digest",
      not wrong and 0 < len(lost) < len(sound) and run.returncode == 1, wrong[:5])
same("hash of a damaged image: the same with one thread",
     digests("-j1", os.path.join(T, "pair", "sample.E01"))[0], lost)
hurt, run = digests(os.path.join(T, "file", "sample.E01"))
missing = sorted(set(sound) - set(hurt))
unnamed = [n for n in missing if n + " is partial, it has no digest" not in run.stderr]
check(f"hash: {len(missing)} files that lost bytes are named", big in missing and not unnamed,
      "\n".join(unnamed) + run.stderr)
finish()
