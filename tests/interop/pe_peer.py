#!/usr/bin/env python3
"""Programs that the test compiles and signs itself: the module pe and
osslsigncode agree on signer, digest and what lies behind the signature; pe and
objdump on version, imports, exports and sections. The certificates are the test's own."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support
from support import check, same

CC, RES = "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-windres"
DUMP = "x86_64-w64-mingw32-objdump"
for tool in (CC, RES, DUMP, "osslsigncode", "openssl"):
    if shutil.which(tool) is None:
        support.skip_all("needs " + tool)

T = support.scratch()
TREE = os.path.join(T, "tree")
os.makedirs(TREE)
LIBRARY = """
__declspec(dllexport) int alpha(void) { return 1; }
__declspec(dllexport) int beta(void) { return 2; }
"""
PROGRAM = """
#include <windows.h>
int main(void) { MessageBoxA(0, "fixture", "fixture", 0); return (int) GetTickCount(); }
"""
RESOURCE = """
1 VERSIONINFO
FILEVERSION 18,12,425,7
PRODUCTVERSION 1,2,3,4
BEGIN
    BLOCK "StringFileInfo"
    BEGIN
        BLOCK "040904B0"
        BEGIN
            VALUE "CompanyName", "Fixture Ltd"
            VALUE "OriginalFilename", "prog.exe"
            VALUE "ProductName", "Peer test"
        END
    END
    BLOCK "VarFileInfo"
    BEGIN
        VALUE "Translation", 0x409, 1200
    END
