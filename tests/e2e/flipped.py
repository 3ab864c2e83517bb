#!/usr/bin/env python3
"""Flipped bytes in an E01: `verify` names every damaged chunk; a file that lies in one is
partial (unreadable when nothing is left), with exactly the bytes that are lost; all others are
complete and right. What a
file loses is asked of icat: it reads the medium with the damaged chunks inverted. TAP."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zlib

SRC = os.environ["FOSSICK_SRC"]
sys.path[:0] = [os.path.join(SRC, "tests"), os.path.join(SRC, "tests/data")]
import ewf_layout
import fixture_ewf
import sample_tree
from support import (SAMPLE, Archive, check, collect, finish, fossick, same, scratch,
                     skip_all, verifies)

CHUNK, CLUSTER, SECTOR = fixture_ewf.CHUNK, 4096, 512
VOLUME = 4096 * SECTOR  # where the NTFS volume of the sample begins
UNIT = 16 * CLUSTER     # what NTFS compresses at once
PARTS = ("first byte", "middle", "checksum")
T = scratch()
TAKE = os.path.join(T, "take.lua")
with open(TAKE, "w", encoding="utf-8") as f:
    f.write('return { api = 1, name = "take", summary = "takes all", wants = { "**", "**/*:*" },\n'
            '\trun = function(ctx, e) if e.type == "file" then ctx:collect(e, "test") end end }\n')


# --- the image: packed and stored chunks, three segments --------------------------
def medium():
    pieces = []
    for path, start, length, packed in ewf_layout.chunks(SAMPLE):
        with open(path, "rb") as f:
            f.seek(start)
            data = f.read(length)
        pieces.append(zlib.decompress(data) if packed else data[:-4])
    return b"".join(pieces)


def some_stored(data):
    """As fixture_ewf.chunk, but a third of the chunks is stored though it would pack."""
    if zlib.crc32(data) % 3 == 0:
        return data + fixture_ewf.adler(data), 0
    return zlib.compress(data, 9), ewf_layout.COMPRESSED


def write_image(raw, folder):
    os.makedirs(folder)
    fixture_ewf.chunk = some_stored
    fixture_ewf.write(raw, os.path.join(folder, "disk"), 3)
    return os.path.join(folder, "disk.E01")


def harmless(packed, wanted):
    """Whether a packed chunk gives its data all the same: some bits of deflate mean nothing."""
    try:
        return zlib.decompress(packed) == wanted
    except zlib.error:
        return False


def flipped(data, at, packed):
    """The bytes of a chunk with one bit at `at` turned round, one that matters."""
    wanted = zlib.decompress(data) if packed else None
    for bit in range(8):
        new = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:]
        if not packed or not harmless(new, wanted):
            return new
    raise ValueError("no bit of this byte matters")


def damaged(sound, name, numbers):
    """A copy of the image with a bit flipped in each of these chunks: in the first byte, in
    the middle, or in the checksum, in turns."""
    folder = shutil.copytree(os.path.dirname(sound), os.path.join(T, name))
    image = os.path.join(folder, "disk.E01")
    places = ewf_layout.chunks(image)
    for turn, n in enumerate(numbers):
        path, start, length, packed = places[n]
        at = {"first byte": 0, "middle": length // 2, "checksum": length - 1 - turn % 4}
        with open(path, "r+b") as f:
            f.seek(start)
            new = flipped(f.read(length), at[PARTS[turn % 3]], packed)
            f.seek(start)
            f.write(new)
    return image


# --- what Sleuth Kit knows ---------------------------------------------------------
def tsk(tool, image, *args):
    return subprocess.run([tool, "-o", str(VOLUME // SECTOR), image, *args], capture_output=True,
                          check=False).stdout


def names(image):
    """{path or path:stream: address} of files, and the addresses of folders."""
    files, folders = {}, {"5"}
    for line in tsk("fls", image, "-r", "-p", "-u").decode().splitlines():
        m = re.match(r"(\S)/(\S) (\d+)(-128-\d+)?\S*:\t(.*)$", line)
        if m and m.group(2) == "d":
            folders.add(m.group(3))
        elif m and m.group(4) and int(m.group(3)) >= 24:
            files[m.group(5)] = m.group(3) + m.group(4)
    return files, folders


def metadata_chunks(image, folders):
    """Chunks with the MFT, other files of the file system or an index of a folder."""
    chunks = set(range((VOLUME + CHUNK) // CHUNK))
    for addr in [str(n) for n in range(12) if n != 8] + sorted(folders):
        text = tsk("istat", image, addr).decode(errors="replace")
        for number in re.findall(r"\b\d+\b", text.rsplit("Attributes:", 1)[-1].replace("-", " x")):
            chunks.add((VOLUME + int(number) * CLUSTER) // CHUNK)
    return chunks


def inverted(raw, numbers):
    out = bytearray(raw)
    for n in numbers:
        piece = slice(n * CHUNK, (n + 1) * CHUNK)
        out[piece] = bytes(x ^ 0xFF for x in out[piece])
    return out


def ranges_of(one, other):
    """[[offset, length], …] where two strings of the same length differ."""
    out = []
    for at in (i for i in range(0, len(one), SECTOR) if one[i:i + SECTOR] != other[i:i + SECTOR]):
        size = len(one[at:at + SECTOR])
        if out and out[-1][0] + out[-1][1] == at:
            out[-1][1] += size
        else:
            out.append([at, size])
    return out


def whole_units(ranges, size):
    """A unit that NTFS compressed is lost as a whole."""
    units = {n for at, length in ranges for n in range(at // UNIT, -(-(at + length) // UNIT))}
    return [[n * UNIT, min(UNIT, size - n * UNIT)] for n in sorted(units)]


# --- one damaged image ---------------------------------------------------------------
def named_by_verify(image):
    run = fossick("verify", "--json", image)
    j = json.loads(run.stdout)
    chunks = [c for at, n in j["ranges"] for c in range(at // CHUNK, -(-(at + n) // CHUNK))]
    return chunks, run.returncode, j["good"]


def collected(image, *options):
    """{path or path:stream: (row of the manifest, content)}, and the archive."""
    out = os.path.join(T, f"out{len(os.listdir(T))}")
    run, path = collect(out, "-p", TAKE, *options, image)
    a = Archive(path)
    found = {}
    for row in a.files.values():
        where = row["locator"]
        name = where["path"] + (":" + where["stream"] if "stream" in where else "")
        if where["volume"] == 1 and where["addr"] >= 24 and not name.startswith("$Extend/"):
            found[name] = (row, a.zip.read(row["name"]))
    return found, a, path, run.returncode


def zeroed(data, ranges):
    out = bytearray(data)
    for at, length in ranges:
        out[at:at + length] = bytes(length)
    return bytes(out)


def wrong_with(row, content, data, lost):
    """What is wrong with one file, or None."""
    ranges = row.get("ranges", [])
    status = "complete" if not lost else "unreadable" if lost == [[0, len(data)]] else "partial"
    if row["status"] != status or ranges != lost:
        return f"{row['status']} {ranges}, wanted {lost}"
    if content != zeroed(data, lost) or row["sha256"] != hashlib.sha256(content).hexdigest():
        return "its content or its digest is wrong"
    return None


def files_case(name, image, truth, *options):
    """`truth`: {path: (content, ranges that are lost)}"""
    found, a, path, status = collected(image, *options)
    verifies(f"{name}: the archive verifies", path)
    same(f"{name}: every file is collected", sorted(set(found) ^ set(truth)), [])
    wrong = [f"{n}: {w}" for n in sorted(truth) if n in found
             for w in [wrong_with(*found[n], *truth[n])] if w]
    hurt = [n for n, (_, lost) in truth.items() if lost]
    some = [n for n in hurt if truth[n][1] != [[0, len(truth[n][0])]]]
    check(f"{name}: {len(some)} files are partial, {len(hurt) - len(some)} unreadable, with the "
          f"bytes that they lost; {len(truth) - len(hurt)} are complete and right",
          some and not wrong, "\n".join(wrong))
    told = {x["locator"]["path"] for x in a.anomalies if x.get("locator") and x.get("ranges")}
    same(f"{name}: each has its line in anomalies.jsonl",
         sorted(n for n in hurt if n.rsplit(":", 1)[0] not in told and n not in told), [])
    same(f"{name}: exit status", status, 1)


def main():
    if not all(map(shutil.which, ("fls", "icat", "istat"))):
        skip_all("no sleuthkit")
    raw = medium()
    plain, upside = os.path.join(T, "plain.raw"), os.path.join(T, "upside.raw")
    with open(plain, "wb") as f:
        f.write(raw)
    sound = write_image(raw, os.path.join(T, "sound"))
    layout = ewf_layout.chunks(sound)
    files, folders = names(plain)
    content = {n: tsk("icat", plain, a) for n, a in files.items()}
    packed = {n for n, e in sample_tree.build(True).items() if e.attribute == "compressed"}

    meta = metadata_chunks(plain, folders)
    full = [n for n in range(len(layout)) if any(raw[n * CHUNK:(n + 1) * CHUNK])]
    free = [n for n in range(len(layout)) if n not in full and n not in meta]
    data = [n for n in full if n not in meta]
    chosen = sorted(data[::3] + free[::97])
    kinds = {(layout[n][3], PARTS[i % 3]) for i, n in enumerate(chosen)}
    check(f"{len(chosen)} of {len(layout)} chunks are damaged: packed and stored, in every part",
          len(kinds) == 6 and len(data) > 20, f"{kinds} {len(data)} {len(meta)} {len(full)}")

    def truth(numbers):
        """{path: (content, ranges that are lost)} when these chunks are."""
        with open(upside, "wb") as f:
            f.write(inverted(raw, numbers))
        found = {}
        for name, addr in files.items():
            lost = ranges_of(content[name], tsk("icat", upside, addr))
            lost = whole_units(lost, len(content[name])) if name in packed else lost
            found[name] = (content[name], lost)
        return found

    same("the sound image: verify names nothing", named_by_verify(sound), ([], 0, True))
    image = damaged(sound, "data", chosen)
    same("verify names every damaged chunk and no other", named_by_verify(image),
         (chosen, 1, False))
    wanted = truth(chosen)
    for options in ("-j1", "-j4", "--no-index"):
        files_case(f"damaged data, {options}", image, wanted, options)

    gone = [n for n, place in enumerate(layout) if place[0].endswith(".E03")]
    image = damaged(sound, "short", [])
    os.unlink(image[:-2] + "03")
    same("a missing segment: verify names its chunks", named_by_verify(image), (gone, 1, False))

    every = list(range(1, len(layout), 5))
    image = damaged(sound, "every", every)
    same("damage everywhere: verify names every chunk", named_by_verify(image), (every, 1, False))
    found, _, path, _ = collected(image)
    verifies("damage everywhere: the archive verifies", path)
    wrong = [n for n, (row, got) in found.items()
             if n in content and row["status"] == "complete" and got != content[n]]
    check(f"damage everywhere: no wrong file of {len(found)} is called complete", not wrong, wrong)
    finish()


main()
