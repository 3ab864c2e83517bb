"""win-execution, win-system and win-installed on third-party hives: counts and rows against the
facts that their origins' tests state."""

import collections
import json
import lzma
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support

T = support.scratch()
CONFIG = "Windows/System32/config/"
PLACES = {
    "SYSTEM": CONFIG + "SYSTEM",
    "SYSTEM_WIN_10_1709": CONFIG + "SYSTEM",
    "amcache.hve": "Windows/appcompat/Programs/Amcache.hve",
    "NTUSER.DAT": "Users/corpus/NTUSER.DAT",
    "NTUSER-WSL.DAT": "Users/corpus/NTUSER.DAT",
    "NTUSER_with_winscp.DAT": "Users/corpus/NTUSER.DAT",
    "NTUSER_BAGMRU.DAT": "Users/corpus/NTUSER.DAT",
    "SAM": CONFIG + "SAM",
    "plaso SAM": CONFIG + "SAM",
}
ELSEWHERE = {"plaso SAM": "plaso/registry/regf/SAM"}


def run(name, plugin):
    """The archive of one plugin on one hive, and {kind: [fields]} of its records."""
    tree = os.path.join(T, plugin, name)
    path = os.path.join(tree, PLACES[name])
    os.makedirs(os.path.dirname(path))
    os.makedirs(os.path.join(tree, CONFIG), exist_ok=True)
    other = ELSEWHERE.get(name)
    with (open(os.path.join(support.CORPUS, other), "rb") if other else
          lzma.open(os.path.join(support.CORPUS, "regipy", name + ".xz"))) as source, open(path, "wb") as f:
        f.write(source.read())
    _, out = support.collect(os.path.join(T, "out", plugin, name), "-p", plugin, tree)
    archive, found = support.Archive(out), collections.defaultdict(list)
    for row in archive.records()[plugin]:
        found[row["kind"]].append(row["fields"])
    return archive, found


def rows_of(name):
    return run(name, "win-execution")[1]


def micro(text):
    """A time to milliseconds: the last digits of the facts are rounded."""
    whole, _, fraction = text.removesuffix("Z").partition("+")[0].partition(".")
    return whole + "." + fraction.ljust(3, "0")[:3]


