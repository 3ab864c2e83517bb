#!/usr/bin/env python3
"""The verdict on the 3CX case: a machine for each step of the ladder, Windows as NTFS images, macOS and
a server as folders. The step, its reasons, its times, what was not examined, the screen. Output is TAP."""
import os
import sys

SRC = os.environ["FOSSICK_SRC"]
sys.path[:0] = [os.path.join(SRC, "tests"), os.path.join(SRC, "tests/data")]
import ntfs_image
import support
import tree_dirs
import verdict_tree

T = support.scratch()
COLUMNS, ROWS = 80, 50
APP = "C:/Users/anna/AppData/Local/Programs/3CXDesktopApp/app-18.12.416/"


def image(name):
    path = os.path.join(T, name.replace(" ", "-") + ".img")
    ntfs_image.write(verdict_tree.windows(name), path)
    return path


def folder(name, tree):
    path = os.path.join(T, name.replace(" ", "-"))
    tree_dirs.write(tree, path)
    return path


def judged(name, source, *more):
    """The archive and its one verdict of the case; {} when there is none."""
    run, path = support.collect(os.path.join(T, "out-" + os.path.basename(source)), source, *more)
    if path is None:
        support.check(name + ": an archive", False, run.stderr)
        return None, {}
    archive = support.Archive(path)
    rows = [v for v in archive.lines("verdicts.jsonl") if v.get("plugin") == "3cx-verdict"]
    support.same(name + ": verdicts", len(rows), 1)
    return archive, rows[0] if rows else {}


def step_of(verdict, name):
    return next((s for s in verdict.get("steps", []) if s["name"] == name), {"for": [], "against": []})


def reached(verdict):
    return [s["name"] for s in verdict.get("steps", []) if s["reached"]]


def times(verdict):
    return {t["what"]: t["time"] for t in verdict.get("times", [])}


def expect(name, verdict, step, steps=None, has=(), when=None, notes=None):
    """`has`: (step, "for" or "against", part of a reason)."""
    support.same(name + ": step", verdict.get("step"), step)
    if steps is not None:
        support.same(name + ": steps reached", reached(verdict), steps)
    for which, side, part in has:
        said = step_of(verdict, which)[side]
        support.check("%s: %s %s %s" % (name, side, which, part), any(part in s for s in said), said)
    for what, time in (when or {}).items():
        support.same("%s: %s" % (name, what), times(verdict).get(what), time)
    if notes is not None:
        support.same(name + ": notes", verdict.get("notes"), notes)


# --- Windows ---

SEEN = {"first seen": "2023-03-14T09:12:00Z"}
RAN = {"first run": "2023-03-14T09:13:00Z", "last run": "2023-04-05T16:00:00Z",
       "state file": "2023-03-14T09:13:30Z", "waits until": "2023-03-22T10:13:00Z"}


def absent():
    archive, verdict = judged("absent", image("absent"))
    expect("absent", verdict, "absent", ["absent"], notes=[])
    support.same("absent: nothing is missing", verdict.get("unexamined"), [])
    support.same("absent: no finding above info",
                 [f["title"] for f in archive.findings if f["severity"] != "info"], [])


def exposed():
    _, verdict = judged("exposed", image("exposed"))
    expect("exposed", verdict, "exposed", ["exposed"], when=SEEN, has=[
        ("exposed", "for", "bad build 18.12.416, 2023-03-14T09:12:00Z: C:/Users/anna/NTUSER.DAT"),
        ("exposed", "for", "Amcache.hve"), ("dormant", "against", "no altered library")])
    support.check("exposed: the id that the malware sends is in the advice",
                  any("3cf05510-0000-4000-8000-00000000c0de" in a["text"] for a in verdict.get("advice", [])))
    support.check("exposed: all advice has a source", all(a["source"] for a in verdict.get("advice", [{}])))


def dormant():
    _, verdict = judged("dormant", image("dormant"))
    expect("dormant", verdict, "dormant", ["exposed", "dormant"], when=SEEN, has=[
        ("exposed", "for", "its files are there"), ("dormant", "for", APP + "ffmpeg.dll"),
        ("dormant", "for", APP + "d3dcompiler_47.dll"), ("active", "against", "no state file"),
        ("active", "against", "no run of the app is known")])


