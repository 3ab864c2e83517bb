"""Seeds of fuzz_macho, from the files of tests/data/make-macho.py: one small thin
file of each kind, and what is damaged in the table of a fat one.

usage: make_macho.py    writes macho/ beside it"""

import importlib
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "data")
sys.path.insert(0, DATA)
make = importlib.import_module("make-macho")

SMALL = 1100  # bytes in front of a signature
make.PAGE = 512
seeds = {
    "thin": make.program(make.AMD64, make.signed(), SMALL),
    "both": make.program(make.AMD64, make.both, SMALL),
    "adhoc": make.program(make.ARM64, make.adhoc, SMALL),
    "plain": make.program(make.ARM64, None, SMALL),
}
seeds["fat"] = make.fat([(make.AMD64, seeds["plain"]), (make.ARM64, seeds["adhoc"])])
seeds["big-endian"] = b"\xfe\xed\xfa\xce" + (18).to_bytes(4, "big") * 6
seeds["fat-64"] = b"\xca\xfe\xba\xbf\0\0\0\1" + bytes(16) + (40).to_bytes(8, "big") + bytes(
    7) + b"\x80" + bytes(8) + seeds["plain"]
os.makedirs(os.path.join(HERE, "macho"), exist_ok=True)
for name, data in seeds.items():
    with open(os.path.join(HERE, "macho", name), "wb") as f:
        f.write(data)