def system(cases):
    archive, rows = run("SYSTEM", "win-system")
    machine = json.loads(archive.text("collection.json"))["machines"][0]["facts"]
    fact = cases["HostDomainNamePlugin"]["exact_expected_result"][0]
    support.same("computer and domain", (machine["computer"], machine["host"], machine["domain"]),
                 (cases["ComputerNamePlugin"]["exact_expected_result"][0]["name"], fact["hostname"], fact["domain"]))
    shutdown = next(iter(cases["ShutdownPlugin"]["exact_expected_result"].values()))
    support.same("last shutdown", micro(machine["last_shutdown"]), micro(shutdown["last_write"]))
    support.same("architecture", machine["architecture"],
                 next(iter(cases["ProcessorArchitecturePlugin"]["exact_expected_result"].values()))["PROCESSOR_ARCHITECTURE"])
    support.same("mounted devices", len(rows["mounted"]), cases["MountedDevicesPlugin"]["expected_entries_count"])
    facts = next(iter(cases["NetworkDataPlugin"]["exact_expected_result"].values()))["interfaces"]
    support.same("interfaces", [(r["id"], r.get("address"), r.get("name_server")) for r in rows["interface"]],
                 [(f["interface_name"], (f["ip_address"] or [None])[0], f["name_server"]) for f in facts])
    usb = [r for r in rows["usb"] if r["bus"] == "USB"]
    # the facts count both control sets, which are alike
    support.same("USB devices", 2 * len(usb), cases["USBDevicesPlugin"]["expected_entries_count"])
    fact = cases["USBDevicesPlugin"]["expected_entries_contains"][0]
    support.check("USB devices: a row", any((r["device"], r["serial"], r["name"]) ==
                                            (fact["vid_pid"], fact["instance_id"], fact["device_desc"]) for r in usb), usb)

    storage = [r for r in run("SYSTEM_WIN_10_1709", "win-system")[1]["usb"] if r["bus"] == "USBSTOR"]
    fact = cases["USBSTORPlugin"]["exact_expected_result"][0]
    support.same("USB storage", [(r["serial"], r["name"], micro(r["installed"]), micro(r["connected"]), micro(r["removed"]))
                                 for r in storage],
                 [(fact["serial_number"], fact["device_name"], micro(fact["first_installed"]),
                   micro(fact["last_connected"]), micro(fact["last_removed"]))])

    archive, rows = run("SAM", "win-system")
    support.same("SID of the machine", json.loads(archive.text("collection.json"))["machines"][0]["facts"]["machine_sid"],
                 cases["LocalSidPlugin"]["exact_expected_result"][0]["machine_sid"])
    accounts = rows["account"]
    support.same("accounts", len(accounts), cases["SAMParsePlugin"]["expected_entries_count"])
    for fact in cases["SAMParsePlugin"]["expected_entries_contains"]:
        row = next(r for r in accounts if r["rid"] == fact["rid"])
        support.same(f'account {fact["rid"]}', (micro(row["last_logon"]), micro(row["password_set"]), row["logons"], row["disabled"],
                                                         row["failed"], row["password_never_expires"]),
                     (micro(fact["last_login"]), micro(fact["password_last_set"]), fact["login_count"],
                      "Account Disabled" in fact["account_flags_parsed"], fact["failed_login_count"],
                      "Password Does Not Expire" in fact["account_flags_parsed"]))
    admins = next(r for r in rows["group"] if r["rid"] == 544)
    support.same("administrators are accounts", [m.rsplit("-", 1)[1] for m in admins["members"]], ["500", "1000"])
    with open(os.path.join(support.CORPUS, "expected", "plaso.json"), encoding="utf-8") as f:
        fact = json.load(f)["files"]["plaso/registry/regf/SAM"][0]
    accounts = run("plaso SAM", "win-system")[1]["account"]
    support.same("accounts of another hive", len(accounts), fact["counts"]["event_data"])
    fact = fact["events"][0]["values"]
    row = next(r for r in accounts if r["rid"] == fact["account_rid"])
    support.same("and one of them", (row["name"], row["comment"], row["logons"], micro(row["last_logon"]), micro(row["password_set"])),
                 (fact["username"], fact["comments"], fact["login_count"], micro(fact["last_login_time"]),
                  micro(fact["last_password_set_time"])))


def installed(cases):
    rows = run("NTUSER_with_winscp.DAT", "win-installed")[1]["installed"]
    programs = {r["id"]: r for r in rows if r["source"] == "uninstall"}
    support.same("installed programs", len(programs), cases["InstalledProgramsNTUserPlugin"]["expected_entries_count"])
    for fact in cases["InstalledProgramsNTUserPlugin"]["expected_entries_contains"]:
        row = programs[fact["service_name"]]
        support.same(f'installed: {fact["service_name"]}',
                     (row["name"], row["version"], row["publisher"], row["location"], row["removal"], row["size_kib"], micro(row["time"])),
                     (fact["DisplayName"], fact["DisplayVersion"], fact["Publisher"], fact["InstallLocation"],
                      fact["UninstallString"], fact["EstimatedSize"], micro(fact["timestamp"])))
    products = [r for r in rows if r["source"] == "product"]
    support.same("products of Windows Installer", len(products), cases["NtuserClassesInstallerPlugin"]["expected_entries_count"])
    for fact in cases["NtuserClassesInstallerPlugin"]["expected_entries_contains"]:
        support.check(f'product {fact["identifier"]}', any((r["id"], r["name"], micro(r["time"])) ==
                      (fact["identifier"], fact["product_name"], micro(fact["timestamp"])) for r in products), products)
    # the facts count a cache of installers as a distribution
    facts = next(iter(cases["WSLPlugin"]["exact_expected_result"].values()))["distributions"]
    rows = [r for r in run("NTUSER-WSL.DAT", "win-installed")[1]["installed"] if r["source"] == "wsl"]
    support.same("distributions of Linux", [(r["id"], r["name"], r["location"], r["uid"], r["package_family"], micro(r["time"])) for r in rows],
                 [(f["GUID"], f["distribution_name"], f["wsl_distribution_source_location"], f["default_uid"],
                   f["package_family_name"], micro(f["last_modified"])) for f in facts if f["distribution_name"]])
    known = [r for r in run("amcache.hve", "win-installed")[1]["installed"] if r["source"] == "amcache"]
    with open(os.path.join(support.CORPUS, "expected", "plaso.json"), encoding="utf-8") as f:
        tests = json.load(f)["files"]["plaso/registry/winreg/Amcache.hve"]  # the same hive
    fact = next(e["values"] for t in tests for e in t["events"] if e["values"]["data_type"].endswith(":programs"))
    row = next(r for r in known if r["key"].startswith("Root\\Programs") and r["name"] == fact["name"])
    support.same("Amcache: a program", (row["publisher"], row["from_kind"], row["installed"], row["location"], row["registry_key"]),
                 (fact["publisher"], fact["entry_type"], fact["installation_time"][:19] + "Z", fact["file_paths"][0],
                  fact["uninstall_key"][0]))