def active():
    _, verdict = judged("active", image("active"))
    expect("active", verdict, "active", ["exposed", "dormant", "active"], when=dict(SEEN, **RAN), has=[
        ("active", "for", "state file 'manifest', 2023-03-14T09:13:30Z: " + APP + "manifest"),
        ("active", "for", "icon with an encrypted C2 address, https://example.invalid/icon-test, 2023-04-02T10:00:00Z: "
                            "C:/Users/anna/AppData/Local/Microsoft/Windows/INetCache/IE/3CF0AB12/icon3[1].ico"), ("second stage", "against", "none of the known files")])
    support.check("active: techniques", {"attack:T1195.002", "attack:T1574.002", "attack:T1497.003",
                                         "attack:T1102.001"} <= set(verdict.get("references", [])))


def waiting():
    _, verdict = judged("waiting", image("waiting"))
    expect("waiting", verdict, "active", has=[
        ("active", "against", "the last known run, 2023-03-15T09:13:00Z, is before the end of the wait"),
        ("active", "against", "it may not have gone beyond its wait")])


def second():
    _, verdict = judged("second stage", image("second stage"))
    expect("second stage", verdict, "second stage", ["exposed", "dormant", "active", "second stage"], when={
        "second stage": "2023-04-04T03:00:00Z"}, has=[
        ("second stage", "for", "{8f0e7c52-3cf0-4a11-9d55-0123456789ab}.TxR.0.regtrans-ms"),
        ("second stage", "for", "C:/Windows/System32/wlbsctrl.dll")])


def updated():
    _, verdict = judged("updated", image("updated"))
    expect("updated", verdict, "active", ["exposed", "active"], when=dict(SEEN, updated="2023-04-07T07:30:00Z"),
           notes=["clean build 18.12.425 is there: it does not undo what ran before"],
           has=[("dormant", "against", "none of its libraries lies there any more"),
                ("active", "for", APP + "manifest")])


def users():
    _, verdict = judged("users", image("users"))
    expect("users", verdict, "active", when={"first seen": "2023-03-13T09:12:00Z"})
    support.same("users: each with a step of his own", verdict.get("fields", {}).get("users"),
                 [{"step": "active", "user": "anna"}, {"step": "dormant", "user": "jonas"}])
    support.check("users: the summary says whose", "By user: anna active, jonas dormant." in verdict.get("summary", ""),
                  verdict.get("summary"))


def former():
    archive, verdict = judged("former", image("former"))
    expect("former", verdict, "active", ["exposed", "dormant", "active"], when=dict(SEEN, **RAN),
           notes=["all of it lies in Windows.old: it was there before an upgrade"], has=[
               ("exposed", "for", "a trace of the past"),
               ("active", "for", "C:/Windows.old/Users/anna/AppData/Local/Programs/3CXDesktopApp/app-18.12.416/manifest")])
    support.same("former: whose", {f["fields"].get("user") for f in archive.findings if f["severity"] == "high"}, {"anna"})


def logged():
    _, verdict = judged("logged", image("logged"))
    expect("logged", verdict, "active", ["exposed", "dormant", "active"], has=[
        ("exposed", "for", "bad build 18.12.416, a trace of the past, 2023-03-14T09:12:00Z"),
        ("dormant", "for", "antivirus found Trojan:Win64/SamScissors (Quarantine), 2023-04-05T08:00:00Z"),
        ("active", "for", "contact of the app with pbxsources.com, 2023-04-02T10:01:00Z")], when={
        "first seen": "2023-03-14T09:12:00Z", "first contact": "2023-04-02T10:01:00Z", "removed": "2023-04-06T12:00:00Z"})
    support.check("logged: where it reached", "reached pbxsources.com" in verdict.get("summary", ""), verdict.get("summary"))


