"""The profile `windows` on one volume with hives of many ordinary machines: no finding above info, no plugin
that fails, and each of those that read hives has something to tell."""

import lzma
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support
from support import same

T = support.scratch()
VOLUME = os.path.join(T, "volume")
CONFIG = "Windows/System32/config/"
HIVES = {
    "regipy/SYSTEM_WIN_10_1709.xz": CONFIG + "SYSTEM", "regipy/SAM.xz": CONFIG + "SAM", "regipy/SECURITY.xz": CONFIG + "SECURITY",
    "regipy/ntuser_software_partial.xz": CONFIG + "SOFTWARE", "regipy/amcache.hve.xz": "Windows/appcompat/Programs/Amcache.hve",
    "regipy/UsrClass.dat.xz": "Users/u0/AppData/Local/Microsoft/Windows/UsrClass.dat", "regipy/SYSTEM.xz": "Windows.old/" + CONFIG + "SYSTEM",
    "plaso/registry/regf/SAM": "Windows.old/" + CONFIG + "SAM",
}
USERS = ["regipy/NTUSER.DAT.xz", "regipy/NTUSER_BAGMRU.DAT.xz", "regipy/NTUSER_with_winscp.DAT.xz", "regipy/NTUSER-WSL.DAT.xz",
         "plaso/registry/NTUSER-WIN7.DAT", "plaso/registry/NTUSER.DAT", "dfwinreg/NTUSER.DAT", "ez-registry/NTUSER1.DAT"]
READ_HIVES = {"win-execution", "win-hives", "win-installed", "win-mru", "win-run-keys", "win-services", "win-system"}

if not support.CORPUS or not os.path.isdir(os.path.join(support.CORPUS, "regipy")):
    support.skip_all("no corpus")
HIVES.update({name: f"Users/u{i}/NTUSER.DAT" for i, name in enumerate(USERS)})
for name, place in HIVES.items():
    path = os.path.join(VOLUME, place)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    opener = lzma.open if name.endswith(".xz") else open
    with opener(os.path.join(support.CORPUS, name), "rb") as source, open(path, "wb") as f:
        f.write(source.read())
_, out = support.collect(os.path.join(T, "out"), "-p", "windows", VOLUME)
archive = support.Archive(out)
records = archive.records()
same("plugins that read hives have told something", READ_HIVES - set(records), set())
same("no finding above info", [(f["plugin"], f["title"], f.get("detail")) for f in archive.findings if f["severity"] != "info"], [])
same("no anomaly but for logs that are not there",
     [(a.get("plugin"), a["reason"]) for a in archive.anomalies if "no transaction logs beside it" not in a["reason"]], [])
rows = [r["fields"] for r in records["win-services"] if r["kind"] == "service" and r["fields"].get("origin")]
same("services of a former Windows", (len(rows), {r["origin"] for r in rows}), (467, {"Windows.old"}))
same("what is of a former Windows starts nothing", [r["fields"]["key"] for r in records["win-services"] if r["kind"] == "autostart" and
                                                   r["fields"]["entry"]["path"].startswith("Windows.old")], [])
support.finish()
