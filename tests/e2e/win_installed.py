"""win-installed on programs installed in every way that the registry keeps, and on odd values."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import installed_tree as tree
import support
from support import check, same

T = support.scratch()
VOLUME = os.path.join(T, "volume")
tree.make(VOLUME)


def run(name, plugin, *options):
    _, out = support.collect(os.path.join(T, name), "-p", plugin, *options, VOLUME)
    return support.Archive(out)


archive = run("out", "win-installed")
records = archive.records()["win-installed"]
rows = [r["fields"] for r in records if r["kind"] == "installed"]


def told(source, id, *fields, **where):
    """Fields of the one row of that source and key; `where` narrows it down."""
    found = [r for r in rows if r["source"] == source and r["id"] == id and
             all(r.get(k) == v for k, v in where.items())]
    return tuple(found[0].get(f) for f in fields) if len(found) == 1 else f"{len(found)} rows"


# --- Uninstall -----------------------------------------------------------------------
same("hidden entry of Windows Installer", told("uninstall", tree.CODE, "name", "version", "publisher", "code", "hidden",
                                               "installed", "scope", "user"),
     ("Phone (Machine - MSI)", "18.12.416", "Vendor", tree.CODE, True, "2023-03-22", "machine", None))
same("entry that an updater keeps", told("uninstall", tree.CODE + ".msq", "version", "code", "location", "scope", "user", "time"),
     ("18.12.425", tree.CODE, r"C:\Users\ann\AppData\Local\Programs\Phone", "user", "ann", "2023-04-01T00:00:00Z"))
same("plain entry", told("uninstall", "Editor 7", "location", "size_kib", "code"), (r"C:\Program Files\Editor", 1234, None))
same("bundle for 32 bits, its GUID is no product code",
     told("uninstall", "{11111111-2222-3333-4444-555555555555}", "wow64", "bundle", "code"),
     (True, r"C:\ProgramData\Package Cache\b.exe", None))
same("a day that is none stays a text", [told("uninstall", i, "installed", "install_date_text") for i in
                                         ("{11111111-2222-3333-4444-555555555555}", "KB1")],
     [(None, "20230231"), (None, "3/29/2023")])
same("update of a program", told("uninstall", "KB1", "parent"), ("Editor 7",))
same("web app of a browser", told("uninstall", "0123456789", "name", "web_app"),
     ("Web client", {"browser": "chrome.exe", "id": tree.WEB_APP, "profile": "Profile 1"}))

# --- Windows Installer ---------------------------------------------------------------
same("product of all users", told("installer", tree.PACKED, "code", "version", "from", "sid", "scope", "patches", "cache_size"),
     (tree.CODE, "18.12.416", "C:\\Users\\ann\\Downloads\\", None, "machine", ["Hotfix"], 18))
same("its package", told("installer", tree.PACKED, "cache")[0]["path"], "Windows/Installer/717d29.msi")
same("product of one user, its package is gone", told("installer", tree.OTHER_PACKED, "code", "sid", "scope", origin=None),
     (tree.OTHER, tree.SID, "user"))
same("and it is told so", told("installer", tree.OTHER_PACKED, "cache_missing", origin=None), ("not on this volume",))
same("advertised product", told("product", tree.PACKED, "name", "version", "code", "package_code", "package_name", "from",
                                scope="machine"),
     ("Phone", "18.12.416", tree.CODE, tree.OTHER, "Phone-18.12.416.msi", "C:\\Users\\ann\\Downloads\\"))
same("of a user", told("product", tree.PACKED, "version", "user", scope="user"), ("18.12.416", "ann"))
same("of a user, by policy", told("product", tree.OTHER_PACKED, "name", "sid", scope="user"), ("Managed", tree.SID))
same("packages that nothing names", [r["fields"]["entry"]["path"] for r in records if r["kind"] == "package"],
     ["Windows/Installer/left.msi"])

# --- the Store, App Paths --------------------------------------------------------------
same("package of a user", told("appx", tree.PHOTOS, "name", "version", "architecture", "publisher_id", "location", "installed", "user"),
     ("Microsoft.Windows.Photos", "2018.18022.15810.0", "x64", "8wekyb3d8bbwe", r"C:\Program Files\WindowsApps\Photos",
      "2022-01-02T03:04:05Z", "ann"))
same("package of the machine", told("appx store", tree.PHOTOS, "name", "location"),
     ("Microsoft.Windows.Photos", r"C:\Program Files\WindowsApps\Photos\AppxManifest.xml"))
same("App Paths", told("app path", "editor.exe", "program"), (r"C:\Program Files\Editor\editor.exe",))

same("Linux inside of Windows", told("wsl", "{17a1ba00-e5d7-44ba-af5f-194a2677fbb6}", "name", "state", "wsl", "uid", "location", "user"),
     ("Debian", "installed", 2, 1000, r"C:\Users\ann\wsl", "ann"))
same("and nothing else of it", len([r for r in rows if r["source"] == "wsl"]), 1)

# --- a former Windows --------------------------------------------------------------------
same("of a former Windows", told("uninstall", "Before", "name", "origin", "scope"), ("Before", "Windows.old", "machine"))
same("its packages are not sought", told("installer", tree.OTHER_PACKED, "cache", "cache_missing", origin="Windows.old"), (None, None))

# --- Amcache ---------------------------------------------------------------------------
NEW, OLD = {"key": r"Root\InventoryApplication\0001"}, {"key": r"Root\Programs\0001"}
same("inventory", told("amcache", "0001", "name", "version", "code", "installed", "from_kind", "publisher", "scope", **NEW),
     ("Phone", "18.12.416", tree.CODE, "2023-03-22T09:10:11Z", "Msi", None, "machine"))
same("inventory: a day", told("amcache", "0002", "installed", "registry_key"), ("2023-03-22", r"HKEY_LOCAL_MACHINE\x"))
same("inventory: no day", told("amcache", "0003", "name", "installed"), ("7", None))
same("the older table", told("amcache", "0001", "name", "code", "installed", "removed", "registry_key", "location", **OLD),
     ("Phone", tree.CODE, "2023-03-29T08:15:30Z", None, "k1", None))

# --- odd values ------------------------------------------------------------------------
same("lists and numbers where texts should be", told("uninstall", "{77DE5C80-1E23-4C1A-B78C}.msq", "name", "version", "code", "installed"),
     ("Many", "7", None, "2023-03-22"))
same("bytes where a text should be", told("uninstall", "Bytes", "hidden"), (None,))
same("nothing in it", told("uninstall", "Empty", "name", "version"), (None, None))
same("no packed GUID", told("installer", "not-a-guid", "code", "name"), (None, None))
same("nearly one, and a package elsewhere", told("installer", "0123456789ABCDEF0123456789ABCDEG", "code", "cache"), (None, None))
same("advertised, with odd values", told("product", tree.OTHER_PACKED, "name", "version", "package_code", scope="machine"),
     (None, None, None))
same("no full name of a package", told("appx store", "no full name", "name", "version"), ("no full name", None))
same("no anomalies, no findings", (archive.anomalies, archive.findings), ([], []))

# --- the cache is collected on request --------------------------------------------------
cached = {r["locator"]["path"] for r in archive.files.values()}
check("packages are not collected unless asked for", not any(n.startswith("Windows/Installer") for n in cached), sorted(cached))
changed = run("asked", "win-installed", "--set", "win-installed.packages_mib=1")
cached = {r["locator"]["path"] for r in changed.files.values()}
check("and are when asked for", "Windows/Installer/717d29.msi" in cached, sorted(cached))
rows = [r["fields"] for r in changed.records()["win-installed"] if r["kind"] == "installed"]
check("with digests", len(told("installer", tree.PACKED, "cache_sha256")[0] or "") == 64)

# --- 3cx-install reads the same lists: the packed version of a product is enough -------
tree.put_hive(os.path.join(T, "app"), "Users/ann/NTUSER.DAT", tree.advertised("3CX Desktop App (User)", 0x120C01A0))
_, out = support.collect(os.path.join(T, "app-out"), "-p", "3cx-install", os.path.join(T, "app"))
same("bad build by its packed version", [f["title"] for f in support.Archive(out).findings],
     ["Exposed: bad build 18.12.416 of the 3CX app is or was installed"])
support.finish()
