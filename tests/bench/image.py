"""The image to measure on: the one that BENCH_IMAGE names, or one made by make_image.py."""
import json
import os
import subprocess
import sys

import ewf_layout
import make_image


def files_of(path):
    return ewf_layout.segments(path) if path.endswith(".E01") else [path]


def describe(path, env):
    """Size of the medium, first sector of the largest NTFS volume."""
    p = subprocess.run(["fossick", "info", "--json", path], env=env, capture_output=True,
                       text=True, check=False)
    if p.returncode not in (0, 1):
        raise SystemExit("bench: " + p.stderr)
    info = json.loads(p.stdout)
    volumes = [v for v in info["volumes"] if v["fs"] == "ntfs"]
    if not volumes:
        raise SystemExit(f"bench: {path} has no NTFS volume")
    largest = max(volumes, key=lambda v: v["length"])
    size = info["source"]["size"]
    return {"bytes": size, "O": largest["offset"] // 512, "sectors": largest["length"] // 512,
            "text": f"{os.path.basename(path)}, {size / 1e9:.1f} GB"}


def at(base, env):
    """The image base.E01 and base.raw, as far as they are there."""
    found = {}
    for letter, end in (("E", ".E01"), ("R", ".raw")):
        if os.path.exists(base + end):
            found[letter] = os.path.abspath(base + end)
    if not found:
        raise SystemExit(f"bench: there is no {base}.E01 and no {base}.raw")
    return {**found, **describe(found.get("E") or found["R"], env)}


def find(settings, env, build):
    if settings.get("BENCH_IMAGE"):
        return at(settings["BENCH_IMAGE"], env)
    folder = os.path.join(build, "tests", "bench", "image")
    base, why = make_image.made(folder, env)
    if why:
        print("bench: " + why, file=sys.stderr)
    return at(base, env)
