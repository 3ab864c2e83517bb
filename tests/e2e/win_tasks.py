"""win-tasks on trees that tests/data/task_tree.py makes: an ordinary machine, one on which much is
wrong, one without a hive, blobs that were cut and changed; and a task of another's making."""
import collections
import importlib
import json
import os
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
import task_tree
from support import check, same

T = support.scratch()
HIVE = "fs/C/Windows/System32/config/SOFTWARE"


def ran(name, tree=None):
    """The archive, and {kind: [fields]}."""
    run, out = support.collect(os.path.join(T, "out", name), "-p", "win-tasks", tree or os.path.join(T, name))
    archive, found = support.Archive(out), collections.defaultdict(list)
    for row in archive.records().get("win-tasks", []):
        found[row["kind"]].append(row["fields"])
    check(f"{name}: no mistake of the plugin", ".lua:" not in reasons(archive) and "budget" not in reasons(archive),
          reasons(archive)[-2000:])
    return run, archive, found


def of(rows, path):
    found = [r for r in rows if r.get("path", r.get("task")) == path]
    return found[0] if len(found) == 1 else found


def part(row, *names):
    return [row.get(n) for n in names]


def reasons(archive):
    return "\n".join(sorted(a["reason"] for a in archive.anomalies))


# --- an ordinary machine ---

task_tree.tree(os.path.join(T, "plain"), odd=False)
run, archive, rows = ran("plain")
same("ordinary: nothing to remark", (run.returncode, archive.findings, archive.anomalies), (0, [], []))
same("ordinary: one row for each task, file and registry alike", collections.Counter(t["xml"] for t in rows["task"]), {"same": 29})
check("ordinary: hive and files are collected", HIVE in archive.files and "fs/C/Windows/System32/Tasks/Com/Net" in archive.files)
full = of(rows["task"], r"\Full")
same("all there is: text", [full[k] for k in ("uri", "author", "date", "description", "creator", "group")],
     [r"\Full", "Ann", "2023-03-01T10:00:00", "All there is", "test", "boot"])
same("all there is: times and result", [full[k] for k in ("time", "last_run", "last_end", "result")],
     ["2023-03-29T08:15:30Z", "2023-03-29T08:15:31Z", "2023-03-29T08:15:32Z", "0x80070002"])
same("all there is: whom it runs as", [full[k] for k in ("account", "sid", "user", "logon", "level")],
     ["PC\\ann", task_tree.USER, "ann", "InteractiveToken", "HighestAvailable"])
same("all there is: state", [full[k] for k in ("enabled", "hidden", "sd", "index", "registry")], [True, True, True, 3, "whole"])
same("all there is: security", full["security"], f"O:BAG:SYD:P(A;ID;FA;;;SY)(D;OICI;FR;;;{task_tree.USER})(0x9;;0x7;;;)")
same("all there is: triggers", full["triggers"], [
    {"kind": "boot", "delay": "PT30S"},
    {"kind": "logon", "enabled": False, "id": "me", "user": task_tree.USER},
    {"kind": "time", "start": "2023-03-29T08:15:30"},
    {"kind": "weekly", "start": "2023-03-29T08:15:30", "interval": "PT3600S"},
    {"kind": "event", "event": "<QueryList/>"}, {"kind": "idle"}, {"kind": "registration"},
    {"kind": "session", "state": "SessionLock"}, {"kind": "wnf", "state": "0001020304050607"}])
same("all there is: actions", full["actions"], [
    {"kind": "exec", "id": "first", "command": r"%UserProfile%\bin\my tool.exe", "arguments": "/a b", "folder": r"C:\work"},
    {"kind": "com", "class": task_tree.DLL}])
same("runs are on the timeline", [(r["path"], r["time"]) for r in rows["task-run"] + rows["task-end"]],
     [(r"\Full", "2023-03-29T08:15:31Z"), (r"\Full", "2023-03-29T08:15:32Z")])
first, second = of(rows["autostart"], r"\Full")
same("the program of a user, with a blank in its name",
     [first[k] for k in ("command", "program", "user", "scope", "folder", "startup", "place")],
     [r'"%UserProfile%\bin\my tool.exe" /a b', "C:/Users/ann/bin/my tool.exe", "ann", "user", r"C:\work", "enabled", "task"])
