#!/usr/bin/env python3
"""What plugins hand over with ctx:payload: nowhere without --export-payloads, and with it only
encrypted, for those whose certificates were given."""
import hashlib
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import (FOSSICK, Archive, check, collect, finish, fossick, same, scratch, skip, skip_all,
                     verifies)

if not shutil.which("openssl"):
    skip_all("no openssl")
T = scratch()
TREE, PLUGIN = os.path.join(T, "tree"), os.path.join(T, "payer.lua")
MARK = b"-the plaintext-"
SMALL = bytes(range(256)) + MARK + bytes(255)
LARGE = hashlib.sha256(b"seed").digest() * 100001 + MARK  # more than one message, odd length

# XOR 0x5a: nothing of the plaintext lies in the evidence, which is collected, too
os.makedirs(TREE)
for name, data in (("small.bin", SMALL), ("twin.bin", SMALL), ("large.bin", LARGE)):
    with open(os.path.join(TREE, name), "wb") as f:
        f.write(bytes(b ^ 0x5A for b in data))
with open(PLUGIN, "w", encoding="utf-8") as f:
    f.write("""return {
    api = 1, name = "payer", summary = "hands over what it decrypts", wants = { "*.bin" },
    run = function(ctx, item)
        local out = {}
        for at = 0, item.size - 1, 65536 do
            local piece = assert(item:read(at, 65536))
            out[#out + 1] = piece:gsub(".", function(c) return string.char(c:byte() ~ 0x5a) end)
        end
        local ok, why, code = ctx:payload {
            bytes = table.concat(out), from = item, name = "of " .. item.name, kind = "test",
        }
        ctx:record("said", { path = item.path, ok = ok, why = why, code = code })
        ctx:collect(item, "as it lies there")
    end,
}
""")


def make(name, *key):
    """A self-signed certificate; (certificate, key), or None when this openssl cannot."""
    cert, private = os.path.join(T, name + ".pem"), os.path.join(T, name + ".key")
    run = subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-noenc", "-keyout", private,
                          "-out", cert, "-subj", "/O=Lab/CN=" + name, "-days", "30"],
                         capture_output=True)
    return (cert, private) if run.returncode == 0 else None


def opened(archive, name, private):
    sealed = os.path.join(T, "sealed.p7m")
    with open(sealed, "wb") as f:
        f.write(archive.zip.read(name))
    return subprocess.run(["openssl", "cms", "-decrypt", "-inform", "DER", "-in", sealed, "-inkey",
                           private], capture_output=True).stdout


def holds_plaintext(path, archive):
    with open(path, "rb") as f:
        raw = f.read()
    return [n for n, data in [("the file", raw)] + [(n, archive.zip.read(n)) for n in archive.names]
            if MARK in data]


def member_of(data):
    return f"payloads/{hashlib.sha256(data).hexdigest()}.p7m"


# --- nobody asks --------------------------------------------------------------
run, path = collect(os.path.join(T, "without"), "-p", PLUGIN, TREE)
same("without the option the run is complete", (run.returncode, run.stderr), (0, ""))
a = Archive(path)
said = {r["fields"]["path"]: r["fields"] for r in a.records()["payer"]}
same("and the plugin is told", {r.get("code") for r in said.values()}, {"unsupported"})
same("no member is a payload", [n for n in a.names if n.startswith("payloads/")], [])
same("nothing of the plaintext is in the archive", holds_plaintext(path, a), [])
check("collection.json names no recipients", "recipients" not in a.json("collection.json"))

