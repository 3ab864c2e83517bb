"""What an archive says, one line each, for tests to compare.

usage: plugins_findings.py findings ARCHIVE            severity, confidence, plugin, path, title
       plugins_findings.py details ARCHIVE             path, detail
       plugins_findings.py anomalies ARCHIVE           object, reason
       plugins_findings.py records ARCHIVE PLUGIN KIND FIELD…
       plugins_findings.py collected ARCHIVE TRUTH CATEGORY…
           what of a truth file is not in the archive with its digest"""

import json
import sys
import zipfile


def lines(archive, name):
    with zipfile.ZipFile(archive) as z:
        if name not in z.namelist():
            return []
        return [json.loads(line) for line in z.read(name).decode().splitlines()]


def path_of(locator):
    path = locator["path"]
    return path + ":" + locator["stream"] if locator.get("stream") else path


def evidence(finding):
    return path_of(finding["evidence"][0]) if finding.get("evidence") else "-"


def findings(archive):
    for f in lines(archive, "findings.jsonl"):
        yield f["severity"], f["confidence"], f["plugin"], evidence(f), f["title"]


def details(archive):
    for f in lines(archive, "findings.jsonl"):
        yield evidence(f), f.get("detail", "")


def anomalies(archive):
    for a in lines(archive, "anomalies.jsonl"):
        yield a.get("object", "-"), a["reason"]


def records(archive, plugin, kind, *fields):
    for row in lines(archive, "records/%s.jsonl" % plugin):
        if row["kind"] == kind:
            values = (row["fields"].get(name, "-") for name in fields)
            yield [path_of(v) if isinstance(v, dict) and "path" in v else str(v) for v in values]


def collected(archive, truth, *categories):
    have = {}
    for row in lines(archive, "manifest.jsonl"):
        if row.get("locator"):
            have[path_of(row["locator"])] = row
    for line in open(truth, encoding="utf-8"):
        path, size, digest, category = line.rstrip("\n").split("\t")
        if category not in categories:
            continue
        row = have.get(path)
        if row is None:
            yield path, "not collected"
        elif row["sha256"] != digest:
            yield path, "another digest: %s, status %s" % (row["sha256"], row.get("status"))


if __name__ == "__main__":
    what = globals()[sys.argv[1]]
    for row in sorted(list(r) for r in what(*sys.argv[2:])):
        print("\t".join(row))
