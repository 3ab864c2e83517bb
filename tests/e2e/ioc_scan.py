#!/usr/bin/env python3
"""ioc-scan on the sample image: the same indicators in each format give the same findings, with file and line of the
indicator; ordinary entries and a clean machine give none; long lists, bad lines and unknown types."""
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import CLEAN, SAMPLE, Archive, check, collect, finish, same, scratch

T = scratch()
SHA256 = "a71306616403b8541848ba35191bd11ea4ccdde03ceefce12ca453ddf8eb0e43"  # Printer Tools/tray.exe
PATH = r"C:\Windows\System32\drivers\etc\hosts"
NAME = "snapshot_blob.bin"
KEY = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Run"
VALUE = "OneDrive"


def put(name, text):
    path = os.path.join(T, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


runs = 0


def scan(*files, image=SAMPLE, more=()):
    global runs
    runs += 1
    args = [a for f in files for a in ("--ioc", f)]
    _, path = collect(os.path.join(T, f"out{runs}"), "-p", "ioc-scan", *args, *more, image)
    return Archive(path)


def findings(archive, *fields):
    return sorted((r["fields"]["type"], r["fields"]["value"].lower(), r["evidence"][0]["path"],
                   *(str(r["fields"].get(f)) for f in fields)) for r in archive.lines("findings.jsonl"))


# a name of a host and a URL that the sample's browsers know
_, path = collect(os.path.join(T, "history"), "-p", "browser-history", SAMPLE)
urls = sorted({r["fields"]["url"] for r in Archive(path).records()["browser-history"] if r["kind"] == "visit"})
URL = next(u for u in urls if u.startswith("https://") and u.count("/") > 3 and "?" not in u)
HOST = next(u for u in urls if u.split("/")[2] != URL.split("/")[2]).split("/")[2]


def misp():
    def attribute(kind, value, **more):
        return {"type": kind, "value": value, "uuid": f"uuid-{kind}", "to_ids": True, "category": "Other", **more}
    return {"response": [{"Event": {"info": "Test event", "threat_level_id": "2", "Attribute": [
        attribute("sha256", SHA256), attribute("filename", PATH), attribute("regkey", KEY), attribute("hostname", HOST),
        attribute("regkey|value", KEY + "|OneDrive.exe"), attribute("ssdeep", "3:abc"),
        attribute("filename", "ffmpeg.dll", to_ids=False)],
        "Object": [{"name": "file", "Attribute": [attribute("filename", NAME)]},
                   {"name": "url", "Attribute": [attribute("url", URL)]}]}}]}


def stix():
    def quote(s):
        return s.replace("\\", "\\\\").replace("'", "\\'")
    patterns = [f"[file:hashes.'SHA-256' = '{SHA256}']", f"[file:name = '{NAME}']",
                f"[windows-registry-key:key = '{quote(KEY)}']",
                f"[windows-registry-key:key = '{quote(KEY)}' AND windows-registry-key:values[*].data LIKE '%OneDrive.exe%']",
                f"[domain-name:value = '{HOST}' OR url:value = '{URL}']",
                "[process:command_line = 'x']"]
    objects = [{"type": "indicator", "spec_version": "2.1", "id": f"indicator--{i}", "name": "Test", "pattern_type": "stix",
                "pattern": p, "valid_from": "2023-03-29T00:00:00Z"} for i, p in enumerate(patterns)]
    return {"type": "bundle", "id": "bundle--1", "objects": objects + [
        {"type": "directory", "spec_version": "2.1", "id": "directory--1", "path": PATH}, {"type": "identity", "id": "x"}]}


def openioc():
    def item(search, content, condition="is"):
        return (f'<IndicatorItem id="i-{search}" condition="{condition}"><Context document="x" search="{search}" type="mir"/>'
                f'<Content type="string">{content}</Content></IndicatorItem>')
    return ('<?xml version="1.0" encoding="us-ascii"?>\n<ioc xmlns="http://schemas.mandiant.com/2010/ioc" id="1">'
            "<short_description>Test</short_description><definition><Indicator operator=\"OR\" id=\"top\">"
            + item("FileItem/Sha256sum", SHA256) + item("FileItem/FullPath", PATH) + item("FileItem/FileName", NAME)
            + item("RegistryItem/Path", KEY) + item("DnsEntryItem/Host", HOST) + item("UrlHistoryItem/URL", URL)
            + '<Indicator operator="AND" id="and">' + item("RegistryItem/KeyPath", KEY)
            + item("RegistryItem/Text", "OneDrive.exe", "contains") + "</Indicator>"
            + item("ProcessItem/name", "x") + "</Indicator></definition></ioc>")


def csv_table():
    return ("type,value,description\n" + f"sha256,{SHA256},\npath,{PATH},\nfilename,{NAME},\nregistry-key,{KEY},\n"
            f"domain,{HOST},\nurl,{URL},\nregistry-value,{KEY}\\{VALUE},\nssdeep,3:abc,\n")


def text_list():
    fanged = URL.replace("https", "hxxps").replace(".", "[.]")
    return f"# list\n{SHA256}  tray.exe\n{PATH}\n{NAME}\n{KEY}\n{HOST.replace('.', '[.]')}\n{fanged}\n{KEY}\\{VALUE}\n"


FILES = {"misp": put("event.json", json.dumps(misp(), indent=1)), "stix": put("bundle.json", json.dumps(stix(), indent=1)),
         "openioc": put("test.ioc", openioc()), "csv": put("table.csv", csv_table()), "text": put("list.txt", text_list())}
results = {}
for kind, path in FILES.items():
    archive = scan(path)
    results[kind] = findings(archive)
    unknown = [a["reason"] for a in archive.anomalies if a["object"] == os.path.basename(path)]
    same(f"{kind}: types that nobody looks for are told", len(unknown), 0 if kind == "text" else 1)
    sources = {r["fields"]["indicator"].split(":")[0] for r in archive.lines("findings.jsonl")}
    same(f"{kind}: findings name the file", sources, {os.path.basename(path)})


def plain(rows):
    """Without the values of registry indicators, which formats write in other ways, and times."""
    return sorted((r[0], r[1].split("\\run")[0] + "\\run" if r[0].startswith("registry") else r[1], r[2]) for r in rows)


first = plain(results["csv"])
check("each type is found", {r[0] for r in first} == {"file-hash", "path", "file-name", "registry-key", "registry-value", "domain",
                                                      "url"}, first)
for kind, rows in results.items():
    rows = plain(rows)
    # a key whose last part names a value is told as its key in text lists
    if kind == "text":
        rows = sorted(("registry-value" if r[0] == "registry-key" and rows.count(r) > 1 else r[0], *r[1:]) for r in rows)
        same("text: the same places", sorted({r[2] for r in rows}), sorted({r[2] for r in first}))
    else:
        same(f"{kind}: the same findings", rows, first)
check("the file with the digest is collected", any("tray.exe" in n for n in scan(FILES["csv"]).files), "")

one, two = scan(*FILES.values(), more=("-j", "1")), scan(*FILES.values(), more=("-j", "3"))
same("the same with one worker and three, all files together", findings(one, "indicator"), findings(two, "indicator"))

# ordinary entries, and a clean machine
ordinary = put("ordinary.csv", "type,value,verdict\n" + f"sha256,{SHA256},benign\npath,{PATH},context\nfilename,{NAME},Clean\n")
archive = scan(ordinary)
same("ordinary entries are no findings", archive.lines("findings.jsonl"), [])
rows = [r["fields"] for r in archive.records()["ioc-scan"]]
check("and are counted", rows and all(r["passed"][0]["count"] == 3 and r["count"] == 0 for r in rows), rows)
away = put("away.csv", "type,value\n" + f"sha256,{'ab' * 32}\nfilename,nowhere.exe\npath,C:\\nowhere\\x.exe\n"
           "domain,nowhere.example\nurl,http://nowhere.example/x\nregistry-key,HKLM\\Software\\Nowhere\nip,203.0.113.7\n")
same("what is not there is no finding", scan(away).lines("findings.jsonl"), [])
same("nor on a clean machine", scan(away, image=CLEAN).lines("findings.jsonl"), [])

# conditions that belong together
both = [("tray.exe", 2048, True), ("tray.exe", 2049, False), ("nowhere.exe", 2048, False)]
patterns = [f"[file:name = '{n}' AND file:size = {s}]" for n, s, _ in both] + [
    f"[file:hashes.'SHA-256' = '{SHA256}' AND file:name = 'other.exe']",
    "[file:name = 'TRAY.EXE' AND file:parent_directory_ref.path = 'C:\\\\\\\\Program Files (x86)\\\\\\\\Printer Tools']"]
objects = [{"type": "indicator", "id": f"i{i}", "pattern": p.replace("\\\\\\\\", "\\\\")} for i, p in enumerate(patterns)]
archive = scan(put("both.json", json.dumps({"type": "bundle", "objects": objects})))
same("conditions of one file must all hold", sorted(r["fields"]["indicator"] for r in archive.lines("findings.jsonl")),
     ["both.json:i0", "both.json:i4"])

# a mistake in line 30, a long list of digests, and sizes
lines = [f"host{i}.example" for i in range(40)]
lines[9], lines[29] = NAME, "no indicator here"
archive = scan(put("typo.txt", "\n".join(lines)))
same("a mistake in line 30 is told, the rest counts", ([a["reason"].split(":")[0] for a in archive.anomalies],
                                                       len(findings(archive))), (["line 30"], 1))
big = [hashlib.sha256(b"%d" % i).hexdigest() + "  f%d.exe" % i for i in range(50000)]
big[40000], big[45000] = SHA256.upper() + "  the one", "not hex"
archive = scan(put("big.txt", "\n".join(big)))
rows = [r["fields"] for r in archive.lines("findings.jsonl")]
same("50000 digests: the one that is there, with line and name",
     [(r["indicator"], r["name"], r["path"].split("/")[-1]) for r in rows], [("big.txt:40001", "the one", "tray.exe")])
same("and the bad line", [(a["object"], a["reason"].split(":")[0]) for a in archive.anomalies], [("big.txt", "line 45001")])

archive = scan(put("small.csv", f"sha256,size\n{SHA256},2048\n"), more=("--set", "ioc-scan.hash_mib=0"))
same("a listed size is hashed whatever else", len(findings(archive)), 1)
archive = scan(put("small.csv", f"sha256\n{SHA256}\n"), more=("--set", "ioc-scan.hash_mib=0"))
same("hash_mib leaves out larger files", len(findings(archive)), 0)
archive = scan(put("docs.csv", "sha256\n" + "7780de31d08110961ef9bb11e8a2cb558c48d6892e845fba941ad0741a62b6e2" + "\n"))
before = len(findings(archive))
archive = scan(os.path.join(T, "docs.csv"), more=("--set", "ioc-scan.hash=all"))
check("hash=all finds at least as much", len(findings(archive)) >= max(before, 1), (before, findings(archive)))
finish()
