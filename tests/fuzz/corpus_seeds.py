"""Copies what is small of the corpus into folders of seeds for the fuzz targets of hives.

usage: corpus_seeds.py FOLDER    FOLDER/hive and FOLDER/hive_logs are written

FOSSICK_CORPUS names the corpus. In the seeds of hive_logs a hive and a log lie in one
file, see fuzz_hive_logs.c."""

import gzip
import json
import lzma
import os
import struct
import sys

LARGEST = 1 << 20
OPENERS = {".xz": lzma.open, ".gz": gzip.open}


def content(corpus, name):
    with OPENERS.get(os.path.splitext(name)[1], open)(os.path.join(corpus, name), "rb") as f:
        return f.read()


def facts(corpus, name):
    with open(os.path.join(corpus, "expected", name), encoding="utf-8") as f:
        return json.load(f)


def hives(corpus):
    names = list(facts(corpus, "observed-hives.json")["files"])
    names += ["libregf/" + n for n in sorted(os.listdir(os.path.join(corpus, "libregf")))]
    for name in names:
        yield name, content(corpus, name)


def pairs(corpus):
    """Each dirty hive with each of its logs."""
    for name, fact in facts(corpus, "regipy.json")["tests_py"].items():
        hive = content(corpus, name)
        for log in fact.get("logs", []):
            yield log, struct.pack("<I", len(hive)) + hive + content(corpus, "regipy/" + log)
    hive = content(corpus, "dfwinreg/NTUSER.DAT")
    yield "dfwinreg-NTUSER", struct.pack("<I", len(hive)) + hive + content(corpus, "dfwinreg/NTUSER.DAT.LOG")


def main():
    corpus, top = os.environ["FOSSICK_CORPUS"], sys.argv[1]
    for kind, seeds, largest in ("hive", hives, LARGEST), ("hive_logs", pairs, 4 * LARGEST):
        os.makedirs(os.path.join(top, kind), exist_ok=True)
        for name, data in seeds(corpus):
            if len(data) <= largest:
                with open(os.path.join(top, kind, name.replace("/", "-")), "wb") as f:
                    f.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
