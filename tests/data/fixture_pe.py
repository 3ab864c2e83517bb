"""Programs for fixtures: PE32+ files with headers, data sections and a
certificate table, but without code. The entry point is 0 and no section may
be executed. Layout: Microsoft, "PE Format"."""

import struct

ALIGN = 0x200
PAGE = 0x1000
READ_ONLY_DATA = 0x40000040


def up(n, to):
    return -(-n // to) * to


def _node(ident, target, is_folder):
    return struct.pack("<IIHHHH", 0, 0, 0, 0, 0, 1) + struct.pack(
        "<II", ident, target | (0x80000000 if is_folder else 0)
    )


def _block(key, value=b"", children=b"", text=False):
    """A block of a version resource; `value` of text is UTF-16 with its NUL."""
    head = b"\0" * 6 + (key + "\0").encode("utf-16-le")
    body = head + b"\0" * (-len(head) % 4) + value
    if children:
        body += b"\0" * (-len(body) % 4) + children
    size = len(value) // 2 if text else len(value)
    return struct.pack("<HHH", len(body), size, int(text)) + body[6:]


def _joined(blocks):
    out = b""
    for b in blocks:
        out += b"\0" * (-len(out) % 4) + b
    return out


def _strings(strings):
    rows = [_block(k, (v + "\0").encode("utf-16-le"), text=True) for k, v in strings.items()]
    table = _block("040904b0", children=_joined(rows), text=True)
    return _block("StringFileInfo", children=table, text=True)


def _version_info(version, strings):
    numbers = [int(n) for n in version.split(".")]
    numbers += [0] * (4 - len(numbers))
    high, low = numbers[0] << 16 | numbers[1], numbers[2] << 16 | numbers[3]
    fixed = struct.pack(
        "<13I", 0xFEEF04BD, 0x10000, high, low, high, low, 0x3F, 0, 0x40004, 2, 0, 0, 0
    )
    return _block("VS_VERSION_INFO", fixed, _strings(strings) if strings else b"")


def _resources(version, address, strings):
    """Type 16 (version), name 1, language 1033."""
    info = _version_info(version, strings)
    folders = _node(16, 24, True) + _node(1, 48, True) + _node(1033, 72, False)
    return folders + struct.pack("<IIII", address + 88, len(info), 0, 0) + info


def rc4(key, data):
    s, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) & 255
        s[i], s[j] = s[j], s[i]
    i = j = 0
    for c in data:
        i = (i + 1) & 255
        j = (j + s[i]) & 255
        s[i], s[j] = s[j], s[i]
        out.append(c ^ s[(s[i] + s[j]) & 255])
    return bytes(out)


def certificate(size=1000, slack=None):
    """A WIN_CERTIFICATE around a DER value that is none of anybody. `slack`
    replaces the zero bytes that pad the record to a multiple of 8."""
    der = b"\x30\x82" + struct.pack(">H", size) + (b"fixture " * (size // 8 + 1))[:size]
    record = 8 + len(der)
    pad = slack if slack is not None else b"\0" * (up(record, 8) - record)
    return struct.pack("<IHH", record + len(pad), 0x200, 2) + der + pad


def tagged_certificate(text, key):
    """What the public tool SigFlip makes: tag twice, RC4 data, "0" up to 8."""
    slack = b"\xfe\xed\xfa\xce" * 2 + rc4(key, text)
    plain = certificate()
    slack += b"0" * (-(len(plain) + len(slack)) % 8)
    return certificate(slack=b"\0" * (-(8 + 4 + 1000) % 8) + slack)


def build(data=b"", version=None, dll=True, table=b"", strings=None, folders=None):
    """`data` becomes .rdata at address PAGE and offset 2 * ALIGN, `version` a version
    resource with `strings`, `table` the certificate table at the end of the file.
    `folders` are further data directories: { index: (address, size) }."""
    sections, offset, address = [], 2 * ALIGN, PAGE
    for name, body in ((b".rdata", data or b"\0"), (b".rsrc", version)):
        if not body:
            continue
        if name == b".rsrc":
            body = _resources(version, address, strings)
            resources = (address, len(body))
        sections.append((name, body, address, offset))
        offset += up(len(body), ALIGN)
        address += up(len(body), PAGE)
    directories = [(folders or {}).get(i, (0, 0)) for i in range(16)]
    if version:
        directories[2] = resources
    if table:
        directories[4] = (offset, len(table))
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, 0, offset - 2 * ALIGN, 0, 0, PAGE)
    optional += struct.pack("<QIIHHHHHHI", 0x180000000, PAGE, ALIGN, 10, 0, 0, 0, 10, 0, 0)
    optional += struct.pack("<IIIHH", address, 2 * ALIGN, 0, 3 if not dll else 2, 0x160)
    optional += struct.pack("<QQQQII", 0x40000, PAGE, 0x100000, PAGE, 0, 16)
    optional += b"".join(struct.pack("<II", *d) for d in directories)
    header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    header += b"PE\0\0" + struct.pack(
        "<HHIIIHH", 0x8664, len(sections), 1668240000, 0, 0, len(optional), 0x2022 if dll else 0x22
    )
    header += optional
    for name, body, where, at in sections:
        size = up(len(body), ALIGN)
        header += struct.pack(
            "<8sIIIIIIHHI", name, len(body), where, size, at, 0, 0, 0, 0, READ_ONLY_DATA
        )
    out = header.ljust(2 * ALIGN, b"\0")
    for _, body, _, _ in sections:
        out += body.ljust(up(len(body), ALIGN), b"\0")
    return out + table
