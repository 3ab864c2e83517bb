"""Plugins that judge: what they are given, that it is the same in every run, and what is said
when one of them, or one that it judges, comes to nothing."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support
from support import SAMPLE, Archive, check, collect, fossick, same, skip

T = support.scratch()


def write(name, text):
    path = os.path.join(T, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def plugin(name, body, what='wants = { "**/*.txt" }', run="ctx, item"):
    return write(f"{name}.lua", f"""return {{ api = 1, name = "{name}", summary = "test", {what},
    run = function({run})
    {body}
    end }}""")


def judge(name, body, judges='"tell"'):
    return plugin(name, body, f"judges = {{ {judges} }}", "ctx, machine")


def folder(name, **files):
    for f, text in files.items():
        write(f"{name}/{f}.txt", text)
    os.makedirs(os.path.join(T, name), exist_ok=True)
    return os.path.join(T, name)


def run(name, plugins, *args, **more):
    out = os.path.join(T, "out", name)
    result, path = collect(out, "-p", ",".join(plugins), *args, **more)
    return result, Archive(path) if path else None


def screen(name, plugins, *args):
    out = os.path.join(T, "out", name)
    os.makedirs(out)
    return fossick("collect", "-p", ",".join(plugins), "-o", out, *args).stdout


def verdicts(archive):
    return archive.lines("verdicts.jsonl")


VERDICT = """ctx:verdict { case = "Test", ladder = list { "absent", "present" }, step = "present",
        summary = "It is there.", fields = { machine = machine } }"""
TELL = plugin("tell", """
    ctx:record("word", { text = item:read(0, 100), path = item.path })
    ctx:record("size", { size = item.size })
    ctx:machine { computer = "PC", last = item.name }
    ctx:finding { severity = "high", confidence = "low", title = "Text " .. item.name,
        evidence = { item }, fields = { sign = "text" } }
    ctx:anomaly(item, "is a text")""")
QUIET = plugin("quiet", 'ctx:record("word", { text = "?" })')
BREAKS = plugin("breaks", 'error("it breaks")')
JUDGE = judge("judge", VERDICT, '"tell:word", "breaks", "not-there", "nobody-*"')
ONE = folder("one", a="alpha", b="beta")

# --- what is given ---

r, a = run("members", [TELL, QUIET, BREAKS, JUDGE], ONE)
same("exit status with an anomaly", r.returncode, 1)
support.verifies("the archive verifies", a and a.zip.filename)
v = verdicts(a)
same("one verdict", len(v), 1)
m = v[0]["fields"]["machine"]
same("plugin, machine and sources of the row", [v[0][k] for k in ("plugin", "machine", "sources")],
     ["judge", 0, [0]])
same("lists that were not given are empty", [v[0][k] for k in ("steps", "times", "notes", "unexamined", "advice")],
     [[]] * 5)
same("sources", m["sources"], [{"source": 0, "name": "one", "format": "directory"}])
same("volumes", [(x["source"], x["volume"], x["fs"]) for x in m["volumes"]], [(0, 0, "directory")])
same("facts", m["facts"], {"tell": {"computer": "PC", "last": "b.txt"}})
same("plugins", [(p["name"], p["ok"], p["lost"]) for p in m["plugins"]],
     [("breaks", False, 0), ("quiet", True, 0), ("tell", True, 0)])
check("a mistake is told", "it breaks" in m["plugins"][0]["error"], m["plugins"][0])
same("findings", [(f["plugin"], f["title"], f["fields"], f["evidence"][0]["place"]) for f in m["findings"]],
     [("tell", "Text a.txt", {"sign": "text"}, "/a.txt"), ("tell", "Text b.txt", {"sign": "text"}, "/b.txt")])
same("records of the kinds that are named", m["records"],
     [{"plugin": "tell", "kind": "word", "fields": {"text": t, "path": p}}
      for p, t in (("a.txt", "alpha"), ("b.txt", "beta"))])
same("anomalies", sorted((x.get("path", ""), x["code"]) for x in m["anomalies"]),
     [("/a.txt", "corrupt"), ("/a.txt", "plugin"), ("/b.txt", "corrupt"), ("/b.txt", "plugin")])
same("not truncated", m["truncated"], False)
check("places are not in the archive's findings", "place" not in a.text("findings.jsonl"))

# --- the same in every run ---


def bytes_of(name, jobs, *sources):
    archive = run(name, [TELL, QUIET, BREAKS, JUDGE, "windows"], f"-j{jobs}", *sources)[1]
    return [archive.text(n) for n in ("verdicts.jsonl", "findings.jsonl", "anomalies.jsonl")]


base = bytes_of("j1", 1, SAMPLE, ONE)
check("the sample has two machines", base[0].count("\n") == 2, base[0][:200])
for jobs, turn in ((1, "again"), (4, "a"), (4, "b")):
    check(f"the same with -j{jobs} ({turn})", bytes_of(f"j{jobs}{turn}", jobs, SAMPLE, ONE) == base)

# --- two machines, and rows of the judging plugin itself ---

SAYS = judge("says", """
    for _, f in ipairs(machine.findings) do
        ctx:finding { severity = "low", confidence = "low", title = "Judged", evidence = f.evidence }
    end
    ctx:record("sum", { n = #machine.findings })
    ctx:anomaly(nil, "judged")
    """ + VERDICT)
TWO = folder("two", c="gamma")
r, a = run("two", [TELL, SAYS], ONE, TWO)
same("a verdict for each machine", [(x["machine"], x["sources"], len(x["fields"]["machine"]["findings"]))
                                    for x in verdicts(a)], [(0, [0], 2), (1, [1], 1)])
same("records of a judging plugin name the machine",
     [(x["machine"], x["fields"]["n"], "volume" in x) for x in a.records()["says"]], [(0, 2, False), (1, 1, False)])
judged = [x for x in a.findings if x["plugin"] == "says"]
same("and so do findings", [(x["machine"], x["evidence"][0]["path"]) for x in judged],
     [(0, "a.txt"), (0, "b.txt"), (1, "c.txt")])
text = screen("two-screen", [TELL, SAYS], ONE, TWO)
same("two verdicts on the screen", [text.count("VERDICT  Test"), text.count("absent > [PRESENT]")], [2, 2])
check("the screen names the machines", re.search(r"Machine +one\n.*Machine +two\n", text, re.S), text)
check("the verdict stands first", text.lstrip().startswith("VERDICT"), text)
check("80 columns", max(map(len, text.split("\n"))) <= 80, text)

# --- a judging plugin that comes to nothing ---


def fails(name, path, reason, others=(TELL,)):
    r, a = run(name, [*others, path], ONE)
    rows = verdicts(a) if a else []
    same(f"{name}: exit status", r.returncode, 1)
    check(f"{name}: the row says so", len(rows) == 1 and reason in rows[0].get("failed", ""), rows)
    check(f"{name}: an anomaly says so", any(x.get("plugin") == name and reason in x["reason"] for x in a.anomalies),
          a.anomalies)
    text = screen(name + "-screen", [*others, path], ONE)
    check(f"{name}: the screen says so",
          f"VERDICT  NONE: plugin {name} failed" in text and "Text a.txt" in text and "absent" not in text, text)


fails("raises", judge("raises", 'error("oh")'), "oh")
fails("silent", judge("silent", ""), "without a verdict")
fails("wrong", judge("wrong", 'ctx:verdict { case = "x" }'), "verdict.ladder: is missing")
fails("syntax", write("syntax.lua", 'return { judges = { "tell" }, run = function( }'), "syntax.lua:1")
fails("glob", judge("glob", 'ctx:glob("*")'), "cannot read evidence")
fails("endless", judge("endless", "while true do end"), "instruction budget")

r, a = run("twice", [TELL, judge("twice", VERDICT + "\n" + VERDICT)], ONE)
check("a second verdict raises, and the first one stands",
      "failed" not in verdicts(a)[0] and any("given already" in x["reason"] for x in a.anomalies), a.anomalies)
r, a = run("usual", [plugin("usual", "ctx:verdict {}")], ONE)
check("other plugins give none", any("only a plugin that judges" in x["reason"] for x in a.anomalies), a.anomalies)
same("and there is no member then", "verdicts.jsonl" in a.names, False)

result = fossick("collect", "--json", "-p", f"{TELL},{os.path.join(T, 'raises.lua')},{JUDGE}", "-o", folder("json"), ONE)
same("--json has both", [("failed" in x, x["plugin"]) for x in json.loads(result.stdout)["verdicts"]],
     [(False, "judge"), (True, "raises")])

# --- nothing beside it, nothing to judge ---

r, a = run("alone", [JUDGE], ONE)
m = verdicts(a)[0]["fields"]["machine"]
same("alone: nothing is there", [r.returncode, m["findings"], m["records"], m["plugins"], m["facts"]], [0, [], [], [], {}])
noise = write("noise.img", "no file system " * 1000)
r, a = run("noise", [TELL, JUDGE], noise)
m = verdicts(a)[0]["fields"]["machine"]
check("a source without a file system is judged, too",
      m["sources"][0]["name"] == "noise.img" and all("fs" not in v for v in m["volumes"]), m)
text = screen("noise-screen", [TELL, JUDGE], noise)
check("and the screen says that nothing was searched", "NOTHING WAS SEARCHED" in text, text)

# --- dry run, list ---

result = fossick("collect", "-n", "--explain", "-p", f"{TELL},{JUDGE}", ONE)
check("a dry run leaves it out and says so", result.returncode <= 1 and
      re.search(r"left out of a dry run.*: judge\n", result.stdout), result.stdout + result.stderr)
result = fossick("plugin", "check", JUDGE, TELL)
same("plugin check takes it", result.returncode, 0)

# --- more than can be given: eight machines share the room ---

MANY = plugin("many", """
    for i = 1, 60000 do ctx:record("n", { n = i }) end
    ctx:finding { severity = "low", confidence = "low", title = "Many", evidence = { item } }""", 'wants = { "/a.txt" }')
COUNT = judge("count", """
    local last = machine.records[#machine.records]
    ctx:verdict { case = "Test", ladder = list { "x" }, step = "x", summary = "s", fields = {
        records = #machine.records, last = last and last.fields.n, findings = #machine.findings,
        truncated = machine.truncated } }""", '"many"')
rows = []
for jobs in 1, 4:
    r, a = run(f"many{jobs}", [MANY, COUNT], f"-j{jobs}", ONE, *(folder(f"f{i}", a="") for i in range(1)),
               *(folder(f"empty{i}") for i in range(6)))
    rows.append([v["fields"] for v in verdicts(a)])
    if jobs == 1:
        f = rows[0][0]
        check("over the limit: the first records are given, findings before them",
              f["truncated"] and f["findings"] == 1 and 20000 < f["records"] < 60000 and f["last"] == f["records"], f)
        check("and an anomaly says so", any("does without some" in x["reason"] for x in a.anomalies), a.anomalies)
        same("other machines are not truncated", rows[0][2]["truncated"], False)
same("over the limit: the same with -j4", rows[1], rows[0])

# --- a worker that is killed ---


def killed(step):
    env = {**os.environ, "FOSSICK_FAULT": f"{step}:9"}
    r, a = run(f"killed{step}", [TELL, JUDGE], "-j1", ONE, env=env)
    dead = [x for x in a.anomalies if x["code"] == "died" and "step" in x]
    return r, a, dead[0] if dead else None


r, a, dead = killed(1)
if dead is None:
    skip("a worker is killed at each step", "built without --enable-fault-injection")
else:
    step, seen = 1, {}
    while dead is not None:
        row = verdicts(a)
        seen[dead["step"]] = row[0] if len(row) == 1 else None
        step += 1
        r, a, dead = killed(step)
    check("a verdict, or its failure, whatever step is killed", all(seen.values()), seen)
    same("failed are those of the judging plugin's own steps", sorted(k for k, v in seen.items() if v and "failed" in v),
         ["check|judge", "judge|judge"])
    lost = {k: [p["lost"] for p in v["fields"]["machine"]["plugins"]] for k, v in seen.items() if "fields" in v}
    same("a lost step of a plugin is told", [lost[k] for k in lost if k.startswith("tell|")], [[1], [1]])
support.finish()