def main():
    facts_path = os.path.join(support.CORPUS, "expected", "regipy.json") if support.CORPUS else ""
    if not os.path.exists(facts_path):
        support.skip_all("no corpus")
    with open(facts_path, encoding="utf-8") as f:
        cases = {c["plugin"]: c for c in json.load(f)["plugin_cases"]}
    old, new = rows_of("SYSTEM"), rows_of("SYSTEM_WIN_10_1709")

    # the facts count both control sets, which are alike; fossick reads the one in use
    support.same("AppCompatCache: entries", 2 * len(old["appcompatcache"]), cases["ShimCachePlugin"]["expected_entries_count"])
    fact = cases["ShimCachePlugin"]["expected_entries_contains"][0]
    first = next(r for r in old["appcompatcache"] if r["program"] == fact["path"])
    support.same("AppCompatCache: a row", (micro(first["modified"]), str(first["ran"])),
                 (micro(fact["last_mod_date"]), fact["exec_flag"]))
    support.check("AppCompatCache of Windows 10: a full table", len(new["appcompatcache"]) == 1024, len(new["appcompatcache"]))

    support.same("BAM: entries", len(new["bam"]), cases["BAMPlugin"]["expected_entries_count"])
    fact = cases["BAMPlugin"]["expected_entries_contains"][0]
    support.check("BAM: a row", any((r["program"], r["sid"], micro(r["time"])) ==
                                    (fact["executable"], fact["sid"], micro(fact["timestamp"])) for r in new["bam"]))

    amcache = rows_of("amcache.hve")["amcache"]
    support.same("Amcache: entries", len(amcache), cases["AmCachePlugin"]["expected_entries_count"])
    fact = cases["AmCachePlugin"]["expected_entries_contains"][0]
    row = next(r for r in amcache if r["program"] == fact["full_path"])
    support.same("Amcache: a row", (row["sha1"], micro(row["modified2"]), micro(row["time"])),
                 (fact["sha1"], micro(fact["last_modified_timestamp_2"]), micro(fact["timestamp"])))

    # the facts count every value twice, and two that are counters of Windows itself
    assist = rows_of("NTUSER.DAT")["userassist"]
    support.same("UserAssist: entries", 2 * (len(assist) + 2), cases["UserAssistPlugin"]["expected_entries_count"])
    for fact in cases["UserAssistPlugin"]["expected_entries_contains"]:
        row = next((r for r in assist if fact["name"].lower() in (r["program"].lower(), r.get("path", "").lower())), None)
        support.check(f'UserAssist: {fact["name"]}', row and (row["runs"], row["focus_count"], row["focus_ms"]) ==
                      (fact["run_counter"], fact["focus_count"], fact["total_focus_time_ms"]) and
                      row["time"][:19] == fact["timestamp"][:19], row)
    system(cases)
    installed(cases)
    support.finish()


if __name__ == "__main__":
    main()
