"""A SAM hive with accounts and groups, sound and torn, for tests/e2e/accounts.py. It holds no password
in any form.

    open("SAM", "wb").write(sam_hive.make().build())"""

import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import regf

WHEN = regf.filetime("2023-03-29T08:15:30Z")
NEVER = 0x7FFFFFFFFFFFFFFF
ACCOUNT, BUILTIN = "SAM\\Domains\\Account", "SAM\\Domains\\Builtin"
MACHINE = "S-1-5-21-1-2-3"
TEXTS = {"name": 0x0C, "full_name": 0x18, "comment": 0x24, "home": 0x48, "script": 0x60}


def sid(text):
    parts = [int(p) for p in text.split("-")[2:]]
    return struct.pack("<BB", 1, len(parts) - 1) + parts[0].to_bytes(6, "big") + struct.pack(f"<{len(parts) - 1}I", *parts[1:])


def f_value(rid, flags, logon=0, password=0, expires=NEVER, failed_at=0, failed=0, logons=0):
    head = struct.pack("<QQQQQQ", 2, logon, 0, password, expires, failed_at)
    return (head + struct.pack("<IIIIHH", rid, 0x201, flags, 0, failed, logons)).ljust(80, b"\0")


def v_value(**texts):
    table, data = bytearray(0xCC), b""
    for name, text in texts.items():
        raw = text.encode("utf-16-le")
        struct.pack_into("<II", table, TEXTS[name], len(data), len(raw))
        data += raw
    return bytes(table) + data


def c_value(rid, name, comment, *members):
    parts, data, places = [name.encode("utf-16-le"), comment.encode("utf-16-le"), b"".join(map(sid, members))], b"", []
    for part in parts:
        places.append((len(data), len(part)))
        data += part
    table = bytearray(0x34)
    struct.pack_into("<I", table, 0, rid)
    for at, place in zip((0x10, 0x1C, 0x28), places):
        struct.pack_into("<II", table, at, *place)
    struct.pack_into("<I", table, 0x30, len(members))
    return bytes(table) + data


def account(hive, name, rid, f, v):
    key = f"{ACCOUNT}\\Users\\{rid:08X}"
    hive.set(key, "F", f)
    hive.set(key, "V", v)
    if name:
        hive.set(f"{ACCOUNT}\\Users\\Names\\{name}", "", b"", rid)


def group(hive, domain, name, rid, c):
    hive.set(f"{domain}\\Aliases\\{rid:08X}", "C", c)
    if name:
        hive.set(f"{domain}\\Aliases\\Names\\{name}", "", b"", rid)


def make():
    hive = regf.Hive("SAM", WHEN)
    hive.set(ACCOUNT, "V", bytes(40) + struct.pack("<III", 1, 2, 3))
    account(hive, "ann", 1001, f_value(1001, 0x210, WHEN, WHEN - 10**7, failed=2, logons=7),
            v_value(name="ann", full_name="Ann Example", comment="of the office", home="\\\\srv\\ann"))
    hive.set(f"{ACCOUNT}\\Users\\000003E9", "UserPasswordHint", "the usual\0".encode("utf-16-le"))
    hive.key_time(f"{ACCOUNT}\\Users\\Names\\ann", regf.filetime("2022-01-02T03:04:05Z"))
    account(hive, "off", 1002, f_value(1002, 0x15, expires=WHEN, failed_at=WHEN), v_value(name="off"))
    # torn: too short, texts outside, the data of another account, a key that is none, no name
    account(hive, "short", 1003, b"\1\2", b"\3")
    account(hive, "outside", 1004, f_value(1004, 0x10), struct.pack("<12xII", 0xFFFFFFF0, 64).ljust(0xCC, b"\0"))
    account(hive, "other", 1005, f_value(500, 0x10), v_value(name="Administrator"))
    account(hive, None, 1006, f_value(1006, 0x10), v_value(name="nameless"))
    hive.set(ACCOUNT + "\\Users\\not a rid", "F", b"")
    admins = c_value(544, "Administrators", "May do all", MACHINE + "-1001", "S-1-5-18")
    group(hive, BUILTIN, "Administrators", 544, admins)
    group(hive, ACCOUNT, "Own group", 1010, c_value(1010, "Own group", ""))
    group(hive, BUILTIN, "Torn", 545, admins[:-4])
    group(hive, BUILTIN, "Many", 546, admins[:0x30] + struct.pack("<I", 0xFFFFFFFF) + admins[0x34:])
    group(hive, BUILTIN, "Short", 547, b"\0")
    return hive
