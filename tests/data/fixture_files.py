"""Files of a test as {path: bytes}, and a main for the scripts that make them."""

import os
import sys


def write(folder, files):
    """Writes all of them below the folder; what it lacks of folders is made."""
    os.makedirs(folder, exist_ok=True)
    for name, data in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)


def main(files):
    """Of a script that has a folder as its one argument."""
    write(sys.argv[1], files)
