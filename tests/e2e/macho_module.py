#!/usr/bin/env python3
"""The module macho on files made by tests/data/make-macho.py: what it tells of sound
ones, and that each damaged one costs an anomaly with its offset."""
import hashlib
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
from support import check, same

make = importlib.import_module("make-macho")

PLUGIN = """
return { api = 1, name = "dump", summary = "programs as records", wants = { "**/*" },
run = function(ctx, e)
    if e.type == "file" then
        local m, why, code = macho.open(e, { strings = true })
        local q = macho.open(e, { content = false })
        ctx:record("macho", { entry = e, path = e.path, m = m, why = why, code = code,
            state = q and q.slices[1] and q.slices[1].signature.state })
    end
end }
"""
FILES = make.files()
FILES["text"] = b"no program"
FILES["empty"] = b""
rows, notes = support.dump(PLUGIN, FILES)
same("every file gave a row", sorted(rows), sorted(FILES))


def first(name):
    return rows[name]["m"]["slices"][0]


tool = rows["Tool"]["m"]
same("fat", (tool["fat"], [(s["cpu"], s["offset"]) for s in tool["slices"]]),
     (True, [("amd64", 4096), ("arm64", 4096 * 5)]))
thin = first("thin")
for key, value in {
    "cpu": "amd64", "bits": 64, "type": "program", "offset": 0, "size": len(FILES["thin"]),
    "platform": "macos", "min_os": "10.13.0", "sdk": "13.1.0", "source_version": "1.2.3.0.0",
    "uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f", "dylibs": make.LIBRARIES,
    "rpaths": ["@loader_path/../Frameworks"], "entry_point": 1024,
}.items():
    same("thin: " + key, thin.get(key), value)
same("thin: segments", [(s["name"], s["offset"], [x["name"] for x in s["sections"]])
                        for s in thin["segments"]],
     [("__TEXT", 0, ["__cstring"]), ("__LINKEDIT", 8192, [])])
section = tool["slices"][1]["segments"][0]["sections"][0]
check("a section of a slice is where it says",
      FILES["Tool"][section["offset"] :].startswith(b"%s/UpdateAgent\0"), section)

same("literals", thin["strings"], ["%s/UpdateAgent"])

s = thin["signature"]
code = FILES["thin"][: s["offset"]]
same("signed: who", (s["state"], s["identifier"], s["team"], s["name"], s["serial"]),
     ("valid-digest", "org.example.tool", "FIXTURE123", "Prüfling GmbH", "8538a6c5018f50fc"))
same("signed: cdhash", s["cdhash"], hashlib.sha256(make.directory(code)).hexdigest()[:40])
same("signed: flags", (s["algorithm"], s["flags"]), ("sha256", ["runtime"]))
same("signed: entitlements", s["entitlements"], make.ENTITLEMENTS.decode())
same("signed: when", (s["time"], s["stamp"]["authenticated"]), ("2023-03-29T08:16:00Z", True))
same("signed: chain", [c["serial"] for c in s["chain"]], ["8538a6c5018f50fc", "01"])
same("the signer's own time", (first("no-stamp")["signature"]["time"],
                               "stamp" in first("no-stamp")["signature"]), ("2023-03-29T08:15:30Z", False))
for name, state in {
    "Tool": "valid-digest", "both": "valid-digest", "adhoc": "ad-hoc", "plain": "none",
    "altered": "digest-differs", "not-sealed": "not-sealed", "swapped": "digest-differs",
    "bad/cut-signature": "damaged", "bad/no-super-blob": "damaged", "bad/many-slots": "damaged",
    "bad/zero-hash": "damaged", "bad/blob-outside": "damaged",
}.items():
    same(name + ": " + state, first(name)["signature"]["state"], state)
same("the first altered page", first("altered")["signature"]["altered_at"], 4096)
same("without its content", (rows["thin"]["state"], rows["adhoc"]["state"], rows["altered"]["state"]),
     ("unchecked", "unchecked", "unchecked"))
same("SHA-256 is preferred", first("both")["signature"]["algorithm"], "sha256")
same("linker-signed", first("adhoc")["signature"]["flags"], ["adhoc", "linker-signed"])

for name in ("text", "empty", "java"):
    same(name + " is no program", (rows[name].get("m"), rows[name]["code"]), (None, "unsupported"))
same("a fat file without a slice", rows["no-slices"]["m"], {"fat": True, "slices": []})
same("nothing is said against sound files",
     [n for n in FILES if not n.startswith("bad/") and n in notes], [])
for name in sorted(n for n in FILES if n.startswith("bad/")):
    told = notes.get(name, [])
    check(name + ": an anomaly with an offset", any(n.startswith("offset 0x") for n in told),
          sorted(told))
same("the other slice of a damaged file is read",
     [s["cpu"] for s in rows["bad/far-slice"]["m"]["slices"]], ["arm64"])
support.finish()
