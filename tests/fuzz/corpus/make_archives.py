"""Seeds of fuzz_zip and fuzz_asar, from the files of tests/data/make-archives.py that are small.

usage: make_archives.py    writes zip/ and asar/ beside it"""

import importlib
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "data"))
make = importlib.import_module("make-archives")

for kind, seeds in ("zip", make.zips()), ("asar", make.asars()):
    os.makedirs(os.path.join(HERE, kind), exist_ok=True)
    for name, data in seeds.items():
        if len(data) < 20000:
            with open(os.path.join(HERE, kind, name.replace("/", "-")), "wb") as f:
                f.write(data)
