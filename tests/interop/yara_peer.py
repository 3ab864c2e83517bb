#!/usr/bin/env python3
"""The module yara and the program yara agree: rules, offsets and lengths of strings, on files that
the test makes and on files of the corpus."""
import glob
import hashlib
import importlib
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
from support import check, same

if shutil.which("yara") is None:
    support.skip_all("needs yara")

RULES = {
    "text.yar": r"""
rule texts { strings: $a = "program" nocase $b = "DLL" wide ascii $c = "e" fullword $d = "MZ" xor(1-255)
    $e = "This program" base64 condition: any of them }
rule hex { strings: $a = { 4D 5A ?? 00 } $b = { 50 45 00 00 ( 64 86 | 4C 01 ) } $c = { 00 [4-300] FF 25 }
    condition: any of them }
rule regex { strings: $a = /[a-z]{3,8}\.dll/ nocase $b = /(http|ftp):\/\/[\w.]{4,40}/ $c = /\x00[A-Z][a-z]+\x00/
    condition: any of them }
rule counts { strings: $a = "a" $b = { 00 00 00 00 } condition: #a > 5 and #b in (0..filesize) > 1 and @a[2] < filesize }
rule sizes { condition: filesize > 1000 and uint16(0) == 0x5a4d }
rule loops { strings: $a = "e" condition: for 3 i in (1..#a) : (@a[i] % 2 == 0) }
""",
    "modules.yar": r"""
import "pe"
import "elf"
import "hash"
import "math"
import "macho"
import "dotnet"
import "dex"
rule is_pe { condition: pe.is_pe }
rule sections { condition: pe.number_of_sections > 0 and for any s in pe.sections : (s.name == ".text") }
rule imports { strings: $a = "KERNEL32" nocase condition: pe.imports("kernel32.dll") and $a }
rule exports { condition: pe.number_of_exports > 0 }
rule signed { condition: pe.number_of_signatures > 0 }
rule imphash { condition: pe.is_pe and pe.imphash() != "" }
rule versions { condition: pe.version_info["FileVersion"] != "" }
rule is_elf { condition: elf.number_of_sections > 0 }
rule is_macho { condition: macho.cputype > 0 or macho.fat_magic > 0 }
rule is_dotnet { condition: dotnet.number_of_streams > 0 }
rule noisy { condition: math.entropy(0, filesize) > 6.5 }
rule even { condition: hash.crc32(0, filesize) % 2 == 0 }
rule digest { condition: hash.md5(0, filesize) matches /^[0-7]/ }
""",
}
DUMP = """
local rules
return { api = 1, name = "dump", summary = "matches as records", wants = { "*" },
run = function(ctx, e)
    rules = rules or yara.compile(given("yara"))
    local found, why = rules:scan(e)
    for _, m in ipairs(found or {}) do
        ctx:record("match", { name = e.name, rule = m.namespace .. ":" .. m.rule, strings = m.strings,
            found = m.found })
    end
    if not found or rules:info().rules ~= 19 then
        ctx:record("bad", { name = e.name, why = why, rules = rules:info().rules })
    end
end }
"""
T = support.scratch()
TREE, FOLDER = os.path.join(T, "tree"), os.path.join(T, "rules")
os.makedirs(TREE)
os.makedirs(FOLDER)
for name, text in RULES.items():
    with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as f:
        f.write(text)
with open(os.path.join(T, "dump.lua"), "w", encoding="utf-8") as f:
    f.write(DUMP)


def files():
    """Small ones that the test makes, of this machine, and of the corpus: (name, bytes)."""
    pe, macho = importlib.import_module("make-pe"), importlib.import_module("make-macho")
    made = os.path.join(T, "made")
    for module, folder in ((pe, "pe"), (macho, "macho")):
        path = os.path.join(made, folder)
        os.makedirs(path)
        subprocess.run([sys.executable, module.__file__, path], check=True, stdout=subprocess.DEVNULL)
    yield "text", b"This program is a text about some.dll and http://example.org/ " * 90
    yield "base64", b"VGhpcyBwcm9ncmFt"
    yield "zeros", bytes(5000)
    yield "empty", b""
    yield "noise", b"".join(hashlib.sha256(bytes([i])).digest() for i in range(200))
    paths = sorted(glob.glob(made + "/*/**", recursive=True)) + ["/bin/true"]
    paths += sorted(glob.glob(support.SRC + "/tests/fuzz/corpus/yara/*"))
    if support.CORPUS:
        found = sorted(p for p in glob.glob(support.CORPUS + "/**", recursive=True) if os.path.isfile(p))
        small = [p for p in found if os.path.getsize(p) < 400000]
        paths += small[::max(1, len(small) // 120)]
    for i, path in enumerate(p for p in paths if os.path.isfile(p)):
        with open(path, "rb") as source:
            yield f"{i:04}-" + re.sub(r"[^\w.]", "_", os.path.basename(path), flags=re.A), source.read()


for name, data in files():
    with open(os.path.join(TREE, name), "wb") as f:
        f.write(data)
_, out = support.collect(os.path.join(T, "out"), "--yara", FOLDER, "-p", os.path.join(T, "dump.lua"), TREE)
rows = support.Archive(out).records()["dump"]
bad = [r["fields"] for r in rows if r["kind"] == "bad"]
check("every file was scanned", not bad, bad[:5])
rows = [r for r in rows if r["kind"] == "match"]
LIMIT = 1000
ours = {(r["fields"]["name"], r["fields"]["rule"]): [(s["id"], s["offset"], s["length"]) for s in r["fields"]["strings"]]
        for r in rows}
told = {(r["fields"]["name"], r["fields"]["rule"]): r["fields"]["found"] for r in rows}

args = [f"{name}:{os.path.join(FOLDER, name)}" for name in sorted(RULES)]
run = subprocess.run(["yara", "-e", "-s", "-L", "-p", "1", *args, TREE], capture_output=True, check=True)
theirs, strings = {}, None
for line in run.stdout.decode("latin-1").split("\n"):
    head = re.match(r"([\w.]+:\w+) (.*)$", line)
    place = re.match(r"0x([0-9a-f]+):(\d+):(\$\w*): ", line)
    if place and strings is not None:
        strings.append((place[3], int(place[1], 16), int(place[2])))
    elif head and head[2].startswith(TREE):
        strings = theirs.setdefault((os.path.basename(head[2]), head[1]), [])
check("the same rules match the same files", set(ours) == set(theirs), sorted(set(ours) ^ set(theirs))[:10])
wrong = [(k, n, len(theirs.get(k, []))) for k, n in told.items() if n != len(theirs.get(k, []))]
check("as many strings", not wrong, wrong[:10])
wrong = [k for k in ours if ours[k] != theirs.get(k, [])[:LIMIT]]
places = sum(len(v) for v in ours.values())
check(f"strings, offsets, lengths: {places} in {len(ours)} matches of {len(os.listdir(TREE))} files", places > 1000
      and not wrong, [(k, ours[k][:5], theirs.get(k, [])[:5]) for k in wrong[:3]])
names = {f"{n}:{r}" for n, text in RULES.items() for r in re.findall(r"^rule (\w+)", text, re.M)}
same("each rule matched something", names - {r for _, r in ours}, set())
support.finish()
