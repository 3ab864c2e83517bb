"""Writes property lists: python3 make-plist.py FOLDER. Info.plist is what the examples of the
reference read; the others come from hostile()."""

import datetime
import os
import plistlib
import struct
import sys

INFO = {
    "CFBundleVersion": "1.2",
    "Built": datetime.datetime(2023, 3, 22, 8),
    "Documents": [{"Extensions": ["t", "tool"], "Rank": 3, "Icon": b"\0\1\2"}],
}


def binary(objects, top=0, ref_size=1, count=None, table=None):
    """A binary property list of objects that are bytes already."""
    out, offsets = b"bplist00", []
    for data in objects:
        offsets.append(len(out))
        out += data
    end = len(out)
    out += b"".join(struct.pack(">I", off) for off in offsets)
    return out + bytes(6) + bytes([4, ref_size]) + struct.pack(
        ">QQQ", len(objects) if count is None else count, top, end if table is None else table)


def nested(depth):
    return binary([b"\xa1" + struct.pack(">H", i + 1) for i in range(depth)] + [b"\x51a"], ref_size=2)


def hostile():
    """Name to bytes and the code they are refused with; "" when something is told."""
    whole = plistlib.dumps(INFO, fmt=plistlib.FMT_BINARY)
    xml = plistlib.dumps(INFO)
    doctype = b'<!DOCTYPE plist [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>'
    return {
        "cycle": (binary([b"\xa1\0"]), ""),
        "cycle-wide": (binary([b"\xa3\0\1\1", b"\xa3\0\1\0"]), ""),
        "laughs": (binary([b"\xaa" + bytes([i + 1] * 10) for i in range(30)] + [b"\x51a"]), "over-limit"),
        "counts": (binary([b"\xdf\x13" + b"\xff" * 8]), "corrupt"),
        "objects-2-32": (binary([b"\x51a"], count=1 << 32), "corrupt"),
        "objects-2-62": (binary([b"\x51a"], count=1 << 62), "corrupt"),
        "table-outside": (binary([b"\x51a"], table=1 << 63), "corrupt"),
        "top-outside": (binary([b"\x51a"], top=7), "corrupt"),
        "deep-127": (nested(127), ""),
        "deep-10000": (nested(10000), "over-limit"),
        "deep-10000-xml": (b"<plist>" + b"<array>" * 10000 + b"</array>" * 10000 + b"</plist>", "over-limit"),
        "deep-10000-old": (b"(" * 10000 + b")" * 10000, "over-limit"),
        "key-no-text": (binary([b"\xd2\1\2\2\2", b"\x10\x01", b"\x51k"]), ""),
        "version": (b"bplist16" + bytes(64), "unsupported"),
        "zero": (b"bplist00" + bytes(64), "corrupt"),
        "empty": (b"", "corrupt"),
        "cut-binary": (whole[:-9], "corrupt"),
        "cut-xml": (xml[: xml.index(b"Extensions")], ""),
        "entities": (b'<?xml version="1.0"?>' + doctype + b"<plist><string>&b;</string></plist>", "corrupt"),
        "no-plist": (b'<?xml version="1.0"?><html/>', "corrupt"),
        "numbers": (b"<plist><array><integer>x</integer><integer>99999999999999999999</integer>"
                    b"<real>x</real><date>x</date><data>!</data><integer></integer></array></plist>", ""),
        "misplaced": (b"<plist><dict><true/><key>a</key><key>b</key><string>c<d/></string><e><f/></e></dict>"
                      b"<true/></plist>", ""),
        "old-text": (b'// c\n{ a = (x, "y\\U00e9\\n",); b = <0f bd>; /* d */ c = {}; }', ""),
        "old-cut": (b'{ a = (x, "y', "corrupt"),
    }


if __name__ == "__main__":
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    files = {"Info.plist": plistlib.dumps(INFO), "binary": plistlib.dumps(INFO, fmt=plistlib.FMT_BINARY)}
    files.update((name, data) for name, (data, _) in hostile().items())
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(data)
