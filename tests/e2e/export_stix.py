#!/usr/bin/env python3
"""fossick export --stix: bundles of real and of made-up archives are held to the tables of STIX 2.1
(tests/stix_check.py), and say what the archives say."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from stix_check import check_bundle, deterministic_id
from support import CLEAN, SAMPLE, Archive, check, collect, finish, fossick, same, scratch

T = scratch()


def export(archive, *args):
    return subprocess.run([os.environ.get("FOSSICK", os.path.join(os.environ["FOSSICK_BUILD"], "fossick")),
                           "export", "--stix", archive, *args], capture_output=True, timeout=300)


def bundle_of(name, archive):
    """The bundle; one case says whether it is a good one."""
    run = export(archive)
    if not check(f"{name}: exported", run.returncode == 0, run.stderr.decode()):
        return {"objects": []}
    bundle = json.loads(run.stdout)
    same(f"{name}: a bundle of STIX 2.1", check_bundle(bundle), [])
    return bundle


def typed(bundle, kind):
    return [o for o in bundle["objects"] if o["type"] == kind]


def by_id(bundle):
    return {o["id"]: o for o in bundle["objects"]}


# --- the checker can fail -----------------------------------------------------
same("the id that others give example.com",
     deterministic_id({"type": "domain-name", "value": "example.com"}),
     "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7")
good = {"type": "domain-name", "spec_version": "2.1", "value": "example.com",
        "id": "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"}
for what, change in (("another value", {"value": "example.org"}), ("an unknown property", {"x": 1}),
                     ("no value", {"value": ""}), ("a reference to nowhere", {"object_refs": ["url--x"]})):
    bad = {"type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "objects": [{**good, **change}]}
    check(f"the checker sees {what}", check_bundle(bad) != [])

# --- the sample ---------------------------------------------------------------
run, path = collect(os.path.join(T, "sample"), "--case", "2023-017", "--examiner", "R. Roe", "-p",
                    "3cx,windows", SAMPLE)
a = Archive(path)
bundle = bundle_of("the sample", path)
ids = by_id(bundle)
same("a note for each finding", len([n for n in typed(bundle, "note") if "finding" in n["labels"]]),
     len({json.dumps(f, sort_keys=True) for f in a.findings}))
same("a note for each verdict", len([n for n in typed(bundle, "note") if "verdict" in n["labels"]]),
     len(a.lines("verdicts.jsonl")))
evidence = {(e["path"].split("/")[-1]) for f in a.findings for e in f["evidence"] if not e.get("stream")}
same("each file or folder that findings name", evidence,
     {f["name"] for f in typed(bundle, "file")} | {d["path"].split("\\")[-1] for d in typed(bundle, "directory")}
     & evidence)
rows = {row["sha256"]: row for row in a.files.values()}
files = [f for f in typed(bundle, "file") if "hashes" in f]
check("files have digests", len(files) > 10)
same("digests, sizes and times are those of the manifest",
     [f["name"] for f in files
      if (rows[f["hashes"]["SHA-256"]]["md5"], rows[f["hashes"]["SHA-256"]]["size"]) !=
      (f["hashes"]["MD5"], f["size"])], [])
same("the folder is written as Windows does",
     {ids[f["parent_directory_ref"]]["path"] for f in files if f["name"] == "wlbsctrl.dll"},
     {"C:\\Windows\\System32"})
campaign = typed(bundle, "campaign")
same("the campaign has its id at MITRE", [(c["name"], c["external_references"][0]["external_id"]) for c in campaign],
     [("3CX Supply Chain Attack", "C0057")])
same("vulnerabilities", {v["name"] for v in typed(bundle, "vulnerability")},
     {r[4:] for f in a.findings for r in f["references"] if r.startswith("cve:")})
techniques = {r[7:] for f in a.findings for r in f["references"] if r.startswith("attack:T")}
same("techniques", {p["external_references"][0]["external_id"] for p in typed(bundle, "attack-pattern")}, techniques)
sighted = {ids[s["sighting_of_ref"]]["type"] for s in typed(bundle, "sighting")}
check("the campaign and techniques are sighted", {"campaign", "attack-pattern"} <= sighted, sighted)
loud = {f["title"] for f in a.findings if f["severity"] != "info"}
check("nothing of severity info is a sighting",
      {s["description"] for s in typed(bundle, "sighting")} <= loud)
values = {"low": 15, "medium": 50, "high": 85}
title = {f["title"]: f["confidence"] for f in a.findings}
same("confidence is on the scale of appendix A", {n["confidence"] for n in typed(bundle, "note") if "confidence" in n}
     - set(values.values()), set())
machine = [i for i in typed(bundle, "identity") if i["name"] == "FIXTURE-PC"]
same("the machine is an identity, and where it was seen", len(machine), 1)
check("sightings name it", {r for s in typed(bundle, "sighting") for r in s["where_sighted_refs"]} == {machine[0]["id"]})
keys = {k["key"] for k in typed(bundle, "windows-registry-key")}
check("registry keys begin with their hive",
      "HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Run" in keys and
      all(k.startswith("HKEY_") for k in keys), keys)
report = typed(bundle, "report")[0]
same("the report is by the examiner", ids[report["created_by_ref"]]["name"], "R. Roe")
same("and about all else", set(report["object_refs"]), set(ids) - {report["id"]})
same("case and manifest", {r["source_name"]: r["external_id"] for r in report["external_references"]},
     {"case": "2023-017", "manifest SHA-256": hashlib.sha256(a.zip.read("manifest.jsonl")).hexdigest()})
started = a.json("collection.json")["started"]
same("times come from the run", {o["created"] for o in bundle["objects"] if "created" in o} -
     {"2026-01-01T00:00:00.000Z"}, {started[:23] + "Z"})

# --- the same archive, the same bundle ----------------------------------------
moved = os.path.join(T, "moved.zip")
shutil.copy(path, moved)
out = os.path.join(T, "bundle.json")
run = export(moved, "-o", out)
with open(out, "rb") as f:
    written = f.read()
same("-o writes what goes to standard output, byte by byte", (run.returncode, run.stdout, written),
     (0, b"", export(path).stdout))
run = export(moved, "-o", out)
check("an existing file is not replaced", run.returncode == 73 and out in run.stderr.decode(), run.stderr)
run, second = collect(os.path.join(T, "second"), "-p", "3cx,windows", SAMPLE)
other = by_id(bundle_of("another run", second))
fixed = {"attack-pattern", "campaign", "vulnerability", "file", "directory", "windows-registry-key"}
same("what means the same has the same id in every run",
     {i for i, o in ids.items() if o["type"] in fixed}, {i for i, o in other.items() if o["type"] in fixed})
check("what a run says has an id of the run",
      not {i for i, o in ids.items() if o["type"] in ("note", "observed-data", "report")} & set(other))
run, path_clean = collect(os.path.join(T, "clean"), CLEAN)
clean = bundle_of("the clean twin", path_clean)
same("a clean machine: no sighting, no indicator",
     [o["id"] for o in clean["objects"] if o["type"] in ("sighting", "indicator")], [])

# --- archives made by hand ----------------------------------------------------
COLLECTION = {"started": "2023-04-01T10:00:00.1234567Z", "ended": "2023-04-01T10:00:09Z", "case": "",
              "examiner": "", "result": "complete", "tool": {"name": "fossick", "version": "1.2"},
              "machines": [{"source": 0, "volume": 0, "plugin": "p", "facts": {"computer": "WS-7", "product": "W"}}],
              "sources": [{"source": 0, "name": "disk", "volumes": [
                  {"source": 0, "volume": 0, "letter": "C", "os": "windows", "place": "C"},
                  {"source": 0, "volume": 1, "os": "macos", "place": "$rootfs$"}]}]}


def lines(rows):
    return "".join(json.dumps(r, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"
                   for r in rows).encode()


def forge(name, findings=(), verdicts=(), rows=(), collection=None, closing=None, **change):
    """An archive with these rows; `change` replaces members after the manifest was made."""
    members = {"findings.jsonl": lines(findings), "verdicts.jsonl": lines(verdicts),
               "collection.json": json.dumps(collection or COLLECTION, indent=1).encode()}
    manifest = lines([*rows, *({"name": n, "size": len(d), "sha256": hashlib.sha256(d).hexdigest(),
                                "status": "complete"} for n, d in members.items())])
    members["manifest.jsonl"] = manifest
    members["custody.jsonl"] = lines([{"event": "opened"}, closing or {
        "event": "closed", "manifest_sha256": hashlib.sha256(manifest).hexdigest()}])
    members.update({k.replace("__", "."): v for k, v in change.items()})
    path = os.path.join(T, name + ".zip")
    with zipfile.ZipFile(path, "w") as z:
        for n, d in members.items():
            if d is not None:
                z.writestr(n, d)
    return path


def finding(**more):
    return {"plugin": "p", "volume": [0, 0], "title": "T", "severity": "high", "confidence": "high",
            "evidence": [], "references": [], "fields": {}, **more}


def place(path, volume=0, **more):
    return {"source": 0, "volume": volume, "addr": 5, "path": path, **more}


NASTY = "a\x01\x1f\x7f\"\\/\u202e\u2028ü\U0001f600'\n]line"
DIGEST = hashlib.sha256(b"x").hexdigest()
stream = place("Users/ann/x.exe", stream="Zone.Identifier")
path = forge("made", [
    finding(title=NASTY, detail=NASTY, evidence=[place("Users/" + NASTY)], fields={"user": NASTY, NASTY: NASTY}),
    finding(evidence=[stream], fields={"first": "2023-03-01T00:00:00Z", "last": "2023-03-02T00:00:00.5Z"},
            references=["attack:T1553.005"]),
    finding(title="C2", evidence=[place("Library/a.plist", 1)], volume=[0, 1], confidence="low",
            fields={"sign": "network.c2", "name": "Pbx.Example.COM", "url": "https://pbx.example.com/a?b=c"},
            references=["attack:C0057", "attack:S1144", "cve:2023-29059", "https://example.org/x", "word:thing",
                        "no colon", "attack:T9", "cve:x"]),
    finding(title="host?", fields={"name": "ffmpeg.dll", "domain": "10.0.0.1", "host": "..", "url": "no url"}),
    finding(title="loader", evidence=[place("app/ffmpeg.dll")], fields={"sign": "library.loader"}),
    finding(title="quiet", severity="info", evidence=[place("app")], references=["attack:T1547.001"]),
    finding(title="quiet", severity="info", evidence=[place("app")], references=["attack:T1547.001"]),
    finding(title="key", evidence=[place("Windows/System32/config/SYSTEM")],
            fields={"key": "ControlSet001\\Services\\x", "value": "ImagePath", "data": "\"C:\\x.exe\" /s"}),
    finding(title="two hives", evidence=[place("Windows/System32/config/SYSTEM"), place("Users/ann/NTUSER.DAT")],
            fields={"key": "Software\\x"}),
    finding(title="bare"),
], [{"case": "The case", "step": "active", "ladder": ["absent", "active"], "summary": "S\nT", "plugin": "v",
     "machine": 0, "sources": [0], "steps": [{"name": "active", "reached": True, "for": ["f1"], "against": ["a1"]}],
     "times": [{"what": "first run", "time": "2023-03-22T00:00:00Z", "source": "prefetch"}],
     "unexamined": ["logs"], "notes": ["n"], "advice": [{"text": "do it", "source": "CISA"}]},
    {"plugin": "w", "machine": 1, "sources": [], "failed": "it raised"}],
    [{"name": "fs/1", "locator": place("app/ffmpeg.dll"), "status": "complete", "size": 1, "sha256": DIGEST,
      "times": {"created": "2023-01-01T00:00:00.1234567Z", "modified": "0000", "accessed": 5}},
     {"name": "fs/2", "locator": stream, "status": "complete", "size": 2, "sha256": DIGEST, "md5": "0" * 32},
     {"name": "payloads/x.p7m", "locator": place("app"), "payload": {}, "sha256": "1" * 64, "status": "complete"},
     {"name": "fs/3", "locator": place("Library/a.plist", 1), "status": "partial", "size": 3, "sha256": DIGEST}])
made = bundle_of("made by hand", path)
ids = by_id(made)
notes = {n["abstract"]: n for n in typed(made, "note")}
same("created has three digits", typed(made, "report")[0]["created"], "2023-04-01T10:00:00.123Z")
same("findings that are the same are one", len([n for n in typed(made, "note") if n["abstract"] == "quiet"]), 1)
check("text of evidence is one harmless line of a note",
      not any(line.startswith("]line") for line in notes[NASTY]["content"].split("\n")) and
      "\u202e" not in notes[NASTY]["content"], notes[NASTY]["content"])
same("and an observable as it is", [f["name"] for f in typed(made, "file") if "line" in f["name"]],
     [NASTY.split("/")[-1]])
ads = [f for f in typed(made, "file") if "extensions" in f][0]
same("a data stream, whose digests are not the file's", (ads["extensions"], "hashes" in ads),
     ({"ntfs-ext": {"alternate_data_streams": [
         {"name": "Zone.Identifier", "size": 2, "hashes": {"MD5": "0" * 32, "SHA-256": DIGEST}}]}}, False))
same("a sighting has the time of the event",
     [(s["first_seen"], s["last_seen"]) for s in typed(made, "sighting") if "first_seen" in s],
     [("2023-03-01T00:00:00Z", "2023-03-02T00:00:00.500Z")])
same("times are cut to microseconds", [f["ctime"] for f in typed(made, "file") if "ctime" in f],
     ["2023-01-01T00:00:00.123456Z"])
same("host names", [d["value"] for d in typed(made, "domain-name")], ["pbx.example.com"])
same("URLs", [d["value"] for d in typed(made, "url")], ["https://pbx.example.com/a?b=c"])
same("patterns", sorted(i["pattern"] for i in typed(made, "indicator")),
     ["[domain-name:value = 'pbx.example.com']", f"[file:hashes.'SHA-256' = '{DIGEST}']"])
same("paths of macOS", [d["path"] for d in typed(made, "directory") if d["path"].startswith("/")], ["/Library"])
check("a folder is no file", "C:\\app" in [d["path"] for d in typed(made, "directory")] and
      "app" not in [f["name"] for f in typed(made, "file")])
same("a file that was not read whole has no digest", [f["name"] for f in typed(made, "file")
                                                      if f["name"] == "a.plist" and "hashes" in f], [])
same("the key of one hive", [(k["key"], k["values"]) for k in typed(made, "windows-registry-key")],
     [("HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\x",
       [{"name": "ImagePath", "data": "\"C:\\x.exe\" /s"}])])
same("references", [r.get("external_id") or r.get("url") or r.get("description")
                    for r in notes["C2"]["external_references"]],
     ["C0057", "S1144", "CVE-2023-29059", "https://example.org/x", "thing", "no colon", "T9", "cve:x"])
same("a finding without evidence is about the machine", ids[notes["bare"]["object_refs"][0]]["name"], "WS-7")
same("confidence", (notes["C2"]["confidence"], notes["loader"]["confidence"]), (15, 85))
same("the verdict", notes["The case: active"]["content"].split("\n"),
     ["step: active", "ladder: absent, active", "summary: S\\x0aT", "active: reached", "  for: f1", "  against: a1",
      "time: 2023-03-22T00:00:00Z, first run (prefetch)", "not examined: logs", "note: n",
      "advice: do it (CISA)", "plugin: v"])
check("a verdict that failed", "it raised" in notes["verdict: none"]["content"])
bundle_of("nothing in it", forge("empty"))

# --- archives that are none ---------------------------------------------------
with open(path, "rb") as f:
    whole = f.read()


def damaged(name, data):
    file = os.path.join(T, name)
    with open(file, "wb") as f:
        f.write(data)
    return file


with zipfile.ZipFile(path) as z:
    at = z.getinfo("findings.jsonl").header_offset + 30 + len("findings.jsonl") + 50
flipped = bytearray(whole)
flipped[at] ^= 1
for what, file, part in (
        ("no file", os.path.join(T, "none.zip"), "none.zip"),
        ("no ZIP", damaged("text.zip", b"text " * 100), "text.zip"),
        ("an empty file", damaged("nothing.zip", b""), "nothing.zip"),
        ("a ZIP of somebody else", damaged("other.zip", b"PK\5\6" + bytes(18)), "other.zip"),
        ("a run that did not end", damaged("cut.zip", whole[:-500]), "recover"),
        ("a flipped bit", damaged("flipped.zip", bytes(flipped)), "findings.jsonl"),
        ("changed findings", forge("changed", **{"findings__jsonl": lines([finding()])}),
         "findings.jsonl is not what the manifest says"),
        ("missing findings", forge("missing", **{"findings__jsonl": None}), "findings.jsonl is missing"),
        ("a changed manifest", forge("manifest", closing={"event": "closed", "manifest_sha256": "0" * 64}),
         "manifest.jsonl is not what the custody log says"),
        ("a custody log without an end", forge("open", closing={"event": "member"}), "not closed"),
        ("no custody log", forge("custody", **{"custody__jsonl": None}), "not closed"),
        ("a finding that is none", forge("row", [{"title": "x"}]), "no finding"),
        ("a row that is no object", forge("list", [[1]]), "findings.jsonl, line 1"),
        ("no start", forge("start", collection={"x": 1}), "when the run began")):
    run = export(file)
    check(f"{what} is refused, with the reason",
          run.returncode == 2 and part in run.stderr.decode() and run.stdout == b"",
          f"{run.returncode} {run.stderr}")
run = fossick("export", path)
check("a format is wanted", run.returncode == 64 and "--stix" in run.stderr, run.stderr)
finish()
