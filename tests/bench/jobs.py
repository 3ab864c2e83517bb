"""The jobs: for each the command lines of fossick and of its peers, and the aims.

A command is text for the shell. It sees
  $E $R     the E01 image and the raw one     $O   first sector of the NTFS volume
  $W        an empty folder for each run      $S   files prepared for the job
  $B        this folder
and fossick, fossick-worker and floor in $PATH. What a tool makes as an archive is called
*.zip, 7z or tar in $W: its size is kept. A side that needs tools that are not there is skipped,
and said to be."""
import os

import floor_list


def side(name, command, needs=(), **more):
    return {"name": name, "command": command, "needs": list(needs), **more}


def at_least(n, of, text, measure="wall", of_side="fossick"):
    return {"side": of_side, "measure": measure, "of": [of], "at_least": n, "text": text}


def at_most(n, of, text, measure="wall", of_side="fossick"):
    return {"side": of_side, "measure": measure, "of": of, "at_most": n, "text": text}


def listing(bench, image, letter):
    """fossick's listings and fls on one form of the image."""
    needs = [letter]
    return [
        side("fossick", f"fossick ls -l ${letter} '**' >$W/out", needs),
        side("fossick, body file", f"fossick ls --bodyfile ${letter} '**' >$W/out", needs),
        side("fossick, JSON", f"fossick ls --json ${letter} '**' >$W/out", needs),
        side("fls", f"fls -r -m / -o $O ${letter} >$W/out", ["fls", *needs]),
        side("ils", f"ils -e -o $O ${letter} >$W/out", ["ils", *needs]),
    ]


def list_e01(bench):
    return {
        "what": "full listing with times and paths, E01", "reads": ["E"],
        "sides": listing(bench, "E01", "E"),
        "aims": [at_least(60, "fls", "at least 60x as fast as fls -r -m"),
                 at_least(1, "ils", "not slower than ils")],
    }


def list_raw(bench):
    return {
        "what": "full listing with times and paths, raw", "reads": ["R"],
        "sides": listing(bench, "raw", "R"),
        "aims": [at_least(6, "fls", "at least 6x as fast as fls -r -m")],
    }


def verify(bench):
    make_floor_list(bench)
    threads, size = os.cpu_count(), bench.image["bytes"]
    floors = ["floor: MD5, one core", "floor: inflate, all cores"]
    return {
        "what": "verify the image: every checksum, the stored digests", "reads": ["E"],
        "sides": [
            side("fossick", "fossick verify -q $E >$W/out", ["E"]),
            side("ewfverify", "ewfverify -q $E >$W/out", ["ewfverify", "E"]),
            side("ewfverify, SHA-1 too", "ewfverify -q -d sha1 $E >$W/out", ["ewfverify", "E"]),
            side(floors[0], f"floor md5 {size}", ["floor"]),
            side(floors[1], f"floor $S/chunks {threads} inflate", ["floor", "E"]),
        ],
        "aims": [at_least(2.8, "ewfverify", "at least 2.8x as fast as ewfverify"),
                 at_most(1.3, floors, "at most 1.3x of the slower floor")],
    }


def make_floor_list(bench):
    if bench.image.get("E"):
        floor_list.write(bench.image["E"], os.path.join(bench.shared, "chunks"))


JOBS = [("list-e01", list_e01), ("list-raw", list_raw), ("verify", verify)]


def chosen(names):
    """The jobs whose names begin with one of these words; all without words."""
    return [(n, make) for n, make in JOBS if not names or any(n.startswith(w) for w in names)]
