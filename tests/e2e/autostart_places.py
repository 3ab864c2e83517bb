"""Each place of the registry that win-run-keys knows, from a value in a hive to
its row, its file in the archive and its finding; and a clean twin."""
import hashlib
import importlib
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import autostart_tree
import fixture_pe
import fixture_sign
from support import SRC, Archive, check, collect, finish, same, scratch

T = scratch()
SIGNER, SIGNER_OF = "Prüfling GmbH", "CN=Fixture Root"
PLACES = os.path.join(SRC, "lua-scripts", "lib", "autostart-places.lua")


def ran(name, cases, below=""):
    """(process, archive, rows of kind "autostart", rows of kind "startup-switch")"""
    tree = os.path.join(T, name)
    autostart_tree.write(os.path.join(tree, below), cases)
    os.makedirs(os.path.join(tree, "Windows", "System32"), exist_ok=True)
    run, path = collect(os.path.join(T, "out-" + name), "-p", "win-run-keys", tree)
    archive = Archive(path)
    rows = [(r["kind"], r["fields"]) for r in archive.records()["win-run-keys"]]
    return (run, archive, [f for kind, f in rows if kind == "autostart"],
            [f for kind, f in rows if kind == "startup-switch"])


def place_of(fields):
    return next(name for name, path in autostart_tree.HIVES.items() if fields["entry"]["path"] == path)


def started(fields):
    return fields["file"]["path"] if "file" in fields else None


def loudest(archive, hive, key, name):
    order = ["info", "low", "medium", "high"]
    found = [f["severity"] for f in archive.findings if f["fields"]["key"] == key and f["fields"]["value"] == name and
             f["evidence"][0]["path"] == autostart_tree.HIVES[hive]]
    return max(found, key=order.index) if found else None


def is_datum(fields, key, name):
    """Is the row of this value? Classes and handlers are told by the name of their key."""
    return fields["key"] == key and fields["name"] in (name, key.rsplit("\\", 1)[-1])


def above(key, name):
    """Keys whose names are the data: the row is of the key above."""
    match = re.match(r"(CLSID\\{[^}]*})\\", key)
    return (match[1], match[1].rsplit("\\", 1)[-1]) if match else (key, name)


def cases_have_their_rows(archive, rows):
    for hive, key, name, _, place, files, severity in autostart_tree.CASES:
        if place is None:
            continue
        key, name = above(key, name) if hive == "UsrClass" else (key, name)
        got = [r for r in rows if place_of(r) == hive and is_datum(r, key, name) and r["place"] == place]
        title = f"{place}: {hive} {key} {name}"
        if not check(title, [started(r) for r in got] == files, f"{files}\n{got}"):
            continue
        value = got[0]["name"] if got else name
        same(title + ": finding", loudest(archive, hive, key, value), severity)


def rows_are_whole(archive, rows):
    members = {row["locator"]["path"]: row for row in archive.files.values()}
    wrong = []
    for r in rows:
        path = started(r)
        if path is None:
            wrong += [r] if not r.get("missing") else []
            continue
        content = (path + "\n").encode()
        member = members.get(path)
        if not member or "missing" in r or r["sha256"] != hashlib.sha256(content).hexdigest() or \
                r["sha256"] != member["sha256"] or r["size"] != len(content):
            wrong.append(r)
    same("every row names a file of the archive with its digests, or says why not", wrong, [])
    same("every row has its technique", [r for r in rows if not re.match(r"attack:T1\d{3}", r["references"][0])], [])