def clean():
    archive, verdict = judged("clean", image("clean"))
    expect("clean", verdict, "absent", ["absent"])
    support.check("clean: the clean build is named", "clean build 18.12.425 is there" in verdict.get("notes", []),
                  verdict.get("notes"))
    for what in ("3CXPhone", "MSIX app", "web client"):
        support.check("clean: %s is named" % what, any(what in n for n in verdict.get("notes", [])),
                      verdict.get("notes"))
    support.same("clean: no finding above info",
                 [f["title"] for f in archive.findings if f["severity"] != "info"], [])


def breached():
    _, verdict = judged("breached", image("breached"))
    expect("breached", verdict, "absent", ["absent"],
           notes=["X_TRADER or VEILEDSIGNAL (by which 3CX itself was breached): a case of its own, see the findings"])


def locked():
    """A disk whose second partition is encrypted."""
    shut, disk = os.path.join(T, "shut.img"), os.path.join(T, "disk.img")
    ntfs_image.locked(shut)
    ntfs_image.disk([image("absent"), shut], disk)
    _, verdict = judged("encrypted volume", disk)
    expect("encrypted volume", verdict, "absent", ["absent"])
    support.check("encrypted volume: it is not examined", any("BitLocker" in u for u in verdict.get("unexamined", [])),
                  verdict.get("unexamined"))
    support.check("encrypted volume: what absent is worth",
                  "This holds for what was read: 1 volume stayed shut." in verdict.get("summary", ""),
                  verdict.get("summary"))


def bare():
    """A Windows without event logs, prefetch files and profiles."""
    tree = verdict_tree.windows("dormant")
    for name in [n for n in tree if n.endswith((".evtx", ".pf", "NTUSER.DAT"))]:
        del tree[name]
    path = os.path.join(T, "bare.img")
    ntfs_image.write(tree, path)
    _, verdict = judged("bare", path)
    expect("bare", verdict, "dormant")
    support.same("bare: what was not there", [u.split(":")[0] for u in verdict.get("unexamined", [])],
                 ["user profiles", "event logs", "prefetch"])
    support.check("bare: it may have gone further", "It may have gone further" in verdict.get("summary", ""))


def changed(name, step, change):
    """The machine of a step with its tree changed."""
    tree = verdict_tree.windows(step)
    change(tree)
    path = os.path.join(T, name.replace(" ", "-") + ".img")
    ntfs_image.write(tree, path)
    return judged(name, path)[1]


def installer():
    """Nothing but an installer in a folder of downloads."""
    verdict = changed("installer", "absent", lambda tree: tree.put(
        "Users/karl/Downloads/3CXDesktopApp-18.12.416.msi", b"fixture of an installer", verdict_tree.FIRST))
    expect("installer", verdict, "exposed", ["exposed"], has=[
        ("exposed", "for", "C:/Users/karl/Downloads/3CXDesktopApp-18.12.416.msi"),
        ("exposed", "against", "only an installer lies there")])
    support.check("installer: the summary says so", "as an installer" in verdict.get("summary", ""), verdict.get("summary"))


def copied():
    """The libraries of the app in the folder of an analyst."""
    def change(tree):
        tree.put("Users/karl/AppData/Local/Programs/samples/ffmpeg.dll", verdict_tree.sample_tree.loader(True))
    verdict = changed("copied", "absent", change)
    expect("copied", verdict, "dormant", ["dormant"], has=[
        ("dormant", "against", "outside of the folders of the app"), ("exposed", "against", "no trace of the install")])


def damaged():
    """A hive of a user that is none: what it would have said is missing."""
    def change(tree):
        tree.put("Users/anna/NTUSER.DAT", b"no hive" * 1000)
    verdict = changed("damaged hive", "dormant", change)
    expect("damaged hive", verdict, "dormant")
    support.check("damaged hive: said", any("damaged hive" in u and "Users/anna/NTUSER.DAT" in u
                                            for u in verdict.get("unexamined", [])), verdict.get("unexamined"))
    support.check("damaged hive: it may have gone further", "It may have gone further" in verdict.get("summary", ""))