check("is collected", "fs/C/Users/ann/bin/my tool.exe" in archive.files)
for path, program in ((r"\Com\Narrow", "C:/Windows/SysWOW64/narrow.dll"), (r"\Com\Program", "C:/Program Files/Tool/tool.exe"),
                      (r"\Com\Net", "C:/Program Files/Tool/net.dll"), (r"\Microsoft\Windows\Fill\07", "C:/Windows/System32/handler.dll")):
    same(f"class of {path}", of(rows["autostart"], path).get("program"), program)
same("a program in the working folder", part(of(rows["autostart"], r"\Folder"), "program", "via"),
     ["C:/Windows/Temp/run.cmd", "working folder"])
same("a class that a service serves", of(rows["autostart"], r"\Com\Served")["service"], "wuauserv")
same("a class that is not registered", of(rows["autostart"], r"\Com\Gone")["missing"], f"class {task_tree.GONE.upper()} is not registered")

# --- a strange one ---

task_tree.tree(os.path.join(T, "odd"))
run, archive, rows = ran("odd")
tasks = {t["path"]: t for t in rows["task"]}
same("findings", sorted((f["severity"], f["title"], f["fields"]["task"]) for f in archive.findings), [
    ("info", "Task file and registry start different things", r"\Differs"),
    ("medium", "Scheduled task that has lost its security descriptor", r"\NoSecurity"),
    ("medium", "Scheduled task with index 0", r"\Index")])
same("registry and file differ: both are followed", sorted((r["store"], r["program"]) for r in of(rows["autostart"], r"\Differs")),
     [("registry", "C:/Windows/System32/calc.exe"), ("xml", "C:/Windows/System32/other.exe")])
same("how registry and file stand", [(p, tasks[p].get("registry"), tasks[p]["xml"]) for p in
                                     (r"\Differs", r"\NoFile", r"\TreeOnly", r"\TasksOnly", r"\Alone\Big", r"\Bad\Noise")],
     [(r"\Differs", "whole", "differs"), (r"\NoFile", "whole", "missing"), (r"\TreeOnly", "only in Tree", "missing"),
      (r"\TasksOnly", "no entry in Tree", "missing"), (r"\Alone\Big", None, "alone"), (r"\Bad\Noise", None, "unreadable")])
same("is the file the one that was registered?", [tasks[p].get("as_registered") for p in (r"\Calc", r"\Differs", r"\Full", r"\NoFile")],
     [True, False, None, None])
same("a descriptor that is cut off", part(tasks[r"\Security"], "sd", "security"), [True, None])
same("mail and message", [a["kind"] + " " + (a.get("subject") or a.get("title")) for a in tasks[r"\Mail"]["actions"]],
     ["email hello", "message title"])
old = tasks[r"\Old"]
same("as Windows 7 writes them", ([a["arguments"] for a in old["actions"]], old["triggers"], old["result"], old["last_run"]),
     (["1", "2"], [{"kind": "boot"}], "0x80070420", "2023-03-29T08:15:30Z"))
same("torn: what was whole is told", ([a["command"] for a in tasks[r"\Torn"]["actions"]], tasks[r"\Torn"]["triggers"]),
     (["calc.exe", "second.exe"], [{"kind": "boot"}]))
check("a name with all that text can have", "\\Odd \u202egpj.exe <&> \U0001f600" in tasks)
little = tasks[r"\Alone\Little"]
same("a file alone", [little.get(k) for k in ("description", "enabled", "user", "level", "triggers")],
     ["a <b> A <c>", False, "ann", "HighestAvailable",
      [{"kind": "logon", "user": "ann"}, {"kind": "weekly", "start": "2023-03-29T10:00:00"}]])
for name, argument in (("Big", None), ("Utf8", "ü"), ("Plain", "ü"), ("Latin", "\\xfc")):
    same(f"encoding: {name}", tasks["\\Alone\\" + name]["actions"][0].get("arguments"), argument)
same("a file that ends early", tasks[r"\Bad\Torn"]["actions"][0]["arguments"], "torn")
same("a file of the 32-bit folder", (tasks[r"\Narrow"]["file"], tasks[r"\Narrow"]["file_narrow"]),
     ("C:/Windows/SysWOW64/Tasks/Narrow", True))
night, off = tasks["Nightly.job"], tasks["Off.job"]
same("*.job", [night[k] for k in ("actions", "author", "description", "last_run_local", "product", "enabled", "triggers")],
     [[{"kind": "exec", "command": "C:\\Windows\\System32\\calc.exe", "arguments": "/night", "folder": "C:\\work"}], "ann",
      "each night", "2023-03-30T09:30:00.125", "5.1", True,
      [{"kind": "daily", "start": "2023-03-30T09:30:00", "duration": "PT60M", "interval": "PT10M"}]])
