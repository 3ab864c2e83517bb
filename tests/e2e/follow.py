#!/usr/bin/env python3
"""Command lines of a Windows on C: that lead to files on C: and D:, through the variables
of its registry and 8.3 names: found, collected once, and the same by any number of workers."""
import hashlib
import json
import lzma
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import DATA, Archive, check, collect, finish, same, scratch, skip, verifies

T = scratch()
LIMIT = 50000

# command line, user: where it leads and how; or None and why
COMMANDS = [
    (r"C:\PROGRA~1\LONGVE~1\VERYLO~1.EXE /x", None,
     "C:/Program Files/Long Vendor Name/very long program.exe", "8.3 name"),
    (r"c:\progra~1\longe~27\A.EXE", None, "C:/Program Files/Longer Vendor/a.exe", "8.3 name"),
    (r"C:\PROGRA~1\LONGE~28\a.exe", None, None, r'"C:\PROGRA~1\LONGE~28\a.exe": not on this volume'),
    (r"C:\Program Files\Long Vendor Name\very long program.exe", None,
     "C:/Program Files/Long Vendor Name/very long program.exe", None),
    (r"D:\SOMELO~1\LONGFI~1.EXE", None, "D:/Some Long Folder/long file name.exe", "8.3 name"),
    (r'"D:\bin\tool.exe" -x', None, "D:/bin/tool.exe", None),
    (r"%TOOLS%\tool.exe", None, "D:/bin/tool.exe", "environment"),
    (r'"%TOOLS%\long file name.exe"', "ann", "D:/Some Long Folder/long file name.exe", "environment"),
    (r"%APPS%\app", "ann", "C:/Users/ann/AppData/Roaming/App Folder/app.exe", "environment"),
    (r"%APPDATA%\b.exe", "bob", "D:/Roaming/b.exe", "environment"),
    (r"%LOCALAPPDATA%\b.exe", "bob", None, r'"C:\Users\bob\AppData\Local\b.exe": not on this volume'),
    (r"%APPDATA%\e.exe", "eve", "C:/Profiles/eve/AppData/Roaming/e.exe", None),
    (r"%APPS%\app", None, None, "the variable %APPS% is not known"),
    ("tool", None, "D:/bin/tool.exe", "environment, search path"),
    ("cmd /c quick.cmd", None, "D:/bin/quick.cmd", "environment, search path"),
    ("notepad", None, "C:/Windows/System32/notepad.exe", "search path"),
    (r"rundll32 D:\only.dll,Run", None, "D:/only.dll", None),
    (r"\Device\HarddiskVolume2\only.dll", None, "D:/only.dll", "device"),
    (r"C:\Windows\System32\narrow.dll", None, "C:/Windows/SysWOW64/narrow.dll", "wow64"),
    (r"%ProgramFiles%\Old\old.exe", None, "C:/Program Files (x86)/Old/old.exe", "wow64"),
    (r"%TEMP%\x.exe", None, None, r'"C:\Windows\TEMP\x.exe": not on this volume'),
    (r"%TEMP%\x.exe", "ann", None, r'"C:\Users\ann\AppData\Local\Temp\x.exe": not on this volume'),
    (r"D:\gone.exe", None, None, r'"D:\gone.exe": not on drive D:'),
    (r"E:\gone.exe", None, None, "on drive E:, which the evidence does not have"),
    (r"D:\large.bin", None, "D:/large.bin", None),
]

PLUGIN = """
local commands = { %s }
return {
	api = 1, name = "%s", summary = "a test", wants = { "%s" },
	run = function(ctx, item)
		for i, c in ipairs(commands) do
			local e, how, code = ctx:follow(c[1], { user = c[2] })
			if e then
				ctx:record("found", { number = i, path = e.full, via = how.via, sha256 = e:sha256(), entry = e })
				ctx:finding({ severity = "info", confidence = "low", title = "followed", evidence = { e, item } })
			else
				ctx:record("missing", { number = i, why = how, code = code })
			end
		end
		local old, how = ctx:follow([[%%TOOLS%%\\t.exe]], { user = "ann", root = "Windows.old" })
		ctx:record("former", { path = old and old.full, via = how.via or how })
		local e = ctx:lookup("D:/bin/tool.exe")
		ctx:record("lookup", { path = e and e.full, sibling = e and e:sibling("quick.cmd").full })
	end,
}
"""


