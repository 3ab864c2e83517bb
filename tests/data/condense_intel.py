#!/usr/bin/env python3
"""Condenses published lists of a case into the tables of lua-scripts/intel/3cx.

    python3 tests/data/condense_intel.py LISTS [OUT]

LISTS has hashes.csv (sha256,sha1,md5,filename,platform,family,version,size,sources,note),
network.csv (type,value,context,sources) and paths.csv (os,path_glob,what,why,verdict,sources), as an
analyst collects them; OUT is lua-scripts/intel/3cx without it. What is decided here and not there:
the class of a family, which kinds of network names are used, and for each path the check that
a detector makes there. versions.csv is kept by hand."""
import csv
import io
import os
import re
import sys

HEAD = {
    "hashes.csv": """\
# Digests of the 3CX desktop app compromise of March 2023 and of its follow-on malware, from published lists.
# class: bad       a file of the compromise
#        host      the vendor's own program of a bad build, without bad code: version evidence
#        memory    exists in memory only in a normal infection; on disk it comes from an analyst or a quarantine
#        unlabelled  listed as part of the compromise, role of the file not stated
#        related   another campaign of the same group
#        generic   a tool that this group uses, too
#        doubtful  one unconfirmed source: never a finding by itself
#        benign    genuine file: never a finding
# sources: short names of the publishers, joined by "+".
""",
    "network.csv": """\
# Network names of the 3CX desktop app compromise of March 2023, from published lists.
# type:  domain (with its sub-domains), hostname (exact), url-prefix, user-agent, cookie
# class: c2        command and control, or the icon store, of the compromise
#        related   same group, other campaign
#        context   legitimate owner; says something only together with the program that used it
#        benign    never a finding
""",
    "paths.csv": """\
# Places of the 3CX desktop app and of the malware of March 2023, from published lists.
# path:    a glob below the root of the volume; %profile% stands for the folders of Windows users
# verdict: malicious   the file's presence is enough
#          suspicious  what `check` says decides
#          context     collected, never a finding
#          benign      ordinary, never a finding
# check:   presence (a finding by this row), file (its digest and signature are looked at), or what a detector
#          does there: library, program, state, icon, txr, task, daemon, client. Empty: presence for
#          malicious, nothing for the others.
# severity, confidence: of a finding by presence; empty: high, medium for malicious, low, low for suspicious
# sign, detector: what the verdict weighs. The first row that fits a file counts.
""",
}

FAMILY = {"3CX-host-exe": "host", "3CX-unlabelled": "unlabelled", "ICONIC-icon-probable": "unlabelled",
          "NK-loader-DLL": "unlabelled", "ICONICSTEALER-related": "related", "SimplexTea": "related",
          "OdicLoader": "related", "BADCALL-linux": "related", "SigFlip-generic": "generic",
          "DAVESHELL-generic": "generic", "benign": "benign"}

NETWORK = {  # of names that are not domains of the compromise
    "https://od.lk/d/NTJfMzg4MDE1NzJf/vxmedia": "context", "raw.githubusercontent.com": "context",
    "https://www.3cx.com/blog/event-trainings/": "benign", "3cx.cloud": "benign",
    "https://downloads-global.3cx.com/downloads/v180/templates/clients/": "context",
    "download.tradingtechnologies.com": "context",
    "https://www.tradingtechnologies.com/trading/order-management": "context"}

