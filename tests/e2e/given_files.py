#!/usr/bin/env python3
"""Files of the analyst (--ioc, --yara): read and hashed by the keeper, whole and byte for byte in
Lua, listed in the archive; unreadable ones are a mistake of the command line."""
import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import Archive, check, collect, finish, fossick, same, scratch, skip

T = scratch()
TREE = os.path.join(T, "tree")
os.makedirs(os.path.join(TREE, "Users"))
SEE = os.path.join(T, "see.lua")
with open(SEE, "w", encoding="utf-8") as f:
    f.write("""return { api = 1, name = "see", summary = "sees what is given", wants = { "User*" },
run = function(ctx)
    for _, kind in ipairs { "ioc", "yara" } do
        for _, file in ipairs(given(kind)) do
            local count, last = 0, ""
            for line, number in file:lines() do
                count, last = number, line
            end
            local whole = file.size <= 64 * 1024 * 1024
            ctx:record("given", { kind = kind, name = file.name, size = file.size, lines = count,
                last = #last < 100 and last or nil, length = #last, sha256 = whole and bytes.sha256(file.text) or nil,
                raises = not pcall(function() return file.text end), shown = tostring(file) })
        end
    end
    ctx:record("closed", { ok = pcall(function() given("ioc")[1].name = "x" end) or
        pcall(function() return given("ioc")[1].absent end) or pcall(given, "other") })
end }
""")


def put(name, data):
    path = os.path.join(T, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    return path


def look(name, *args):
    run, path = collect(os.path.join(T, "out-" + name), "-p", SEE, *args, TREE)
    archive = Archive(path)
    return run, archive, [r["fields"] for r in archive.records()["see"] if r["kind"] == "given"]


_, archive, rows = look("none")
same("nothing given", rows, [])
rows = [r["fields"] for r in archive.records()["see"] if r["kind"] == "closed"]
same("what is given cannot be changed, and has no other members", rows, [{"ok": False}])

small = put("one.txt", b"a.example\r\n\r\nb.example")
large = put("many/b.csv", b"".join(b"%064x,name\n" % i for i in range(120000)))  # 8.4 MB: several frames
put("many/a.json", b"{}")
put("many/.hidden", b"x")
put("many/folder/deeper.txt", b"x")
empty = put("empty.txt", b"")
for jobs in ("1", "2"):
    run, archive, rows = look("files" + jobs, "-j", jobs, "--ioc", small, "--ioc", os.path.dirname(large),
                              "--ioc", empty, "--ioc", small)
    same(f"-j {jobs}: files and the files of a folder, by name, each once",
         [(r["kind"], r["name"], r["lines"], r["last"]) for r in rows],
         [("ioc", "a.json", 1, "{}"), ("ioc", "b.csv", 120000, "%064x,name" % 119999), ("ioc", "empty.txt", 0, ""),
          ("ioc", "one.txt", 3, "b.example")])
    digest = {os.path.basename(p): hashlib.sha256(open(p, "rb").read()).hexdigest() for p in (small, large, empty)}
    same(f"-j {jobs}: byte for byte", {r["name"]: r["sha256"] for r in rows if r["name"] in digest}, digest)
    texts = {t["name"]: t["sha256"] for t in archive.json("collection.json")["texts"] if t["kind"] == "ioc"}
    same(f"-j {jobs}: and collection.json tells their digests",
         {k: texts.get(k) for k in digest}, digest)
same("no address is shown", rows[0]["shown"], "given: a.json")
check("--ioc adds ioc-scan to the run", "ioc-scan" in [t["name"] for t in archive.json("collection.json")["texts"]])

big = put("big.txt", b"0123456789abcdef" * 4 * (1 << 20) + b"x")
_, _, rows = look("big", "-j", "1", "--ioc", big)
same("64 MiB and a byte: as lines, not as one string",
     [(r["size"], r["lines"], r["length"], r["raises"]) for r in rows], [((64 << 20) + 1, 1, 1 << 20, True)])

for name, args, says in (
        ("absent", ("--ioc", os.path.join(T, "absent.csv")), "absent.csv"),
        ("no name", ("--ioc", ""), "--ioc wants a file or a folder"),
        ("two of a name", ("--ioc", small, "--ioc", put("other/one.txt", b"x")), "one.txt"),
):
    run = fossick("collect", "-o", T, "-p", SEE, *args, TREE)
    check(f"{name}: exit status 64, and it is named", run.returncode == 64 and says in run.stderr,
          f"{run.returncode} {run.stderr}")
if os.geteuid() == 0:
    skip("unreadable file", "root may read everything")
else:
    os.chmod(small, 0)
    run = fossick("collect", "-o", T, "-p", SEE, "--ioc", small, TREE)
    check("unreadable file: exit status 64", run.returncode == 64 and "one.txt" in run.stderr, run.stderr)
huge = os.path.join(T, "huge.csv")
with open(huge, "wb") as f:
    f.truncate((256 << 20) + 1)
run = fossick("collect", "-o", T, "-p", SEE, "--ioc", huge, TREE)
check("over the limit: exit status 64, named", run.returncode == 64 and "huge.csv" in run.stderr, run.stderr)
same("plugin check takes it", fossick("plugin", "check", "--ioc", small, SEE).returncode, 0)
finish()
