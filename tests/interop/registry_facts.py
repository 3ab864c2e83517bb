"""What the tests of other readers of registries state about third-party hives, fact by
fact: compared with what fossick reads of the same hive, or named with the reason why not.
A fact that has neither rule nor reason fails. With --table: the table of docs/registry-facts.md."""

import collections
import csv
import datetime
import json
import os
import re
import struct
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["FOSSICK_SRC"], "tests")]
sys.dont_write_bytecode = True

import facts
import facts_plaso as plaso
import facts_regipy as regipy
import hive_corpus
import registry_plugins
import support

PATHS = ("key_path", "registry_path", "reg_path", "subkey", "key")
TIMES = ("last_write", "timestamp", "last_modified", "last_written", "last_written_time")
NEAR = 100  # of 100 ns
FACTS = facts.Facts("registry_facts.py", "registry-facts.md")
compared, left_out = FACTS.compared, FACTS.left_out
ROWS = []


def also(label, plugin, got, wanted):
    """A fact that is compared once more, with what a plugin says."""
    ROWS.append((label, plugin, got, wanted))


# --- hives -------------------------------------------------------------------------

SCRATCH = support.scratch()
DUMPS = {}


def path_of(name):
    path = os.path.join(SCRATCH, name.replace("/", "_"))
    if not os.path.exists(path):
        with open(path, "wb") as f:
            f.write(hive_corpus.unpacked(name))
    return path


def dump_of(name, *logs):
    if (name, *logs) not in DUMPS:
        DUMPS[name, *logs] = hive_corpus.Dump(path_of(name), logs=[path_of(log) for log in logs])
    return DUMPS[name, *logs]


class Rows:
    """Records of a plugin on a hive, made when first asked for."""

    made = {}

    def __init__(self, name):
        self.name = os.path.basename(name).removesuffix(".xz")

    def __call__(self, plugin):
        if (self.name, plugin) not in self.made:
            self.made[self.name, plugin] = registry_plugins.run(self.name, plugin)[1]
        return self.made[self.name, plugin]


# --- forms of the same ---------------------------------------------------------------


def is_time(text):
    return isinstance(text, str) and re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d", text)


def ticks(text):
    """Of 100 ns."""
    whole, _, fraction = re.sub(r"Z|\+00:00", "", text.replace(" ", "T")).partition(".")
    delta = datetime.datetime.fromisoformat(whole) - datetime.datetime(1601, 1, 1)
    return (delta.days * 86400 + delta.seconds) * 10**7 + int(fraction.ljust(7, "0")[:7] or 0)


def alike(got, wanted):
    """`got` in the form of `wanted`. Times of regipy and libregf are rounded by way of a float."""
    if is_time(got) and is_time(wanted):
        return (wanted if abs(ticks(got) - ticks(wanted)) <= NEAR else got), wanted
    if isinstance(got, str) and isinstance(wanted, list):
        return [x for x in got.split("|") if x], wanted
    if isinstance(wanted, bool):
        return bool(int(got or 0)), wanted
    if isinstance(got, bool):
        return str(got), wanted
    if isinstance(got, str) and isinstance(wanted, int) and (got == "" or len(got) == 1 or got.isdigit()):
        # regipy gives 0 for an empty text and the code for one of one character
        return 0 if got == "" else ord(got) if len(got) == 1 and wanted == ord(got) else int(got), wanted
    return got, wanted


# --- regipy ----------------------------------------------------------------------------


def leaves(value, label=(), above=()):
    """(label, fact, the objects that it is in)"""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*label, name), (*above, value))
    elif isinstance(value, list) and any(isinstance(x, (dict, list)) for x in value):
        for i, inner in enumerate(value):
            yield from leaves(inner, (*label, i), above)
    else:
        yield label, value, above


def key_of(rule, label, above):
    """The path of the key that a fact is about."""
    own = above[-1] if above else {}
    number = next((x for x in label if isinstance(x, int)), 0)
    if "interface_name" in own:
        return f"{label[0][1:]}\\{own['interface_name']}"
    if "GUID" in own:
        return f"{label[0][1:]}\\{own['GUID']}"
    if rule.site is not None:
        return rule.site(own, number)
    for part in label:
        if isinstance(part, str) and part.startswith("\\"):
            return part[1:]
    for entry in reversed(above):
        for name in PATHS:
            if "\\" in str(entry.get(name, "")):
                return entry[name].removeprefix("HKEY_CURRENT_USER").lstrip("\\")
    return None


