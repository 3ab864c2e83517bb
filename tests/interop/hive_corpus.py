"""Third-party hives: what tests/interop/hivedump reads of them must agree with
the facts their origins' tests state, and with what libregf counted."""

import collections
import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

CORPUS = os.environ.get("FOSSICK_CORPUS", "")
HIVEDUMP = os.path.join(os.environ["FOSSICK_BUILD"], "tests/interop/hivedump")
FOSSICK = os.environ.get("FOSSICK", os.path.join(os.environ["FOSSICK_BUILD"], "fossick"))
FRAGMENTS = "libregf"
ODD_NAMES = {"hivex/special"}  # sound, but libregf ends a name at its NUL

cases = 0


def ok(name, problems):
    global cases
    cases += 1
    print(f"{'not ok' if problems else 'ok'} {cases} - {name}")
    for line in problems[:20]:
        print("# " + str(line)[:400])


def facts(name):
    with open(os.path.join(CORPUS, "expected", name), encoding="utf-8") as f:
        return json.load(f)


def unpacked(path):
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(os.path.splitext(path)[1], open)
    with opener(os.path.join(CORPUS, path), "rb") as f:
        return f.read()


class Folded(dict):
    """By path without case, as registries are."""

    def __setitem__(self, path, value):
        super().__setitem__(path.lower(), value)

    def __getitem__(self, path):
        return super().__getitem__(path.lower())

    def __missing__(self, path):
        return []


