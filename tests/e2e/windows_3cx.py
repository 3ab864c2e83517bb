#!/usr/bin/env python3
"""The detectors of the 3CX case on Windows: a container that decrypts to a loader, icons in caches, files that
are listed or lie in wrong places; and programs, icons and copies of others that only look like it."""
import hashlib
import importlib
import os
import sqlite3
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import browser_cache
import fixture_files
import fixture_pe
import fixture_sign
import loader_3cx
import regf
import sample_tree
import support
from fixture_pe import PAGE
from sample_tree import END, FIRST, HARDWARE_PROFILE, ICON_TRAILER, RC4_KEY, filetime, program
from support import same

make_evtx, make_ico, make_prefetch = (importlib.import_module(n) for n in ("make-evtx", "make-ico", "make-prefetch"))
PROGRAMS = "Users/%s/AppData/Local/Programs/"
APP = PROGRAMS + "3CXDesktopApp/"
INET = "Users/%s/AppData/Local/Microsoft/Windows/INetCache/IE/"
T = support.scratch()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# --- stand-ins -------------------------------------------------------------------


def container(table):
    return fixture_pe.build(b"D3DCompiler_47.pdb fixture\0" * 40, table=table)


def vendor(name):
    """The fixtures' signer under another name."""
    subject = fixture_sign.distinguished(C="DE", O=name, CN=name)
    fixture_sign.CERTIFICATES[name] = fixture_sign.certificate(
        subject, fixture_sign.ROOT, 0x8538A6C5018F50FC, fixture_sign.SIGNER_KEY, fixture_sign.STAMPER_KEY)
    return [name, "root"]


VENDOR, COMODO = vendor("3CX Ltd"), vendor("COMODO Security fixture")


def signed(data=b"fixture", slack=None, by=None):
    return fixture_sign.sign(fixture_pe.build(data.ljust(512, b"\0")), slack=slack, certificates=by)


def uninstall(version):
    hive = regf.Hive(r"\??\C:\Users\x\ntuser.dat", filetime(END))
    sample_tree.uninstall_entry(hive, "Software\\", "{77DE5C80-1E23-4C1A-B78C-29BFF0BAAFB4}.msq", "3CX Desktop App",
                                version)
    hive.set("Software\\" + sample_tree.RUN + r"\Run", "electron.app.3CX Desktop App",
             r'"C:\Users\x\AppData\Local\Programs\3CXDesktopApp\3CXDesktopApp.exe"')
    return hive.build()


def system(start):
    hive = regf.Hive(r"\SystemRoot\System32\Config\SYSTEM", filetime(END))
    hive.set("Select", "Current", 1)
    hive.set(r"ControlSet001\Control\IDConfigDB\Hardware Profiles\0001", "HwProfileGuid", HARDWARE_PROFILE)
    hive.set(r"ControlSet001\Services\IKEEXT", "Start", start)
    return hive.build()


def software(value):
    hive = regf.Hive(r"\SystemRoot\System32\Config\SOFTWARE", filetime(END))
    hive.set(r"Microsoft\Windows NT\CurrentVersion", "ProductName", "Windows 10 Pro")
    hive.set(r"Microsoft\Cryptography", "MachineGuid", "3cf05510-0000-4000-8000-00000000c0de")
    hive.set(r"Microsoft\Cryptography\Wintrust\Config", "EnableCertPaddingCheck", value)
    return hive.build()


def chrome(icon, number):
    url = "https://raw.githubusercontent.com/a/b/main/picture%d.ico" % number
    return browser_cache.simple(url, FIRST, icon)


def block_cache(folder, *icons):
    """A Blockfile that has these answers."""
    files = {}
    files["data_1"], files["data_2"] = browser_cache.blocks(
        [("https://raw.githubusercontent.com/a/b/main/block%d.ico" % n, FIRST, icon) for n, icon in enumerate(icons)],
        files=files)
    return {folder + name: data for name, data in files.items()}


def cookies(*rows):
    """A Chromium database of cookies: (host, name) each."""
    path = os.path.join(T, "cookies.db")
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE cookies (creation_utc INTEGER, host_key TEXT, name TEXT, value TEXT, encrypted_value "
               "BLOB, path TEXT, expires_utc INTEGER, is_secure INTEGER, is_httponly INTEGER, last_access_utc INTEGER)")
    db.executemany("INSERT INTO cookies VALUES (13323000000000000, ?, ?, '1.2.3', x'', '/', 0, 0, 0, 0)", rows)
    db.commit()
    db.close()
    with open(path, "rb") as f:
        data = f.read()
    os.remove(path)
    return data