def plugin(name, want):
    rows = ", ".join("{ [==[%s]==], %s }" % (c[0], '"%s"' % c[1] if c[1] else "nil") for c in COMMANDS)
    path = os.path.join(T, name + ".lua")
    with open(path, "w", encoding="utf-8") as f:
        f.write(PLUGIN % (rows, name, want))
    return path


image = os.path.join(T, "disk.raw")
with lzma.open(os.path.join(DATA, "drives.img.xz")) as src, open(image, "wb") as dst:
    dst.write(src.read())
FROM_C, FROM_D = plugin("from-c", "Windows/System32/cmd.exe"), plugin("from-d", "bin/tool.exe")


def run(name, *options):
    process, path = collect(os.path.join(T, "out-" + name), "-p", FROM_C + "," + FROM_D,
                            "--limit-size", str(LIMIT), *options, image)
    verifies(name + ": the archive verifies", path)
    return process, Archive(path)


def told(archive, name):
    """By number of the command: (path, via), or (None, why)."""
    rows = sorted((r["fields"]["number"], r) for r in archive.records()[name] if r["kind"] in ("found", "missing"))
    return [(f.get("path"), f.get("via")) if "path" in f else (None, f["why"])
            for f in (row["fields"] for _, row in rows)]


process, archive = run("one", "-j", "1")
for (command, user, path, how), got in zip(COMMANDS, told(archive, "from-c")):
    same(f"{command}{' of ' + user if user else ''}", got, (path, how))

# asked on D:, the same; but for what says so itself, and profiles that are C:'s business
for (command, user, path, how), got in zip(COMMANDS, told(archive, "from-d")):
    if user != "eve" and (not how or "this volume" not in how and "on drive" not in how):
        same(f"{command}{' of ' + user if user else ''}, on D:", got, (path, how))

lookups = [r["fields"] for n in ("from-c", "from-d") for r in archive.records()[n] if r["kind"] == "lookup"]
same("lookup and sibling reach the other drive", lookups, [{"path": "D:/bin/tool.exe", "sibling": "D:/bin/quick.cmd"}] * 2)



def place(name):
    """The path as plugins see it of a member "src/C/…"."""
    letter, rest = name.split("/", 2)[1:]
    return letter + ":/" + rest


formers = [r["fields"] for n in ("from-c", "from-d") for r in archive.records()[n] if r["kind"] == "former"]
same("a former installation has variables of its own", formers,
     [{"path": "C:/Windows.old/Users/ann/Tools of Old/t.exe", "via": "environment, root"}] * 2)

found = sorted({path for _, _, path, _ in COMMANDS if path and not path.endswith("large.bin")} |
               {formers[0]["path"]})
same("each file is collected, once", sorted(map(place, archive.files)), found)
hashes = {r["fields"]["path"]: r["fields"]["sha256"] for n in ("from-c", "from-d") for r in archive.records()[n]
          if r["kind"] == "found"}
same("what plugins read is what is in the archive",
     {place(n): row["sha256"] for n, row in archive.files.items()},
     {path: digest for path, digest in hashes.items() if path in found} |
     {formers[0]["path"]: hashlib.sha256(b"Windows.old/Users/ann/Tools of Old/t.exe").hexdigest()})
tool = next(row for name, row in archive.files.items() if name.endswith("bin/tool.exe"))
same("with the reasons of both volumes", sorted({r["plugin"] for r in tool["reasons"]}), ["from-c", "from-d"])
large = [a for a in archive.anomalies if "more than the limit" in a["reason"]]
same("a file over the limit is recorded", [(a["object"].split("/")[-1], a["status"]) for a in large],
     [("large.bin", "over-limit")])
