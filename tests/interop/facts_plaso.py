"""How to find in a hive what the tests of plaso state of it (expected/plaso.json)."""

import codecs
import datetime
import os
import re
import shutil
import struct

import hive_corpus
import support
from facts_regipy import SHELL, WORDING, filetime

FOLDERS = ("plaso/registry/", "plaso/winprefetch/")
PREFETCH = "no hive: tests/interop/prefetch_corpus.py compares them"
PLACES = {"NTUSER.DAT": "Users/corpus/NTUSER.DAT", "SAM": "Windows/System32/config/SAM",
          "Amcache.hve": "Windows/appcompat/Programs/Amcache.hve"}
ROWS = {}


def rows(path, place, plugin):
    """{kind: [fields]} of a plugin on one hive."""
    if (path, plugin) not in ROWS:
        top = os.path.join(support.scratch(), "plaso")
        target = os.path.join(top, "tree", place)
        os.makedirs(os.path.dirname(target))
        os.makedirs(os.path.join(top, "tree/Windows/System32/config"), exist_ok=True)
        shutil.copy(path, target)
        _, out = support.collect(os.path.join(top, "out"), "-p", plugin, os.path.join(top, "tree"))
        found = {}
        for row in support.Archive(out).records().get(plugin, []):
            found.setdefault(row["kind"], []).append(row["fields"])
        ROWS[path, plugin] = found
    return ROWS[path, plugin]


class Event:
    """A fact of one event, and the hive it is of."""

    def __init__(self, name, dump, path, values, key):
        self.name, self.dump, self.path, self.values = name, dump, path, values
        path_of_key = re.sub(r" \([^\\]*\)$", "", values.get("key_path") or key or "")  # "0 (My Computer)" is key 0
        self.key = path_of_key.partition("\\")[2].removeprefix("SAM\\") if path_of_key.startswith("HKEY_LOCAL") else path_of_key.partition("\\")[2]

    def of(self, name, key=None):
        return next((v[3] for v in self.dump.data[key or self.key] if v[0].lower() == name.lower()), None)

    def raw(self, name, key=None):
        return bytes.fromhex(self.of(name, key) or "")

    def listed(self, line="{}: {}"):
        return [line.format(v[0], v[3]) for v in self.dump.data[self.key]]

    def row(self, kind, plugin, match):
        place = next(p for n, p in PLACES.items() if self.name.lower().endswith(n.lower()))
        return next((r for r in rows(self.path, place, plugin).get(kind, []) if match(r)), {})


def both(event):
    """Facts of every kind."""
    return {"key_path": event.values.get("key_path") if event.key.lower() in event.dump.times else None,
            "last_written_time": event.dump.times[event.key]}


def sorted_like(got, wanted):
    """`wanted` when the same lines are there in another order."""
    return wanted if sorted(got) == sorted(wanted) else got


def of_run(e):
    return {"entries": sorted_like(e.listed(), e.values["entries"])}


def of_ccleaner(e):
    update = datetime.datetime.strptime(e.of("UpdateKey"), "%m/%d/%Y %I:%M:%S %p")
    listed = [line for line in e.listed() if not line.startswith("UpdateKey")]
    return {"configuration": sorted_like(listed, e.values.get("configuration", [])), "update_time": update.isoformat()}


def of_shell(e):
    return dict.fromkeys(e.values, SHELL)


def of_shell_list(e):
    return {"entries": SHELL if e.values["entries"] else e.values["entries"]}


def of_office(e):
    listed = [v for v in e.dump.data[e.key] if v[0].startswith("Item ")]
    item = e.values.get("value_string", "")
    ticks = re.search(r"\[T([0-9A-F]{16})\]", item)
    got = {"entries": " ".join(f"{v[0]}: {v[3]}" for v in listed), "value_string": next((v[3] for v in listed if v[3] == item), None)}
    if ticks:
        got["last_written_time"] = filetime(struct.pack("<Q", int(ticks[1], 16))).isoformat()
    return got


def of_typed_time(e):
    name = e.values["entry"].partition(":")[0]
    urls = e.key.replace("TypedURLsTime", "TypedURLs")
    return {"entry": f"{name}: {e.of(name, urls)}", "last_visited_time": filetime(e.raw(name)).isoformat()}


def of_key_value(e):
    kinds = {v[0]: [v[0], v[1].replace("REG_DWORD", "REG_DWORD_LE"), v[3] if v[1] == "REG_DWORD" else f"({v[2]} bytes)"]
             for v in e.dump.data[e.key]}
    return {"values": [kinds.get(name) for name, _, _ in e.values["values"]]}


def of_assist(e):
    """Windows XP: 16 bytes, with the count of runs, which begins at 5, and the time. Later: 72."""
    data = e.raw(codecs.encode(e.values["value_name"], "rot13"))
    old = len(data) == 16
    count, focus, length = struct.unpack_from("<III", data, 4)
    got = {"value_name": e.values["value_name"] if data else None, "number_of_executions": count - 5 if old else count,
           "last_execution_time": filetime(data[8:16] if old else data[60:68]).isoformat(),
           "application_focus_count": focus, "application_focus_duration": length}
    row = e.row("userassist", "win-execution", lambda r: e.values["value_name"] == r["program"])
    return got if row.get("runs") == got["number_of_executions"] else {"value_name": f"the row of win-execution says {row}"}