# --- a machine with it -------------------------------------------------------------


def bad():
    kim = APP % "kim" + "app-18.12.416/"
    trailed = make_ico.icon([(16, make_ico.png())], ICON_TRAILER)
    long = make_ico.icon([(16, make_ico.png(16, bytes(9000)))], ICON_TRAILER)
    tree = {
        "Windows/System32/ntoskrnl.exe": program("kernel"),
        "Windows/System32/config/SYSTEM": system(2),
        "Windows/System32/config/SOFTWARE": software("0"),
        kim + "3CXDesktopApp.exe": program("3CXDesktopApp", "18.12.416"),
        APP % "kim" + "app-1.9.9/d3dcompiler_47.dll": container(fixture_pe.certificate(
            slack=bytes(4) + b"\x5e\xda\xf3\x76 a marker")),
        kim + "d3dcompiler_47.dll": container(fixture_pe.tagged_certificate(loader_3cx.loader(), RC4_KEY)),
        kim + "guard64.dll": program("guard64", dll=True),
        INET % "kim" + "A/picture[1].ico": make_ico.icon([(16, make_ico.png())], ICON_TRAILER),
        INET % "kim" + "B/icon9[1].ico": make_ico.icon([(16, make_ico.bitmap())], ICON_TRAILER + b"\r\n"),
        "Users/kim/AppData/Local/Google/Chrome/User Data/Default/Cache/Cache_Data/1111111111111111_0":
            chrome(make_ico.icon([(16, make_ico.png())], ICON_TRAILER), 1),
        "Users/kim/AppData/Local/Mozilla/Firefox/Profiles/x.default/cache2/entries/" + "3" * 40: browser_cache.firefox(
            "https://example.org/a.ico?x", FIRST, make_ico.icon([(16, make_ico.png())], ICON_TRAILER)),
        **block_cache("Users/kim/AppData/Local/Vivaldi/User Data/Default/Cache/", trailed),
        **block_cache("Users/kim/AppData/Local/Chromium/User Data/Default/Cache/", long),
        "Windows/System32/wlbsctrl.dll": program("wlbsctrl", dll=True),
        "Windows/System32/MsMpEng.exe": program("FRP"),
        "Windows/System32/krwve.jat": b"fixture",
        "Windows/System32/catroot2/edb.chk.log": b"fixture",
        "Windows/System32/Tasks/Microsoft/Windows/TPM/Tpm-VscMgr":
            b"\xff\xfe" + r"<Task><Command>C:\ProgramData\TPM\TpmVscMgrSvr.exe</Command></Task>".encode("utf-16-le"),
        "ProgramData/TPM/TpmVscMgrSvr.exe": program("tpm"),
        "ProgramData/TPM/winscard.dll": program("winscard", dll=True),
        "ProgramData/TPM/notes.txt": b"n",
        "Windows/System32/config/TxR/%s.TxR.0.regtrans-ms" % HARDWARE_PROFILE: b"fixture " * 3840,
    }
    return tree


BAD = [
    ("build.bad", "medium", "app-18.12.416"),
    ("icon.trailer", "high", "1111111111111111_0"),
    ("icon.trailer", "high", "3" * 40),
    ("icon.trailer", "high", "data_1"),
    ("icon.trailer", "high", "data_1"),
    ("icon.trailer", "high", "icon9[1].ico"),
    ("icon.trailer", "high", "picture[1].ico"),
    ("library.container", "high", "d3dcompiler_47.dll"),
    ("second.frp", "high", "MsMpEng.exe"),
    ("second.gopuram", "high", "edb.chk.log"),
    ("second.gopuram", "high", "krwve.jat"),
    ("second.gopuram", "medium", "guard64.dll"),
    ("second.loader", "high", "wlbsctrl.dll"),
    ("second.task", "high", "Tpm-VscMgr"),
    ("second.txr", "high", HARDWARE_PROFILE + ".TxR.0.regtrans-ms"),
    ("second.veiledsignal", "high", "TpmVscMgrSvr.exe"),
    ("second.veiledsignal", "high", "winscard.dll"),
    ("second.veiledsignal", "low", "d3dcompiler_47.dll"),
    ("second.veiledsignal", "medium", "notes.txt"),
]


