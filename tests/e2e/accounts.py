"""win-system on a SAM hive: accounts and groups, and values that are torn."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import sam_hive
import support
from support import same

T = support.scratch()
path = os.path.join(T, "volume", "Windows/System32/config/SAM")
os.makedirs(os.path.dirname(path))
with open(path, "wb") as f:
    f.write(sam_hive.make().build())
_, out = support.collect(os.path.join(T, "out"), "-p", "win-system", os.path.join(T, "volume"))
archive = support.Archive(out)
records = archive.records()["win-system"]
accounts = {r["fields"]["rid"]: r["fields"] for r in records if r["kind"] == "account"}
groups = {r["fields"]["name"]: r["fields"] for r in records if r["kind"] == "group"}


def told(rid, *fields):
    return [accounts[rid].get(f) for f in fields]


same("SID of the machine", archive.json("collection.json")["machines"][0]["facts"], {"machine_sid": sam_hive.MACHINE})
same("accounts", sorted(accounts), [1001, 1002, 1003, 1004, 1005, 1006])
same("names and texts", told(1001, "name", "full_name", "comment", "home", "hint", "sid", "named"),
     ["ann", "Ann Example", "of the office", "\\\\srv\\ann", "the usual", "S-1-5-21-1-2-3-1001", "2022-01-02T03:04:05Z"])
same("times and counts", told(1001, "last_logon", "password_set", "expires", "last_failed", "failed", "logons"),
     ["2023-03-29T08:15:30Z", "2023-03-29T08:15:29Z", None, None, 2, 7])
same("flags", told(1001, "flags", "disabled", "password_never_expires", "password_not_required"),
     [["normal", "password never expires"], False, True, False])
same("another's", told(1002, "flags", "disabled", "expires", "last_failed"),
     [["disabled", "password not required", "normal"], True, "2023-03-29T08:15:30Z", "2023-03-29T08:15:30Z"])
same("torn accounts keep their names", [told(n, "name")[0] for n in (1003, 1004, 1005, 1006)],
     ["short", "outside", "other", "nameless"])
same("data of another account", told(1005, "data_rid"), [500])
same("members", [groups[n]["members"] for n in ("Administrators", "Own group", "Torn", "Many")],
     [["S-1-5-21-1-2-3-1001", "S-1-5-18"], [], [], ["S-1-5-21-1-2-3-1001", "S-1-5-18"]])
same("SIDs of groups", [groups[n]["sid"] for n in ("Administrators", "Own group")], ["S-1-5-32-544", "S-1-5-21-1-2-3-1010"])
same("anomalies", sorted(a["reason"] for a in archive.anomalies), [
    "account 000003EB: its data is too short", "account 000003ED: its data is of RID 500",
    "account 1004: its name points outside",
    "group 00000221: its members point outside", "group 00000222: 4294967295 members announced, 2 there",
    "group 00000223: its data is too short"])
support.finish()
