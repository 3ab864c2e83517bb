"""win-services on third-party SYSTEM hives: every service with what reglookup reads of it, and no
finding above info on ordinary Windows."""

import gzip
import lzma
import os
import shutil
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support

T = support.scratch()
HIVES = ["regipy/SYSTEM.xz", "regipy/SYSTEM_2.xz", "regipy/SYSTEM_B.xz", "regipy/SYSTEM_WIN_10_1709.xz",
         "dissect.regf/SYSTEM.gz"]
# names of values, and the fields that hold them
VALUES = {"imagepath": "image", "objectname": "account", "failurecommand": "failure_command"}
STARTS = ["boot", "system", "automatic", "manual", "disabled"]


def hive_of(name):
    """A folder with the hive as that of a volume, and its path."""
    tree = os.path.join(T, name.replace("/", "_"))
    path = os.path.join(tree, "Windows/System32/config/SYSTEM")
    os.makedirs(os.path.dirname(path))
    opener = lzma.open if name.endswith(".xz") else gzip.open
    with opener(os.path.join(support.CORPUS, name)) as source, open(path, "wb") as f:
        shutil.copyfileobj(source, f)
    return tree, path


def peer(path):
    """{service: {value: text}} below Services of control set 1, by reglookup."""
    shown = subprocess.run(["reglookup", path], capture_output=True, check=True).stdout.decode("latin-1")
    services = {}
    for line in shown.splitlines():
        where, kind, data = (line.split(",") + ["", ""])[:3]
        parts = urllib.parse.unquote(where).lower().split("/")[1:]
        if parts[:2] != ["controlset001", "services"] or len(parts) < 3:
            continue
        values = services.setdefault(parts[2], {})
        if kind != "KEY" and (len(parts) == 4 or parts[3:] == ["parameters", "servicedll"]):
            values[parts[-1]] = urllib.parse.unquote(data)
    return services


def compare(name):
    tree, path = hive_of(name)
    theirs = peer(path)
    _, out = support.collect(os.path.join(T, "out", os.path.basename(tree)), "-p", "win-services", tree)
    archive = support.Archive(out)
    rows = archive.records()["win-services"]
    ours = {r["fields"]["name"].lower(): r["fields"] for r in rows if r["kind"] == "service"}
    support.same(f"{name}: services", sorted(n for n, s in ours.items() if s["in_force"]), sorted(theirs))
    wrong = []
    for service, values in theirs.items():
        got = ours.get(service, {})
        for value, field in VALUES.items():
            if values.get(value, "").strip() != got.get(field, "").strip():
                wrong.append((service, value, values.get(value), got.get(field)))
        start = values.get("start")
        if start and got.get("start") != STARTS[int(start, 16)]:
            wrong.append((service, start, got.get("start")))
        if values.get("servicedll", "").strip() != got.get("library", ""):
            wrong.append((service, values.get("servicedll"), got.get("library")))
    support.same(f"{name}: programs, libraries, accounts and starts", wrong, [])
    support.same(f"{name}: findings", archive.findings, [])
    support.same(f"{name}: anomalies of services", [a for a in archive.anomalies if "Services" in a["reason"]], [])


if not support.CORPUS or not os.path.isdir(os.path.join(support.CORPUS, "regipy")):
    support.skip_all("no corpus")
if not shutil.which("reglookup"):
    support.skip_all("no reglookup")
for each in HIVES:
    compare(each)
support.finish()
