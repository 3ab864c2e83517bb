#!/usr/bin/env python3
"""The module pe on programs made by tests/data/make-pe.py: what it tells of sound
ones, and that each damaged one costs an anomaly with its offset."""
import hashlib
import importlib
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
from support import check, same

make = importlib.import_module("make-pe")

PLUGIN = """
return { api = 1, name = "dump", summary = "programs as records", wants = { "**/*.{exe,dll,txt}" },
run = function(ctx, e)
    local p, why, code = pe.open(e, { digests = true, entropy = true })
    local q = pe.open(e, { content = false })
    local resources = p and #p.resources
    if p and resources > 100 then
        p.resources = nil
    end
    ctx:record("pe", { resources = resources, entry = e, path = e.path, p = p, why = why, code = code,
        state = q and q.signature.state, cheap = q and q.checksum.computed == nil,
        certificates = pe.certificates(e), version = pe.version(e), signer = pe.signer(e), row = pe.signer(e, { digests = true }) })
end }
"""
FILES = make.files()
FILES["text.txt"] = b"no program"
FILES["empty.txt"] = b""
rows, notes = support.dump(PLUGIN, FILES)
same("every program gave a row", sorted(rows), sorted(FILES))

# --- a sound one ------------------------------------------------------------------

tool = rows["tool.exe"]["p"]
raw = FILES["tool.exe"]
image = make.tool()
wanted = {
    "machine": "amd64", "bits": 64, "dll": False, "dotnet": False, "subsystem": "console",
    "timestamp": "2022-11-12T08:00:00Z", "entry_point": 0, "size_of_image": 0x3000,
    "imports": {"KERNEL32.dll": ["LoadLibraryW", "ExitProcess"], "odd.ocx": ["Run", "#7"],
                "WS2_32.dll": ["#115", "#999"]},
    "delay_imports": {},
    "imphash": hashlib.md5(
        b"kernel32.loadlibraryw,kernel32.exitprocess,odd.run,odd.ord7,"
        b"ws2_32.wsastartup,ws2_32.ord999").hexdigest(),
    "exports": {"dll": "tool.exe", "count": 3, "names": ["alpha", "beta", "gamma"],
                "forwarders": {"gamma": "NTDLL.RtlGamma"}},
    "version": {"file": "18.12.425.1", "product": "18.12.425.1", "language": 1033,
                "strings": make.STRINGS},
    "pdb": {"path": "C:\\build\\tool.pdb", "guid": "03020100-0504-0706-0809-0a0b0c0d0e0f", "age": 3},
    "file_digests": {n: hashlib.new(n, raw).hexdigest() for n in ("sha256", "sha1", "md5")},
}
for key, value in wanted.items():
    same("tool: " + key, tool.get(key), value)
same("tool: the checksum is right", tool["checksum"]["right"], True)
same("tool: no overlay", tool.get("overlay"), None)
same("tool: sections", [(s["name"], s["offset"], s["size"], s["address"]) for s in tool["sections"]],
     [(".rdata", 0x400, 512, 0x1000), (".rsrc", 0x600, 1024, 0x2000)])
check("tool: entropy", all(0 < s["entropy"] < 8 for s in tool["sections"]))
same("tool: resources", [(r["type"], r["name"], r["language"], r["offset"]) for r in tool["resources"]],
     [("version", "1", 1033, 0x600 + 88)])

s = tool["signature"]
digest = make.image_digest("sha256", image).hex()
same("signed: state", s["state"], "valid-digest")
same("signed: digest", s["digest"], {"algorithm": "sha256", "told": digest, "computed": digest})
same("signed: who", (s["subject"], s["name"], s["issuer"], s["serial"]),
     ("CN=Prüfling GmbH,O=Prüfling GmbH,C=DE", "Prüfling GmbH",
      "CN=Fixture Root,O=fossick fixtures,C=DE", "8538a6c5018f50fc"))
same("signed: when", (s["time"], s["stamp"]["kind"], s["stamp"]["authenticated"]),
     ("2023-03-29T08:15:30Z", "rfc3161", True))
same("signed: who stamped", s["stamp"]["signer"], "CN=Fixture Time Stamps,O=fossick fixtures,C=DE")
same("signed: chain", [(c["serial"], c["from"], c["to"]) for c in s["chain"]],
     [(n, "2022-01-01T00:00:00Z", "2032-01-01T00:00:00Z") for n in ("8538a6c5018f50fc", "5ea1", "01")])
same("signed: padding", (s["slack"]["size"] < 8, s["slack"]["zero"]), (True, True))

# --- the others -------------------------------------------------------------------

def signature(name):
    return rows[name]["p"]["signature"]


