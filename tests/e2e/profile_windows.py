"""The profile `windows` on the sample and its clean twin: every plugin about Windows is in it, no
finding above info on the clean one, and each program that Windows starts is collected or told missing."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support
from support import same

T = support.scratch()
SCRIPTS = os.path.join(support.SRC, "lua-scripts")


def listed(profile):
    with open(os.path.join(SCRIPTS, "profiles", profile + ".json"), encoding="utf-8") as f:
        return json.load(f)["plugins"]


for profile, prefix in ("windows", "win-"), ("browsers", "browser-"):
    same(f"every plugin {prefix}… is in the profile {profile}", listed(profile),
         sorted(n[:-4] for n in os.listdir(os.path.join(SCRIPTS, "plugins")) if n.startswith(prefix) and n.endswith(".lua")))


def run(image):
    run, out = support.collect(os.path.join(T, os.path.basename(image)), "-p", "windows", image)
    archive = support.Archive(out)
    same(os.path.basename(image) + ": ends complete", (run.returncode, run.stderr), (0, ""))
    same(os.path.basename(image) + ": anomalies", [a["object"] for a in archive.anomalies], [])
    return archive


def starts(archive):
    """Autostart rows that name no file, or one that is not in the archive."""
    have = {(r["locator"]["path"], r["locator"].get("stream")) for r in archive.files.values()}
    for plugin, rows in archive.records().items():
        for row in rows:
            fields = row["fields"]
            file = fields.get("file")
            if row["kind"] != "autostart" or fields.get("missing"):
                continue
            if not file or (file["path"], file.get("stream")) not in have:
                yield plugin, fields["key"], fields["command"]


for image in support.CLEAN, support.SAMPLE:
    archive = run(image)
    same(os.path.basename(image) + ": what Windows starts is collected or missing", list(starts(archive)), [])
    worse = [(f["severity"], f["title"]) for f in archive.findings if f["severity"] != "info"]
    if image == support.CLEAN:
        same("clean: no finding above info", worse, [])
    else:
        same("sample: IKEEXT's library is seen", worse,
             [("high", "Library that Windows does not have, loaded by one of its services")])
support.finish()
