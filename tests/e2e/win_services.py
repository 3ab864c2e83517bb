"""win-services on services of every kind: what starts, what stands in its way, and values
that are not what they should be."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import service_tree
import support
from support import check, same

T = support.scratch()


def run(name, **options):
    tree = os.path.join(T, name)
    service_tree.make(tree, **options)
    _, out = support.collect(os.path.join(T, "out", name), "-p", "win-services", tree)
    return support.Archive(out)


archive = run("client")
rows = archive.records()["win-services"]
services = {r["fields"]["name"]: r["fields"] for r in rows if r["kind"] == "service"}
starts = {(r["fields"]["name"], r["fields"]["part"]): r["fields"] for r in rows if r["kind"] == "autostart"}


def program(name, part="ImagePath"):
    row = starts.get((name, part), {})
    return row.get("program", row.get("missing")), row.get("startup")


def told(name, *fields):
    return tuple(services[name].get(f) for f in fields)


# --- drivers -------------------------------------------------------------------------
same("driver below \\SystemRoot", program("Rooted"), ("C:/Windows/System32/drivers/rooted.sys", "enabled"))
same("driver relative to Windows", program("Plain"), ("C:/Windows/System32/drivers/plain.sys", "enabled"))
same("driver without a path", program("Nameless", "default"), ("C:/Windows/System32/drivers/Nameless.sys", "enabled"))
same("driver with blanks in its path", program("Blank"), ("C:/Program Files/V M/blank.sys", "enabled"))
same("driver that is not there", program("Lost"), ('"System32\\drivers\\lost.sys": not on this volume', "enabled"))
same("types and starts", [told(n, "type", "start") for n in ("Rooted", "Plain", "Nameless")],
     [("kernel driver", "boot"), ("file system driver", "system"), ("kernel driver", "manual")])
same("places", sorted({(r["fields"]["place"]) for r in rows if r["kind"] == "autostart"}), ["counters", "driver", "service"])

# --- services ------------------------------------------------------------------------
same("shared process: its host", program("IKEEXT"), ("C:/Windows/System32/svchost.exe", "enabled"))
same("shared process: its library", program("IKEEXT", "Parameters\\ServiceDll"), ("C:/Windows/System32/ikeext.dll", "enabled"))
same("library in the key itself", program("Keyed", "ServiceDll"), ("C:/Windows/System32/keyed.dll", "enabled"))
same("accounts", [starts[n, "ImagePath"].get("sid") for n in ("IKEEXT", "Keyed", "Agent")],
     ["S-1-5-18", "S-1-5-19", "S-1-5-18"])
same("IKEEXT", told("IKEEXT", "display", "start", "type", "entry_point", "depends", "triggers", "control_set", "in_force"),
     ("@%SystemRoot%\\system32\\ikeext.dll,-501", "manual", "shared process", "IkeServiceMain", ["BFE", "nsi"], 2,
      "ControlSet001", True))
same("failures", told("Agent", "failure", "delayed", "time"),
     ({"reset": 86400, "actions": [{"action": "restart", "delay": 60.0}, {"action": "run command", "delay": 0.0}]}, True,
      "2023-04-01T00:00:00Z"))
same("command at failure", program("Agent", "FailureCommand"), ("C:/Program Files/Agent One/after.exe", "enabled"))
same("command at failure that no action uses", program("Unquoted", "FailureCommand")[1], "disabled")
same("program behind a wrapper", program("Wrapped", "Parameters\\Application"), ("C:/Agent/real one.exe", "disabled"))
same("only in another control set", told("Former", "control_set", "in_force"), ("ControlSet002", False))
check("what is not in force starts nothing", not any(n == "Former" for n, _ in starts), sorted(starts))
same("safe modes", [told(n, "safe_modes")[0] for n in ("IKEEXT", "Plain", "Keyed")], [["network"], ["minimal", "network"], None])
same("filters", [(f["name"], f["upper"], f.get("lower")) for f in (r["fields"] for r in rows if r["kind"] == "filter")],
     [("Keyboard", ["kbdclass", "other"], None)])
same("groups of svchost", [(f["group"], f["services"]) for f in (r["fields"] for r in rows if r["kind"] == "svchost-group")],
     [("netsvcs", ["IKEEXT", "Keyed"])])
same("of a former Windows", (told("Before", "origin", "image"), ("Before", "ImagePath") in starts),
     (("Windows.old", r"C:\Agent\run.exe"), False))
same("owners of Windows are not told", {s.get("owner") for s in services.values()}, {None})
files = {row["locator"]["path"] for row in archive.files.values()}
wanted = {n for n in service_tree.FILES if not n.endswith("x.txt")} - {"Windows/System32/wlbsctrl.dll"}
same("every program of a service is collected", wanted - files, set())
check("with its digests", len(starts["Agent", "ImagePath"].get("sha256", "")) == 64, starts["Agent", "ImagePath"])

# --- findings ------------------------------------------------------------------------
same("paths without quotes", sorted(n for n, s in services.items() if s.get("unquoted")),
     ["LooksSo", "Shorter", "ShorterGone", "Unquoted"])
found = {f["fields"]["service"]: f for f in archive.findings}
SYSTEM = "Windows/System32/config/SYSTEM"
same("findings", sorted((n, f["severity"], f["confidence"], f["evidence"][0]["path"], f["title"].split(" ")[0]) for n, f in found.items()), [
    ("Encoded", "medium", "high", SYSTEM, "Service"),
    ("Hidden", "medium", "high", SYSTEM, "Service"),
    ("IKEEXT", "high", "medium", "Windows/System32/wlbsctrl.dll", "Library"),
    ("InProfile", "low", "high", "Users/ann/AppData/Local/Temp/svc.exe", "Service"),
    ("InTemp", "low", "high", "Windows/Temp/x.dll", "Service"),
    ("RpcEptMapper", "medium", "high", SYSTEM, "Library"),
    ("Script", "low", "high", SYSTEM, "Service"),
    ("Shell", "medium", "high", SYSTEM, "Service"),
    ("Shorter", "medium", "high", "Tools And.exe", "Program"),
    ("ShorterGone", "medium", "medium", "Gone.exe", "Program")])
same("one finding for each", len(archive.findings), len(found))
same("whom a service is hidden from", (told("Hidden", "hidden_from"), told("NotForGuests", "hidden_from"), told("TornSecurity", "hidden_from")),
     ((["S-1-5-4", "S-1-5-32-544"],), (["S-1-5-32-546"],), (None,)))
same("counters", (program("PerfOS", "Performance\\Library"), starts["PerfOS", "Performance\\Library"]["place"]),
     (("C:/Windows/System32/perfos.dll", "enabled"), "counters"))
same("the program that was meant", found["Shorter"]["fields"].get("meant"), "C:/Tools And More/srv app/srv.exe")
check("the library is told with digests", len(found["IKEEXT"]["fields"]["about"]["sha256"]) == 64, found["IKEEXT"])
check("and collected", "Windows/System32/wlbsctrl.dll" in files, sorted(files))
server = run("server", product="ServerNT")
same("on a server it may be genuine", [f["severity"] for f in server.findings if f["fields"]["service"] == "IKEEXT"], ["info"])
wbem = ["Windows/System32/wbem/wbemcomn.dll", "Windows/System32/WptsExtensions.dll"]
old = run("old", more=wbem)
same("a library that old Windows has, one of a service that is not there",
     [(f["severity"], f["fields"]["service"]) for f in old.findings if "loaded by" in f["title"]], [("high", "IKEEXT"), ("info", "Schedule")])
new = run("new", more=[*wbem, "Windows/System32/wbemcomn.dll"])
check("newer Windows has it elsewhere", "Winmgmt" in [f["fields"]["service"] for f in new.findings])

# --- odd values ----------------------------------------------------------------------
same("wrong types and torn values are anomalies", sorted(a["reason"].split("\\")[-1] for a in archive.anomalies),
     ["OddEmpty: FailureActions: shorter than its header", "OddImage: Start is REG_SZ, ImagePath is REG_DWORD",
      "OddMany: FailureActions: 4294967295 actions announced, 0 there",
      "OddTorn: FailureActions: 3 actions announced, 1 there, ServiceDll is REG_BINARY"])
same("an empty path is none", ("OddEmpty", "ImagePath") in starts, False)
same("unknown numbers stay numbers", (told("OddEmpty", "start"), told("OddTorn", "type")),
     (("9",), ("shared process, 0x1000",)))
same("a list where a text should be, and the other way", (told("OddMany", "display"), told("OddTorn", "depends")),
     (("a",), (["RpcSs"],)))
same("settings without a service", told("Settings only", "type", "start"), (None, None))
lost = run("lost", owned=False)
same("owners that cannot be read are told a few times", len([a for a in lost.anomalies if "owner" in a["reason"]]), 9)
same("and cost no row", len(lost.records()["win-services"]), len(rows))
support.finish()
