"""3cx-raw: what decrypts proves itself, in free space and in memory that was written to disk; names and keys, which
rules of scanners hold, too, are told and make no alarm."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import fixture_pe
import free_blocks
import loader_3cx
import support
from sample_tree import ICON_TRAILER, RC4_KEY
from support import check, same, skip

T = support.scratch()
URL = "https://example.invalid/icon-test"
SEALED = b"\xfe\xed\xfa\xce" * 2 + fixture_pe.rc4(RC4_KEY, loader_3cx.loader())
PICTURE = b"IEND\xae\x42\x60\x82"
NAMES = b"-msstorageboxes.com-" + b"see msstorageboxes.com. and pbxsources.com/x, " + "glcloudservice.com ".encode("utf-16-le") + \
    b" notofficeaddons.com officeaddons.community officeaddons.com.au zacharryblogs.commerce "


def write(tree, path, data):
    full = os.path.join(T, tree, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data)


def run(name, source, *more):
    archive = support.Archive(support.collect(os.path.join(T, "out-" + name), "-p", "3cx-raw", *more, source)[1])
    rows = archive.records().get("3cx-raw", [])
    found = sorted((f["fields"]["sign"], f["severity"], f["evidence"][0]["path"]) for f in archive.findings)
    return rows, found, archive


def traces(rows):
    return {r["fields"]["name"]: (r["fields"]["count"], r["fields"]["offsets"]) for r in rows if r["kind"] == "trace"}


# --- memory ---

write("rules", "Windows/System32/ntoskrnl.exe", b"")
write("rules", "pagefile.sys", b"\0" * 5000 + NAMES + SEALED[:24] + b"$" + ICON_TRAILER[1:40] + b"wQWzha6sxQrtzFo3oPSe" +
      RC4_KEY + b"__tutma=1 __utma=1.2.3; __utmb=4" + b"\0" * 9000)
rows, found, archive = run("rules", os.path.join(T, "rules"))
same("names, keys and first bytes alone are for information", found, [("network.c2", "info", "pagefile.sys")])
told = traces(rows)
same("names that stand for themselves, in both encodings", sorted(n for n in told if n.endswith(".com")),
     ["glcloudservice.com", "msstorageboxes.com", "pbxsources.com"])
same("the cookie, but not those of Google Analytics", [(n, c[0]) for n, c in told.items() if "utm" in n], [("__tutma", 1)])
at = 5000 + NAMES.index(b"see ") + 4
same("with their places", told["msstorageboxes.com"], (1, [at]))
same("nothing is wrong", archive.anomalies, [])

write("bad", "Windows/System32/ntoskrnl.exe", b"")
write("bad", "pagefile.sys", b"\xaa" * (1024 * 1024 - 20) + PICTURE + ICON_TRAILER + b"\0" * 4096 + SEALED + b"\0" * 500)
write("bad", "hiberfil.sys", PICTURE + ICON_TRAILER[:-5] + b"AAAA=")
rows, found, archive = run("bad", os.path.join(T, "bad"))
same("an icon and a payload that decrypt", found,
     [("icon.trailer", "high", "pagefile.sys"), ("library.container", "high", "pagefile.sys")])
same("where the icon leads", [(r["fields"]["url"], r["fields"]["by"]) for r in rows if r["kind"] == "contact"], [(URL, "app")])
payload = [r["fields"] for r in rows if r["kind"] == "payload"]
same("what the payload is", [(p["kind"], p["program"]["name"], p["tag_offset"]) for p in payload],
     [("bootstrap and program", "samcli.dll", 1024 * 1024 - 20 + 8 + len(ICON_TRAILER) + 4096)])
write("many", "Windows/System32/ntoskrnl.exe", b"")
write("many", "pagefile.sys", b"pbxsources.com " * 25000 + (b"\xfe\xed\xfa\xce" * 2 + b"noise") * 20000 + PICTURE + ICON_TRAILER)
rows, found, archive = run("many", os.path.join(T, "many"))
same("what stands behind many places is found", found, [("icon.trailer", "high", "pagefile.sys"),
                                                       ("network.c2", "info", "pagefile.sys")])
same("all of them are counted", (traces(rows)["pbxsources.com"][0], traces(rows)["encrypted payload"][0]), (25000, 20000))
same("and nothing was left out", archive.anomalies, [])
write("more", "Windows/System32/ntoskrnl.exe", b"")
write("more", "pagefile.sys", b"__tutma=" * 210000 + PICTURE + ICON_TRAILER)
rows, found, archive = run("more", os.path.join(T, "more"))
same("beyond the bound an anomaly says so", ([a["object"] for a in archive.anomalies], found),
     (["pagefile.sys"], []))
rows, found, archive = run("where", os.path.join(T, "bad"), "--set", "3cx-raw.where=unallocated")
same("only what was asked for is looked through", (rows, found), ([], []))

# --- free space ---

if shutil.which("blkls"):
    image = os.path.join(T, "ntfs.img")
    free_blocks.ntfs(image)
    free, size = free_blocks.blkls(image)
    first, blocks = free_blocks.runs(free)[0]
    check("there is room for it", blocks * size > len(SEALED) + 3 * size, (blocks, size))
    with open(image, "r+b") as f:
        f.seek(first * size)
        f.write(PICTURE + ICON_TRAILER)
        f.seek((first + 1) * size)
        f.write(b"x.pbxsources.com\0")
        f.seek((first + 2) * size)
        f.write(SEALED)
    rows, found, archive = run("free", image)
    part = "$Unallocated/0x0000000000000000"
    same("in free blocks", found, [("icon.trailer", "high", part), ("library.container", "high", part),
                                   ("network.c2", "info", part)])
    same("their places are those of the volume", (traces(rows)["trailer of an icon"], traces(rows)["pbxsources.com"]),
         ((1, [first * size + len(PICTURE) + ICON_TRAILER.index(b"wQWzha6s")]), (1, [(first + 1) * size + 2])))
    check("the archive is whole", support.fossick("verify", archive.zip.filename).returncode == 0)
else:
    skip("free space", "no Sleuth Kit")
rows, found, archive = run("clean", support.CLEAN)
same("a clean machine", (found, [r for r in rows if r["kind"] != "trace"]), ([], []))
support.finish()