def of_mount(e):
    below = e.key + "\\" + e.values["name"]
    return {"name": e.values["name"] if below.lower() in e.dump.times else None, "label": e.of("_LabelFromReg", below),
            "last_written_time": e.dump.times[below], "server_name": WORDING, "share_name": WORDING, "source_type": WORDING}


def of_zone(e):
    names = {v[0]: [v[0], int(v[3]) if v[1] == "REG_DWORD" else v[3]] for v in e.dump.data[e.key]}
    return {"settings": [names.get(name) for name, _ in e.values["settings"]]}


def of_account(e):
    row = e.row("account", "win-system", lambda r: r["rid"] == e.values["account_rid"])
    return {"account_rid": row.get("rid"), "username": row.get("name"), "login_count": row.get("logons"),
            "last_login_time": row.get("last_logon"), "last_password_set_time": row.get("password_set"),
            "comments": "not recorded",
            "last_written_time": e.dump.times[f"{e.key}\\Names\\{e.values['username']}"]}


def of_amcache(e):
    row = e.row("amcache", "win-execution", lambda r: (r.get("program") or "").lower() == e.values["full_path"])
    key = next((p for p, n, *_ in e.dump.lines["K"] if p.startswith("Root\\InventoryApplicationFile\\") and
                (e.of("LowerCaseLongPath", p) or "") == e.values["full_path"]), None)
    got = {"full_path": (row.get("program") or "").lower(), "file_creation_time": row.get("created"),
           "file_modification_time": row.get("modified"), "last_written_time": row.get("modified2") if not key else None,
           "application_key_last_written_time": e.dump.times[key] if key else None, "link_time": row.get("linked"),
           "sha1": row.get("sha1"), "installation_time": None, "msi_installation_time": None,
           "filename": row.get("name"), "file_identifier": "0000" + (row.get("sha1") or "")}
    if key:  # of Windows 10, as text
        got["link_time"] = datetime.datetime.strptime(row["linked"], "%m/%d/%Y %H:%M:%S").isoformat()
    return got


def of_program(e):
    key = next(p for p, *_ in e.dump.lines["K"] if p.startswith("Root\\Programs\\") and e.of("0", p) == e.values["name"])
    installed = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(e.of("a", key)))
    return {"name": e.of("0", key), "publisher": e.of("2", key), "entry_type": e.of("6", key), "installation_time": installed.isoformat(),
            "uninstall_key": e.of("7", key).split("|")[:-1], "file_paths": e.of("d", key).split("|")[:-1]}


KINDS = {
    "windows:registry:run": of_run, "windows:registry:typedurls": of_run, "windows:registry:ccleaner:update": of_ccleaner,
    "windows:registry:ccleaner:configuration": of_ccleaner, "windows:registry:mrulistex": of_shell_list,
    "windows:registry:bagmru": of_shell_list, "windows:shell_item:file_entry": of_shell,
    "windows:registry:explorer:programcache": of_shell_list, "windows:registry:office_mru_list": of_office,
    "windows:registry:office_mru": of_office, "windows:registry:typedurlstime": of_typed_time,
    "windows:registry:key_value": of_key_value, "windows:registry:userassist": of_assist, "windows:registry:mount_points2": of_mount,
    "windows:registry:msie_zone_settings": of_zone, "windows:registry:sam_users": of_account, "windows:registry:amcache": of_amcache,
    "windows:registry:amcache:programs": of_program,
}
SKIPPED = {SHELL: SHELL, WORDING: WORDING, "not recorded": "win-system does not record comments of accounts"}


def counts(test, dump, compared, left_out):
    """The hive parser of plaso gives an event for each key."""
    fact = test["counts"]
    if "winreg_parser" in test["plugin"] and test["test"].endswith(("testParse", "testParseCorruptionInSubKeyList")):
        compared("plaso.json", test["test"], "event_data", dump.keys, fact["event_data"])
        compared("plaso.json", test["test"], "extraction_warning", int(dump.damaged > 0), fact["extraction_warning"])
    elif test["test"].endswith("testParseNoRootKey"):
        compared("plaso.json", test["test"], "event_data", len(dump.lines["K"]), fact["event_data"])
    else:
        left_out("plaso.json", test["test"], "event_data", fact["event_data"], "counts events of the tool, of which a key can have many")


def one(test, event, got, compared, left_out, alike):
    for label, wanted in event.values.items():
        if label == "data_type":
            continue
        have = got.get(label, "no rule")
        if isinstance(have, str) and have in SKIPPED:
            left_out("plaso.json", test["test"], label, wanted, SKIPPED[have])
        else:
            compared("plaso.json", test["test"], label, *alike(have, wanted))


def facts(dump_of, path_of, compared, left_out, alike):
    for name, tests in hive_corpus.facts("plaso.json")["files"].items():
        if not name.startswith(FOLDERS):
            continue
        for test in tests:
            if name.startswith(FOLDERS[1]):
                for each in test.get("events", []):
                    for label, wanted in each["values"].items():
                        left_out("plaso.json", test["test"], label, wanted, PREFETCH)
                continue
            dump = dump_of(name)
            counts(test, dump, compared, left_out)
            for each in test.get("events", []):
                values = each["values"]
                event = Event(name, dump, path_of(name), values, test.get("key_path"))
                one(test, event, {**both(event), **KINDS[values["data_type"]](event)}, compared, left_out, alike)
