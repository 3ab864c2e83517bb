"""Seeds of fuzz_pe and fuzz_cms, from the programs of tests/data/make-pe.py.

usage: make_pe.py    writes pe/ and cms/ beside it"""

import importlib
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "data")
sys.path.insert(0, DATA)
make = importlib.import_module("make-pe")

# the sound ones that differ in what is read of them; one of each kind of signature
PROGRAMS = ["tool.exe", "old.exe", "claimed.exe", "not-sealed.exe", "behind.exe", "plain.dll"]
SIGNATURES = ["tool.exe", "old.exe", "claimed.exe", "no-signer.exe", "other-stamp.exe",
              "other-counter.exe", "md5.exe"]


def write(folder, name, data):
    os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    with open(os.path.join(HERE, folder, name), "wb") as f:
        f.write(data)


files = make.files()
for name, data in files.items():
    if name in PROGRAMS or name.startswith("bad/") and len(data) <= 65536:
        write("pe", os.path.basename(name).rsplit(".", 1)[0], data)
for name in SIGNATURES:
    at = make.fixture_sign.fields(files[name])[1]
    table = int.from_bytes(files[name][at : at + 4], "little") + 8
    write("cms", name.rsplit(".", 1)[0], files[name][table:])
