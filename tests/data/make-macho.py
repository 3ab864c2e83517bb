"""Mach-O files for the tests of the module macho, without code: thin and fat, signed
in several ways, and damaged.

usage: make-macho.py FOLDER"""

import hashlib
import struct

import fixture_files
import fixture_sign
from fixture_sign import CERTIFICATES, ROOT, SIGNER_KEY, STAMPER_KEY, attribute, integer, octets
from fixture_sign import oid, seq, set_of, tlv, utc

PAGE = 4096
AMD64, ARM64 = 0x1000007, 0x100000C
TEAM = "FIXTURE123"
ENTITLEMENTS = b"<plist><dict><key>fixture</key><true/></dict></plist>"
LIBRARIES = ["/usr/lib/libSystem.B.dylib", "@rpath/libffmpeg.dylib"]


def command(kind, body):
    body += b"\0" * (-len(body) % 8)
    return struct.pack("<II", kind, 8 + len(body)) + body


def library(kind, name):
    return command(kind, struct.pack("<IIII", 24, 2, 0x10000, 0x10000) + name.encode() + b"\0")


def segment(name, address, offset, size, sections=()):
    body = struct.pack("<16sQQQQIIII", name, address, size, offset, size, 5, 5, len(sections), 0)
    for section, at, length in sections:
        body += struct.pack("<16s16sQQIIIIIIII", section, name, address, length, at, 0, 0, 0, 2, 0, 0, 0)
    return command(0x19, body)


def program(cpu, signature=None, limit=3 * PAGE - 100, texts=b"%s/UpdateAgent\0"):
    """64 bits, `limit` bytes, then what `signature(bytes)` makes of them. `texts` lie at 2048."""
    commands = [
        segment(b"__TEXT", 0x100000000, 0, 2 * PAGE, [(b"__cstring", 2048, 64)]),
        segment(b"__LINKEDIT", 0x100002000, 2 * PAGE, limit - 2 * PAGE),
        command(0x1B, bytes(range(16))),
        command(0x32, struct.pack("<IIII", 1, 0x000A0D00, 0x000D0100, 0)),
        command(0x2A, struct.pack("<Q", 1 << 40 | 2 << 30 | 3 << 20)),
        command(0x80000028, struct.pack("<QQ", 1024, 0)),
        command(0x8000001C, struct.pack("<I", 12) + b"@loader_path/../Frameworks\0"),
    ] + [library(0xC, name) for name in LIBRARIES]
    where = len(b"".join(commands)) + 32
    if signature:
        commands.append(command(0x1D, bytes(8)))
    body = b"".join(commands)
    header = struct.pack("<IIIIIIII", 0xFEEDFACF, cpu, 3, 2, len(commands), len(body), 0x85, 0)
    raw = bytearray((header + body).ljust(limit, b"\0"))
    if limit > 2 * PAGE > 2048:
        raw[2048 : 2048 + len(texts)] = texts
    if not signature:
        return bytes(raw)
    size = len(signature(bytes(raw)))
    struct.pack_into("<II", raw, where + 8, limit, size)
    return bytes(raw) + signature(bytes(raw))


def blob(magic, body):
    return struct.pack(">II", magic, 8 + len(body)) + body


def directory(code, kind="sha256", team=TEAM, flags=0x10000, name=b"org.example.tool"):
    pages = [code[i : i + PAGE] for i in range(0, len(code), PAGE)]
    hashes = [hashlib.new(kind, p).digest() for p in pages]
    identifier = name + b"\0"
    text = identifier + (team.encode() + b"\0" if team else b"")
    start = 88 + len(text)
    body = struct.pack(
        ">IIIIIIIBBBBIIIIQQQQ", 0x20400, flags, start, 88, 0, len(pages), len(code),
        len(hashes[0]), {"sha1": 1, "sha256": 2}[kind], 0, PAGE.bit_length() - 1, 0, 0,
        88 + len(identifier) if team else 0, 0, 0, 0, 0, 0,
    )
    return blob(0xFADE0C02, body + text + b"".join(hashes))