# End of a path in lower case: check, severity, confidence, sign, detector, text.
VS, GOP = "second.veiledsignal", "second.gopuram"
CHECKS = [
    (r"windows/system32/wlbsctrl\.dll", "presence", "high", "medium", "second.loader", "D8",
     "the IKEEXT service loads it; client Windows has no such file (TAXHAUL, Gopuram)"),
    (r"v1\.0/wlbsctrl\.dll", "presence", "low", "low", "file.listed", "",
     "a position for side-loading, not tied to this case"),
    (r"windows/system32/msmpeng\.exe", "presence", "high", "medium", "second.frp", "D10",
     "Defender's program never lies here (FRP reverse proxy)"),
    (r"windows/system32/krwve\.jat", "presence", "high", "medium", GOP, "", "encrypted part of Gopuram"),
    (r"catroot2/edb\.chk\.log", "presence", "high", "medium", GOP, "", "not a name of this database (Gopuram)"),
    (r"programdata/tpm/tpmvscmgrsvr\.exe", "presence", "high", "high", VS, "D10",
     "genuine program, copied to load VEILEDSIGNAL"),
    (r"programdata/tpm/(winscard|msvcr100)\.dll", "presence", "high", "high", VS, "D10", "loader of VEILEDSIGNAL"),
    (r"programdata/tpm/(devobj\.dll|\*\*)", "presence", "medium", "medium", VS, "D10",
     "the folder of VEILEDSIGNAL does not exist otherwise"),
    (r"x_trader_r7\.17\.90p608\.exe", "presence", "high", "medium", VS, "", "installer that carried VEILEDSIGNAL"),
    (r"x_trader-ja\.mst", "presence", "medium", "low", VS, "", "part of the installer that carried VEILEDSIGNAL"),
    (r"/updateagent", "file", "", "", "", "", "second stage on macOS; it removes itself when it starts"),
    (r"/\.session-lock", "presence", "medium", "low", "state.main_storage", "",
     "a file that the analyses name beside the state file; what is in it is not published"),
    (r"library/graphics/quartz", "presence", "high", "high", "second.poolrat", "D10", "place of POOLRAT"),
    (r"private/etc/apdl\.cf", "presence", "high", "high", "second.poolrat", "D10", "configuration of POOLRAT"),
    (r"\.config/guiconfigd", "presence", "high", "medium", "", "", "SimplexTea, of a related campaign"),
    (r"/(ffmpeg|d3dcompiler_47|guard64)\.dll|/libffmpeg\.dylib", "library", "", "", "", "", None),
    (r"/manifest|/\.main_storage", "state", "", "", "", "", None),
    (r"icon\*\.ico", "icon", "", "", "", "", None),
    (r"\.txr\.0\.regtrans-ms", "txr", "", "", "", "", None),
    (r"/3cxdesktopapp\.exe|/macos/3cx desktop app|\.nupkg|/3cxdesktopapp[^/]*\.(msi|dmg)|installer/\*\.msi",
     "program", "", "", "", "", None),
    (r"tasks/microsoft/windows/tpm/\*", "task", "", "", "", "", None),
    (r"launchdaemons/\*\.plist", "daemon", "", "", "", "", None),
    (r"/x_trader/\*\*", "file", "", "", "", "", None),
    (r"electron/(windows|osx)/\*", "client", "", "", "", "", None),
]
# Suspicious by what a detector reads in a store, and not by the file's place; plugins of those stores do.
ELSEWHERE = re.compile(r"history\.old|places\.sqlite\.old|webcachev01|prefetch/|quarantine")
EVERYWHERE = {"**/X_TRADER_r7.17.90p608.exe": "%profile%/{{Downloads,Desktop,Documents}/**,"
              "AppData/Local/Temp/pft*.tmp/**}/X_TRADER_r7.17.90p608.exe",
              "**/X_TRADER-ja.mst": "%profile%/{{Downloads,Desktop,Documents}/**,"
              "AppData/Local/Temp/pft*.tmp/**}/X_TRADER-ja.mst",
              "**/guard64.dll": "{%profile%/AppData/Local/Programs,Program Files,Program Files (x86)}/"
              "{3CXDesktopApp,3CX Desktop App}/**/guard64.dll"}