# --- machines without ----------------------------------------------------------------


def good():
    """Look-alikes of every kind, and clean builds of the app."""
    tree = {
        "Windows/System32/ntoskrnl.exe": program("kernel"),
        "Windows/System32/config/SYSTEM": system(3),
        "Windows/System32/config/SOFTWARE": software("1"),
        "Windows/System32/Tasks/Microsoft/Windows/TPM/Tpm-Maintenance": b"<Task><Command>tpmtool.exe</Command></Task>",
        "Windows/System32/catroot2/edb.log": b"l", "Windows/System32/catroot2/edb.chk": b"c",
        "ProgramData/3CXPhone for Windows/PhoneApp/3CXWin8Phone.exe": program("3CXWin8Phone"),
    }
    genuine = "Windows/System32/config/TxR/{3cf05510-aaaa-11ed-8000-0000000000c2}"
    for ending in (".TxR.0.regtrans-ms", ".TxR.1.regtrans-ms", ".TxR.2.regtrans-ms", ".TxR.blf"):
        tree[genuine + ending] = "REGISTRY".encode("utf-16-le") + bytes(65520)
    for folder in ("ChatBox", "my3CXtools", "3CXDesktopApp-like", "3CX Desktop Apps"):
        at = PROGRAMS % "ann" + folder + "/app-1.2.3/"
        tree[at + folder + ".exe"] = program(folder)
        tree[at + "ffmpeg.dll"] = sample_tree.loader(False)
        tree[at + "d3dcompiler_47.dll"] = signed(b"genuine twin")
        tree[at + "manifest"] = b"not of 3CX"
    for number, version in enumerate(("18.12.425", "18.13.959")):
        user = ("bea", "cai")[number]
        at = APP % user + "app/"
        tree[at + "3CXDesktopApp.exe"] = program("3CXDesktopApp", version)
        tree[at + "ffmpeg.dll"] = signed(b"ffmpeg of a clean build", by=VENDOR)
        tree[at + "guard64.dll"] = signed(b"guard64", by=COMODO)
        tree[at + "d3dcompiler_47.dll"] = container(fixture_pe.certificate())
        tree[APP % user + "packages/3CXDesktopApp-%s-full.nupkg" % version] = b"PK\5\6" + bytes(18)
        tree["Users/%s/NTUSER.DAT" % user] = uninstall(version)
    for pad in range(8):
        tree[APP % "bea" + "app-1.0.%d/d3dcompiler_47.dll" % pad] = container(
            fixture_pe.certificate(1000 + (4 - pad) % 8, b"\0" * pad))
    cache = INET % "ann" + "X/"
    tree[cache + "icon1[1].ico"] = make_ico.icon([(16, make_ico.png(16, b"$IQAAANSNLhD/E2G7lKzx1UFiMRmk"))])
    tree[cache + "icon2[1].ico"] = make_ico.icon([(16, make_ico.png())], b"$" + b"QUJD" * 40)
    tree[cache + "icon3[1].ico"] = make_ico.icon([(16, make_ico.png())], b"wQWzha6sxQrtzFo3oPSe")
    tree[cache + "icon4[1].ico"] = b"<html>not found</html>"
    tree[cache + "icon5[1].ico"] = b""
    chromium = "Users/ann/AppData/Local/Google/Chrome/User Data/Default/"
    tree[chromium + "Cache/Cache_Data/2222222222222222_0"] = chrome(make_ico.icon([(16, make_ico.png())]), 2)
    tree.update(block_cache("Users/ann/AppData/Local/Vivaldi/User Data/Default/Cache/",
                            make_ico.icon([(16, make_ico.png())]), make_ico.icon([(16, make_ico.png(16, b"$" * 9000))])))
    tree[chromium + "Network/Cookies"] = cookies((".example.org", "__utma"), (".example.org", "__utmb"), (".3cx.com", "__utma"))
    tree["Program Files/WindowsApps/3CXDMCC.3CX_1.0.0.0_x64__97f1hnz6y6tba/AppxManifest.xml"] = b"<Package/>"
    tree[chromium + "Web Applications/_crx_aabb/3CX.ico"] = make_ico.icon([(16, make_ico.png())])
    tree["Users/ann/AppData/Roaming/Mozilla/Firefox/Profiles/x.default/places.sqlite.old"] = b"by hand"
    tree["Program Files/COMODO/COMODO Internet Security/guard64.dll"] = program("guard64", dll=True)
    tree["Users/ann/Downloads/tool.exe"] = signed(slack=b"a mark of its vendor" + bytes(4))
    tree["Users/ann/AppData/Roaming/3CXDesktopApp/config.json"] = b"{}"
    return tree


