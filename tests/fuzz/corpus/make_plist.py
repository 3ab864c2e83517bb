"""Writes the seeds of fuzz_plist: python3 make_plist.py."""

import importlib.util
import os

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("m", os.path.join(HERE, "..", "..", "data", "make-plist.py"))
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)

# "laughs" takes all the values there may be: too slow to start from
SEEDS = {name: data for name, (data, _) in make.hostile().items() if len(data) < 2000 and name != "laughs"}
SEEDS["xml"] = make.plistlib.dumps(make.INFO)
SEEDS["binary"] = make.plistlib.dumps({"n": 2.5, "u": make.plistlib.UID(3), "w": "\u00e9\u20ac", "b": True, **make.INFO},
                                      fmt=make.plistlib.FMT_BINARY)

os.makedirs(os.path.join(HERE, "plist"), exist_ok=True)
for name, data in SEEDS.items():
    with open(os.path.join(HERE, "plist", name), "wb") as f:
        f.write(data)