INSTALL = ("{%profile%/AppData/Local/Programs/,Program Files/,Program Files (x86)/}{3CXDesktopApp,3CX Desktop App}")
APPS = "{{,Users/*/}Applications/*.app,Users/*/{.Trash,Downloads,Desktop}/3CX*.app}"
OWN = [  # the same places under the other names and folders of an install
    ("windows", INSTALL + "{,/app,/app-*}/{ffmpeg,d3dcompiler_47,guard64}.dll", "suspicious", "library"),
    ("windows", "%profile%/AppData/Local/Programs/*/{,app,app-*}/{ffmpeg,d3dcompiler_47}.dll", "suspicious", "library"),
    ("windows", INSTALL + "{,/app,/app-*}/manifest", "malicious", "state"),
    ("windows", INSTALL + "{,/app,/app-*}/3CXDesktopApp.exe", "context", "program"),
    ("windows", INSTALL + "/packages/*.nupkg", "suspicious", "program"),
    ("windows", "%profile%/{Downloads,Desktop}/3CXDesktopApp*.msi", "suspicious", "program"),
    ("windows", "%profile%/AppData/Local/Microsoft/Windows/{INetCache,Temporary Internet Files}/**/*.ico", "suspicious",
     "icon"),
    ("windows", "%profile%/{Downloads,Desktop,Documents}/**/X_TRADER*", "context", "file"),
    ("windows", "%profile%/AppData/Local/Temp/pft*.tmp/**/X_TRADER*", "context", "file"),
    ("macos", APPS + "/Contents/Frameworks/Electron Framework.framework/Versions/*/Libraries/libffmpeg.dylib",
     "suspicious", "library"),
    ("macos", APPS + "/Contents/MacOS/3CX Desktop App", "context", "program"),
    ("macos", "{,Users/*/}Library/LaunchAgents/*.plist", "suspicious", "daemon"),
    ("macos", "Users/*/{Downloads,Desktop}/3CX*.dmg", "suspicious", "program"),
]


def rows(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def write(folder, name, columns, table):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(table)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(HEAD[name] + out.getvalue())


def hash_class(row):
    if "DOUBTFUL" in row["note"]:
        return "doubtful"
    if "MEMORY ONLY" in row["note"] or row["filename"] == "ICONIC stealer DLL":
        return "memory"
    return FAMILY.get(row["family"], "bad")


def hashes(folder):
    for row in rows(folder, "hashes.csv"):
        name = re.sub(r" \(.*\)$", "", row["filename"]).removeprefix("probably ")
        for kind in ("sha256", "sha1", "md5"):
            if row[kind]:
                yield (row[kind], hash_class(row), row["platform"], row["family"], row["version"], name, row["sources"])


def network(folder):
    for row in rows(folder, "network.csv"):
        kind, value, note = row["type"], row["value"], row["context"]
        if kind in ("url", "domain-suffix") and value in NETWORK:
            kind = {"url": "url-prefix", "domain-suffix": "domain"}[kind]
        if kind not in ("domain", "hostname", "url-prefix", "cookie", "user-agent"):
            continue
        if kind == "hostname" and value not in NETWORK:
            continue  # below a domain of the list
        related = kind == "domain" and "UNC4736" in note
        note = re.sub(r"^(C2; |C2$|CONTEXT ONLY: |context: |BENIGN: )", "", note)
        yield (kind, value, NETWORK.get(value, "related" if related else "c2"), note, row["sources"].split("(")[0])


def path_row(row):
    system = {"linux-pbx": "server"}.get(row["os"], row["os"])
    path = row["path_glob"].replace("\\", "/").lstrip("/")
    path = re.sub(r"^Users/\*/", "%profile%/", path) if system == "windows" else path
    path = re.sub(r"\{\*\}", "?*", path).replace("Versions/A/", "Versions/*/").replace("Instance1", "Instance*")
    verdict, check = row["verdict"], ("", "", "", "", "", None)
    for pattern, *rest in CHECKS:
        if verdict != "benign" and re.search("(?:" + pattern + ")$", path.lower()):
            check = rest
            break
    if verdict == "suspicious" and not check[0]:
        assert ELSEWHERE.search(path.lower()), path
        verdict = "context"
    return (system, EVERYWHERE.get(path, path), verdict, *check[:5], check[5] or row["what"], row["sources"])


def paths(folder):
    for row in rows(folder, "paths.csv"):
        if row["os"] != "windows-registry":
            yield path_row(row)
    for system, path, verdict, check in OWN:
        yield (system, path, verdict, check, "", "", "", "", "as the rows above, in other folders", "fossick")


def main():
    lists = sys.argv[1]
    here = os.path.dirname(os.path.abspath(__file__))
    out = sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "../../lua-scripts/intel/3cx")
    write(out, "hashes.csv", ("digest", "class", "os", "family", "version", "file", "sources"), hashes(lists))
    write(out, "network.csv", ("type", "value", "class", "note", "sources"), network(lists))
    write(out, "paths.csv", ("os", "path", "verdict", "check", "severity", "confidence", "sign", "detector", "text",
                             "sources"), paths(lists))


main()
