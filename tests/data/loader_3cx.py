"""What the container of the 3CX case decrypts to, without a byte that does anything: the first bytes and the
numbers of the published bootstrap, and a library that holds nothing but its names and two URLs."""
import importlib
import struct

import fixture_pe

make_pe = importlib.import_module("make-pe")
AGENT = '1200 2400 "Mozilla/5.0 (fixture) 3CXDesktopApp/18.11.1197"'
HASH = 0xF558F4DA


def library():
    """A program that holds nothing but its names and two URLs."""
    data = make_pe.Data()
    data.put("https://example.invalid/one".encode("utf-16-le") + b"\0\0http://example.invalid/two\0")
    folders = {0: make_pe.exports(data, "samcli.dll", ["DllGetClassObject"], {})}
    return fixture_pe.build(bytes(data.bytes), folders=folders)


def loader():
    """The first bytes and the numbers of the published bootstrap, with breakpoints where its code was."""
    inner, agent = library(), AGENT.encode() + b"\0"
    at, user = 0x65D, 0x65D + len(inner)
    head = b"\xe8\0\0\0\0\x59\x49\x89\xc8\x48\x81\xc1" + struct.pack("<I", at - 5)
    head += b"\xba" + struct.pack("<I", HASH) + b"\x49\x81\xc0" + struct.pack("<I", user - 5)
    head += b"\x41\xb9" + struct.pack("<I", len(agent))
    return head.ljust(at, b"\xcc") + inner + agent + b"\0"
