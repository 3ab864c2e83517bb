"""win-system on third-party SYSTEM hives: settings, routes and upgrades that their origin's tests state."""

import json
import lzma
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support

T = support.scratch()


def run(name, hive="SYSTEM"):
    path = os.path.join(T, name, "Boot" if hive == "BCD" else "Windows/System32/config", hive)
    os.makedirs(os.path.join(T, name, "Windows/System32"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with lzma.open(os.path.join(support.CORPUS, "regipy", name + ".xz")) as source, open(path, "wb") as f:
        f.write(source.read())
    _, out = support.collect(os.path.join(T, "out", name), "-p", "win-system", os.path.join(T, name))
    archive = support.Archive(out)
    machines = archive.json("collection.json").get("machines") or [{"facts": {}}]
    return machines[0]["facts"], archive.records().get("win-system", [])


def first(case):
    """What the facts say of control set 1."""
    told = case["exact_expected_result"] or case["expected_entries_contains"]
    return next(iter(told.values())) if isinstance(told, dict) else told[0]


facts_path = os.path.join(support.CORPUS, "expected", "regipy.json") if support.CORPUS else ""
if not os.path.exists(facts_path):
    support.skip_all("no corpus")
with open(facts_path, encoding="utf-8") as f:
    cases = {c["plugin"]: c for c in json.load(f)["plugin_cases"]}
facts, records = run("SYSTEM")
page, crash = first(cases["PagefilePlugin"]), first(cases["CrashDumpPlugin"])
support.same("code page", facts["code_page"], first(cases["CodepagePlugin"])["ACP"])
support.same("page files", (facts["page_files"], facts["page_file_cleared"]), (page["paging_files"], page["clear_pagefile_at_shutdown"]))
support.same("crash dump", facts["crash_dump"], crash["DumpFile"])
support.same("last access", facts["last_access_kept"], first(cases["DisableLastAccessPlugin"])["NtfsDisableLastAccessUpdate"] == "0")
support.same("credentials", facts["logon_credentials_kept"], first(cases["WDIGESTPlugin"])["use_logon_credential"] == 1)
routes = [r["fields"] for r in records if r["kind"] == "route"]
support.same("routes", [f'{r["destination"]},{r["mask"]},{r["gateway"]},{r["metric"]}' for r in routes],
             [v["name"] for v in first(cases["RoutesPlugin"])["values"]])
fact = cases["DomainSidPlugin"]["exact_expected_result"][0]
facts, _ = run("SECURITY", "SECURITY")
support.same("membership", (facts["primary_domain"], facts.get("primary_domain_sid")), (fact["domain_name"], fact["domain_sid"]))
# the facts read a file in a RAM disk as a partition, too
boot = [r["fields"] for r in run("BCD", "BCD")[1] if r["kind"] == "boot"]
told = {(b["id"], b["name"], b["path"], b["partition"], b["disk"]) for b in boot if b.get("disk")}
facts = [f for f in cases["BootEntryListPlugin"]["exact_expected_result"] if not f["gpt_disk"].startswith("00000001-")]
support.same("entries of the boot manager", told, {(f["guid"], f["name"], f["image_path"], "{%s}" % f["gpt_partition"],
                                                    "{%s}" % f["gpt_disk"]) for f in facts})
support.check("one in a RAM disk", any(b["name"] == "Windows Recovery Environment" and "disk" not in b for b in boot), boot)
upgrades = [r["fields"] for r in run("SYSTEM_WIN_10_1709")[1] if r["kind"] == "upgrade"]
support.same("upgrades", [(u["build"], u["product"], u["edition"], u["owner"], u["product_id"], u["installed"]) for u in upgrades],
             [(f["CurrentBuild"], f["ProductName"], f["EditionID"], f["RegisteredOwner"], f["ProductId"],
               f["InstallDate"].replace(" ", "T") + "Z") for f in cases["PreviousWinVersionPlugin"]["exact_expected_result"]])
support.finish()
