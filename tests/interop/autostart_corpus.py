"""win-run-keys on third-party hives of real machines: what reglookup reads of many
places against the rows; and then, with a file at each path that is named, no
finding above "info", since these machines are clean."""
import collections
import gzip
import json
import lzma
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import autostart
import support

T = support.scratch()
CONFIG = "Windows/System32/config/"
USRCLASS = "AppData/Local/Microsoft/Windows/UsrClass.dat"
SYSTEMS = ("regipy/SYSTEM.xz", "regipy/SYSTEM_2.xz", "regipy/SYSTEM_B.xz", "regipy/SYSTEM_WIN_10_1709.xz", "dissect.regf/SYSTEM.gz")
USERS = ("regipy/NTUSER.DAT.xz", "regipy/NTUSER-WSL.DAT.xz", "regipy/NTUSER_BAGMRU.DAT.xz", "regipy/NTUSER_with_winscp.DAT.xz",
         "plaso/registry/NTUSER.DAT", "plaso/registry/NTUSER-WIN7.DAT", "plaso/registry/NTUSER-RunTests.DAT", "dfwinreg/NTUSER.DAT")
# the same SOFTWARE below each; the class hive of another machine
SOFTWARE = "regipy/ntuser_software_partial.xz"
CLASSES = "regipy/UsrClass.dat.xz"


def unpacked(name):
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(os.path.splitext(name)[1], open)
    with opener(os.path.join(support.CORPUS, name), "rb") as f:
        return f.read()


def put(tree, place, content):
    path = os.path.join(tree, place)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.exists(path):
        with open(path, "wb") as f:
            f.write(content)
    return path


def in_case_of(tree, place):
    """The path with the case of the folders that are there: on Windows there is one of each."""
    folder, parts = tree, []
    for part in place.split("/"):
        have = {n.lower(): n for n in os.listdir(folder)} if os.path.isdir(folder) else {}
        parts.append(have.get(part.lower(), part))
        folder = os.path.join(folder, parts[-1])
    return "/".join(parts)


def ran(tree, turn):
    run, path = support.collect(f"{tree}.out{turn}", "-p", "win-run-keys", tree)
    support.check(f"{os.path.basename(tree)}: ends", run.returncode in (0, 1) and path, run.stderr)
    return support.Archive(path)


def system_values(hive):
    """{(place, key in lower case, text)} of places whose values are plain texts."""
    control = hive.control_set() + "\\Control\\"
    found = set()

    def take(place, key, *names):
        found.update((place, key.lower(), text) for name in names for text in hive.texts(key, name))

    take("lsa", control + "Lsa", "Authentication Packages", "Security Packages", "Notification Packages")
    take("lsa", control + "Lsa\\OSConfig", "Security Packages")
    take("boot-execute", control + "Session Manager", "BootExecute", "SetupExecute")
    take("boot-execute", control + "SafeBoot", "AlternateShell")
    known = control + "Session Manager\\KnownDLLs"
    take("known-dll", known, *[n for n in hive.names(known) if not n.lower().startswith("dlldirectory")])
    for kind, value in (("Monitors", "Driver"), ("Providers", "Name")):
        for name in hive.below(control + "Print\\" + kind):
            take("print", f"{control}Print\\{kind}\\{name}", value)
    services = hive.control_set() + "\\Services\\"
    for name in hive.below(services[:-1]):
        take("network-provider", services + name + "\\NetworkProvider", "ProviderPath")
    for name in hive.below(services + "W32Time\\TimeProviders"):
        take("time-provider", services + "W32Time\\TimeProviders\\" + name, "DllName")
    for entries in ("Catalog_Entries", "Catalog_Entries64"):
        spaces = f"{services}WinSock2\\Parameters\\NameSpace_Catalog5\\{entries}"
        for name in hive.below(spaces):
            take("winsock", spaces + "\\" + name, "LibraryPath")
    return found


def class_values(hive):
    """{(place, key, text)} of the servers of a user's classes."""
    found = set()
    for root in ("", "wow6432node\\"):
        for name in hive.below(root + "clsid"):
            key = f"{root}clsid\\{name}"
            for server in ("InprocServer32", "LocalServer32"):
                found |= {("com", key, text) for text in hive.texts(f"{key}\\{server}", "")}
    return found


def told(rows, path, places):
    return {(f["place"], f["key"].lower(), f["command"]) for _, f in rows if f["entry"]["path"] == path and f["place"] in places}


def compare(name, rows, path, hive, wanted, skip=lambda row: False):
    places = {place for place, _, _ in wanted}
    got = {row for row in told(rows, path, places) if not skip(row)}
    autostart.rows_of_hive(name, got, wanted)