def cms(content, when="230329081530Z", sealed=True, stamp=True):
    """Detached CMS over a code directory."""
    attributes = [
        attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.7.1")),
        attribute("1.2.840.113549.1.9.4", octets(hashlib.sha256(content).digest())),
        attribute("1.2.840.113549.1.9.5", utc(when)),
    ]
    unsigned = []
    if stamp:
        token = fixture_sign.time_stamp("20230329081600Z")

        def apple(signature):
            return token(signature).replace(
                oid("1.3.6.1.4.1.311.3.3.1"), oid("1.2.840.113549.1.9.16.2.14"))

        unsigned = [lambda s: resized(apple(s))]
    info = fixture_sign.signer_info(
        SIGNER_KEY, 0x8538A6C5018F50FC, "sha256", attributes, sealed, unsigned)
    return seq(
        oid("1.2.840.113549.1.7.2"),
        tlv(0xA0, seq(
            integer(1), tlv(0x31, fixture_sign.algorithm("sha256")),
            seq(oid("1.2.840.113549.1.7.1")),
            tlv(0xA0, CERTIFICATES["signer"], CERTIFICATES["root"]), tlv(0x31, info))),
    )


def resized(der):
    """The outermost length again, after a part of another size was put in."""
    head = 2 if der[1] < 0x80 else 2 + (der[1] & 0x7F)
    return tlv(der[0], der[head:])


def super_blob(parts):
    at, index, body = 12 + 8 * len(parts), b"", b""
    for slot, part in parts:
        index += struct.pack(">II", slot, at + len(body))
        body += part
    return struct.pack(">III", 0xFADE0CC0, at + len(body), len(parts)) + index + body


def signed(team=TEAM, **how):
    def make(code):
        own = directory(code, team=team)
        return super_blob([
            (0, own), (5, blob(0xFADE7171, ENTITLEMENTS)), (0x10000, blob(0xFADE0B01, cms(own, **how)))])
    return make


def both(code):
    """SHA-1 first, SHA-256 beside it, as for old systems."""
    first = directory(code, "sha1")
    return super_blob([(0, first), (0x1000, directory(code)), (0x10000, blob(0xFADE0B01, cms(first)))])


def adhoc(code, name=b"org.example.tool"):
    own = directory(code, team=None, flags=0x20002, name=name)
    return super_blob([(0, own), (0x10000, blob(0xFADE0B01, b""))])


def fat(programs):
    at, table, body = PAGE, b"", b""
    for cpu, p in programs:
        table += struct.pack(">IIIII", cpu, 3, at + len(body), len(p), 12)
        body += p + b"\0" * (-len(p) % PAGE)
    return (struct.pack(">II", 0xCAFEBABE, len(programs)) + table).ljust(PAGE, b"\0") + body


def changed(data, at, fmt, *values):
    data = bytearray(data)
    struct.pack_into(fmt, data, at, *values)
    return bytes(data)


def files():
    good = program(AMD64, signed())
    whole = fat([(AMD64, good), (ARM64, program(ARM64, signed()))])
    plain = program(ARM64)
    code = 3 * PAGE - 100  # where the signature begins
    return {
        "Tool": whole,
        "thin": good,
        "both": program(AMD64, both),
        "swapped": changed(program(AMD64, both), PAGE + 10, "B", 1),
        "adhoc": program(ARM64, adhoc),
        "plain": plain,
        "altered": changed(good, PAGE + 10, "B", 1),
        "not-sealed": program(AMD64, signed(sealed=False)),
        "no-stamp": program(AMD64, signed(stamp=False)),
        "java": b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(64),
        "no-slices": b"\xca\xfe\xba\xbe\0\0\0\0" + bytes(64),
        "bad/cut-slice": whole[: len(whole) - 3 * PAGE],
        "bad/far-slice": changed(whole, 16, ">I", 0xFFFFF000),
        "bad/no-slice": changed(whole, 16, ">I", 2 * PAGE),
        "bad/command-size": changed(plain, 36, "<I", 0xFFFFFFF0),
        "bad/command-zero": changed(plain, 36, "<I", 0),
        "bad/many-commands": changed(plain, 16, "<I", 0xFFFFFFFF),
        "bad/long-commands": changed(plain, 20, "<I", 0xFFFFFFFF),
        "bad/cut-signature": good[:-1000],
        "bad/no-super-blob": changed(good, code, ">I", 0),
        "bad/many-blobs": changed(good, code + 8, ">I", 0xFFFFFFFF),
        "bad/blob-outside": changed(good, code + 16, ">I", 0xFFFFFFF0),
        "bad/many-slots": changed(good, code + 12 + 24 + 28, ">I", 0xFFFFFFFF),
        "bad/long-strings": changed(plain, 32 + 72 + 40, "<Q", 1 << 40),
        "bad/zero-hash": changed(good, code + 12 + 24 + 36, "B", 0),
    }


if __name__ == "__main__":
    fixture_files.main(files())
