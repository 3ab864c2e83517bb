"""The worker alone, spoken to as the keeper does: tasks, skip lists, faults."""
import datetime
import os
import platform
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

if not shutil.which("mformat"):
    print("1..0 # SKIP no mformat (Debian package mtools)")
    sys.exit(0)

import worker_image  # noqa: E402
import worker_unfiltered  # noqa: E402
from worker_talk import Tap, Worker  # noqa: E402

PLUGIN = b"""return {
  api = 1, name = "notes", summary = "Notes of users", os = { "windows" },
  wants = { "Users/*/*.txt" },
  run = function(ctx, e)
    ctx:record("note", { path = e.path, size = e.size })
    if e.size > 0 then ctx:collect(e, "a note") end
    if e.user == "bob" then
      ctx:finding{ severity = "info", confidence = "low", title = "bob has a note", evidence = { e } }
    end
  end,
}
"""
RAISES = b"""return {
  api = 1, name = "raises", summary = "Fails for one item",
  wants = { "Users/ann/*.txt" },
  run = function(ctx, e)
    if e.size == 0 then error("no content") end
    ctx:record("seen", { path = e.path })
  end,
}
"""
BROKEN = b"return {\n  api = 1,\n  name = ,\n}\n"
MACOS = b"""return {
  api = 1, name = "macos-only", summary = "Not for this volume", os = { "macos" },
  wants = { "Users/*/*.txt" },
  run = function(ctx, e) ctx:record("wrong", {}) end,
}
"""
TEXTS = [({"kind": "plugin", "name": name}, text) for name, text in
         (("notes", PLUGIN), ("raises", RAISES), ("broken", BROKEN), ("macos-only", MACOS))]
GROUP = {"source": 0, "volume": 0, "letter": "D", "os": "windows",
         "plugins": ["notes", "raises", "broken", "macos-only"]}

tap = Tap()
scratch = tempfile.TemporaryDirectory(prefix="fossick-worker.")
image = os.path.join(scratch.name, "disk.img")
worker_image.make(image, scratch.name)
contents = worker_image.contents()


def of(kind, messages):
    return [head for name, head, _ in messages if name == kind]


def records(messages):
    """(plugin of the step, kind, path)"""
    plugin, out = None, []
    for name, head, _ in messages:
        if name == "BEGIN":
            plugin = head.get("plugin")
        elif name == "RECORD":
            out.append((plugin, head["kind"], head["fields"]["path"]))
    return out


def start(**more):
    return Worker([image], texts=TEXTS, **more)


def files_of(messages):
    """{id: [FILE head, bytes, CLOSE head]}"""
    out = {}
    for name, head, blob in messages:
        if name == "FILE":
            out[head["id"]] = [head, b"", None]
        elif name == "DATA":
            out[head["id"]][1] += blob if "zeros" not in head else b"\0" * head["zeros"]
        elif name == "CLOSE":
            out[head["id"]][2] = head
    return out


def test_lock():
    w = start()
    tap.equal(w.hello[1]["proto"], 1, "HELLO names the protocol")
    layers = {layer["name"]: layer["held"] for layer in w.locked[1]["layers"]}
    tap.ok(layers.get("seccomp") and layers.get("no-new-privs"), "the essential layers hold",
           w.locked)
    tap.equal(w.quit(), 0, "QUIT ends it with 0")


def test_no_filter():
    """A worker that cannot lock down says so; whether it works then is the user's choice."""
    through = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                            "worker_unfiltered.py")]
    if platform.machine() not in worker_unfiltered.NUMBERS:
        tap.skip("without a filter", "no system call numbers for this machine")
        return
    w = start(through=through)
    lost = [layer["name"] for layer in w.locked[1]["layers"] if not layer["held"]]
    tap.equal(lost, ["seccomp"], "without a filter: LOCKED says which layer does not hold")
    tap.equal(w.task("probe")[-1][0], "DONE", "without a filter: the run goes on")
    w.quit()
    w = start(through=through, setup={"require_sandbox": True})
    got = w.task("probe")
    tap.equal([(name, head.get("code")) for name, head, _ in got], [("FAILED", "refused")],
              "without a filter: no task is taken where the lock-down is required")
    w.quit()
    w = start(setup={"require_sandbox": True})
    tap.equal(w.task("probe")[-1][0], "DONE", "with all layers, what is required holds")
    w.quit()


