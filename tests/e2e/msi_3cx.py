#!/usr/bin/env python3
"""3cx-install judges installers by what they say inside: under any name, and never those of others."""
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
from support import same

make = importlib.import_module("make-msi")

T = support.scratch()
TREE = os.path.join(T, "tree")
FILES = {
    "Users/ann/Downloads/holiday.msi": make.app("18.12.416"),
    "Users/ann/Downloads/3CXDesktopApp-18.12.416.msi": make.app("18.12.425"),
    "Users/ann/Downloads/tool.msi": make.package(make.product(), make.FILES),
    "Users/ann/Downloads/broken.msi": b"no package",
    "Users/ann/Desktop/3CXDesktopApp-18.12.407.msi": b"no package",
    "Windows/Installer/1a2b3c.msi": make.app("18.12.407"),
    "Windows/Installer/4d5e6f.msi": make.app("18.13.959"),
    "Windows/Installer/717d29.msi": make.package(make.product("Phone", "18.12.416"), make.FILES),
    "Windows/System32/config/SOFTWARE": b"",
}
for name, data in FILES.items():
    path = os.path.join(TREE, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
_, out = support.collect(os.path.join(T, "out"), "-p", "3cx-install", TREE)
archive = support.Archive(out)
rows = [r["fields"] for r in archive.records()["3cx-install"] if r.get("kind", r.get("record")) == "installer"]
told = sorted((r["entry"]["path"], r["version"], r["class"], r.get("product"), r.get("unread")) for r in rows)
CODE = "{77DE5C80-0000-4000-8000-000000000009}"
same("installers of the app", told, [
    ("Users/ann/Desktop/3CXDesktopApp-18.12.407.msi", "18.12.407", "bad", None, "no compound file: signature missing"),
    ("Users/ann/Downloads/3CXDesktopApp-18.12.416.msi", "18.12.425", "clean", CODE, None),
    ("Users/ann/Downloads/holiday.msi", "18.12.416", "bad", CODE, None),
    ("Windows/Installer/1a2b3c.msi", "18.12.407", "bad", CODE, None),
    ("Windows/Installer/4d5e6f.msi", "18.13.959", "clean", CODE, None),
])
found = sorted((f["evidence"][0]["path"], f["severity"], f["confidence"], f["detail"].split(" says")[0])
               for f in archive.findings)
same("findings", found, [
    ("Users/ann/Desktop/3CXDesktopApp-18.12.407.msi", "medium", "medium", "the name 3CXDesktopApp-18.12.407.msi"),
    ("Users/ann/Downloads/holiday.msi", "medium", "high", "its database"),
    ("Windows/Installer/1a2b3c.msi", "medium", "high", "its database"),
])
support.finish()