for name, state in {
    "old.exe": "valid-digest", "claimed.exe": "valid-digest", "altered.exe": "digest-differs",
    "not-sealed.exe": "not-sealed", "no-signer.exe": "not-sealed", "other-stamp.exe": "valid-digest",
    "other-counter.exe": "valid-digest", "marked.exe": "valid-digest", "padded.exe": "valid-digest",
    "behind.exe": "digest-differs", "two.exe": "valid-digest", "md5.exe": "valid-digest",
    "plain.dll": "none", "gap.exe": "valid-digest",
    "gap-document.exe": "valid-digest", "bad/overlap.exe": "digest-differs", "bad/long-table.exe": "valid-digest",
    "bad/garbage.exe": "damaged", "bad/cut-der.exe": "damaged", "bad/huge-record.exe": "damaged",
}.items():
    same(name + ": " + state, signature(name)["state"], state)
    cheap = "unchecked" if state in ("valid-digest", "digest-differs") else state
    same(name + ": without its content", (rows[name]["state"], rows[name]["cheap"]), (cheap, True))

old = signature("old.exe")
same("SHA-1 with a counter-signature", (old["digest"]["algorithm"], old["time"], old["stamp"]["kind"],
                                        old["stamp"]["authenticated"]),
     ("sha1", "2019-05-02T10:11:12Z", "counter-signature", True))
same("nested signature", [(m["state"], m["digest"]["algorithm"], m["time"]) for m in old["more"]],
     [("valid-digest", "sha256", "2023-03-29T08:15:30Z")])
same("the signer's own time", (signature("claimed.exe")["time"], "stamp" in signature("claimed.exe")),
     ("2023-04-01T00:00:00Z", False))
same("name and address of the program", (signature("claimed.exe").get("program"),
                                         signature("claimed.exe").get("url")),
     ("Prüfling 😀", "https://example.invalid/"))
same("a stamp of another signature", (signature("other-stamp.exe")["stamp"]["authenticated"],
                                      signature("other-stamp.exe")["stamp"]["why"]),
     (False, "it is of another signature"))
same("a counter-signature with another key", signature("other-counter.exe")["stamp"]["authenticated"], False)
same("both records are read", len(signature("two.exe")["more"]), 1)
marked = signature("marked.exe")
slack = marked["slack"]
same("slack behind a signature", (slack["size"], slack["zero"]), (30, False))
same("and where it is", FILES["marked.exe"][slack["offset"] : slack["offset"] + slack["size"]],
     b"\0" * 6 + b"FEEDFACE" * 3)
same("slack of zeros", (signature("padded.exe")["slack"]["size"], signature("padded.exe")["slack"]["zero"]),
     (24, True))
same("bytes behind the table", signature("behind.exe")["table"]["behind"],
     {"offset": len(raw), "size": 16, "zero": False})
same("gaps are read both ways", ["by_sections" in signature(n)["digest"] for n in
                                 ("gap.exe", "gap-document.exe")], [False, True])

same("a row about a signed program", rows["tool.exe"]["row"],
     {**{k: s[k] for k in ("state", "subject", "name", "issuer", "serial", "time", "slack")},
      "stamped": True, "file_digests": tool["file_digests"]})
same("and about one without a signature", rows["plain.dll"]["signer"], {"state": "none"})
same("the table alone", [n for n in rows if rows[n].get("certificates") !=
                         (rows[n].get("p") or {"signature": {}})["signature"].get("table")], [])
same("a version alone", rows["tool.exe"]["version"], tool["version"])

# --- damage -----------------------------------------------------------------------

for name in ("text.txt", "empty.txt", "bad/mz-only.exe", "bad/far-header.exe"):
    same(name + " is no program", (rows[name].get("p"), rows[name]["code"]), (None, "unsupported"))
same("cut headers", rows["bad/cut-headers.exe"]["code"], "corrupt")
sound = [n for n in FILES if not n.startswith("bad/")]
same("nothing is said against sound programs", [n for n in sound if n in notes], [])
quiet = {"bad/mz-only.exe", "bad/far-header.exe", "bad/cut-headers.exe", "bad/import-loop.exe",
         "bad/version-long.exe"}
for name in sorted(set(make.damaged())):
    if "bad/" + name not in quiet:
        told = notes.get("bad/" + name, [])
        check("bad/%s: an anomaly with an offset" % name,
              any(n.startswith("offset 0x") for n in told), sorted(told))
for name, words in {
    "many-sections": "65535 sections", "long-table": "ends behind the end of the file",
    "garbage": "no PKCS #7 value", "resources": "more places are damaged",
    "export-count": "of 4294967295 exports", "version-short": "version resource is damaged",
    "import-nowhere": "leads nowhere", "table-in-headers": "lies in the headers",
    "named-resources": "longer than is read",
    "huge-section": "ends behind the end of the file", "many-resources": "more resources than",
}.items():
    told = notes.get("bad/%s.exe" % name, [])
    check("%s: %s" % (name, words), any(words in n for n in told), sorted(told))
same("libraries that share a table", len(rows["bad/import-loop.exe"]["p"]["imports"]["a.dll"]), 600)
same("lengths that say too much are cut", rows["bad/version-long.exe"]["version"], tool["version"])
same("a resource that is not in the file", rows["packed.exe"]["p"]["resources"],
     [{"type": "cursor", "name": "1", "language": 1, "size": 16}])
same("resources are bounded", rows["bad/many-resources.exe"]["resources"], 10000)
support.finish()