def test_probe():
    w = start()
    got = w.task("probe")
    sources, volumes = of("SOURCE", got), of("VOLUME", got)
    tap.equal([s["format"] for s in sources], ["raw"], "probe: the source is raw")
    tap.equal([s["size"] for s in sources], [os.path.getsize(image)], "probe: its size")
    tap.equal([(v["fs"], v.get("letter"), v.get("os"), v["offset"]) for v in volumes],
              [("fat16", "D", "windows", worker_image.START * 512)],
              "probe: MountedDevices decides the letter")
    tap.equal([b["key"] for b in of("BEGIN", got)], ["source 0", "volume 0/0", "letters 0/0"],
              "probe: the steps")
    tap.equal(got[-1][0], "DONE", "probe: done")
    w.quit()
    w = start()
    w.send("SKIP", {"keys": ["letters 0/0"]})
    got = w.task("probe")
    tap.equal([v.get("letter") for v in of("VOLUME", got)], ["C"],
              "probe: without the registry, the volume with Windows is C")
    w.quit()
    w = start()
    w.send("SKIP", {"keys": ["source 0"]})
    got = w.task("probe")
    tap.equal([name for name, _, _ in got], ["DONE"], "probe: a source that was fatal is left out")
    w.quit()


TIMES = ("modified", "accessed", "changed", "created", "fn_modified", "fn_accessed", "fn_changed",
         "fn_created")