END
"""
PLUGIN = """
return { api = 1, name = "dump", summary = "programs as records", wants = { "*.{exe,dll}" },
run = function(ctx, e)
    ctx:record("pe", { name = e.name, p = assert(pe.open(e)) })
end }
"""


def run(*args, good=True):
    p = subprocess.run(args, cwd=T, capture_output=True, text=True, errors="replace")
    if good and p.returncode != 0:
        print("# %s\n# %s" % (" ".join(args), (p.stdout + p.stderr).replace("\n", "\n# ")))
    return p.stdout + p.stderr


def put(name, text):
    with open(os.path.join(T, name), "w", encoding="utf-8") as f:
        f.write(text)


def build():
    put("lib.c", LIBRARY)
    put("prog.c", PROGRAM)
    put("prog.rc", RESOURCE)
    put("dump.lua", PLUGIN)
    run(RES, "prog.rc", "prog.res.o")
    run(CC, "-s", "-o", "tree/prog.exe", "prog.c", "prog.res.o")
    run(CC, "-s", "-shared", "-o", "tree/lib.dll", "lib.c")
    for name, use in (("signer", "codeSigning"), ("stamper", "critical,timeStamping")):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650",
            "-keyout", name + ".key", "-out", name + ".pem", "-set_serial", "0x1122334455667788",
            "-subj", "/C=DE/O=Fixture Ltd/CN=Fixture %s" % name,
            "-addext", "extendedKeyUsage=" + use, "-addext", "keyUsage=critical,digitalSignature")


def sign(source, target, *more):
    run("osslsigncode", "sign", "-certs", "signer.pem", "-key", "signer.key", *more,
        "-in", "tree/" + source, "-out", "tree/" + target)


STAMP = ["-TSA-certs", "stamper.pem", "-TSA-key", "stamper.key", "-TSA-time", "1680077730"]
build()
sign("prog.exe", "sha256.exe", "-h", "sha256", *STAMP)
sign("prog.exe", "sha1.exe", "-h", "sha1", "-n", "Prüfling 1", "-i", "https://example.invalid/x")
sign("prog.exe", "pages.exe", "-h", "sha256", "-ph")
sign("prog.exe", "blob.exe", "-h", "sha256", "-addUnauthenticatedBlob")
sign("sha1.exe", "nested.exe", "-h", "sha384", "-nest")
sign("lib.dll", "lib2.dll", "-h", "sha512")


def tampered(source, target, change):
    with open(os.path.join(TREE, source), "rb") as f:
        data = bytearray(f.read())
    change(data)
    with open(os.path.join(TREE, target), "wb") as f:
        f.write(data)


def flip(data):
    data[0x600] ^= 1


def add_slack(data):
    """What a tool that hides data behind a signature does: record and table grow."""
    entry = int.from_bytes(data[0x3C:0x40], "little") + 24 + 112 + 32
    at, size = (int.from_bytes(data[entry + i : entry + i + 4], "little") for i in (0, 4))
    data += b"hidden behind it" * 4
    data[entry + 4 : entry + 8] = (size + 64).to_bytes(4, "little")
    length = int.from_bytes(data[at : at + 4], "little") + 64
    data[at : at + 4] = length.to_bytes(4, "little")


tampered("sha256.exe", "flipped.exe", flip)
tampered("sha256.exe", "slack.exe", add_slack)
_, out = support.collect(os.path.join(T, "out"), "-p", os.path.join(T, "dump.lua"), TREE)
archive = support.Archive(out)
found = {r["fields"]["name"]: r["fields"]["p"] for r in archive.records()["dump"]}
same("every program was read", sorted(found), sorted(os.listdir(TREE)))
same("without an anomaly", [a["reason"] for a in archive.anomalies], [])

# --- osslsigncode ------------------------------------------------------------------


def told(name):
    """What osslsigncode says: digests (told, computed), serials of signers, end."""
    text = run("osslsigncode", "verify", "-CAfile", "signer.pem", "-TSA-CAfile", "stamper.pem",
               "-in", "tree/" + name, good=False)
    return {
        "digests": list(zip(re.findall(r"Current message digest +: (\w+)", text),
                            re.findall(r"Calculated message digest *: (\w+)", text))),
        "serials": set(re.findall(r"Serial *: (\w+)", text)),
        "subjects": set(re.findall(r"Subject: (.*)", text)),
        "right": "Signature verification: ok" in text,
        "text": text,
    }


for name in ("sha256.exe", "sha1.exe", "pages.exe", "blob.exe", "nested.exe", "lib2.dll",
             "flipped.exe", "slack.exe"):
    mine, other = found[name]["signature"], told(name)
    all_of = [mine] + mine["more"]
    pairs = [(s["digest"]["told"].upper(), s["digest"]["computed"].upper()) for s in all_of]
    same(name + ": digests as osslsigncode has them", sorted(pairs), sorted(other["digests"]))
    same(name + ": and whether they fit",
         [s["state"] for s in all_of],
         ["valid-digest" if a == b else "digest-differs" for a, b in pairs])
    check(name + ": osslsigncode accepts it unless it was altered",
          other["right"] == (name != "flipped.exe"), other["text"])
    same(name + ": subject", mine["subject"], "CN=Fixture signer,O=Fixture Ltd,C=DE")
    if name == "flipped.exe":
        continue # osslsigncode says no more of it
    check(name + ": serial", mine["serial"].upper() in other["serials"], other["serials"])
    check(name + ": and osslsigncode's", "/C=DE/O=Fixture Ltd/CN=Fixture signer" in
          {s.strip() for s in other["subjects"]}, other["subjects"])

same("name and address from the signer", [found["sha1.exe"]["signature"].get(k) for k in ("program", "url")],
     ["Prüfling 1", "https://example.invalid/x"])
stamp = found["sha256.exe"]["signature"]["stamp"]
same("time stamp", (stamp["kind"], stamp["time"], stamp["authenticated"]),
     ("rfc3161", "2023-03-29T08:15:30Z", True))

# what osslsigncode extracts is the record without its slack
for name in ("sha256.exe", "slack.exe", "blob.exe"):
    run("osslsigncode", "extract-signature", "-in", "tree/" + name, "-out", name + ".der")
    with open(os.path.join(T, name + ".der"), "rb") as f:
        der = f.read()
    with open(os.path.join(TREE, name), "rb") as f:
        raw = f.read()
    sig = found[name]["signature"]
    record = sig["table"]["records"][0]
    at = record["offset"] + 8
    check(name + ": the signature lies where it says", der[: record["der"]] ==
          raw[at : at + record["der"]], (len(der), record))
slack = found["slack.exe"]["signature"]["slack"]
with open(os.path.join(TREE, "slack.exe"), "rb") as f:
    f.seek(slack["offset"])
    behind = f.read(slack["size"])
check("slack is what was put behind", behind.endswith(b"hidden behind it" * 4) and
      not slack["zero"] and slack["size"] < 72, behind)
same("the signature of the file with slack still fits", found["slack.exe"]["signature"]["state"],
     "valid-digest")

# --- objdump -----------------------------------------------------------------------


def objdump(name):
    return run(DUMP, "-p", "-h", "tree/" + name)


text = objdump("prog.exe")
imports = {}
for line in text.splitlines():
    m = re.match(r"\s*DLL Name: (\S+)", line)
    if m:
        library = imports.setdefault(m.group(1), [])
    m = re.match(r"\t[0-9a-f]+\t +\d+ +(\S+)", line)
    if m and imports:
        library.append(m.group(1))
mine = found["prog.exe"]
same("imports", mine["imports"], imports)
check("there are some", sum(len(f) for f in imports.values()) > 10)
sections = [(m.group(1), int(m.group(2), 16), int(m.group(3), 16)) for m in re.finditer(
    r"^ +\d+ (\S+) +[0-9a-f]{8} +([0-9a-f]{16}) +[0-9a-f]{16} +([0-9a-f]{8}) ", text, re.M)]
same("sections", [(s["name"], s["address"] + mine["image_base"], s["offset"])
                  for s in mine["sections"]], sections)
same("entry point", "%016x" % mine["entry_point"],
     re.search(r"AddressOfEntryPoint\s+([0-9a-f]+)", text).group(1))
same("checksum", "%08x" % mine["checksum"]["computed"],
     re.search(r"CheckSum\s+([0-9a-f]+)", text).group(1))
same("and it is right", mine["checksum"]["right"], True)
text = objdump("lib.dll")
same("exports", found["lib.dll"]["exports"]["names"],
     re.findall(r"^\s*\[ *\d+\] (?:\+base\[ *\d+\]  \w+ )?(\w+)$", text, re.M))
same("name of the library", found["lib.dll"]["exports"]["dll"], "lib.dll")
same("a library", (found["lib.dll"]["dll"], mine["dll"]), (True, False))
same("version", mine["version"], {
    "file": "18.12.425.7", "product": "1.2.3.4", "language": 1033,
    "strings": {"CompanyName": "Fixture Ltd", "OriginalFilename": "prog.exe",
                "ProductName": "Peer test"}})

# --- pefile, where it is there -------------------------------------------------------

try:
    import pefile
except ImportError:
    support.skip("imphash and overlay of pefile", "needs the Python module pefile")
else:
    for name in sorted(found):
        with pefile.PE(os.path.join(TREE, name)) as p:
            same(name + ": imphash of pefile", found[name].get("imphash"), p.get_imphash())
support.finish()