def run(name, tree, *more):
    fixture_files.write(os.path.join(T, name), tree)
    _, out = support.collect(os.path.join(T, name + ".out"), "-p", "3cx", *more, os.path.join(T, name))
    return support.Archive(out)


def fields_of(archive, plugin, kind):
    return [r["fields"] for r in archive.records().get(plugin, []) if r["kind"] == kind]


def infected():
    archive = run("bad", bad())
    found = sorted((f["fields"].get("sign"), f["severity"], os.path.basename(f["evidence"][0]["path"]))
                   for f in archive.findings if f["plugin"] in ("3cx-install", "3cx-payload-cache", "3cx-browser"))
    same("findings", found, BAD)
    by_name = {(f["fields"].get("sign"), os.path.basename(f["evidence"][0]["path"])): f for f in archive.findings}
    same("the container is proved", by_name["library.container", "d3dcompiler_47.dll"]["fields"]["proved"], True)
    same("URLs of the icons", {f["fields"].get("url") for f in archive.findings
                               if f["fields"].get("sign") == "icon.trailer"}, {"https://example.invalid/icon-test"})
    same("IKEEXT", by_name["second.loader", "wlbsctrl.dll"]["fields"]["ikeext_start"], 2)
    (row,) = fields_of(archive, "3cx-payload-cache", "payload")
    whole, plain = bad()[row["entry"]["path"]], loader_3cx.loader()
    sealed = whole[row["offset"]:row["offset"] + row["size"]]
    same("where it lies", (whole[row["tag_offset"]:row["offset"]], row["offset"] + row["size"]),
         (b"\xfe\xed\xfa\xce" * 2, len(whole)))
    same("what it decrypts to", fixture_pe.rc4(RC4_KEY, sealed)[:len(plain)], plain)
    same("digests", (row["sha256"], row["plain_sha256"]),
         (sha256(sealed), sha256(fixture_pe.rc4(RC4_KEY, sealed))))
    same("kind, constants and user agent", (row["kind"], row["function_hash"], row["user_offset"], row["user_agent"]),
         ("bootstrap and program", "f558f4da", 0x65D + len(loader_3cx.library()), loader_3cx.AGENT.split('"')[1]))
    inner = row["program"]
    same("the program inside", (inner["offset"], inner["size"], inner["name"], inner["exports"], inner["called"],
                                inner["sha256"]),
         (0x65D, len(loader_3cx.library()), "samcli.dll", ["DllGetClassObject"], "DllGetClassObject", sha256(loader_3cx.library())))
    same("URLs inside", row["urls"], ["http://example.invalid/two", "https://example.invalid/one"])
    hosts = fields_of(archive, "3cx-install", "host")
    same("facts of the machine", sorted([[h.get(n) for n in ("machine_guid", "cert_padding_check", "ikeext_start",
                                                             "hardware_profile")] for h in hosts], key=str), [
        ["3cf05510-0000-4000-8000-00000000c0de", "0", None, None], [None, None, 2, HARDWARE_PROFILE]])
    same("damage", [a for a in archive.anomalies if a.get("locator")], [])


