#!/usr/bin/env python3
"""The sample, end to end: what is collected is what others read from the same
image, the image stays as it was, and the number of workers does not matter."""
import hashlib
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import (CLEAN, DATA, SAMPLE, Archive, check, collect, finish, fossick, same, scratch,
                     skip, verifies)

T = scratch()
SEGMENTS = [SAMPLE, SAMPLE[:-1] + "2"]


def digest_of(paths):
    h = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as f:
            h.update(f.read())
    return h.hexdigest()


before = digest_of(SEGMENTS)
run, path = collect(os.path.join(T, "one"), "-j1", "--case", "2023-017", "--examiner", "R. Roe",
                    SAMPLE)
check("collect ends with 0 or 1", run.returncode in (0, 1), run.stderr)
verifies("the archive verifies", path)
a = Archive(path)

# --- contents against the list that was made with the image -------------------
truth = {}
with open(os.path.join(DATA, "sample.truth.tsv"), encoding="utf-8") as f:
    for line in f:
        name, size, sha256, kind = line.rstrip("\n").split("\t")
        truth["fs/C/" + name] = (int(size), sha256, kind)
wrong = [n for n, row in a.files.items() if n in truth and truth[n][:2] != (row["size"], row["sha256"])]
check(f"{len(a.files)} files have the size and SHA-256 of the list", not wrong, wrong)
foreign = [n for n in a.files if n not in truth and "$" not in n]
same("nothing is collected that is not on the image", foreign, [])
missing = [n for n, (_, _, kind) in truth.items()
           if kind in ("3cx", "registry", "browser") and n not in a.files
           and not n.endswith(("Bookmarks", "Preferences", "Local State"))]
same("every 3CX, hive and browser file is collected", missing, [])
bad = [n for n, row in a.files.items() if hashlib.sha256(a.zip.read(n)).hexdigest() != row["sha256"]]
same("members have the digests of the manifest", bad, [])
same("all are complete", [n for n, r in a.files.items() if r["status"] != "complete"], [])

# --- against Sleuth Kit and ntfs-3g -------------------------------------------
if shutil.which("icat"):
    listing = subprocess.run(["mmls", "-a", SAMPLE], capture_output=True, text=True).stdout
    start = [line.split()[2] for line in listing.splitlines() if "Basic data" in line or "NTFS" in line]
    wrong = []
    for name, row in a.files.items():
        where = row["locator"]
        if where.get("stream"):
            continue
        got = subprocess.run(["icat", "-o", start[0], SAMPLE, str(where["addr"])], capture_output=True).stdout
        if hashlib.sha256(got).hexdigest() != row["sha256"]:
            wrong.append(name)
    same("icat reads the same bytes", wrong, [])
else:
    skip("icat reads the same bytes", "no icat")


def mounted(folder):
    """The NTFS volume of the sample, mounted; None when this machine cannot."""
    if not all(map(shutil.which, ("ntfs-3g", "ewfexport", "losetup"))) or os.geteuid() != 0:
        return None
    raw = os.path.join(T, "disk")
    subprocess.run(["ewfexport", "-q", "-u", "-f", "raw", "-t", raw, SAMPLE], capture_output=True)
    listing = subprocess.run(["mmls", "-a", raw + ".raw"], capture_output=True, text=True).stdout
    rows = [line.split() for line in listing.splitlines() if "Basic data" in line or "NTFS" in line]
    if not rows:
        return None
    loop = subprocess.run(["losetup", "-r", "-f", "--show", "-o", str(int(rows[0][2]) * 512), raw + ".raw"],
                          capture_output=True, text=True).stdout.strip()
    if not loop:
        return None
    os.makedirs(folder)
    mount = subprocess.run(["ntfs-3g", "-o", "ro,streams_interface=windows", loop, folder], capture_output=True)
    if mount.returncode != 0:
        subprocess.run(["losetup", "-d", loop])
        return None
    return loop


mnt = os.path.join(T, "mnt")
loop = mounted(mnt)
if loop:
    wrong = []
    for name, row in a.files.items():
        try:
            with open(os.path.join(mnt, name[len("fs/C/"):]), "rb") as f:
                got = hashlib.sha256(f.read()).hexdigest()
        except OSError as e:
            got = str(e)
        if got != row["sha256"]:
            wrong.append((name, got))
    same("ntfs-3g reads the same bytes", wrong, [])
    subprocess.run(["umount", mnt])
    subprocess.run(["losetup", "-d", loop])
else:
    skip("ntfs-3g reads the same bytes", "no ntfs-3g, ewfexport or loop device here")

# --- same evidence, same output ------------------------------------------------
def evidence_of(archive):
    """All that must not depend on the run: rows and manifest, without our own members."""
    rows = [line for line in archive.text("manifest.jsonl").splitlines() if '"locator"' in line]
    parts = {n: archive.text(n) for n in archive.names
             if n.startswith(("records/", "listing/")) or n in ("findings.jsonl", "anomalies.jsonl")}
    return rows, parts


for jobs in ("-j1", "-j4"):
    again, other = collect(os.path.join(T, "again" + jobs), jobs, SAMPLE)
    same(f"{jobs}: same manifest, findings, records and anomalies",
         other and evidence_of(Archive(other)), evidence_of(a))

# --- what the archive says of itself --------------------------------------------
c = a.json("collection.json")
same("case and examiner are kept", (c["case"], c["examiner"]), ("2023-017", "R. Roe"))
check("the sandbox layers are kept", any(l["name"] == "seccomp" for l in c["sandbox"]["layers"]), c)
plugins = {t["name"]: t["sha256"] for t in c["texts"] if t["kind"] == "plugin"}
wrong = [name for name, sha256 in plugins.items()
         if hashlib.sha256(open(os.path.join(os.environ["FOSSICK_SRC"], "lua-scripts", "plugins",
                                             name + ".lua"), "rb").read()).hexdigest() != sha256]
check("plugins are kept with the digests of their texts", len(plugins) >= 4 and not wrong, plugins)

# --- the clean twin ---------------------------------------------------------------
run, path = collect(os.path.join(T, "clean"), CLEAN)
check("clean twin: collect ends with 0 or 1", run.returncode in (0, 1), run.stderr)
verifies("clean twin: the archive verifies", path)
loud = [f for f in Archive(path).findings if f["severity"] != "info"]
same("clean twin: no finding above info", loud, [])

# --- never overwrites, never writes to the evidence ---------------------------------
same("the image is unchanged", digest_of(SEGMENTS), before)
finish()