def value_fact(reading, key, own, label):
    """Of an entry with name, value and type of a value."""
    found = reading.value(key, own["name"])
    if label == "is_corrupted":
        return found is None or reading.dump.damaged > 0
    if found is None:
        return None
    return {"name": own["name"], "value_type": found[0], "value": found[2]}[label]


def fact_of(reading, rule, key, own, label):
    """What fossick has for it; Skip when that is not compared."""
    how = rule.labels.get(label)
    if how is None and "value_type" in own and "name" in own:
        return value_fact(reading, key, own, label)
    if key is not None and not callable(how) and not isinstance(how, regipy.Skip) and not reading.has(key):
        return f"no key {key}"
    if how is regipy.TIME or (how is None and label in TIMES):
        return reading.dump.times[key]
    if how is regipy.PATH:
        return own[label] if reading.has(key) else None
    if isinstance(how, regipy.Skip):
        return how
    if callable(how):
        try:
            return how(reading, key, own, label)
        except (ValueError, KeyError, IndexError, TypeError, struct.error) as e:
            return f"nothing to compare with: {e}"
    return reading.text(key, how if how is not None else label)


def regipy_cases(cases):
    for case in cases:
        rule, test = regipy.RULES[case["plugin"]], "regipy: " + case["plugin"]
        reading = regipy.Reading(dump_of(case["file"]), Rows(case["file"]))
        if case["expected_entries_count"] is not None:
            count, wanted = rule.count, case["expected_entries_count"]
            if isinstance(count, regipy.Skip):
                left_out("regipy.json", test, "entries", wanted, count.reason)
            else:
                compared("regipy.json", test, "entries", count(reading), wanted)
        for part in ("exact_expected_result", "expected_entries_contains"):
            for label, wanted, above in leaves(case[part]) if case[part] is not None else ():
                own, name = above[-1], label[-1]
                got = fact_of(reading, rule, key_of(rule, label, above), own, name)
                shown = ".".join(map(str, label))
                if isinstance(got, regipy.Skip):
                    left_out("regipy.json", test, shown, wanted, got.reason)
                    continue
                compared("regipy.json", test, shown, *alike(got, wanted))
                plugin, seen = regipy.SEEN.get(case["plugin"], (None, {}))
                if name in seen and wanted is not None:
                    rows = seen[name](reading, None, own, name)
                    also(f"{test}: {shown}", plugin, *alike(rows, wanted))


def flat(source, test, got, wanted):
    """Facts by name, each with what fossick has of that name."""
    for name, fact in wanted.items():
        if isinstance(got.get(name), regipy.Skip):
            left_out(source, test, name, fact, got[name].reason)
        else:
            compared(source, test, name, *alike(got.get(name, "no rule"), fact))


RUN = "Software\\Microsoft\\Windows\\CurrentVersion\\Run"
DIFFERENCES = regipy.Skip("the tool's own way of counting differences, which is not by paths")


def types_of(dump):
    kinds = collections.Counter(kind for values in dump.data.values() for _, kind, _, _ in values)
    return collections.defaultdict(int, kinds)