same("findings name files on the other drive", len(archive.findings), 2 * len([c for c in COMMANDS if c[2]]) - 1)

_, several = run("four", "-j", "4")
for member in ("findings.jsonl", "anomalies.jsonl", "records/from-c.jsonl", "records/from-d.jsonl"):
    same(f"the same {member} by four workers", several.text(member), archive.text(member))
same("and the same files", sorted((n, r["sha256"], json.dumps(r["reasons"])) for n, r in several.files.items()),
     sorted((n, r["sha256"], json.dumps(r["reasons"])) for n, r in archive.files.items()))
_, folders = run("walk", "--no-index")
same("and without an index", told(folders, "from-c"), told(archive, "from-c"))
# The two volumes on two disks.
def two_disks():
    disks = []
    for number in (2, 1):
        disks.append(os.path.join(T, "disk%d.raw" % number))
        shutil.copy(image, disks[-1])
        subprocess.run([SGDISK, "-d", str(number), disks[-1]], check=True, stdout=subprocess.DEVNULL)
    _, path = collect(os.path.join(T, "out-disks"), "-p", FROM_C + "," + FROM_D, "--limit-size", str(LIMIT), *disks)
    verifies("two disks: the archive verifies", path)
    apart = Archive(path)
    for name in ("from-c", "from-d"):
        same("two disks: the same for " + name, told(apart, name), told(archive, name))
    same("two disks: the same files", sorted(r["sha256"] for r in apart.files.values()),
         sorted(r["sha256"] for r in archive.files.values()))
    same("of both sources", sorted({r["locator"]["source"] for r in apart.files.values()}), [0, 1])


SGDISK = shutil.which("sgdisk", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
if SGDISK:
    two_disks()
else:
    skip("two disks", "sgdisk is not installed")

# A registry that says too much, and one that is none: recorded, and the rest goes on.
sys.path.insert(0, DATA)
import drives_tree
import regf

tree = os.path.join(T, "tree")
crowd = regf.Hive(r"\SystemRoot\System32\Config\SYSTEM", drives_tree.WHEN)
environment = r"ControlSet001\Control\Session Manager\Environment"
crowd.set(environment, "A", r"C:\Tools")
for i in range(1100):
    crowd.set(environment, "V%d" % i, "x")
for name, content in (("Windows/System32/config/SYSTEM", crowd.build()), ("Windows/System32/cmd.exe", b"cmd"),
                      ("Tools/a.exe", b"a"), ("Users/ann/NTUSER.DAT", b"no hive"),
                      ("Users/ann/AppData/Roaming/b.exe", b"b")):
    drives_tree.put(tree, name, content)
few = os.path.join(T, "few.lua")
with open(few, "w", encoding="utf-8") as f:
    f.write(r"""return { api = 1, name = "few", summary = "a test", wants = { "Windows/System32/cmd.exe" },
run = function(ctx)
	for _, c in ipairs({ [[%A%\a.exe]], [[%AppData%\b.exe]] }) do
		local e, why = ctx:follow(c, { user = "ann" })
		ctx:record("c", { path = e and e.path, why = not e and why or nil })
	end
end }""")
process, path = collect(os.path.join(T, "out-crowd"), "-p", few, tree)
crowded = Archive(path)
same("variables beyond the limit are recorded", [a["reason"] for a in crowded.anomalies],
     ['"SYSTEM": key "%s": more than 1024 variables' % environment])
same("those before it count, and what Windows has by itself", [r["fields"] for r in crowded.records()["few"]],
     [{"path": "Tools/a.exe"}, {"path": "Users/ann/AppData/Roaming/b.exe"}])

every = os.path.join(T, "every.lua")
with open(every, "w", encoding="utf-8") as f:
    f.write('return { api = 1, name = "every", summary = "a test", wants = { "**/*.none" }, run = function() end }')
_, path = collect(os.path.join(T, "out-index"), "-j", "1", "-p", ",".join((every, FROM_C, FROM_D)), image)
same("and from an index of all names", told(Archive(path), "from-c"), told(archive, "from-c"))
finish()