def several():
    """Two machines in one run: each has its verdict."""
    one, two = image("active"), image("clean")
    _, path = support.collect(os.path.join(T, "out-several"), one, two)
    rows = support.Archive(path).lines("verdicts.jsonl") if path else []
    support.same("two machines: a verdict for each", [(v["sources"], v["step"]) for v in rows],
                 [([0], "active"), ([1], "absent")])


def repeated():
    """The same evidence gives the same verdict, with one worker and with four."""
    texts = set()
    for jobs in ("1", "4"):
        run, path = support.collect(os.path.join(T, "out-jobs-" + jobs), image("users"), "-j", jobs)
        texts.add(support.Archive(path).text("verdicts.jsonl") if path else run.stderr)
    support.check("the same verdict each time", len(texts) == 1 and "users" in str(texts), "\n".join(texts))


# --- macOS, the server ---

def macs():
    support_path = "Users/mia/Library/Application Support/3CX Desktop App/"
    wanted = {"absent": ["absent"], "exposed": ["exposed"], "dormant": ["exposed", "dormant"],
              "active": ["exposed", "dormant", "active"],
              "second stage": ["exposed", "dormant", "active", "second stage"], "clean": ["absent"]}
    reasons = {"exposed": ("exposed", "for", "3CX Desktop App.app"), "dormant": ("dormant", "for", "libffmpeg.dylib"),
               "active": ("active", "for", support_path + ".main_storage"),
               "second stage": ("second stage", "for", support_path + "UpdateAgent")}
    for name, steps in wanted.items():
        archive, verdict = judged("mac " + name, folder("mac " + name, verdict_tree.mac(name)))
        expect("mac " + name, verdict, steps[-1], steps, has=[reasons[name]] if name in reasons else [])
        if name in ("absent", "clean"):
            support.same("mac %s: no finding above info" % name,
                         [f["title"] for f in archive.findings if f["severity"] != "info"], [])
    support.check("mac: times may be those of the copy",
                  any("a folder as source" in u for u in verdict.get("unexamined", [])), verdict.get("unexamined"))
    support.same("mac: waits until, of the state file", times(judged(
        "mac", folder("mac again", verdict_tree.mac("active")))[1]).get("waits until"), "2023-03-28T10:40:00Z")


def servers():
    _, verdict = judged("server", folder("server", verdict_tree.server(True)))
    expect("server", verdict, "exposed", ["exposed"], has=[("exposed", "for", "3CXDesktopApp-18.12.416.msi")])
    support.check("server: its own words", "the clients are exposed" in verdict.get("summary", ""),
                  verdict.get("summary"))
    support.check("server: what to do with the clients", any("clients" in a["text"] for a in verdict.get("advice", [])))
    _, verdict = judged("clean server", folder("clean server", verdict_tree.server(False)))
    expect("clean server", verdict, "absent", ["absent"])


# --- the screen ---

def lines_of(text):
    """The closing screen up to the short list of findings."""
    lines = text.splitlines()
    ends = [i for i, line in enumerate(lines) if line.startswith(("FOUND", "FINDINGS", "COLLECTED"))]
    return lines[:ends[0]] if ends else lines


def screen():
    """The verdict stands first, in 80 columns, and it fits on one screen."""
    for name in ("active", "second stage", "absent"):
        out = os.path.join(T, "screen-" + name.replace(" ", "-"))
        os.makedirs(out)
        run = support.fossick("collect", "-o", out, image(name), env=dict(os.environ, COLUMNS=str(COLUMNS)))
        text = run.stdout + run.stderr
        long = [line for line in lines_of(text) if len(line) > COLUMNS]
        support.same(name + ": lines of the verdict are of 80 columns", long, [])
        support.check(name + ": the verdict fits on a screen", 0 < len(lines_of(text)) <= 34, "\n".join(lines_of(text)))
        support.check(name + ": all fits on a screen", len(text.splitlines()) <= ROWS, text)
        support.check(name + ": the step is on it", name.upper() in text.upper().replace("\n", " "), text)


def main():
    for case in (absent, exposed, dormant, active, waiting, second, updated, users, former, logged, clean, breached, locked, bare,
                 installer, copied, damaged, several, repeated, macs, servers, screen):
        case()
    support.finish()


main()