def regipy_tests(cases):
    """What its unit tests state of headers, trees and replayed logs."""
    for name, fact in cases.items():
        dump, head = dump_of(name), header_of(name)
        run = RUN if "partial_root" not in fact else RUN.partition("\\")[2]
        logs = ["regipy/" + log for log in fact.get("logs", [])]
        after = dump_of(name, *logs) if logs else dump
        first = list((dump.data[run] or [("", "")])[0][:2])
        got = {
            "primary_sequence": dump.seq1, "secondary_sequence": dump.seq2, "hive_bins_data_size": head["bins"],
            "checksum": head["checksum"], "embedded_name": dump.name, "root_name": dump.lines["K"][0][1],
            "root_subkey_count": len(dump.subkeys("")), "run_key_first_value": first, "run_first_value": first,
            "run_key_last_modified_filetime": ticks(dump.times[run]) if dump.times[run] else None,
            "subkey_count_recursive_incl_root": dump.keys, "subkey_count": dump.keys, "values_count": dump.values,
            "subkey_index_last": dump.keys - 1, "partial_root": "\\Software" if dump.times[run] else None,
            "logs": fact.get("logs") if logs and after.lines["R"][0][:2] == ["1", "1"] else None,
            "run_key_security_owner": dump.owners[run], "diff_vs_dirty": DIFFERENCES, "diff_vs_NTUSER.DAT": DIFFERENCES,
            "recovered_dirty_pages": int(after.lines["R"][0][3]) if logs else None,
            "international_subkeys": sorted(k[1] for k in after.lines["K"] if re.fullmatch(
                r"control panel\\international\\[^\\]*", k[0].lower())),
        }
        if "value_types" in fact:
            kinds = collections.Counter(kind for values in dump.data.values() for _, kind, _, _ in values)
            fact = {**{k: v for k, v in fact.items() if k != "value_types"}, **fact["value_types"]}
            got.update({kind: kinds[kind] for kind in fact if kind.startswith("REG_")})
        for label in ("devprop", "filetime_value"):
            if label in fact:
                got[label] = property_of(dump, fact[label])
        flat("regipy.json", "regipy: " + name, got, fact)


def property_of(dump, fact):
    """A property of a device: text or FILETIME, by its type, as the fact gives it."""
    key, *middle, _ = fact
    _, kind, _, shown = dump.data[key[1:]][0]
    if kind.endswith("12"):
        return [key, *middle, shown]
    return [key, *middle, alike(regipy.filetime(bytes.fromhex(shown)).isoformat(), fact[-1])[0]]


def header_of(name):
    """As `fossick hive` gives it; the checksum of the file when that is right."""
    shown = json.loads(support.fossick("hive", "--json", path_of(name)).stdout)
    with open(path_of(name), "rb") as f:
        stored = struct.unpack_from("<I", f.read(512), 508)[0]
    return {**shown, "checksum": stored if shown["header"] == "sound" else None}


# --- what was measured with libregf ------------------------------------------------------

LIBREGF = regipy.Skip("of a damaged hive libregf tells what it gave up, fossick what it salvaged")


def observed(cases):
    """expected/observed-hives.json: headers and counts, without the Run values of `persistence`."""
    for name, fact in cases.items():
        fact = {k: v for k, v in fact.items() if k != "persistence"}
        dump = dump_of(name)
        if dump.status != 0:
            code = dump.lines["E"][0][0]
            got = {"regf": code != "corrupt", "role": fact.get("role") if code == "unsupported" else None,
                   "magic": fact.get("magic") if code == "corrupt" else None}
            if code == "unsupported":
                head = header_of(name)
                got.update({"seq": head["sequence"], "dirty_sequence": head["sequence"][0] != head["sequence"][1], "version": head["version"],
                            "unpacked_size": head["size"], "header_checksum_ok": head["header"] == "sound",
                            "embedded_name": regipy.Skip("the name of a log is shown only when it is not that of the hive")})
            flat("observed-hives.json", name, got, fact)
            continue
        head, damaged = header_of(name), bool(fact.get("walk_errors") or "libregf_error" in fact)
        own, told = dump.name, fact["embedded_name"]
        got = {"regf": True, "seq": [dump.seq1, dump.seq2], "dirty_sequence": bool(dump.dirty), "version": head["version"],
               "unpacked_size": head["size"], "header_checksum_ok": head["header"] == "sound",
               "embedded_name": told if own.endswith(told) or told.endswith(own) else own,
               "root_key": dump.lines["K"][0][1], "root_subkeys": len(dump.subkeys("")), "is_corrupted": dump.damaged > 0,
               "keys_reachable": dump.keys, "values_reachable": dump.values, "walk_errors": dump.damaged}
        if damaged:
            got.update(dict.fromkeys(("is_corrupted", "keys_reachable", "values_reachable", "walk_errors", "libregf_error", "root_subkeys",
                                      "root_key"), LIBREGF))
        flat("observed-hives.json", name, got, fact)


