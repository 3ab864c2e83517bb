"""Trees for directory sources, made when a test runs. Like the sample image
they hold nothing of any vendor and nothing that could run.

usage: tree_dirs.py mac|mac-clean|variants FOLDER

mac        a Mac with a bad build of the 3CX app and what followed
mac-clean  the same Mac with a clean build
variants   a Windows tree with each form of the state file, of the certificate
           table and of lone transaction logs, the harmless ones among them"""

import os
import plistlib
import struct
import sys

import fixture_db
import fixture_files
import fixture_pe
from sample_tree import HARMLESS, RC4_KEY, FIRST, page, program

UUID = b"00000000-0000-4000-8000-000000000001"
LIBRARIES = "Contents/Frameworks/Electron Framework.framework/Versions/A/Libraries/"


def xored(data):
    return bytes(c ^ 0x7A for c in data)


# --- macOS -----------------------------------------------------------------------


def info_plist(version, form=plistlib.FMT_XML):
    keys = {
        "CFBundleIdentifier": "com.electron.3cx-desktop-app",
        "CFBundleName": "3CX Desktop App",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "LSMinimumSystemVersion": "10.11.0",
        "NSHighResolutionCapable": True,
    }
    return plistlib.dumps(keys, fmt=form)


def dylib(bad):
    """The magic of a fat Mach-O that announces no slice, then texts."""
    data = bytes.fromhex("cafebabe00000000") + b"fixture of a library, no code".ljust(256, b"\0")
    if bad:
        data += b"%s/.main_storage\0%s/UpdateAgent\0"
        data += xored(b"/System/Library/CoreServices/SystemVersion.plist\0")
    return data


def mac(bad):
    version = "18.12.416" if bad else "18.12.422"
    app, home = "Applications/3CX Desktop App.app/", "Users/mia/"
    support = home + "Library/Application Support/3CX Desktop App/"
    system = {"ProductName": "macOS", "ProductVersion": "13.2.1"}
    daemon = {"Label": "org.example.fixture", "ProgramArguments": ["/usr/bin/true"]}
    tree = {
        "System/Library/CoreServices/SystemVersion.plist": plistlib.dumps(system),
        "Library/LaunchDaemons/org.example.fixture.plist": plistlib.dumps(daemon),
        "Library/Graphics/Images/readme.txt": b"a folder that may be here\n",
        app + "Contents/Info.plist": info_plist(version),
        app + "Contents/MacOS/3CX Desktop App": b"fixture of a program, no code",
        app + LIBRARIES + "libffmpeg.dylib": dylib(bad),
        home + "Applications/3CX Desktop App.app/Contents/Info.plist":
            info_plist("18.12.422", plistlib.FMT_BINARY),
        support + "config.json": b'{"url": "https://pbx.example.invalid", "AccountName": "201"}',
        home + "Library/Logs/3CX Desktop App/main.log": b"started\n",
    }
    rows = [page("https://www.example.org/mac", "Mac", FIRST)]
    late = [page("https://late.example.org/", "", FIRST + 60)]
    for ending, data in fixture_db.build("safari", rows, late).items():
        tree[home + "Library/Safari/History.db" + ending] = data
    if bad:
        tree[support + ".main_storage"] = xored(UUID + bytes(12) + struct.pack("<Q", 1680000000))
        tree[support + "UpdateAgent"] = b"fixture of a second stage, no code"
        tree[home + "Downloads/3CXDesktopApp-18.12.416.dmg"] = b"fixture of a disk image"
        tree["private/etc/apdl.cf"] = b"fixture"
    return tree


# --- Windows ---------------------------------------------------------------------


def der_long(size):
    """A certificate record whose DER length has three bytes."""
    der = b"\x30\x83" + struct.pack(">I", size)[1:] + b"x" * size
    pad = -(8 + len(der)) % 8
    return struct.pack("<IHH", 8 + len(der) + pad, 0x200, 2) + der + bytes(pad)


def noise(size):
    """Bytes without order, the same each time."""
    out, state = bytearray(), 0x3CF0551
    while len(out) < size:
        state = (state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        out += struct.pack("<I", state >> 32)
    return bytes(out[:size])


def containers():
    """Name of the folder to the certificate table of its library."""
    pad = bytes(4)  # what certificate() pads its record with
    shellcode_start = b"\xe8\0\0\0\0\x59" + HARMLESS
    return {
        "18.1.1": fixture_pe.certificate(),
        "18.1.2": fixture_pe.certificate(1004, slack=b""),
        "18.1.3": der_long(70000),
        "18.1.4": fixture_pe.certificate() + fixture_pe.certificate(),
        "18.2.1": fixture_pe.certificate(slack=pad + b"marker of an installer: harmless"),
        "18.2.2": fixture_pe.certificate(slack=pad + noise(8192)),
        "18.2.3": fixture_pe.certificate(slack=bytes(20)),
        "18.3.1": fixture_pe.tagged_certificate(shellcode_start, RC4_KEY),
        "18.3.2": fixture_pe.certificate() + b"\xfe\xed\xfa\xce" * 2 + b"no record",
    }


def state_files():
    """Name of the folder to the bytes of its state file."""
    until = FIRST + 604800 + 5
    return {
        "18.4.1": struct.pack("<Q", until),
        "18.4.2": struct.pack("<I", until),
        "18.4.3": b"%d\n" % until,
        "18.4.4": b"\xff" * 13,
        "18.4.5": b"",
        "18.4.6": struct.pack("<Q", 5),
        "18.4.7": b"<assembly>" * 20,
    }


def variants():
    base = "Users/kim/AppData/Local/Programs/3CXDesktopApp/"
    tree = {
        "Windows/System32/ntoskrnl.exe": program("kernel"),
        "Windows/System32/config/TxR/{00000000-1111-2222-3333-444444444444}.TxR.0.regtrans-ms":
            b"fixture " * 512,
        "Windows/System32/config/TxR/{00000000-1111-2222-3333-555555555555}.TxR.0.regtrans-ms":
            "REGISTRY".encode("utf-16-le") + bytes(512 << 10),
        base + "3CXDesktopApp.exe": program("3CXDesktopApp"),
        base + "app-18.5.1/d3dcompiler_47.dll": b"MZ no program",
        base + "app-18.5.2/d3dcompiler_47.dll": cut_table(),
        base + "app-18.5.3/ffmpeg.dll": b"",
        base + ".installInfo.json": b'{"installVersion": ["18.12.416", {',
        base + "packages/RELEASES": b"\xff\xfe\0 3CXDesktopApp-99999999999999999999.1.2-full.nupkg",
    }
    for name, table in containers().items():
        tree[base + "app-%s/d3dcompiler_47.dll" % name] = fixture_pe.build(b"variant", table=table)
    for name, data in state_files().items():
        tree[base + "app-%s/manifest" % name] = data
    return tree


def cut_table():
    """The certificate table is announced, but the file ends before it."""
    whole = fixture_pe.build(b"variant", table=fixture_pe.certificate())
    return whole[: -600]


def write(tree, folder):
    fixture_files.write(folder, tree)
    for name in tree:
        os.utime(os.path.join(folder, name), (FIRST, FIRST))


if __name__ == "__main__":
    kind, target = sys.argv[1:]
    write(variants() if kind == "variants" else mac(kind == "mac"), target)