class Dump:
    """The lines of hivedump by kind."""

    def __init__(self, path, *options, logs=()):
        done = subprocess.run([HIVEDUMP, *options, path, *logs], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.status = done.returncode
        self.noise = done.stderr.decode("utf-8", "replace")
        self.text = done.stdout.decode("utf-8")
        self.lines = collections.defaultdict(list)
        for line in self.text.split("\n")[:-1]:
            kind, *fields = line.split("\t")
            self.lines[kind].append(fields)
        if self.lines["H"]:
            self.seq1, self.seq2, self.dirty, self.keys, self.values, self.damaged = (
                int(x) for x in self.lines["H"][0][:6]
            )
            self.name = self.lines["H"][0][6]
        self.times, self.data, self.classes, self.owners = Folded(), Folded(), Folded(), Folded()
        for path, _, time, klass, owner in self.lines["K"]:
            self.times[path], self.classes[path], self.owners[path] = time, klass, owner
            self.data[path] = []
        for path, name, kind, size, *shown in self.lines["V"]:
            self.data[path].append((name, kind, int(size), "".join(shown)))

    def subkeys(self, path):
        path = path.lower()
        below = path + "\\" if path else ""
        return [p for p in self.times if p.startswith(below) and p != path and "\\" not in p[len(below) :]]


def same(problems, what, got, wanted):
    if got != wanted:
        problems.append(f"{what}: got {got!r}, wanted {wanted!r}")


def iso(text):
    """Both forms of time to microseconds, as libregf's users print them."""
    text = text.replace(" ", "T").rstrip("Z")
    whole, _, fraction = text.partition(".")
    return whole + "." + fraction.ljust(6, "0")[:6]


# --- reglookup -----------------------------------------------------------------

REGLOOKUP_TYPES = {"RSRC_LIST": "RESOURCE_LIST", "RSRC_DESC": "FULL_RESOURCE_DESCRIPTOR", "DWORD_BE": "DWORD_BIG_ENDIAN",
                   "RSRC_REQ_LIST": "RESOURCE_REQUIREMENTS_LIST"}


def plain(path, kind):
    """Both write names that are not ASCII in ways of their own: of these only the kind counts."""
    return (path.lower() if path.isascii() and "\0" not in path else "", kind)


def by_reglookup(path):
    done = subprocess.run(["reglookup", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    found = collections.Counter()
    for line in done.stdout.decode("ascii", "replace").splitlines()[1:]:
        path, kind = line.split(",")[:2]
        kind = REGLOOKUP_TYPES.get(kind, kind)
        if kind.startswith("0x"):
            kind = "0x%x" % int(kind, 16)
        path = urllib.parse.unquote_to_bytes(path).decode("utf-8", "replace")
        found[plain("/" + path.lstrip("/") if path.startswith("//") else path, kind)] += 1
    return found


def as_reglookup(dump):
    found = collections.Counter()
    for path, *_ in dump.lines["K"]:
        found[plain("/" + path.replace("\\", "/"), "KEY")] += 1
    for path, name, kind, *_ in dump.lines["V"]:
        above = "/" + path.replace("\\", "/") if path else ""
        found[plain(f"{above}/{name}", kind.removeprefix("REG_"))] += 1
    return found


def check_reglookup(problems, dump, path):
    """Every key and every value, by path and type."""
    if not shutil.which("reglookup"):
        return
    theirs, own = by_reglookup(path), as_reglookup(dump)
    for what, more in ("reglookup alone", theirs - own), ("fossick alone", own - theirs):
        problems += [f"{what}: {entry}" for entry in list(more.items())[:10]]


def check_persistence(problems, dump, wanted):
    for path, fact in wanted.items():
        if "subkeys" in fact:
            same(problems, path + " subkeys", len(dump.subkeys(path)), fact["subkeys"])
        if "last_written" in fact:
            same(problems, path, iso(dump.times[path]), iso(fact["last_written"]))
        for (name, kind, data), (got, _, _, shown) in zip(fact.get("values", []), dump.data[path]):
            same(problems, path, got, "" if name == "(default)" else name)
            if kind in (1, 2):
                same(problems, path + " " + name, shown, data or "")
        if "values" in fact:
            same(problems, path + " values", len(dump.data[path]), len(fact["values"]))


def observed(name, fact, path):
    problems = []
    dump = Dump(path, "-p")
    if dump.noise:
        problems.append(dump.noise)
    if not fact["regf"]:
        same(problems, "code", [e[:1] for e in dump.lines["E"]], [["corrupt"]])
        return ok(f"{name}: is refused", problems)
    if "role" in fact:
        same(problems, "code", [e[:1] for e in dump.lines["E"]], [["unsupported"]])
        return ok(f"{name}: is called a transaction log", problems)
    same(problems, "status", dump.status, 0)
    if dump.status != 0:
        return ok(name, problems + dump.lines["E"])
    same(problems, "sequence numbers", [dump.seq1, dump.seq2], fact["seq"])
    same(problems, "dirty", bool(dump.dirty), fact["dirty_sequence"])
    same(problems, "key lines", len(dump.lines["K"]), dump.keys)
    same(problems, "value lines", len(dump.lines["V"]), dump.values)
    if not dump.name.endswith(fact["embedded_name"]) and not fact["embedded_name"].endswith(dump.name):
        same(problems, "name", dump.name, fact["embedded_name"])
    if "libregf_error" in fact or fact["walk_errors"]:
        if dump.damaged == 0:
            problems.append("no damage reported")
        at_least = fact.get("keys_reachable", 1), fact.get("values_reachable", 0)
        if (dump.keys, dump.values) < at_least:
            problems.append(f"{dump.keys} keys and {dump.values} values, libregf had {at_least}")
        return ok(f"{name}: {dump.keys} keys, {dump.values} values salvaged", problems)
    same(problems, "damage", dump.lines["D"] + dump.lines["X"], [])
    same(problems, "keys", dump.keys, fact["keys_reachable"])
    same(problems, "values", dump.values, fact["values_reachable"])
    same(problems, "root", dump.lines["K"][0][1], fact["root_key"])
    same(problems, "subkeys of the root", len(dump.subkeys("")), fact["root_subkeys"])
    check_persistence(problems, dump, fact.get("persistence", {}))
    if name not in ODD_NAMES:
        check_reglookup(problems, dump, path)
    read, keys, values, differences, first = dump.lines["P"][0]
    if name in ODD_NAMES:
        same(problems, "given to libregf", read, "0")
        return ok(f"{name}: {dump.keys} keys, {dump.values} values", problems)
    same(problems, "what libregf reads", [read, keys, values, differences, first], ["1", str(dump.keys), str(dump.values), "0", ""])
    ok(f"{name}: {dump.keys} keys, {dump.values} values, the same by libregf", problems)


def regipy(name, fact, path):
    problems = []
    dump = Dump(path)
    if "value_types" in fact:
        kinds = collections.Counter(kind for values in dump.data.values() for _, kind, _, _ in values)
        for kind, count in fact["value_types"].items():
            same(problems, kind, kinds[kind], count)
        same(problems, "values", dump.values, fact["values_count"])
    same(problems, "root name", dump.lines["K"][0][1], fact.get("root_name", dump.lines["K"][0][1]))
    same(problems, "keys", dump.keys, fact.get("subkey_count_recursive_incl_root", dump.keys))
    same(problems, "root subkeys", len(dump.subkeys("")), fact.get("root_subkey_count", len(dump.subkeys(""))))
    run = "Software\\Microsoft\\Windows\\CurrentVersion\\Run"
    if "partial_root" in fact:
        run = run[len("Software\\") :]
    first = fact.get("run_key_first_value") or fact.get("run_first_value")
    if first:
        same(problems, run, list(dump.data[run][0][:2]), first)
    ok(f"{name}: facts of regipy's tests", problems)


def regipy_replay(name, fact, path_of):
    """A dirty hive with its logs. The facts count keys and values that differ as
    regipy compares two hives, which is not by their paths: only the pages and
    that something is new are compared."""
    problems = []
    before = Dump(path_of(name))
    after = Dump(path_of(name), logs=[path_of("regipy/" + log) for log in fact["logs"]])
    dirty, applied, _, pages, *_ = (int(x) for x in after.lines["R"][0])
    same(problems, "dirty and replayed", (dirty, applied), (1, 1))
    same(problems, "pages", pages, fact["recovered_dirty_pages"])
    same(problems, "dirty before and afterwards", (before.dirty, after.dirty), (1, 0))
    same(problems, "damage", after.damaged, 0)
    new = set(after.times) - set(before.times)
    if not new:
        problems.append("no key is new")
    clean = path_of(name) + ".clean"
    written = subprocess.run([FOSSICK, "hive", "-q", path_of(name), "--write", clean, *[
        x for log in fact["logs"] for x in ("--log", path_of("regipy/" + log))]], stdout=subprocess.DEVNULL, check=False)
    same(problems, "status of fossick hive --write", written.returncode, 0)
    check_reglookup(problems, after, clean)
    ok(f"{name}: {pages} pages of its logs replayed, {len(new)} new keys, the same by reglookup", problems)


def plaso_runs(name, tests, path):
    dump = Dump(path)
    for test in tests:
        for event in test.get("events", []):
            fact = event["values"]
            if fact.get("data_type") != "windows:registry:run":
                continue
            problems = []
            key = fact["key_path"].partition("\\")[2]
            entries = [f"{n}: {shown}" for n, _, _, shown in dump.data[key]]
            same(problems, key, sorted(entries), sorted(fact["entries"]))
            time = fact["last_written_time"].partition("+")[0] + "Z"
            same(problems, "time", dump.times[key], time)
            ok(f"{name}: {test['test']}", problems)


def small(path_of):
    special = Dump(path_of("hivex/special"))
    wanted = facts("small-hives.json")["files"]["hivex/special"]
    problems = []
    names = [k[1] for k in special.lines["K"][1:]]
    same(problems, "keys", sorted(names), sorted(n.replace("\\0", "\u2400") for n in wanted["keys"]))
    got = [v[0] for values in special.data.values() for v in values]
    same(problems, "values", sorted(got), sorted(n.replace("\\0", "\u2400") for n in wanted["values"]))
    ok("hivex/special: names", problems)

    testhive = Dump(path_of("nt-hive/testhive"))
    values = {n: (kind, size, shown) for vs in testhive.data.values() for n, kind, size, shown in vs}
    problems = []
    sizes = sorted(size for kind, size, _ in values.values() if kind == "REG_BINARY" and size > 16000)
    same(problems, "big data", sizes, [16343, 16344, 16345])
    same(problems, "reg-sz", values["reg-sz"][2], "sz-test")
    same(problems, "reg-multi-sz", values["reg-multi-sz"][2], "multi-sz-test|line2|")
    same(problems, "dword", values["dword"][2], "42")
    same(problems, "qword", values["qword"][2], str(2**64 - 1))
    same(problems, "binary", values["binary"][2], "0102030405")
    same(problems, "512 subkeys", len(testhive.subkeys("subkey-test")), 512)
    ok("nt-hive/testhive: data", problems)

    zone = Dump(path_of("python-registry/issue22.hive"))
    problems = []
    same(problems, "zone", [v[3] for v in zone.data[""] if v[0] == "TimeZoneKeyName"], ["W. Europe Standard Time"])
    ok("python-registry/issue22.hive: value", problems)


def main():
    if not os.path.exists(os.path.join(CORPUS, "expected", "observed-hives.json")):
        print("1..0 # SKIP no corpus")
        return
    with tempfile.TemporaryDirectory() as scratch:

        def path_of(name):
            path = os.path.join(scratch, name.replace("/", "_"))
            if not os.path.exists(path):
                with open(path, "wb") as f:
                    f.write(unpacked(name))
            return path

        for name, fact in facts("observed-hives.json")["files"].items():
            observed(name, fact, path_of(name))
        for name, fact in facts("regipy.json")["tests_py"].items():
            regipy(name, fact, path_of(name))
            if "logs" in fact:
                regipy_replay(name, fact, path_of)
        plaso = facts("plaso.json")
        for name, tests in plaso.get("files", plaso).items():
            if name.startswith("plaso/registry/NTUSER"):
                plaso_runs(name, tests, path_of(name))
        small(path_of)
        for name in sorted(os.listdir(os.path.join(CORPUS, FRAGMENTS))):
            dump = Dump(path_of(FRAGMENTS + "/" + name))
            bad = dump.status == 0 and dump.damaged == 0
            ok(f"libregf/{name}: a fragment is refused or called damaged", [dump.text] if bad else [])
    print(f"1..{cases}")


if __name__ == "__main__":
    main()