def persistence(cases):
    """Times, counts and values of Run keys and others in the same file."""
    for name, fact in cases.items():
        dump = dump_of(name)
        for key, told in fact.get("persistence", {}).items():
            if "last_written" in told:
                compared("observed-hives.json", name, key, *alike(dump.times[key], told["last_written"]))
            if "subkeys" in told:
                compared("observed-hives.json", name, key + ": subkeys", len(dump.subkeys(key)), told["subkeys"])
            if "values" in told:
                have = [[v[0] or "(default)", v[3] if t[1] in (1, 2) else None] for v, t in zip(dump.data[key], told["values"])]
                compared("observed-hives.json", name, key + ": values", (len(dump.data[key]), have), (
                    len(told["values"]), [[v[0], (v[2] or "") if v[1] in (1, 2) else None] for v in told["values"]]))


def catalogue():
    """expected_short of CORPUS.tsv: "seq 1/1 DIRTY | keys 2 values 3 | Run=a,b"."""
    with open(os.path.join(hive_corpus.CORPUS, "CORPUS.tsv"), encoding="utf-8", newline="") as f:
        table = [r for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE) if r["kind"] == "hive"]
    for line in table:
        name, short = line["path"], line["expected_short"]
        for part in short.split(" | ") if short else ():
            dump = dump_of(name)
            runs = {k: ",".join(v[0] or "(default)" for v in dump.data[RUN.removesuffix("Run") + k] or
                                dump.data[RUN.partition("\\")[2].removesuffix("Run") + k]) for k in ("Run", "RunOnce")}
            kind, _, listed = part.partition("=")
            if part.startswith("seq "):
                head = header_of(name) if dump.status == 0 else None
                seq = head["sequence"] if head else sequence_of(name)
                got = f"seq {seq[0]}/{seq[1]}" + (" DIRTY" if seq[0] != seq[1] else "")
            elif part.startswith("keys "):
                got = f"keys {dump.keys} values {dump.values}"
                if dump.damaged:
                    left_out("CORPUS.tsv", name, "counts", part, LIBREGF.reason)
                    continue
            elif kind in runs:
                got = f"{kind}={runs[kind]}".replace("\\", "/")  # as it is written there
            elif part.startswith("transaction log"):
                got = part if dump.status != 0 and dump.lines["E"][0][0] == "unsupported" else "a hive"
            elif part.startswith("libregf:"):
                left_out("CORPUS.tsv", name, "error", part, LIBREGF.reason)
                continue
            else:
                got = part if dump.status != 0 else "a hive"
            compared("CORPUS.tsv", name, kind.split(" ")[0], got, part)


def sequence_of(name):
    return json.loads(support.fossick("hive", "--json", path_of(name)).stdout or '{"sequence": [0, 0]}')["sequence"]


# --- small ones ---------------------------------------------------------------------------


def small(cases):
    """expected/small-hives.json"""
    source, nul = "small-hives.json", lambda names: sorted(n.replace("\\0", "\u2400") for n in names)
    zone, minimal, special, nt, system = (dump_of(n) for n in cases)
    names = list(cases)
    key, wanted = cases[names[0]]["value"]
    compared(source, names[0], "value", [v[3] for v in zone.data[""] if v[0] == key], [wanted])
    compared(source, names[1], "root_subkeys", len(minimal.subkeys("")), cases[names[1]]["root_subkeys"])
    compared(source, names[2], "keys", sorted(k[1] for k in special.lines["K"][1:]), nul(cases[names[2]]["keys"]))
    compared(source, names[2], "values", sorted(v[0] for vs in special.data.values() for v in vs), nul(cases[names[2]]["values"]))
    fact = cases[names[3]]
    values = {v[0]: v for vs in nt.data.values() for v in vs}
    big = sorted(v[2] for v in values.values() if v[1] == "REG_BINARY" and v[2] > 16000)
    compared(source, names[3], "big data", big, fact["big data values sizes"])
    got = {"reg-sz": values["reg-sz"][3], "multi": values["reg-multi-sz"][3].split("|")[:-1], "dword": int(values["dword"][3]),
           "qword": int(values["qword"][3]), "binary": list(bytes.fromhex(values["binary"][3]))}
    for label, wanted in fact["strings"].items():
        compared(source, names[3], label, got[label], wanted)
    subkeys = sorted(nt.subkeys("subkey-test"))
    compared(source, names[3], "subkey-test", subkeys, sorted(f"subkey-test\\key{i}" for i in range(512)))
    compared(source, names[4], "root_subkeys", len(system.subkeys("")), cases[names[4]]["root_subkeys"])
    for key, wanted in cases[names[4]]["class_names"].items():
        compared(source, names[4], "class of " + key, system.classes[key], wanted)