def iso(ns):
    digits = next(d for d, unit in ((0, 10**9), (3, 10**6), (6, 1000), (7, 100), (9, 1))
                  if ns % unit == 0)
    seconds = datetime.datetime.fromtimestamp(ns // 10**9, datetime.timezone.utc)
    fraction = ".%09d" % (ns % 10**9) if digits else ""
    return seconds.strftime("%Y-%m-%dT%H:%M:%S") + fraction[:digits + 1 if digits else 0] + "Z"


def entries(got):
    """The rows of core/ipc/rows.h, each as one object."""
    out = []
    for _, head, blob in (m for m in got if m[0] == "ENTRY"):
        while blob:
            n, addr, seq, size = struct.unpack_from("<IQQQ", blob)
            times = struct.unpack_from("<8q", blob, 28)
            kind, path, *stream, _ = blob[93:4 + n].decode().split("\0")
            loc = {"source": head["source"], "volume": head["volume"], "addr": addr, "path": path}
            if seq:
                loc["seq"] = seq
            if blob[92] & 1:
                loc["deleted"] = True
            if blob[92] & 2:
                loc["stream"] = stream[0]
            out.append({"locator": loc, "type": kind, "size": size, "letter": head.get("letter"),
                        "times": {k: iso(t) for k, t in zip(TIMES, times) if t != -2**63}})
            blob = blob[4 + n:]
    return out


def test_list_and_cat():
    w = start()
    got = w.task("list", source=0, volume=0, letter="D", globs=["users/*/*"])
    tap.equal([(e["locator"]["path"], e["type"], e["size"], e["letter"])
               for e in entries(got)],
              [(p, "file", len(contents[p]), "D") for p in sorted(contents)
               if p.startswith("Users/")], "list: a glob, without regard to case")
    got = w.task("cat", source=0, volume=0, globs=["Users/**"])
    sent = {head["locator"]["path"]: (data, close["status"])
            for head, data, close in files_of(got).values()}
    tap.equal(sent, {p: (c, "complete") for p, c in contents.items() if p.startswith("Users/")},
              "cat: the bytes of every file, and no folder")
    got = w.task("list", source=0, volume=7, globs=["*"])
    tap.equal((got[-1][0], got[-1][1].get("reason")), ("FAILED", '"disk.img" has no volume 7'),
              "list: a volume that is not there")
    got = w.task("list", source=0, volume=0, globs=["a[b"])
    tap.equal((got[-1][0], got[-1][1].get("code")), ("FAILED", "invalid"), "list: a bad glob")
    got = w.task("dance")
    tap.equal((got[-1][0], got[-1][1].get("reason")), ("FAILED", 'TASK: "dance" is unknown'),
              "an unknown task fails and the worker lives on")
    w.quit()


def wanted_files(w):
    found = entries(w.task("list", source=0, volume=0, globs=["Users/**/*.*"]))
    return [{"id": i, "locator": e["locator"], "letter": "D", "times": e["times"]}
            for i, e in enumerate(found, 1)]


def test_fetch():
    w = start()
    files = wanted_files(w)
    got = files_of(w.task("fetch", files=files))
    tap.equal({head["locator"]["path"]: data for head, data, _ in got.values()},
              {p: c for p, c in contents.items() if p.startswith("Users/")}, "fetch: the bytes")
    tap.equal([got[f["id"]][0]["times"] for f in files], [f["times"] for f in files],
              "fetch: the times that the keeper gave")
    bare = [{k: v for k, v in f.items() if k != "times"} for f in files]
    got = files_of(w.task("fetch", files=bare))
    tap.equal([got[f["id"]][0]["times"] for f in files], [f["times"] for f in files],
              "fetch: the times, looked up")
    key = "fetch|0/0/{addr}//{path}".format(**files[0]["locator"])
    w.send("SKIP", {"keys": [key]})
    got = w.task("fetch", files=files)
    tap.equal(sorted(files_of(got)), [f["id"] for f in files[1:]],
              "fetch: a file in the skip list is left out")
    gone = {"id": 9, "locator": {"source": 0, "volume": 0, "addr": 999999999, "path": "gone"}}
    nowhere = {"id": 10, "locator": {"source": 0, "volume": 5, "addr": 1, "path": "nowhere"}}
    got = files_of(w.task("fetch", files=[gone, nowhere, files[0]]))
    tap.equal([got[i][2]["status"] for i in (9, 10, files[0]["id"])],
              ["unreadable", "unreadable", "complete"],
              "fetch: what is not there is unreadable, and the rest comes")
    w.quit()
    w = start(setup={"limits": {"memory": 3 << 30, "file_size": 1000}})
    got = files_of(w.task("fetch", files=files))
    big = [f["id"] for f in files if f["locator"]["path"].endswith("big.bin")][0]
    tap.equal((got[big][1], got[big][2]["status"]), (b"", "over-limit"),
              "fetch: a file over the limit is recorded, not sent")
    w.quit()


def test_plugins():
    w = start()
    got = w.task("plugins", **GROUP)
    tap.equal(records(got),
              [("notes", "note", "Users/ann/empty.txt"), ("notes", "note", "Users/ann/note.txt"),
               ("notes", "note", "Users/bob/note.txt"), ("raises", "seen", "Users/ann/note.txt")],
              "plugins: rows in the order of plugins and paths")
    plans = of("PLAN", got)
    tap.equal([(p["way"], "index" in p) for p in plans], [("folders", False)],
              "plugins: the group says its way, once")
    tap.equal([(c["locator"]["path"], c["letter"], c["reason"]) for c in of("COLLECT", got)],
              [("Users/ann/note.txt", "D", "a note"), ("Users/bob/note.txt", "D", "a note")],
              "plugins: requests to collect")
    tap.equal([(f["title"], f["evidence"][0]["path"]) for f in of("FINDING", got)],
              [("bob has a note", "Users/bob/note.txt")], "plugins: findings")
    wrong = of("ANOMALY", got)
    tap.equal([(a["plugin"], a["code"]) for a in wrong], [("broken", "plugin"), ("raises", "plugin")],
              "plugins: one that does not load and one that raises are anomalies")
    tap.ok("broken.lua:3:" in wrong[0]["reason"], "plugins: the line of a syntax error", wrong[0])
    tap.equal((wrong[1]["locator"]["path"], wrong[1]["object"]),
              ("Users/ann/empty.txt", 'plugin "raises" on "Users/ann/empty.txt"'),
              "plugins: the item of an error")
    tap.equal(got[-1][0], "DONE", "plugins: done all the same")
    w.quit()


def test_check():
    w = start()
    got = w.task("check")
    tap.equal([(p["name"], p["ok"]) for p in of("PLUGIN", got)],
              [("notes", True), ("raises", True), ("broken", False), ("macos-only", True)],
              "check: which plugins load")
    w.quit()


def skip_list(messages):
    """What the keeper sends after a death: finished steps but those that are
    taken again, and the one in flight."""
    begun = of("BEGIN", messages)
    done = [b["key"] for b in begun[:-1] if not b.get("again")]
    return done + [begun[-1]["key"]]


def rows(messages):
    """Everything that a task reports, by the step that reported it."""
    out, key = {}, None
    for name, head, blob in messages:
        if name == "BEGIN":
            key = head["key"]
        elif name not in ("DONE", "FAILED"):
            out.setdefault(key, []).append((name, head, blob))
    return out


def faults_can_be_asked_for():
    """Only test builds have them; all others must refuse."""
    w = start(lock=False)
    w.send("SETUP", {"sources": [], "fault": {"step": 1, "signal": 9}})
    w.send("LOCK", {})
    answer = w.receive()
    w.end()
    if answer:
        return True
    tap.ok(any("without fault injection" in line for line in w.log), "faults are refused", w.log)
    tap.skip("killed at each step", "built without --enable-fault-injection")
    return False


def test_death_at_each_step(op, **task):
    """Killed at each BEGIN: what came before is whole, the restart gives the
    rest, and only the step in flight is missing."""
    w = start()
    whole = w.task(op, **task)
    w.quit()
    steps = of("BEGIN", whole)
    all_rows = rows(whole)
    bad = []
    for n, step in enumerate(steps, 1):
        number = (signal.SIGKILL, signal.SIGSEGV)[n % 2]
        w = start(setup={"fault": {"step": n, "signal": int(number)}})
        first = w.task(op, **task)
        status = w.end()
        w = start()
        w.send("SKIP", {"keys": skip_list(first)})
        second = w.task(op, **task)
        w.quit()
        left = {key: value for key, value in all_rows.items() if key != step["key"]}
        both = {**rows(first), **rows(second)}
        if not step.get("again") and both != left:
            bad.append(f"step {n} {step['key']}: rows differ")
        if status != -number or of("BEGIN", first) != steps[:n]:
            bad.append(f"step {n} {step['key']}: status {status}")
        # without the one walk there is nothing to send, and the task says so
        end = "FAILED" if op == "cat" and step["key"] == "walk" else "DONE"
        if second[-1][0] != end:
            bad.append(f"step {n} {step['key']}: {second[-1]}")
    tap.ok(not bad and len(steps) > 2, f"{op}: killed at each of {len(steps)} steps",
           "\n".join(bad))


def fruits(messages):
    """What the steps gave, the plan of the walk aside."""
    kept = rows([m for m in messages if m[0] != "PLAN"])
    return [(key, given) for key, given in kept.items() if key and given]


def test_walk_alone():
    """When the walk for all plugins was fatal, each plugin walks alone."""
    w = start()
    whole = fruits(w.task("plugins", **GROUP))
    w.send("SKIP", {"keys": ["walk", "walk|raises"]})
    got = w.task("plugins", **GROUP)
    w.quit()
    notes = [r for r in whole if not r[0].startswith("raises|")]
    tap.equal(fruits(got), notes,
              "plugins: a walk that was fatal costs only the plugins that walk there")
    tap.equal([p["reason"] for p in of("PLAN", got)], ["a walk for all plugins ended a worker"],
              "plugins: and the plan says so")


def test_bad_keepers():
    w = start(lock=False)
    w.send("TASK", {"task": 1, "op": "probe"})
    tap.equal((w.receive(), w.end()), (None, 1), "a task before the lock-down ends the worker")
    tap.ok(any("TASK is not permitted" in line for line in w.log), "and the log says why", w.log)
    w = start(lock=False)
    w.raw(struct.pack("<I", 0xFFFFFFF0) + b"x" * 64)
    tap.equal((w.receive(), w.end()), (None, 1), "a frame over the ceiling ends the worker")
    w = start(lock=False)
    w.send("SETUP", {"sources": [{"source": 0, "name": "x", "kind": "files",
                                  "segments": [{"fd": 99, "name": "x", "size": 1}]}]})
    tap.equal((w.receive(), w.end()), (None, 1), "a descriptor that is not there ends the worker")
    w = start()
    w.sock.close()
    tap.equal(w.end(), 0, "the end of the keeper is the end of the worker")
    by_hand = subprocess.run([os.environ["FOSSICK_WORKER"]], capture_output=True, check=False)
    tap.ok(by_hand.returncode == 64 and b"fossick collect" in by_hand.stderr,
           "started by hand, it says what to run instead", by_hand)


test_lock()
test_no_filter()
test_probe()
test_list_and_cat()
test_fetch()
test_plugins()
test_check()
if faults_can_be_asked_for():
    test_death_at_each_step("probe")
    test_death_at_each_step("plugins", **GROUP)
    test_death_at_each_step("cat", source=0, volume=0, globs=["**"])
test_walk_alone()
test_bad_keepers()
scratch.cleanup()
tap.done()