def harmless():
    archive = run("good", good())
    same("nothing above info", [(f["severity"], f["plugin"], f["title"], f["evidence"][0]["path"])
                                for f in archive.findings if f["severity"] != "info"], [])
    same("clean builds are told", sorted({(r["version"], r["class"]) for r in fields_of(archive, "3cx-install", "install")
                                          if r["source"].startswith(("version", "uninstall"))}),
         [("18.12.425", "clean"), ("18.13.959", "clean")])
    same("what was never part of it is named", sorted({r["what"] for r in fields_of(archive, "3cx-coverage", "other")}),
         ["3cxphone", "msix", "webclient"])
    same("Comodo's library is a record", [(r["what"], r["signer"]) for r in fields_of(archive, "3cx-payload-cache", "other")],
         [("comodo", "COMODO Security fixture")] * 2)
    same("no payload, no icon", fields_of(archive, "3cx-payload-cache", "payload")
         + fields_of(archive, "3cx-payload-cache", "icon"), [])
    same("no anomaly about a file", [a["reason"] for a in archive.anomalies if a.get("locator")], [])


# --- a machine that had it before an upgrade -------------------------------------------


def former():
    """All of the above, and traces of runs, in Windows.old; the present Windows has never seen it."""
    tree = {"Windows.old/" + name: data for name, data in bad().items()}
    tree.update({"Windows/System32/ntoskrnl.exe": program("kernel"), "Windows/System32/config/SYSTEM": system(3),
                 "Windows/System32/config/SOFTWARE": software("1")})
    app = "\\USERS\\KIM\\APPDATA\\LOCAL\\PROGRAMS\\3CXDESKTOPAPP\\APP-18.12.416\\3CXDESKTOPAPP.EXE"
    tree["Windows.old/Windows/Prefetch/3CXDESKTOPAPP.EXE-00000001.pf"] = make_prefetch.build(
        "30", "3CXDESKTOPAPP.EXE", 1, program=app, runs=[filetime(FIRST + 60)])
    tree["Windows.old/Windows/System32/winevt/Logs/Application.evtx"] = make_evtx.log([
        make_evtx.Event("MsiInstaller", 1033, "2023-03-14T09:12:00", "Application",
                        ["3CX Desktop App", "18.12.416.0", "1033", "0", "Maker"])])
    amcache = regf.Hive(r"\SystemRoot\AppCompat\Programs\Amcache.hve", filetime(FIRST))
    for name, text in (("Name", "3CXDesktopApp.exe"), ("Version", "18.12.416.0")):
        amcache.set(r"Root\InventoryApplicationFile\3cxdesktopapp.ex|3cf0000000000002", name, text)
    tree["Windows.old/Windows/appcompat/Programs/Amcache.hve"] = amcache.build()
    tree["Windows.old/Users/kim/NTUSER.DAT"] = uninstall("18.12.416")
    tree["Windows.old/Program Files/3CXDesktopApp/app/3CXDesktopApp.exe"] = program("3CXDesktopApp", "18.12.407")
    return tree


def before():
    archive = run("former", former())
    found = sorted({(f["fields"].get("sign"), f["severity"], os.path.basename(f["evidence"][0]["path"]))
                    for f in archive.findings if f["plugin"].startswith("3cx-")})
    wanted = BAD + [
        ("build.bad", "medium", name) for name in ("3CXDESKTOPAPP.EXE-00000001.pf", "Amcache.hve", "Application.evtx",
                                                   "NTUSER.DAT", "3CXDesktopApp.exe")]
    same("former Windows: findings", found, sorted(set(wanted)))
    same("former Windows: all is of the past, and says where", {(f["fields"]["present"], f["fields"]["origin"])
                                                               for f in archive.findings}, {(False, "Windows.old")})
    rows = [r["fields"] for plugin, rs in archive.records().items() for r in rs
            if plugin in ("3cx-install", "3cx-payload-cache", "3cx-traces", "3cx-events")
            and "Windows.old" in str(r["fields"].get("entry"))]
    same("former Windows: records, too", {(r["present"], r["origin"]) for r in rows}, {(False, "Windows.old")})
    same("former Windows: whose", {f["fields"].get("user") for f in archive.findings
                                   if "/Users/" in f["evidence"][0]["path"]}, {"kim"})
    same("former Windows: runs", [(r["version"], r["time"]) for r in fields_of(archive, "3cx-traces", "run")],
         [("18.12.416", "2023-03-14T09:13:00Z")])
    loader = next(f for f in archive.findings if f["fields"].get("sign") == "second.loader")
    same("former Windows: its own IKEEXT", loader["fields"]["ikeext_start"], 2)
    (verdict,) = archive.lines("verdicts.jsonl")
    same("former Windows: the step", verdict["step"], "second stage")


infected()
before()
harmless()
support.finish()