def refused(cases):
    """expected/ez-registry.json, and what the corpus says must fail."""
    for name in cases:
        dump = dump_of(name)
        got = "refused" if dump.status != 0 else "reported" if any("bin" in d[0] for d in dump.lines["D"]) else "nothing said"
        compared("ez-registry.json", name, "must fail or be reported", got, "refused" if "must_fail" in cases[name] else "reported")
    for name, wanted in (("dfwinreg/SYSTEM.DAT", "refused"), ("dfwinreg/USER.DAT", "refused"),
                         ("plaso/registry/regf/corrupt_sub_key_list.hiv", "reported"), ("regipy/corrupted_system_hive.xz", "reported")):
        dump = dump_of(name)
        compared("README.md", name, "must fail", "refused" if dump.status != 0 else "reported" if dump.damaged else "nothing said", wanted)
    for name in sorted(os.listdir(os.path.join(hive_corpus.CORPUS, "libregf"))):
        dump = dump_of("libregf/" + name)
        compared("README.md", "libregf/" + name, "a fragment", dump.status != 0 or dump.damaged > 0, True)


def absent(data):
    for case in data["absent_SOFTWARE_cases"]:
        for label, wanted, _ in leaves(case["exact_expected_result"]):
            left_out("regipy.json", "regipy: " + case["plugin"], ".".join(map(str, label)), wanted, "the hive is not in the corpus")
    for test in hive_corpus.facts("plaso-absent-run-keys.json")["SOFTWARE-RunTests"]:
        for event in test["events"]:
            for label, wanted, _ in leaves(event["values"]):
                left_out("plaso-absent-run-keys.json", "plaso: " + test["test"], ".".join(map(str, label)), wanted,
                         "the hive is not in the corpus")


# --- what comes of it -----------------------------------------------------------------------

HEAD = """# Facts that others state about registry hives

The tests of other readers of registries say what is in the hives that they come with. `tests/interop/registry_facts.py`
takes those statements one by one (a count, a time, a value, a name) and compares each with what fossick reads of the same
hive: by `fossick hive`, by its own reading of keys and values, or by the rows of a plugin. A statement without a rule fails the test,
and so does a table below that is not what the test makes (`python3 tests/interop/registry_facts.py --table`).
"""
ALLOWED = """
## What of theirs is allowed for

- regipy and libregf give times by way of a float: they may be a few microseconds off. plaso's are compared to 100 ns.
- regipy counts both control sets (AppCompatCache, USB devices, LSA and others), fossick's plugins report the one in force: twice the
  rows. It counts UserAssist entries twice, with two counters of Windows itself.
- regipy gives 0 for an empty text and the code of the character for a text of one ("49" processors are "1"), leaves out the first
  four digits of an Amcache program ID, and gives as slot of a shell bag the one of the key above.
- libregf ends a text at its first NUL and takes data of one to three bytes from the wrong end of its field; `peer.h` compares the rest.
- Pages that logs recover are compared with regipy's, what differs afterwards is not: it counts in its own way.
"""


def rows_of_plugins():
    for plugin in sorted({row[1] for row in ROWS}):
        mine = [row for row in ROWS if row[1] == plugin]
        wrong = [f"{label}: got {got!r}, wanted {wanted!r}" for label, _, got, wanted in mine if got != wanted]
        support.check(f"{plugin}: {len(mine)} of these facts in its rows", not wrong, "\n".join(line[:300] for line in wrong))


def main():
    if not os.path.exists(os.path.join(hive_corpus.CORPUS, "expected", "regipy.json")):
        support.skip_all("no corpus")
    data, seen = hive_corpus.facts("regipy.json"), hive_corpus.facts("observed-hives.json")["files"]
    regipy_cases(data["plugin_cases"])
    regipy_tests(data["tests_py"])
    observed(seen)
    persistence(seen)
    catalogue()
    small(hive_corpus.facts("small-hives.json")["files"])
    refused(hive_corpus.facts("ez-registry.json")["files"])
    plaso.facts(dump_of, path_of, compared, left_out, alike)
    absent(data)
    FACTS.finish(HEAD, ALLOWED, rows_of_plugins)


if __name__ == "__main__":
    main()