same("*.job that is off", [off.get(k) for k in ("enabled", "hidden", "result")] + [off["triggers"][0]["kind"]],
     [False, True, "0x00000002", "logon"])
same("what is wrong is told", reasons(archive), "\n".join((
    r"task \Lengths: Actions: 4294967295 bytes at offset 6, where 2 are left",
    r"task \Lengths: Triggers: 4294967295 bytes at offset 64, where 137 are left",
    r"task \Torn: Actions: 16 bytes at offset 88, where 10 are left",
    r"task \Torn: DynamicInfo: its layout is not known",
    r"task \Torn: Triggers: 9 bytes at offset 392, where 2 are left",
    r"task \Unknown: Actions: action 0x1234 at offset 54 is not known",
    r"task \Unknown: DynamicInfo: its layout is not known",
    r"task \Unknown: Triggers: trigger 0x1234 at offset 232 is not known",
    "task file: a DOCTYPE with declarations of its own, at offset 0",
    "task file: it ends before its command", "task file: it ends before its command",
    "task file: it ends inside of Arguments",
    "task file: more than 100 elements inside each other, at offset 897",
    "task file: no element", "task file: no element", "task file: no task definition",
    "task file: shorter than the header of a task")))
check("all files are collected", all(f"fs/C/Windows/{n}" in archive.files for n in (
    "System32/Tasks/Bad/Noise", "System32/Tasks/Alone/Latin", "SysWOW64/Tasks/Narrow", "Tasks/Short.job", "Tasks/SchedLgU.Txt")))
same("again: the same records", support.Archive(support.collect(os.path.join(T, "again"), "-p", "win-tasks",
     os.path.join(T, "odd"))[1]).text("records/win-tasks.jsonl"), archive.text("records/win-tasks.jsonl"))

# --- what was deleted ---

gone = task_tree.Machine(os.path.join(T, "gone"))
task_tree.ordinary(gone)
ID = "{FFFFFFFF-1111-2222-3333-444444444444}"  # the last, as the editor wants it
KEY = f"{task_tree.CACHE}\\Tasks\\{ID}"
values = {"Actions": task_tree.actions(task_tree.execute("C:\\Windows\\System32\\calc.exe", "/once")),
          "Triggers": task_tree.triggers(task_tree.generic(0xFFFF)), "DynamicInfo": task_tree.dynamic(task_tree.WHEN, task_tree.WHEN)}
gone.cached(r"\Gone", ID, **values)
CALC = f"{task_tree.CACHE}\\Tasks\\" + "{%s}" % str(task_tree.guid(r"\Calc")).upper()
editor = importlib.import_module("make-deleted").Editor(gone.hive)
editor.delete_key(KEY, ["Path", *values])
editor.delete_value(CALC, "Actions")
gone.write("Windows/System32/config/SOFTWARE", bytes(editor.data))
run, archive, rows = ran("gone")
task = of(rows["task-deleted"], r"\Gone")
same("a deleted task", part(task, "id", "time", "last_run", "actions", "triggers", "sid", "exists"),
     [ID, "2023-03-29T08:15:30Z", "2023-03-29T08:15:30Z", [{"kind": "exec", "command": "C:\\Windows\\System32\\calc.exe",
      "arguments": "/once"}], [{"kind": "boot"}], task_tree.USER, False])
same("what it started", part(of(rows["autostart-deleted"], r"\Gone"), "command", "program"),
     ["C:\\Windows\\System32\\calc.exe /once", "C:/Windows/System32/calc.exe"])
same("deleted actions that have no key", [part(t, "path", "id", "exists") + [t["actions"][0]["command"]] for t in rows["task-deleted"]
                                          if not t.get("id")], [[None, None, None, "C:\\Windows\\System32\\calc.exe"]])
same("nothing else is told of what was deleted", (len(rows["task-deleted"]), len(rows["autostart-deleted"]), archive.anomalies), (2, 1, []))

# --- a former Windows ---

former = task_tree.Machine(os.path.join(T, "former"), "Windows.old/Windows")
former.task(r"\Calc")
former.finish()
task_tree.Machine(os.path.join(T, "former")).finish()
run, archive, rows = ran("former")
same("a former Windows: its tasks are told, and start nothing",
     ([(t["path"], t["origin"], t["xml"]) for t in rows["task"]], rows["autostart"]), ([(r"\Calc", "Windows.old", "same")], []))
