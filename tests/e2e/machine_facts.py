"""win-system on hives made by hand: settings, routes, networks, portable devices, Windows before upgrades,
and values that are none."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import regf
import support
from support import same

T = support.scratch()
VOLUME = os.path.join(T, "volume")
WHEN = regf.filetime("2023-03-29T08:15:30Z")
SET = "ControlSet001\\"
LIST = r"Microsoft\Windows NT\CurrentVersion\NetworkList" + "\\"


def write(name, hive):
    path = os.path.join(VOLUME, "Windows/System32/config", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(hive.build())


def system():
    hive = regf.Hive("SYSTEM", WHEN)
    hive.set("Select", "Current", 1)
    hive.set(SET + r"Control\Nls\CodePage", "ACP", "1252")
    hive.set(SET + r"Control\Session Manager\Memory Management", "PagingFiles", [r"?:\pagefile.sys", r"D:\page.sys 1 2"])
    hive.set(SET + r"Control\Session Manager\Memory Management", "ClearPageFileAtShutdown", 1)
    hive.set(SET + r"Control\FileSystem", "NtfsDisableLastAccessUpdate", 0x80000003)
    hive.set(SET + r"Control\SecurityProviders\WDigest", "UseLogonCredential", 0)
    hive.set(SET + r"Control\CrashControl", "DumpFile", 7)
    routes = SET + r"Services\Tcpip\Parameters\PersistentRoutes"
    for name in "10.0.0.0,255.0.0.0,192.168.1.1,-1", "not a route", "1,2,3,x":
        hive.set(routes, name, "")
    hive.set("Setup\\Source OS (Updated on 1/6/2019 02:18:37)", "CurrentBuild", "15063")
    hive.set("Setup\\Source OS (Updated on 1/6/2019 02:18:37)", "InstallDate", 0x5965CD44)
    hive.set("Setup\\Source OS", "CurrentBuild", 5)
    return hive


def software():
    hive = regf.Hive("SOFTWARE", WHEN)
    home = LIST + r"Profiles\{0000aaaa-0000-0000-0000-000000000001}"
    hive.set(home, "ProfileName", "Home")
    hive.set(home, "Category", 1)
    hive.set(home, "NameType", 71)
    hive.set(home, "DateCreated", struct.pack("<8H", 2016, 10, 3, 5, 9, 47, 50, 967))
    hive.set(home, "DateLastConnected", struct.pack("<8H", 2016, 13, 3, 5, 9, 47, 50, 967))
    odd = LIST + r"Profiles\{0000aaaa-0000-0000-0000-000000000002}"
    hive.set(odd, "ProfileName", 5)
    hive.set(odd, "Category", 9)
    hive.set(odd, "DateCreated", b"\1")
    network = LIST + r"Signatures\Unmanaged\0101"
    hive.set(network, "ProfileGuid", "{0000AAAA-0000-0000-0000-000000000001}")
    hive.set(network, "DefaultGatewayMac", bytes.fromhex("00aabbccddee"))
    hive.set(network, "DnsSuffix", "home.example")
    hive.set(LIST + r"Signatures\Unmanaged\0102", "DefaultGatewayMac", b"\1\2")
    hive.set(r"Microsoft\Windows Portable Devices\Devices\USBSTOR#DISK&VEN_X", "FriendlyName", "STICK")
    return hive


def string(text):
    raw = text.encode("utf-16-le")
    return struct.pack("<HHI", len(raw), len(raw) + 2, 8) + raw


security = regf.Hive("SECURITY", WHEN)
security.set(r"Policy\PolPrDmN", "", string("EXAMPLE"), "REG_NONE")
security.set(r"Policy\PolDnDDN", "", string("office.example")[:-2], "REG_NONE")  # cut off
security.set(r"Policy\PolPrDmS", "", bytes.fromhex("010400000000000515000000010000000200000003000000"), "REG_NONE")
write("SECURITY", security)


def boot():
    hive = regf.Hive("BCD", WHEN)
    loader, manager = "Objects\\{11111111-1111-1111-1111-111111111111}\\", "Objects\\{22222222-2222-2222-2222-222222222222}\\"
    hive.set(loader + "Description", "Type", 0x10200003)
    device = bytes(16) + struct.pack("<IIII", 6, 0, 0x48, 0) + bytes(range(16)) + bytes(8) + bytes(range(16, 32)) + bytes(16)
    for number, data in (("12000002", "\\Windows\\system32\\winload.efi"), ("12000004", "Windows"), ("22000002", "\\Windows"),
                         ("11000001", device), ("16000049", b"\1"), ("16000048", b"\0"), ("25000080", struct.pack("<Q", 1))):
        hive.set(loader + "Elements\\" + number, "Element", data)
    hive.set(manager + "Description", "Type", 0x10100002)
    hive.set(manager + r"Elements\23000003", "Element", "{11111111-1111-1111-1111-111111111111}")
    hive.set(manager + r"Elements\12000004", "Element", "Boot Manager")
    hive.set(manager + r"Elements\11000001", "Element", device[:60])
    hive.set(manager + r"Elements\12000002", "Element", 5)
    hive.key("Objects\\{33333333-3333-3333-3333-333333333333}")
    return hive


os.makedirs(os.path.join(VOLUME, "Boot"))
with open(os.path.join(VOLUME, "Boot/BCD"), "wb") as f:
    f.write(boot().build())
write("SYSTEM", system())
write("SOFTWARE", software())
_, out = support.collect(os.path.join(T, "out"), "-p", "win-system", VOLUME)
archive = support.Archive(out)
facts = archive.json("collection.json")["machines"][0]["facts"]
records = archive.records()["win-system"]


def rows(kind, *fields):
    return [tuple(r["fields"].get(f) for f in fields) for r in records if r["kind"] == kind]


same("settings", {k: facts.get(k) for k in ("code_page", "page_files", "page_file_cleared", "last_access_kept",
                                            "logon_credentials_kept", "crash_dump", "safe_mode")},
     {"code_page": "1252", "page_files": [r"?:\pagefile.sys", r"D:\page.sys 1 2"], "page_file_cleared": True,
      "last_access_kept": False, "logon_credentials_kept": False, "crash_dump": None, "safe_mode": None})
same("membership", {k: facts.get(k) for k in ("primary_domain", "primary_domain_dns", "primary_domain_sid")},
     {"primary_domain": "EXAMPLE", "primary_domain_dns": None, "primary_domain_sid": "S-1-5-21-1-2-3"})
same("routes", rows("route", "destination", "mask", "gateway", "metric"), [("10.0.0.0", "255.0.0.0", "192.168.1.1", -1)])
same("Windows before upgrades", rows("upgrade", "build", "installed", "updated_local"),
     [(None, None, None), ("15063", "2017-07-12T07:18:28Z", "1/6/2019 02:18:37")])
same("networks", rows("network", "name", "category", "medium", "created_local", "connected_local", "gateway_mac", "dns_suffix"),
     [("Home", "private", "wireless", "2016-10-05T09:47:50", None, "00:aa:bb:cc:dd:ee", "home.example"),
      (None, "9", None, None, None, None, None)])
same("portable devices", rows("portable", "device", "name", "time"), [("USBSTOR#DISK&VEN_X", "STICK", "2023-03-29T08:15:30Z")])
same("boot manager", rows("boot", "name", "kind", "path", "root", "partition", "disk", "default", "test_signing", "no_integrity_checks",
                          "safe_boot"),
     [("Windows", "loader of Windows", r"\Windows\system32\winload.efi", r"\Windows", "{03020100-0504-0706-0809-0a0b0c0d0e0f}",
       "{13121110-1514-1716-1819-1a1b1c1d1e1f}", None, True, None, "network"),
      ("Boot Manager", "boot manager", None, None, None, None, "{11111111-1111-1111-1111-111111111111}", None, None, None)])
same("test signing is a finding", [(f["severity"], f["fields"]["switch"]) for f in archive.findings], [("low", "test_signing")])
same("no anomalies", archive.anomalies, [])
support.finish()