# --- two recipients -----------------------------------------------------------
rsa = make("ann", "rsa:2048")
ec = make("ben", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
out = os.path.join(T, "with")
run, path = collect(out, "-p", PLUGIN, "--export-payloads", rsa[0], "--export-payloads", ec[0], TREE)
same("with it the run is complete", (run.returncode, run.stderr), (0, ""))
same("only the archive is written", os.listdir(out), [os.path.basename(path)])
verifies("the archive verifies", path)
a = Archive(path)
same("the plugin hears that all were taken",
     {r["fields"].get("ok") for r in a.records()["payer"]}, {True})
same("each plaintext is one member", sorted(n for n in a.names if n.startswith("payloads/")),
     sorted({member_of(SMALL), member_of(LARGE)}))
same("nothing of the plaintext is in the clear", holds_plaintext(path, a), [])
for who, (_, private) in (("RSA", rsa), ("elliptic curve", ec)):
    for what, data in (("small", SMALL), ("large", LARGE)):
        check(f"openssl opens the {what} one with the {who} key",
              opened(a, member_of(data), private) == data)
row = a.files[member_of(SMALL)]
same("the manifest tells what is inside", row["payload"],
     {"sha256": hashlib.sha256(SMALL).hexdigest(), "size": len(SMALL), "plugin": "payer",
      "name": "of small.bin", "kind": "test"})
same("and where it comes from", row["locator"]["path"], "small.bin")
sealed = a.zip.read(member_of(SMALL))
same("size and SHA-256 are of the member", (row["size"], row["sha256"]),
     (len(sealed), hashlib.sha256(sealed).hexdigest()))
shown = subprocess.run(["openssl", "cms", "-cmsout", "-print", "-inform", "DER"], input=sealed,
                       capture_output=True).stdout
check("it is AuthEnvelopedData with AES-256-GCM",
      b"authEnvelopedData" in shown and b"aes-256-gcm" in shown, shown[:2000])
c = a.json("collection.json")
same("counts", (c["counts"]["payloads"], c["counts"]["files_complete"]), (2, 3))
der = subprocess.run(["openssl", "x509", "-in", rsa[0], "-outform", "DER"], capture_output=True).stdout
same("collection.json names the recipients", c["recipients"][0],
     {"subject": "CN=ann,O=Lab", "sha256": hashlib.sha256(der).hexdigest()})
same("as many as were given", len(c["recipients"]), 2)

run = fossick("collect", "-o", os.path.join(T, "with"), "-p", PLUGIN, "--export-payloads", rsa[0], TREE)
check("the closing screen counts them", "  Payloads  2, encrypted\n" in run.stdout, run.stdout)

# --- several workers, a dry run -----------------------------------------------
run, path = collect(os.path.join(T, "jobs"), "-j4", "-p", PLUGIN, "--export-payloads", rsa[0], TREE, TREE)
same("four workers, two sources", (run.returncode, run.stderr), (0, ""))
same("the same bytes are written once", len([n for n in Archive(path).names if "payloads/" in n]), 2)
run, path = collect(os.path.join(T, "dry"), "-n", "-p", PLUGIN, "--export-payloads", rsa[0], TREE)
check("a dry run writes nothing", run.returncode == 0 and path is None, run.stderr)

# --- a run that is killed -----------------------------------------------------
out, slow = os.path.join(T, "killed"), os.path.join(T, "slow.lua")
os.makedirs(out)
with open(PLUGIN, encoding="utf-8") as f, open(slow, "w", encoding="utf-8") as to:
    to.write(f.read().replace('"payer"', '"slow"').replace("ctx:record", "while true do end ctx:record"))
victim = subprocess.Popen([FOSSICK, "collect", "-q", "-j1", "-o", out, "-p", slow, "--export-payloads", rsa[0], TREE],
                          stderr=subprocess.DEVNULL)
for _ in range(600):
    journal = [os.path.join(out, n) for n in os.listdir(out) if n.endswith(".journal")]
    if journal and b".p7m" in open(journal[0], "rb").read():
        break
    time.sleep(0.05)
victim.kill()
victim.wait()
found = [n for n in os.listdir(out) if MARK in open(os.path.join(out, n), "rb").read()]
same("a killed run leaves nothing in the clear", found, [])
path = [os.path.join(out, n) for n in os.listdir(out) if n.endswith(".zip")][0]
same("it is recovered", fossick("recover", path).returncode, 0)
verifies("the recovered archive verifies", path)
a = Archive(path)
kept = [d for d in (SMALL, LARGE) if member_of(d) in a.names]
check("a payload that was heard of is kept", kept and all(opened(a, member_of(d), rsa[1]) == d for d in kept), a.names)

# --- files that are no certificates -------------------------------------------
with open(os.path.join(T, "der.pem"), "wb") as f:
    f.write(der)
open(os.path.join(T, "empty.pem"), "w").close()
wrong = {"a key": rsa[1], "DER": os.path.join(T, "der.pem"), "an empty file": os.path.join(T, "empty.pem"),
         "no file": os.path.join(T, "none.pem"), "a folder": TREE}
edwards = make("eve", "ed25519")
if edwards:
    wrong["a key that only signs"] = edwards[0]
else:
    skip("a key that only signs", "this openssl makes none")
for what, file in wrong.items():
    out = os.path.join(T, "wrong")
    run, path = collect(out, "-p", PLUGIN, "--export-payloads", file, TREE)
    check(f"{what} is refused before anything is written",
          run.returncode == 64 and file in run.stderr and os.listdir(out) == [],
          f"{run.returncode} {run.stderr}")
run = fossick("ls", "--export-payloads", rsa[0], TREE)
same("other commands do not take the option", run.returncode, 64)
finish()
