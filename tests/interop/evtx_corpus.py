"""Event logs of the corpus: each event as libevtx shows it, and what their origins' tests state."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "interop"))
import modules
import support

PLUGIN = """return { api = 1, name = "dump", summary = "each event", wants = { "Files/*" },
run = function(ctx, item)
    local chosen = {}
    for e in evtx.records(item) do
        e.entry = item
        ctx:record("event", e)
    end
    for e in evtx.records(item, { ids = { 7036, 4624, 104, 1, 21 } }) do chosen[#chosen + 1] = e.number end
    ctx:record("chosen", { numbers = list(chosen), entry = item })
end }
"""
# What libevtx gives of a log as XML, for a Python that has it.
PEER = r"""
import json, pyevtx, sys
for path in sys.argv[1:]:
    log, rows = pyevtx.file(), []
    log.open(path)
    for i in range(log.number_of_records):
        try:
            record = log.get_record(i)
            rows.append([record.identifier, record.xml_string])
        except OSError as e:
            rows.append([None, str(e)])
    print(json.dumps([path, rows]))
"""
ORIGINS = ("evtx-rs", "plaso/evtx", "velociraptor")
NEW_USER, SYSTEM, CUT, CLEARED = ("evtx-rs/new-user-security.evtx", "plaso/evtx/System.evtx", "plaso/evtx/System2.evtx",
                                  "velociraptor/DE_104_system_log_cleared.evtx")
COLLECTED = "evtx-rs/MSExchange_Management_wec.evtx"
CHOSEN = {7036, 4624, 104, 1, 21}
NAMESPACES = "{http://schemas.microsoft.com/win/2004/08/events/event}"


def logs():
    return sorted(os.path.join(origin, name) for origin in ORIGINS for name in os.listdir(os.path.join(support.CORPUS, origin))
                  if name.lower().endswith(".evtx"))


def read(paths):
    """({path: [event]}, {path: [number of a chosen event]}, {path: [anomaly]})"""
    events, chosen, anomalies = {p: [] for p in paths}, {}, {}
    folder = support.scratch()
    os.makedirs(os.path.join(folder, "tree", "Files"))
    for i, path in enumerate(paths):
        shutil.copyfile(os.path.join(support.CORPUS, path), os.path.join(folder, "tree", "Files", f"{i:05}"))
    with open(os.path.join(folder, "dump.lua"), "w", encoding="utf-8") as f:
        f.write(PLUGIN)
    _, out = support.collect(os.path.join(folder, "out"), "-p", os.path.join(folder, "dump.lua"), os.path.join(folder, "tree"))
    archive = support.Archive(out)
    for row in archive.records()["dump"]:
        path = paths[int(row["fields"]["entry"]["path"][-5:])]
        if row["kind"] == "event":
            events[path].append(row["fields"])
        else:
            chosen[path] = row["fields"]["numbers"]
    for row in archive.anomalies:
        anomalies.setdefault(paths[int(row["locator"]["path"][-5:])], []).append(row["reason"])
    return events, chosen, anomalies


def peer(paths):
    """{path: [[number, XML]]} of the first Python that has libevtx, or None."""
    for python in sys.executable, "/usr/bin/python3":
        if subprocess.run([python, "-c", "import pyevtx"], capture_output=True, check=False).returncode == 0:
            out = subprocess.run([python, "-c", PEER] + [os.path.join(support.CORPUS, p) for p in paths],
                                 capture_output=True, text=True, check=True).stdout
            return {os.path.relpath(path, support.CORPUS): rows for path, rows in map(json.loads, out.splitlines())}
    return None


def plain(tag):
    return tag.rsplit("}", 1)[-1]


def leaves(section):
    """Names and values, as in e.fields and e.values."""
    fields, values = {}, []
    for element in section.iter():
        for key, value in element.attrib.items():
            if plain(key) != "Name" or element is section:
                fields.setdefault(f"{plain(element.tag)}@{plain(key)}", []).append(value)
        if len(element) > 0 or element is section:
            continue
        text = element.text or ""
        name = element.get("Name") or (None if plain(element.tag) == "Data" else plain(element.tag))
        values.append(text) if name is None else fields.setdefault(name, []).append(text)
    return fields, values


def same_text(a, b):
    """libevtx fills numbers in hexadecimal digits up with zeros, and gives times nine digits."""
    def form(s):
        s = s.replace("\r\n", "\n").replace("\r", "\n").strip()  # as readers of XML do
        if s.lower().startswith("0x"):
            return s[2:].lstrip("0").lower()
        return modules.micro(s) if s.endswith("Z") and s[4:5] == "-" else s.lower()
    return form(a) == form(b)


def same_lists(a, b):
    return len(a) == len(b) and all(same_text(x, y) for x, y in zip(a, b))


def compare(facts, what, row, tree):
    system = tree.find(NAMESPACES + "System")
    get = lambda name, key=None: (lambda e: None if e is None else e.get(key) if key else e.text)(system.find(NAMESPACES + name))
    facts.same(f"{what} id", row["id"], int(get("EventID")))
    facts.same(f"{what} provider", row["provider"], get("Provider", "Name"))
    facts.same(f"{what} time", modules.micro(row["time"]), modules.micro(get("TimeCreated", "SystemTime")))
    facts.same(f"{what} names", [row.get("channel"), row.get("computer"), row.get("user")],
               [get("Channel"), get("Computer"), get("Security", "UserID")])
    fields, values = {}, []
    for section in tree:
        if plain(section.tag) not in ("System", "RenderingInfo"):
            more, unnamed = leaves(section)
            values += unnamed
            for name, texts in more.items():
                fields.setdefault(name, []).extend(texts)
    got = {name: value if isinstance(value, list) else [value] for name, value in row["fields"].items()}
    facts.same(f"{what} field names", sorted(got), sorted(fields))
    for name in sorted(set(got) & set(fields)):
        if not same_lists(got[name], fields[name]):
            facts.same(f"{what} {name}", got[name], fields[name])
        facts.compared += 1
    if not same_lists(row.get("values", []), values):
        facts.same(f"{what} values", row.get("values", []), values)


def compare_logs(rows):
    import xml.etree.ElementTree as xml
    found, facts = peer(sorted(rows)), modules.Facts()
    if found is None:
        support.skip("libevtx reads the same", "no python3-libevtx")
        return
    for path, theirs in found.items():
        by_number = {row["number"]: row for row in rows[path]}
        if path == CUT:
            facts.leave(f"{path} count", "libevtx leaves out the chunk that the end of the file cuts")
        else:
            facts.same(f"{path} count", len(rows[path]), len(theirs))
        for number, text in theirs:
            if number is None:
                facts.leave(path, "libevtx cannot read the record")
                continue
            try:
                tree = xml.fromstring(text)
            except xml.ParseError:
                facts.leave(f"{path} {number}", "what libevtx gives is no XML")
                continue
            compare(facts, f"{path} {number}", by_number[number], tree)
    facts.report("as libevtx")


def stated(rows):
    facts = modules.Facts()
    facts.same("evtx-rs, records", len(rows[NEW_USER]), modules.expected("evtx-rs.json")["files"][NEW_USER]["records"])
    facts.same("plaso, records", len(rows[SYSTEM]),
               modules.expected("plaso.json")["files"][SYSTEM][0]["counts"]["event_data"])
    facts.leave(f"{CUT} count", "the chunk that the end of the file cuts is read here")
    for name in SYSTEM, CUT:
        by_number = {row["number"]: row for row in rows[name]}
        for _, values in modules.plaso_events(name):
            row = by_number[values["record_number"]]
            facts.same(f"{name} {row['number']} id", row["id"], values["event_identifier"])
            facts.same(f"{name} {row['number']} time", modules.micro(row.get("written", row["time"])),
                       modules.micro(values["written_time"]))
    facts.same("velociraptor, log cleared", [(r["id"], r["time"][:19]) for r in rows[CLEARED]], [(104, "2019-03-19T23:34:25")])
    facts.report("as stated")


def no_alarms(paths):
    """None of these machines had the app; logs were cleared on some."""
    tree = os.path.join(support.scratch(), "tree")
    folder = os.path.join(tree, "Windows", "System32", "winevt", "Logs")
    os.makedirs(folder)
    for i, path in enumerate(paths):
        shutil.copyfile(os.path.join(support.CORPUS, path), os.path.join(folder, f"Archive-{i}.evtx"))
    for plugin, wanted in ("3cx-events", set()), ("win-events", {("low", "Event log cleared")}):
        _, out = support.collect(tree + "." + plugin, "-p", plugin, tree)
        archive = support.Archive(out)
        support.same(f"{plugin}: findings", {(f["severity"], f["title"]) for f in archive.findings}, wanted)
        support.check(f"{plugin}: records", len(archive.records()[plugin]) > 5)


def main():
    if not support.CORPUS or not os.path.exists(os.path.join(support.CORPUS, SYSTEM)):
        support.skip_all("no corpus")
    rows, chosen, anomalies = read(logs())
    stated(rows)
    compare_logs(rows)
    wrong = [path for path, numbers in chosen.items() if numbers != [r["number"] for r in rows[path] if r["id"] in CHOSEN]]
    support.same("choosing by number", wrong, [])
    row = rows[COLLECTED][0]
    support.same("a log of a collector, which others cannot read",
                 [row["id"], row["provider"], len(row["values"]), row["values"][0], row["time"][:19], row["written"][:19]],
                 [1, "MSExchange CmdletLogs", 27, "Set-Mailbox", "2021-11-19T16:52:33", "2021-11-19T16:53:03"])
    support.same("only the log that is cut is damaged", list(anomalies), [CUT])
    support.same("what is read of the chunk that is cut", len(rows[CUT]), 283)
    no_alarms(logs())
    support.finish()


main()
