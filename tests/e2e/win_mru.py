"""win-mru on lists made by hand: orders, times, and values that are none."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import regf
import support
from support import same

T = support.scratch()
EXPLORER = r"Software\Microsoft\Windows\CurrentVersion\Explorer" + "\\"
IE = r"Software\Microsoft\Internet Explorer" + "\\"
RDP = r"Software\Microsoft\Terminal Server Client" + "\\"
WHEN, LATER = regf.filetime("2023-03-29T08:15:30Z"), regf.filetime("2023-04-01T00:00:00Z")
TIME, NONE = "2023-03-29T08:15:30Z", None


def wide(text, more=b""):
    return text.encode("utf-16-le") + b"\0\0" + more


def order(*numbers):
    return b"".join(struct.pack("<I", n) for n in numbers)


hive = regf.Hive("NTUSER.DAT", WHEN)
for n, url in enumerate(("http://one.example/", "http://two.example/", b"\1"), 1):
    hive.set(IE + "TypedURLs", f"url{n}", url)
hive.set(IE + "TypedURLs", "other", "no url")
hive.set(IE + "TypedURLsTime", "url2", struct.pack("<Q", LATER))
hive.set(IE + "TypedURLsTime", "url1", b"\0" * 7)
hive.set(EXPLORER + "TypedPaths", "url1", "C:\\")
words = EXPLORER + "WordWheelQuery"
hive.set(words, "MRUListEx", order(1, 7, 0, 1, 0xFFFFFFFF, 2))
for n, word in enumerate(("first", "last", "left out")):
    hive.set(words, str(n), wide(word))
recent = EXPLORER + "RecentDocs"
hive.set(recent, "MRUListEx", order(0)[:-1] + b"\0")  # no end
hive.set(recent, "0", wide("report.docx", b"\x14\0\x32\0shell item"))
hive.set(recent, "ViewStream", b"\0")
hive.set(recent + "\\.docx", "MRUListEx", b"\1\2")
hive.set(recent + "\\.docx", "0", b"odd")
drives = EXPLORER + "Map Network Drive MRU"
hive.set(drives, "MRUList", "ba")
hive.set(drives, "a", r"\\srv\old")
hive.set(drives, "b", r"\\srv\new")
hive.set("Network\\p", "RemotePath", r"\\srv\public")
hive.set("Network\\p", "UserName", 0)
hive.set(EXPLORER + r"MountPoints2\##srv#home#ann", "_LabelFromReg", "Home")
hive.key(EXPLORER + r"MountPoints2\{d38a501b-ecfc-11df-a2d7-806e6f6e6963}")
hive.key(EXPLORER + r"MountPoints2\C")
word = r"Software\Microsoft\Office\16.0\Word" + "\\"
hive.set(word + "File MRU", "Item 1", f"[F00000000][T{LATER:016X}][O00000000]*C:\\Users\\ann\\a*b.docx")
hive.set(word + "File MRU", "Max Display", 25)
hive.set(word + r"User MRU\ADAL_1\Place MRU", "Item 1", "no form")
hive.set(word + r"User MRU\ADAL_1\Place MRU", "Item 2", 3)
hive.set(RDP + r"Servers\srv.example", "UsernameHint", "DOM\\ann")
hive.set(RDP + "Default", "MRU0", "10.0.0.1:3389")
hive.set(RDP + "Default", "MRU1", 5)

path = os.path.join(T, "volume", "Users/ann/NTUSER.DAT")
os.makedirs(os.path.dirname(path))
with open(path, "wb") as f:
    f.write(hive.build())
_, out = support.collect(os.path.join(T, "out"), "-p", "win-mru", os.path.join(T, "volume"))
archive = support.Archive(out)
records = archive.records()["win-mru"]


def rows(kind, *fields):
    return [tuple(r["fields"].get(f) for f in ("value", "position", "time", *fields)) for r in records if r["kind"] == kind]


same("typed URLs, times of a twin key", rows("typed-url", "user"),
     [("http://one.example/", 1, TIME, "ann"), ("http://two.example/", 2, "2023-04-01T00:00:00Z", "ann")])
same("typed paths", rows("typed-path"), [("C:\\", 1, TIME)])
same("searches: the order is kept, what it leaves out is told", rows("search"),
     [("last", 1, TIME), ("first", 3, NONE), ("left out", NONE, NONE)])
same("recent documents", rows("recent"), [("report.docx", 1, TIME), ("\u646f", NONE, NONE)])
same("drives", rows("drive", "letter", "account"),
     [(r"\\srv\new", 1, TIME, None, None), (r"\\srv\old", 2, NONE, None, None), (r"\\srv\public", None, TIME, "p", None)])
same("shares", rows("share", "label"), [(r"\\srv\home\ann", None, TIME, "Home")])
same("volumes", rows("volume"), [("{d38a501b-ecfc-11df-a2d7-806e6f6e6963}", None, TIME)])
same("documents of Office", rows("document", "program", "what"),
     [("C:\\Users\\ann\\a*b.docx", 1, "2023-04-01T00:00:00Z", "Word", "File MRU"),
      ("no form", 1, None, "Word", "Place MRU"), ("", 2, None, "Word", "Place MRU")])
same("remote desktops", rows("remote-desktop", "account"),
     [("srv.example", None, TIME, "DOM\\ann"), ("10.0.0.1:3389", 1, TIME, None)])
same("no anomalies", archive.anomalies, [])
support.finish()
