#!/usr/bin/env python3
"""collect --yara: which files are scanned, what a match says, and that bad rules, rules that
never end and large files cost an anomaly and not the run."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support
from support import check, same

T = support.scratch()
TREE, RULES = os.path.join(T, "tree"), os.path.join(T, "rules")


def write(folder, name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)
    return path


def scan(name, *args):
    _, out = support.collect(os.path.join(T, name), *args, TREE)
    return support.Archive(out)


def findings(archive):
    return [(f["severity"], f["title"], f["evidence"][0]["path"]) for f in archive.lines("findings.jsonl")]


def reasons(archive):
    return {a["reason"] for a in archive.anomalies}


MARK = b"fixture-marker-1"
write(TREE, "Users/ann/Downloads/tool.exe", b"MZ" + bytes(100) + MARK + bytes(9) + MARK)
write(TREE, "Users/ann/notes.txt", MARK)
write(TREE, "Program Files/Tool/lib.DLL", b"MZ" + MARK)
write(TREE, "ProgramData/run.ps1", "Write-Host hello")
write(TREE, "Windows/System32/core.dll", MARK)
write(TREE, "Users/ann/empty.exe", b"")
with open(os.path.join(TREE, "Users/ann/large.exe"), "wb") as large:
    large.seek((16 << 20) - 5)  # across the end of a piece
    large.write(MARK)
    large.truncate(70 << 20)

write(RULES, "good.yar", """
rule marker : one two {
    meta:
        description = "A marker of this test"
        severity = "high"
        n = 3
        sure = true
    strings:
        $m = "fixture-marker-1"
    condition: $m
}
rule by_name { condition: filename == "tool.exe" and extension == ".exe" and filetype == "EXE"
    and filepath == "C:\\\\Users\\\\ann\\\\Downloads" }
private rule hidden { condition: true }
rule scored { meta: score = 50 condition: hidden and extension == ".ps1" and owner == "" }
""")
write(RULES, "other.yar", "rule marker { condition: false }\nrule of_pe { condition: uint16(0) == 0x5a4d and extension == \".dll\" }")
first = scan("first", "--yara", RULES)
same("findings", findings(first), [
    ("high", "YARA rule marker matches", "Program Files/Tool/lib.DLL"),
    ("medium", "YARA rule of_pe matches", "Program Files/Tool/lib.DLL"),
    ("low", "YARA rule scored matches", "ProgramData/run.ps1"),
    ("high", "YARA rule marker matches", "Users/ann/Downloads/tool.exe"),
    ("medium", "YARA rule by_name matches", "Users/ann/Downloads/tool.exe")])
of_tool = next(f for f in first.lines("findings.jsonl") if f["evidence"][0]["path"].endswith("tool.exe"))
same("what a match says", {k: of_tool["fields"][k] for k in ("rule", "file", "tags", "meta", "found", "strings", "user")}, {
    "rule": "marker", "file": "good.yar", "tags": ["one", "two"], "found": 2, "user": "ann",
    "meta": {"description": "A marker of this test", "severity": "high", "n": 3, "sure": True},
    "strings": [{"id": "$m", "offset": at, "length": 16, "data": MARK.decode()} for at in (102, 127)]})
same("collected", sorted(n for n in first.names if n.startswith("fs/")),
     sorted(n for n in first.names if n.endswith(("tool.exe", "lib.DLL", "run.ps1"))))
rows = first.records()["yara-scan"]
same("rows", [(r["kind"], r["fields"].get("rules"), r["fields"].get("size")) for r in rows],
     [("rules", 6, None), ("skipped", None, 70 << 20)])
same("no anomaly", reasons(first), set())
second = scan("second", "--yara", RULES)
same("the same again", second.text("findings.jsonl"), first.text("findings.jsonl"))

more = scan("more", "--yara", RULES, "--set", "yara-scan.globs={Windows/System32/*.dll,Users/ann/large.exe}")
places = {f[2] for f in findings(more)}
check("files by option", {"Windows/System32/core.dll", "Users/ann/large.exe"} <= places, places)
match = next(f for f in more.lines("findings.jsonl") if f["evidence"][0]["path"].endswith("large.exe"))
same("across pieces, once", [s["offset"] for s in match["fields"]["strings"]], [(16 << 20) - 5])
same("pieces are told", reasons(more), {"larger than 64 MiB: rules see it in pieces of 16 MiB"})

write(RULES, "bad.yar", "rule a {\n    condition:\n        nothing_that_is_known\n}\nrule b { condition: true }\n")
write(RULES, "include.yar", "include \"good.yar\"\nrule c { condition: true }\n")
write(RULES, "module.yar", "\nimport \"nothing\"\nrule d { condition: true }\n")
write(RULES, "clock.yar", "/* import \"time\" */ import \"pe\"\n// x\nimport \"time\"\nrule e { condition: true }\n")
write(RULES, "quoted.yar", "rule f { strings: $a = \"import \\\"time\\\"\" $b = /import \"time/ condition: any of them }\n")
write(RULES, "bytes.yar", b"rule g { condition: true }\0\n")
write(RULES, "slow.yar", "rule h { strings: $a = /(a+)+b/ condition: $a }\n")
worse = scan("worse", "--yara", RULES)
same("good rules are used", [f for f in findings(worse) if "of_pe" in f[1] or "marker" in f[1]],
     [f for f in findings(first) if "of_pe" in f[1] or "marker" in f[1]])
same("bad rules are not", {f[1] for f in findings(worse)}, {f[1] for f in findings(first)})
same("problems, with file and line", sorted(reasons(worse)), sorted([
    'bad.yar:3: not used: undefined identifier "nothing_that_is_known"',
    "bytes.yar: not used: a byte 0 in it: no text",
    'clock.yar:3: not used: module "time" is not available: results would depend on the clock',
    "include.yar:1: not used: includes are disabled",
    'module.yar:2: not used: unknown module "nothing"',
    'slow.yar:1: warning: string "$a" may slow down scanning']))

write(TREE, "ProgramData/all.exe", b"a" * 4000000)
slow = scan("slow", "--yara", RULES, "--set", "yara-scan.seconds=1")
same("a rule that never ends", [(a["object"], a["code"], a["reason"]) for a in slow.anomalies
                                if "seconds" in a["reason"]],
     [("ProgramData/all.exe", "over-limit", "rules take more than 1 seconds")])
same("no worker was lost", [a for a in slow.anomalies if a["code"] in ("died", "timeout")], [])
same("the others are scanned", findings(slow), findings(first))

same("no rules, no scan", scan("none", "-p", "win-run-keys").records().get("yara-scan"), None)
support.finish()
