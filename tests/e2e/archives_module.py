#!/usr/bin/env python3
"""The modules zip and asar on archives made by tests/data/make-archives.py: what they tell of sound
ones, and that each damaged one costs an anomaly."""
import hashlib
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
from support import check, same

make = importlib.import_module("make-archives")

PLUGIN = """
local function contents(e, names, read, digests)
    local out = {}
    for i, name in ipairs(names) do
        local bytes, why, code = read(e, name)
        local sums = digests and digests(e, i)
        out[i] = { n = bytes and #bytes, text = bytes and bytes:sub(1, 40), why = why, code = code,
            size = sums and sums.size, sha256 = sums and sums.sha256 }
    end
    return list(out)
end
local function names_of(all, field)
    local out = {}
    for i, one in ipairs(all or {}) do
        out[i] = one[field]
    end
    return out
end
return { api = 1, name = "dump", summary = "archives as records", wants = { "**/*" },
run = function(ctx, e)
    local row = { entry = e, path = e.path }
    if e.type ~= "file" then
        return
    elseif e.ext == "asar" then
        row.m, row.why, row.code = asar.open(e)
        row.contents = contents(e, names_of(row.m and row.m.files, "path"), asar.read)
    else
        row.m, row.why, row.code = zip.open(e)
        row.contents = contents(e, names_of(row.m and row.m.members, "name"), zip.read, zip.digests)
        row.second = zip.read(e, 2)
        row.middle = zip.read(e, 1, 28, 7)
    end
    if e.name == "inner.zip" then
        local inner = zip.read(e, "tool.nupkg")
        row.inner = { zip.open(inner).members[1].name, zip.read(inner, "tool.nuspec") }
    elseif e.name == "content.zip" then
        local bytes = e:read()
        row.of_bytes = { select("#", zip.read(bytes, 1)), (select(2, zip.read(bytes, 1))) }
    end
    ctx:record("archive", row)
end }
"""
FILES = {**make.zips(), **make.asars()}
rows, notes = support.dump(PLUGIN, FILES)
same("every file gave a row", sorted(rows), sorted(FILES))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# --- zip ---
tool = rows["tool.nupkg"]
same("members", [(m["name"], m["size"], m["method"], m.get("encrypted")) for m in tool["m"]["members"]],
     [("tool.nuspec", len(make.NUSPEC), "deflate", None), ("lib/net45/tool.dll", len(make.TEXT), "deflate", None)])
same("comment", tool["m"]["comment"], "made by a test")
same("digests and sizes", [(c["n"], c["size"], c["sha256"]) for c in tool["contents"]],
     [(len(d), len(d), sha256(d)) for d in (make.NUSPEC, make.TEXT)])
same("a range", rows["stored.zip"]["middle"], "fixture")
same("the first of a name, and the second by its place",
     (rows["stored.zip"]["contents"][1]["n"], rows["stored.zip"]["second"]), (len(make.TEXT), "another"))
same("bzip2", rows["bzip2.zip"]["contents"][0]["n"], len(make.TEXT))
same("no members", rows["empty.zip"]["m"]["members"], [])
same("an archive inside", rows["inner.zip"]["inner"], ["tool.nuspec", make.NUSPEC.decode()])
same("a program in front", [m["name"] for m in rows["in-front.zip"]["m"]["members"]], ["a.txt"])
same("names are as they are", [m["name"] for m in rows["names.zip"]["m"]["members"]],
     ["../../etc/passwd", "C:\\Windows\\a", "\u00e9.txt"])
secret = rows["encrypted.zip"]
same("encrypted", (secret["m"]["members"][0]["encrypted"], secret["contents"][0]["code"], secret["contents"][0]["why"]),
     (True, "unsupported", "the member is encrypted"))
lzma = rows["lzma.zip"]
check("a method that is or is not known", lzma["contents"][0].get("n") == len(make.TEXT)
      or lzma["contents"][0]["code"] == "unsupported")
for name, code, word in (
    ("none", "corrupt", "no ZIP archive"), ("empty", "corrupt", "no ZIP archive"),
    ("cut", "corrupt", "no ZIP archive"), ("moved", "corrupt", "no ZIP archive"), ("many", "over-limit", "more than 65536 members"),
):
    row = rows[f"bad/{name}.zip"]
    check("zip: " + name, row.get("m") is None and row["code"] == code and word in row["why"], row)
damaged = rows["bad/content.zip"]
same("content that differs is told, and given", damaged["contents"][0]["n"], len(make.TEXT))
check("as an anomaly", any("damaged behind byte" in n for n in notes.get("bad/content.zip", ())), notes)
check("no digest of what is damaged", "sha256" not in damaged["contents"][0])
same("of bytes it is the second result", (damaged["of_bytes"][0], "damaged" in damaged["of_bytes"][1]), (2, True))
check("damaged deflate", rows["bad/deflate.zip"]["contents"][0].get("code") == "corrupt"
      or notes.get("bad/deflate.zip"))
check("a bomb", "over-limit" == rows["bad/bomb.zip"]["contents"][0].get("code")
      or rows["bad/bomb.zip"]["contents"][0]["n"] == 64 << 20, rows["bad/bomb.zip"])
check("no digest of a bomb", "sha256" not in rows["bad/bomb.zip"]["contents"][0])

# --- asar ---
app = rows["app.asar"]
same("files", [(f["path"], f["size"]) for f in app["m"]["files"]], [("package.json", 59), ("lib/main.js", 23)])
text = FILES["app.asar"]
length = int.from_bytes(text[12:16], "little")
same("digest of the index", app["m"]["index_sha256"], sha256(text[16:16 + length]))
same("places", [text[f["offset"]:f["offset"] + f["size"]][:8] for f in app["m"]["files"]], [b'{"name":', b"console."])
same("no anomaly of sound ones", [n for n in notes if not n.startswith("bad/")], [])
odd = {f["path"]: f for f in rows["odd.asar"]["m"]["files"]}
same("marks", (odd["beside.node"]["unpacked"], odd["run"]["executable"], odd["link"]["link"], "sha256" in odd["plain"]),
     (True, True, "run", False))
told = dict(zip(odd, rows["odd.asar"]["contents"]))
same("what is not in it", [(told[n]["code"], told[n]["why"]) for n in ("beside.node", "link")],
     [("not-found", "beside.node lies beside the archive"), ("not-found", "link is a link")])
same("empty file", told["\u00e9.txt"]["n"], 0)
check("a changed file is told", "the file is not the one whose digest the index has" in notes["bad/changed.asar"])
same("and given", rows["bad/changed.asar"]["contents"][1]["n"], 23)
check("a file behind the end", "lib/main.js lies outside of the file" in notes["bad/cut.asar"])
check("places that make no sense", len(notes["bad/places.asar"]) == 6, notes["bad/places.asar"])
for name, code, word in (
    ("none", "corrupt", "the head is none"), ("empty", "corrupt", "too short"),
    ("index-cut", "corrupt", "ends inside of the index"), ("no-json", "corrupt", "the index cannot be read"),
    ("no-files", "corrupt", "no files in it"), ("large", "over-limit", "more than 8 MiB"),
    ("many", "over-limit", "more than 200000 entries"),
):
    row = rows[f"bad/{name}.asar"]
    check("asar: " + name, row.get("m") is None and row["code"] == code and word in row["why"], row)
check("too deep", "more or deeper entries than are listed" in notes["bad/deep.asar"], notes["bad/deep.asar"])
support.finish()
