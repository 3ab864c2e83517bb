"""Seeds of fuzz_usn: the files of tests/data/make-usn.py that are small.

usage: make_usn.py    writes usn/ beside it"""

import importlib
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "data"))
make = importlib.import_module("make-usn")

os.makedirs(os.path.join(HERE, "usn"), exist_ok=True)
for name, data in make.files().items():
    if len(data) <= 16384:
        with open(os.path.join(HERE, "usn", name), "wb") as f:
            f.write(data)