check("their files are collected", "fs/C/Windows.old/Windows/System32/Tasks/Calc" in archive.files)

# --- no hive; none of the descriptors of Windows 8 ---

task_tree.tree(os.path.join(T, "files"))
os.remove(os.path.join(T, "files/Windows/System32/config/SOFTWARE"))
run, archive, rows = ran("files")
same("without a hive files are told alone", (of(rows["task"], r"\Full")["xml"], of(rows["autostart"], r"\Calc")["program"]),
     ("alone", "C:/Windows/System32/calc.exe"))
same("and classes stay names", of(rows["autostart"], r"\Com\Net")["missing"], "no hive to look up this class in")
with open(os.path.join(T, "files/Windows/System32/config/SOFTWARE"), "wb") as f:
    f.write(b"no hive")
same("nor with one that is none", len(ran("none", os.path.join(T, "files"))[2]["task"]), len(rows["task"]))

bare = task_tree.Machine(os.path.join(T, "bare"))
for i in range(20):
    bare.task(f"\\Task{i}", sd=None if i % 2 else b"\1", index=0 if i % 2 else 3)
bare.finish()
same("where half of the tasks have none, it is no sign", ran("bare")[1].findings, [])

# --- blobs cut and changed ---

rng = random.Random(4)
mutant = task_tree.Machine(os.path.join(T, "mutant"))
task_tree.ordinary(mutant)
key = mutant.hive.key(f"{task_tree.CACHE}\\Tasks\\" + "{%s}" % str(task_tree.guid(r"\Full")).upper())
seeds = {name: key.values[name.upper()][2] for name in ("Actions", "Triggers", "DynamicInfo")}
for i in range(300):
    values = {}
    for name, data in seeds.items():
        data = bytearray(data[:rng.randrange(len(data) + 1)] if i % 3 == 0 else data)
        for _ in range(rng.randrange(4)):
            if data:
                data[rng.randrange(len(data))] = rng.choice((0, 1, 0x66, 0xDD, 0xFF, rng.randrange(256)))
        values[name] = bytes(data)
    mutant.cached(f"\\Mutant{i}", **values)
text = task_tree.task_xml(task_tree.exec_xml("calc.exe"), info="<![CDATA[a]]><!-- b -->&amp;")
for i in range(200):
    data = bytearray(text.encode())
    for _ in range(1 + rng.randrange(3)):
        data[rng.randrange(len(data))] = rng.choice(b"<>&;/!?[]\"' =\0\xff")
    mutant.xml(f"\\Mutant{i}x", bytes(data))
    mutant.write(f"Windows/Tasks/{i}.job", bytes(
        b if rng.random() > 0.02 else rng.randrange(256) for b in task_tree.job("calc.exe", "a", "b")))
mutant.finish()
run, archive, rows = ran("mutant")
check("all of it is told", len([t for t in rows["task"] if "Mutant" in t.get("path", "")]) == 500, len(rows["task"]))

# --- a task of another's making ---

facts = os.path.join(support.CORPUS, "expected", "plaso.json")
if support.CORPUS and os.path.exists(facts):
    with open(facts, encoding="utf-8") as f:
        wanted = [e["values"] for e in json.load(f)["files"]["plaso/wintask/wintask.job"][0]["events"]]
    os.makedirs(os.path.join(T, "corpus/Windows/System32/config"))
    os.makedirs(os.path.join(T, "corpus/Windows/Tasks"))
    shutil.copy(os.path.join(support.CORPUS, "plaso/wintask/wintask.job"), os.path.join(T, "corpus/Windows/Tasks"))
    task = ran("corpus")[2]["task"][0]
    job, trigger = wanted
    same("corpus: the task", [task["actions"][0]["command"], task["actions"][0]["arguments"], task["actions"][0].get("folder"),
                              task["author"], task["description"], task["last_run_local"]],
         [job["application"], job["parameters"], job["working_directory"], job["username"], job["comment"],
          job["last_run_time"].removesuffix("+00:00")])
    same("corpus: its trigger", [(t["kind"], t["start"], t.get("stop")) for t in task["triggers"]][:1],
         [("daily", trigger["start_time"], trigger["end_time"])])
else:
    support.skip("corpus: the task", "no corpus")
support.finish()
