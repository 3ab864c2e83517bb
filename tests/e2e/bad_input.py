#!/usr/bin/env python3
"""Bad input, each with its message, its exit status, and an archive that
verifies with all that was gathered until then."""
import importlib
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import fixture_files
import sample_tree
from support import (FOSSICK, SAMPLE, Archive, check, collect, finish, fossick, scratch, skip,
                     verifies)

make_evtx, make_ico, make_pe = (importlib.import_module("make-" + n) for n in ("evtx", "ico", "pe"))
T = scratch()
COUNT = 0


def image(name, change):
    """Copies of the sample's segments with `change` applied to their bytes."""
    folder = os.path.join(T, name)
    os.makedirs(folder)
    segments = []
    for number in "12":
        with open(SAMPLE[:-1] + number, "rb") as f:
            segments.append(bytearray(f.read()))
    for number, data in enumerate(change(segments), 1):
        if data is not None:
            with open(os.path.join(folder, f"disk.E0{number}"), "wb") as f:
                f.write(data)
    return os.path.join(folder, "disk.E01")


def plain(name, data):
    path = os.path.join(T, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def case(name, source, status, word, archive=True, *options):
    """One source: exit status, a word of the message or an anomaly, the archive."""
    global COUNT
    COUNT += 1
    run, path = collect(os.path.join(T, f"out{COUNT}"), *options, *([source] if source else []))
    said = run.stderr
    if path:
        said += Archive(path).text("anomalies.jsonl")
        verifies(f"{name}: the archive verifies", path)
    check(f"{name}: exit status", run.returncode in status, f"{run.returncode}\n{run.stderr}")
    check(f"{name}: the message names object and reason",
          all(w.lower() in said.lower() for w in word), said)
    if archive:
        check(f"{name}: there is an archive", path is not None, said)
    return path


# --- sources -------------------------------------------------------------------
case("text file", plain("notes.txt", b"just text\n" * 200), (2,), ["notes.txt"], False)
case("empty file", plain("empty.dd", b""), (2,), ["empty.dd", "empty"], False)
case("no such file", os.path.join(T, "none.E01"), (2, 66), ["none.E01", "no such file"], False)
case("garbage with a signature", plain("fake.E01", b"EVF\t\r\n\xff\0" + os.urandom(0) + b"\x5a" * 5000), (2,),
     ["fake.E01"], False)
SEEN = plain("seen.lua", b"""return { api = 1, name = "seen", summary = "test", wants = { "Users/*" },
	run = function(ctx, e) ctx:record("seen", { path = e.path }) end }""")


def seen(path):
    """Paths that the plugin above saw."""
    return sorted(r["fields"]["path"] for r in Archive(path).records().get("seen", [])) if path else []


path = case("second segment missing", image("missing", lambda s: [s[0], None]), (1,), ["segment"], True,
            "-p", "3cx," + SEEN)
check("second segment missing: what the first holds is still read", seen(path) == ["Users/anna", "Users/jonas"],
      path and seen(path))
case("truncated E01", image("cut", lambda s: [s[0], s[1][: len(s[1]) // 2]]), (1,), ["disk.E0"])


def flip(segments):
    """One byte each, far enough apart to hit many chunks of the second segment."""
    for at in range(3000, len(segments[1]) - 4000, 4000):
        segments[1][at] ^= 0x55
    return segments


case("bytes of chunks flipped", image("flip", flip), (1, 2), ["checksum"])

# --- plugins -------------------------------------------------------------------
HEAD = 'return { api = 1, name = "%s", summary = "test", wants = { "Users/*" }, run = function(ctx, e) %s end }'


def plugin(name, body=None, text=None):
    return plain(name + ".lua", (text or HEAD % (name, body)).encode())


def plugin_case(name, file, words, *options):
    path = case(name, SAMPLE, (1,), words, True, "-p", f"{file},{SEEN}", *options)
    check(f"{name}: the other plugin has run", len(seen(path)) == 2)


plugin_case("endless loop", plugin("loops", "while true do end"), ["loops", "instruction"])
plugin_case("10 GB string", plugin("hungry", 'local s = ("x"):rep(10 * 1024 * 1024 * 1024)'), ["hungry", "too large"])
plugin_case("plugin that raises", plugin("raises", 'error("boom")'), ["raises", "boom"])
with open(os.path.join(os.environ["FOSSICK_BUILD"], "config.h"), encoding="utf-8") as config:
    HOOKS = "define FSK_FAULT_INJECTION" in config.read()
if HOOKS:
    plugin_case("crash in C", plugin("crashes", "selftest.crash()"), ["crashes", "before it said done"])
    plugin_case("stall in C", plugin("stalls", "selftest.spin()"), ["stalls"], "--step-time", "2")
else:
    skip("crash and stall in C", "needs a build with --enable-fault-injection")
for name, text, words in (
        ("syntax error", "return {", ["broken", ":1"]),
        ("unknown key", HEAD.replace("summary", "sumary") % ("broken", ""), ["broken", "sumary"]),
        ("no table", "return 5", ["broken", "table"])):
    file = plugin("broken", text=text)
    run = fossick("plugin", "check", file)
    check(f"plugin check, {name}", run.returncode == 1
          and all(w in run.stdout + run.stderr for w in words), run.stdout + run.stderr)
    plugin_case(f"collect with {name}", file, words[:1])

# --- evidence that is not what its name says ---------------------------------------
lying = os.path.join(T, "lying", "Users", "eve")
os.makedirs(os.path.join(lying, "AppData/Local/Google/Chrome/User Data/Default"))
os.makedirs(os.path.join(T, "lying", "Windows", "System32", "config"))
plain("lying/Users/eve/NTUSER.DAT", b"this is no hive")
plain("lying/Windows/System32/config/SOFTWARE", b"regf" + b"\xff" * 5000)
plain("lying/Users/eve/AppData/Local/Google/Chrome/User Data/Default/History", b"SQLite format 3\0" + b"\xee" * 3000)
path = case("hive and database that are none", os.path.join(T, "lying"), (1,), ["NTUSER.DAT", "History", "SOFTWARE"])
check("hive and database that are none: collected all the same",
      path and len([n for n in Archive(path).files if n.endswith(("NTUSER.DAT", "History", "SOFTWARE"))]) == 3,
      path and Archive(path).names)

# --- a machine of the 3CX case whose files are broken, and bad files of the analyst ---------
HOME = "Users/eve/AppData/Local/"
APP = HOME + "Programs/3CXDesktopApp/"
LOGS = "Windows/System32/winevt/Logs/"
PE, EVTX = make_pe.damaged(), make_evtx.damaged(make_evtx.log([
    make_evtx.Event("Service Control Manager", 7040, "2023-03-29T09:00:00", "System", [("param4", "IKEEXT")])] * 3))
BROKEN = {
    "Windows/System32/ntoskrnl.exe": sample_tree.program("kernel"),
    APP + "app-18.12.416/3CXDesktopApp.exe": PE["many-sections.exe"],
    APP + "app-18.12.416/ffmpeg.dll": sample_tree.loader(True),
    APP + "app-18.12.416/d3dcompiler_47.dll": PE["long-table.exe"],
    APP + "app/3CXDesktopApp.exe": PE["nested-resources.exe"],
    APP + "app/d3dcompiler_47.dll": PE["cut-headers.exe"],
    HOME + "Microsoft/Windows/INetCache/IE/A/icon1[1].ico": make_ico.icon([(16, make_ico.png())]),
    HOME + "Microsoft/Windows/INetCache/IE/A/icon2[1].ico": make_ico.icon([(16, make_ico.png())], sample_tree.ICON_TRAILER),
    LOGS + "System.evtx": EVTX["broken.evtx"],
    LOGS + "Security.evtx": EVTX["header.evtx"],
    LOGS + "Application.evtx": make_evtx.log([make_evtx.Event("MsiInstaller", 1033, "2023-03-14T09:12:00", "Application",
                                                              ["3CX Desktop App", "18.12.416.0", "1033", "0", "Maker"])]),
    "ProgramData/all.exe": b"a" * 4000000,
}
fixture_files.write(os.path.join(T, "broken"), BROKEN)
os.truncate(os.path.join(T, "broken", HOME, "Microsoft/Windows/INetCache/IE/A/icon1[1].ico"), 2 << 30)  # sparse
typo = [f"host{n}.example" for n in range(40)]
typo[29] = "no indicator here"
path = case("a broken machine", os.path.join(T, "broken"), (1,), [], True, "-p", "3cx,ioc-scan,yara-scan",
            "--ioc", plain("typo.txt", "\n".join(typo).encode()), "--set", "yara-scan.seconds=1",
            "--yara", plain("slow.yar", b"rule slow { strings: $a = /(a+)+b/ condition: $a }"))
archive = Archive(path)
told = [(a["object"], a["reason"]) for a in archive.anomalies]
for name, part, reason in (
        ("section table past the end", "app-18.12.416/3CXDesktopApp.exe", "65535 sections"),
        ("certificates longer than the file", "app-18.12.416/d3dcompiler_47.dll", "ends behind the end of the file"),
        ("10000 nested resources", "app/3CXDesktopApp.exe", "resources are not three levels deep"),
        ("headers cut off", "app/d3dcompiler_47.dll", "no readable program"),
        ("an icon of 2 GB", "icon1[1].ico", "bytes are more than an icon has"),
        ("a broken chunk", "System.evtx", "record"), ("a broken header", "Security.evtx", ""),
        ("a list with a typo", "typo.txt", "line 30"), ("a rule that never ends", "all.exe", "more than 1 seconds")):
    check("a broken machine: " + name, any(part in where and reason in why for where, why in told), told)
check("a broken machine: no step is lost", not [a for a in archive.anomalies if a["code"] in ("died", "timeout")])
found = {f["fields"].get("sign") for f in archive.findings}
check("a broken machine: the rest is found", {"library.loader", "icon.trailer", "build.bad"} <= found, found)
check("a broken machine: the verdict", [v["step"] for v in archive.lines("verdicts.jsonl")] == ["active"])

# --- output --------------------------------------------------------------------
run = fossick("collect", "-q", "-o", os.path.join(T, "nowhere"), SAMPLE)
check("output folder missing", run.returncode == 73 and "nowhere" in run.stderr, f"{run.returncode} {run.stderr}")
run = fossick("collect", "-q", "-o", "/proc", SAMPLE)
check("output folder not writable", run.returncode == 73 and "/proc" in run.stderr, f"{run.returncode} {run.stderr}")
small = os.path.join(T, "small")
os.makedirs(small)
if os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", small],
                                        capture_output=True).returncode == 0:
    run = fossick("collect", "-q", "--level", "0", "-o", small, SAMPLE)
    check("disk full: exit status 1, and the message says so",
          run.returncode == 1 and "space" in run.stderr, f"{run.returncode}\n{run.stderr}")
    zips = [n for n in os.listdir(small) if n.endswith(".zip")]
    check("disk full: there is an archive on the small disk", len(zips) == 1, os.listdir(small))
    if zips:
        verifies("disk full: it verifies", os.path.join(small, zips[0]))
    subprocess.run(["umount", small])
else:
    skip("disk full", "cannot mount a small tmpfs here")

# --- the run is disturbed --------------------------------------------------------
out = os.path.join(T, "interrupted")
os.makedirs(out)
slow = plugin("slow", "local t = 0 for i = 1, 2e8 do t = t + i end")
p = subprocess.Popen([FOSSICK, "collect", "-q", "-o", out, "-p", slow, SAMPLE], stderr=subprocess.PIPE, text=True)
time.sleep(1.5)
p.send_signal(signal.SIGINT)
said = p.communicate(timeout=60)[1]
zips = [n for n in os.listdir(out) if n.endswith(".zip")]
check("Ctrl-C: exit status 1", p.returncode == 1, f"{p.returncode} {said}")
check("Ctrl-C: the archive is closed", zips and not [n for n in os.listdir(out) if "journal" in n], os.listdir(out))
if zips:
    verifies("Ctrl-C: the archive verifies", os.path.join(out, zips[0]))
    custody = Archive(os.path.join(out, zips[0])).text("custody.jsonl")
    check("Ctrl-C: custody says so", "interrupted" in custody, custody)

# a source that loses its second half while it is read
out = os.path.join(T, "vanishing")
os.makedirs(out)
victim = image("vanish", lambda s: s)
p = subprocess.Popen([FOSSICK, "collect", "-q", "-o", out, victim], stderr=subprocess.PIPE, text=True)
while p.poll() is None and not os.listdir(out):
    time.sleep(0.01)
os.truncate(victim, 4096)
said = p.communicate(timeout=120)[1]
zips = [n for n in os.listdir(out) if n.endswith(".zip")]
check("source vanishes: ends with 0, 1 or 2", p.returncode in (0, 1, 2), f"{p.returncode} {said}")
if zips:
    verifies("source vanishes: the archive verifies", os.path.join(out, zips[0]))
finish()