def remains():
    """Values that were deleted, or had another text: what free space tells of them."""
    make = importlib.import_module("make-deleted")
    hive = autostart_tree.regf.Hive("ntuser.dat", autostart_tree.WHEN)
    run = "Software\\" + autostart_tree.W + "Run"
    for key, name, text in ((run, "Kept", "C:\\Tools\\kept.exe"), (run + "Once", "Gone", '"C:\\Tools\\gone.exe" /x'),
                            ("Environment", "Path", "C:\\Tools"), ("Environment", "UserInitMprLogonScript", "C:\\Tools\\logon.cmd"),
                            ("Environment", "Other", "C:\\Tools\\other.exe"), (run, "Nameless", "C:\\Tools\\other.exe")):
        hive.set(key, name, text)
    editor = make.Editor(hive)
    # of a key that was deleted the path is known, of a value alone only its name
    editor.delete_key(run + "Once", ["Gone"])
    for key, name in (("Environment", "UserInitMprLogonScript"), ("Environment", "Other"), (run, "Nameless")):
        editor.delete_value(key, name)
    tree = os.path.join(T, "remains")
    for path, content in (("Users/ann/NTUSER.DAT", editor.data), ("Windows/System32/x", b""), ("Tools/gone.exe", b"gone"),
                          ("Tools/other.exe", b"other"), ("Tools/kept.exe", b"kept")):
        os.makedirs(os.path.dirname(os.path.join(tree, path)), exist_ok=True)
        with open(os.path.join(tree, path), "wb") as f:
            f.write(content)
    _, path = collect(os.path.join(T, "out-remains"), "-p", "win-run-keys", tree)
    archive = Archive(path)
    rows = [(r["kind"], r["fields"]) for r in archive.records()["win-run-keys"]]
    same("what is there", [f["name"] for kind, f in rows if kind == "autostart"], ["Kept"])
    gone = {f["name"]: f for kind, f in rows if kind == "autostart-deleted"}
    same("what was there", {n: (f["place"], f.get("key"), started(f), "missing" in f) for n, f in gone.items()},
         {"Gone": ("run", run + "Once", "Tools/gone.exe", False),
          "UserInitMprLogonScript": ("logon-script", None, None, True)})
    same("where it lies", [bytes(editor.data)[f["offset"]:].find(b"vk") in range(9) for f in gone.values()], [True, True])
    check("and its program is collected", "Tools/gone.exe" in {row["locator"]["path"] for row in archive.files.values()})
    same("without a finding", archive.findings, [])


def signatures():
    """Rows of programs tell who signed them, and whether they were altered since."""
    image = fixture_pe.build(b"a plain fixture " * 40)
    good = fixture_sign.sign(image, when="230401000000Z")
    programs = {"good.exe": good, "altered.exe": good.replace(b"plain", b"Plain", 1), "none.exe": image, "text.cmd": b"rem"}
    tree = os.path.join(T, "signed")
    cases = [("NTUSER", "Software\\" + autostart_tree.W + "Run", name, "C:\\Tools\\" + name, None, [], None) for name in programs]
    ifeo = autostart_tree.NT + "Image File Execution Options\\"
    cases += [("SOFTWARE", ifeo + "of-" + name, "Debugger", "C:\\Tools\\" + name, None, [], None) for name in programs]
    autostart_tree.write(tree, cases)
    os.makedirs(os.path.join(tree, "Windows", "System32"), exist_ok=True)
    os.makedirs(os.path.join(tree, "Tools"))
    for name, content in programs.items():
        with open(os.path.join(tree, "Tools", name), "wb") as f:
            f.write(content)
    _, path = collect(os.path.join(T, "out-signed"), "-p", "win-run-keys", tree)
    archive = Archive(path)
    rows = {r["fields"]["name"]: r["fields"] for r in archive.records()["win-run-keys"] if r["fields"]["place"] == "run"}
    same("a signature that fits makes a finding weigh less",
         {f["fields"]["command"].rsplit("\\", 1)[1]: f["severity"] for f in archive.findings},
         {"good.exe": "low", "altered.exe": "medium", "none.exe": "medium", "text.cmd": "medium"})
    same("signatures", {name: r.get("signature") for name, r in rows.items()},
         {"good.exe": "valid-digest", "altered.exe": "digest-differs", "none.exe": "none", "text.cmd": None})
    same("who signed, and when", (rows["good.exe"]["signer"], rows["good.exe"]["signed"], rows["none.exe"].get("signer")),
         (SIGNER, "2023-04-01T00:00:00Z", None))
    check("who vouches for that", SIGNER_OF in rows["good.exe"]["issuer"], rows["good.exe"])
    same("digests of all", {name: r["sha256"] for name, r in rows.items()},
         {name: hashlib.sha256(content).hexdigest() for name, content in programs.items()})