def with_files(tree, rows):
    """A file at each path that the rows name, as this test reads their texts."""
    placed = {}
    for _, f in rows:
        user = f["entry"]["path"].split("/")[1] if f["entry"]["path"].startswith("Users/") else None
        suffix = ".exe" if f["place"] in ("boot-execute", "terminal-server") else ".dll"
        text = f["command"].replace("autocheck ", "")
        path = autostart.path_of(text, user, suffix)
        if text.startswith("{") or "cmd.exe /q /c" in text or f["place"] == "office" or "Print Processors" in f["key"]:
            continue  # names of classes, what a command window does, and of files in a folder that another value names
        if path:
            put(tree, in_case_of(tree, path), path.encode())
            placed[(f["entry"]["path"], f["key"], f.get("name"), f["command"])] = path
    return placed


def clean(tree, first):
    """With all files there: the same rows, their files, and nothing above "info"."""
    name = os.path.basename(tree)
    placed = with_files(tree, first)
    archive = ran(tree, 2)
    rows = autostart.every_file_is_there(name, archive)
    support.same(f"{name}: files change no row", collections.Counter(f["command"] for _, f in rows),
                 collections.Counter(f["command"] for _, f in first))
    # 32-bit places may have their file in SysWOW64, which none of these trees has
    wrong = [(f["command"], path, f.get("file"), f.get("missing")) for _, f in rows
             if (path := placed.get((f["entry"]["path"], f["key"], f.get("name"), f["command"])))
             and (autostart.started(f) or "").lower() != path.lower()]
    support.same(f"{name}: {len(placed)} rows lead to the file that their text names", wrong, [])
    support.same(f"{name}: no finding above info", [f for f in archive.findings if f["severity"] != "info"], [])


def systems():
    for name in SYSTEMS:
        tree = os.path.join(T, name.replace("/", "_"))
        path = put(tree, CONFIG + "SYSTEM", unpacked(name))
        rows = autostart.rows(ran(tree, 1))
        hive = autostart.Hive(path)
        wanted = system_values(hive)
        # packed catalogues, dialling and extensions are no plain texts of these keys
        compare(name, rows, CONFIG + "SYSTEM", hive, wanted, lambda row: "protocol_catalog9" in row[1] or "lsaextension" in row[1] or
                "securityproviders" in row[1] or row[1].endswith(("winsock2\\parameters", "subsystems", "\\control")) or
                "print processors" in row[1])
        packed = [k for k in hive.keys if k.startswith(hive.control_set().lower()) and "protocol_catalog9\\catalog_entries" in k and hive.names(k)]
        layers = [f for _, f in rows if "Protocol_Catalog9" in f["key"]]
        support.same(f"{name}: layers of Winsock", (len(layers), {bool(f.get("title")) for f in layers}), (len(packed), {True}))
        clean(tree, rows)


def users():
    tree = os.path.join(T, "users")
    put(tree, CONFIG + "SOFTWARE", unpacked(SOFTWARE))
    hives = {f"Users/u{n}/NTUSER.DAT": name for n, name in enumerate(USERS)}
    hives[f"Users/u0/{USRCLASS}"] = CLASSES
    for place, name in hives.items():
        put(tree, place, unpacked(name))
    rows = autostart.rows(ran(tree, 1))
    for place, name in hives.items():
        hive = autostart.Hive(os.path.join(tree, place))
        if name == CLASSES:
            compare(name, rows, place, hive, class_values(hive))
            continue
        got = {(f["key"].lower(), f["name"], f["command"]) for _, f in rows if f["entry"]["path"] == place and
               f["place"] == "run" and autostart.is_run_key(f["key"])}
        wanted = autostart.run_values(hive, "Software\\")
        support.same(f"{name}: {len(wanted)} Run values, as reglookup reads them", got, wanted)
    clean(tree, rows)


def packages():
    """What the tests of regipy state of LSA."""
    with open(os.path.join(support.CORPUS, "expected", "regipy.json"), encoding="utf-8") as f:
        fact = next(c for c in json.load(f)["plugin_cases"] if c["plugin"] == "LSAPackagesPlugin")["expected_entries_contains"][0]
    rows = autostart.rows(support.Archive(support.collect(os.path.join(T, "lsa"), "-p", "win-run-keys",
                                                          os.path.join(T, "regipy_SYSTEM.xz"))[1]))
    for value in ("authentication packages", "security packages", "notification packages"):
        got = [f["command"] for _, f in rows if f["place"] == "lsa" and f["key"].endswith("Lsa") and f["name"].lower() == value]
        support.same("regipy's facts: " + value, got, fact[value.replace(" ", "_")])


def main():
    if not support.CORPUS or not os.path.exists(os.path.join(support.CORPUS, SOFTWARE)):
        support.skip_all("no corpus")
    if not autostart.REGLOOKUP:
        support.skip_all("reglookup is not installed")
    systems()
    users()
    packages()
    support.finish()


main()
