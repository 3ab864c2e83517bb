#!/usr/bin/env python3
"""Writes the seeds of fuzz_frames beside itself, in frames/."""
import os
import struct

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "frames")


def frame(kind, head, blob=b""):
    return struct.pack("<III", 8 + len(head) + len(blob), kind, len(head)) + head + blob


LOCATOR = b'{"addr":64,"path":"Users/alice/NTUSER.DAT","seq":1,"source":0,"volume":1}'
SEEDS = {
    "hello": frame(32, b'{"proto":1,"version":"0.1.0"}'),
    "file": frame(43, b'{"id":1,"locator":' + LOCATOR + b',"size":5,"times":{"modified":"2023-03-28T10:40:00Z"}}')
    + frame(44, b'{"id":1}', b"hello")
    + frame(45, b'{"id":1,"status":"complete"}'),
    "payload": frame(53, b'{"at":0,"kind":"dll","locator":' + LOCATOR + b',"name":"n","plugin":"p","size":4,'
                         b'"volume":[0,1]}', b"\x00MZ\xff"),
    "head-too-long": struct.pack("<III", 10, 34, 3) + b"{}",
    "no-json": frame(40, b"{]"),
    "records": b"".join(frame(39, b"", b'{"fields":' + fields + b',"kind":"k"}') for fields in (
        b"{}", b'{"a":[1,-2.5,1e20,true,null,"x"],"b":{"":0},"\xc3\xa9":"\\u0001\\n\\\\x00"}',
        b'{"b":1,"a":2}', b'{"a":1.50}', b'{"a":[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]}', b'{"a":"\xff"}', b'{"a":1-}')),
    "cut": frame(41, b'{"code":"corrupt"}')[:-3],
}

os.makedirs(HERE, exist_ok=True)
for name, data in SEEDS.items():
    with open(os.path.join(HERE, name), "wb") as out:
        out.write(data)