def main():
    run, archive, rows, switches = ran("all", autostart_tree.CASES)
    check("ends complete", run.returncode == 0, f"{run.returncode} {run.stderr} {archive.text('anomalies.jsonl')}")
    cases_have_their_rows(archive, rows)
    rows_are_whole(archive, rows)
    counted = sum(len(c[5]) for c in autostart_tree.CASES if c[4])
    same("and there are no others", len(rows), counted)

    phone = next(r for r in rows if r["name"] == "Phone")
    same("a switch of the task manager", (phone["startup"], phone["disabled"], phone["user"], phone["scope"]),
         ("disabled", "2023-03-29T08:15:30Z", "ann", "user"))
    same("a switch for 32-bit programs is no other's", [(r["key"].startswith("Wow"), r.get("startup")) for r in rows if r["name"] == "Tray"],
         [(False, None), (True, "disabled")])
    same("switches are rows of their own", [(s["list"], s["name"], s["enabled"]) for s in switches],
         [("Run", "Phone", False), ("Run32", "Tray", False), ("StartupFolder", "x.lnk", True)])
    hijack = next(r for r in rows if r.get("file", {}).get("path", "").endswith("hijack.dll"))
    same("a class of the user says what the machine has", hijack["machine"], "%SystemRoot%\\system32\\own.dll")
    layered = next(r for r in rows if r["place"] == "winsock" and "mswsock" in r["command"])
    same("a layer of Winsock has its name", layered["title"], "layered")
    service = next(r for r in rows if r.get("service"))
    same("a class of a service says which", (service["service"], service["missing"]), ("svc", "the service svc serves this class"))
    rename = next(r for r in rows if r["place"] == "pending-rename")
    same("a file that waits to be renamed has its target", rename["target"], "C:\\Tools\\old.dll")

    with open(PLACES, encoding="utf-8") as f:
        words = set(re.findall(r'^add\("([^"]+)"', f.read(), re.M))
    with open(os.path.join(SRC, "docs", "windows.md"), encoding="utf-8") as f:
        told = set(re.findall(r"`([a-z-]+)`", f.read()))
    same("and in the manual", words - told, set())
    same("every place of the table is tried", words - {c[4] for c in autostart_tree.CASES}, set())

    _, archive, old, _ = ran("former", autostart_tree.CASES, "Windows.old")
    same("a former Windows: the same rows",
         [(r["place"], r["key"], r["name"], r["command"].replace("C:/Windows.old/", "C:/")) for r in old],
         [(r["place"], r["key"], r["name"], r["command"]) for r in rows])
    moved = [(r["command"], started(r)) for r, before in zip(old, rows) if r.get("origin") != "Windows.old" or
             started(r) != (started(before) and "Windows.old/" + started(before))]
    same("a former Windows: its files, marked as such", moved, [])
    same("a former Windows: no finding", archive.findings, [])

    run, archive, rows, _ = ran("clean", autostart_tree.CLEAN)
    check("clean twin: ends complete", run.returncode == 0, run.stderr)
    same("clean twin: no finding", archive.findings, [])
    files = sorted({f for c in autostart_tree.CLEAN for f in c[5]})
    same("clean twin: rows for all its files", sorted({started(r) for r in rows} - {None}), files)
    rows_are_whole(archive, rows)
    signatures()
    remains()
    finish()


main()
