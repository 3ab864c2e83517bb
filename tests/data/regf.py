r"""Writes registry hives for fixtures (REGF 1.5), from the format documents of
libregf ("Windows NT Registry File (REGF) format") and M. Suhanov
("Windows registry file format specification").

    hive = Hive(r"\??\C:\Users\ann\ntuser.dat", filetime("2023-03-29T08:15:30Z"))
    hive.set(r"Software\Microsoft\Windows\CurrentVersion\Run", "App", r"C:\app.exe")
    hive.set(r"Software\Test", "", 42)                      # the default value, REG_DWORD
    hive.set(r"Software\Test", "path", "%windir%", "REG_EXPAND_SZ")
    hive.key_time(r"Software\Test", filetime("2023-03-30T00:00:00Z"))
    open("NTUSER.DAT", "wb").write(hive.build())

Same calls, same bytes. Keys are created on the way; their time is that of the
hive unless key_time gives another."""

import datetime
import struct

TYPES = {
    "REG_NONE": 0,
    "REG_SZ": 1,
    "REG_EXPAND_SZ": 2,
    "REG_BINARY": 3,
    "REG_DWORD": 4,
    "REG_DWORD_BIG_ENDIAN": 5,
    "REG_LINK": 6,
    "REG_MULTI_SZ": 7,
    "REG_RESOURCE_LIST": 8,
    "REG_FULL_RESOURCE_DESCRIPTOR": 9,
    "REG_RESOURCE_REQUIREMENTS_LIST": 10,
    "REG_QWORD": 11,
}

NONE = 0xFFFFFFFF
HEADER = 4096
BIN = 4096
BIN_HEADER = 32
LEAF_MAX = 507  # entries of an lh list that fit one bin; more go under an ri list
SEGMENT = 16344  # bytes of data in one segment of big data

# Owner and group BUILTIN\Administrators; SYSTEM and they may do everything.
_ADMINS = struct.pack("<BB6sII", 1, 2, b"\0\0\0\0\0\5", 32, 544)
_SYSTEM = struct.pack("<BB6sI", 1, 1, b"\0\0\0\0\0\5", 18)


def filetime(text):
    """FILETIME of an ISO time in UTC, such as 2023-03-29T08:15:30.1234567Z."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    when = datetime.datetime.fromisoformat(whole)
    delta = when - datetime.datetime(1601, 1, 1)
    return (delta.days * 86400 + delta.seconds) * 10**7 + int(fraction.ljust(7, "0")[:7] or 0)


def encode(value, kind=None):
    """(type number, bytes) of a Python value. Bytes are taken as they are."""
    if kind is None:
        if isinstance(value, (bytes, bytearray)):
            kind = "REG_BINARY"
        elif isinstance(value, str):
            kind = "REG_SZ"
        elif isinstance(value, int):
            kind = "REG_DWORD" if value < 1 << 32 else "REG_QWORD"
        elif value is None:
            kind = "REG_NONE"
        else:
            kind = "REG_MULTI_SZ"
    number = TYPES[kind] if isinstance(kind, str) else kind
    if isinstance(value, (bytes, bytearray)):
        return number, bytes(value)
    if value is None:
        return number, b""
    if isinstance(value, str):
        return number, (value + "\0").encode("utf-16-le", "surrogatepass")
    if isinstance(value, int):
        if number == TYPES["REG_DWORD_BIG_ENDIAN"]:
            return number, struct.pack(">I", value)
        if number == TYPES["REG_QWORD"]:
            return number, struct.pack("<Q", value)
        return number, struct.pack("<I", value)
    return number, "".join(s + "\0" for s in [*value, ""]).encode("utf-16-le")


def fold(name):
    """The name in upper case, one character for one, as hives sort and hash it."""
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in name)


class _Key:
    def __init__(self, name, time):
        self.name = name
        self.time = time
        self.keys = {}  # upper-case name -> _Key
        self.values = {}  # upper-case name -> (name, type, bytes)
        self.klass = ""


class _Cells:
    """Hive bins that are filled one after the other."""

    def __init__(self, time):
        self.data = bytearray()
        self.time = time
        self.free = 0  # offset of the first free byte in the last bin
        self.end = 0  # end of the last bin

    def alloc(self, size):
        size = (size + 4 + 7) & ~7
        if self.free + size > self.end:
            self._close()
            self._open(size)
        offset = self.free
        struct.pack_into("<i", self.data, offset, -size)
        self.free += size
        return offset

    def add(self, content):
        offset = self.alloc(len(content))
        self.put(offset, content)
        return offset

    def put(self, offset, content):
        self.data[offset + 4 : offset + 4 + len(content)] = content

    def _open(self, size):
        start = len(self.data)
        length = (size + BIN_HEADER + BIN - 1) // BIN * BIN
        self.data += struct.pack("<4sIIQQI", b"hbin", start, length, 0, self.time, 0)
        self.data += bytes(length - BIN_HEADER)
        self.free = start + BIN_HEADER
        self.end = start + length

    def _close(self):
        if self.free < self.end:
            struct.pack_into("<i", self.data, self.free, self.end - self.free)

    def finish(self):
        self._close()
        return bytes(self.data)


class Hive:
    def __init__(self, name, filetime, root="ROOT"):
        """`name` is the file name in the header (its last 31 characters are
        stored), `filetime` the time of the header and of all keys."""
        self.name = name
        self.time = filetime
        self.sequence = (1, 1)  # unequal numbers make the hive dirty
        self.root = _Key(root, filetime)
        self.cells = {}  # after build: ("key", path) or ("value", path, name) -> offset in the file

    def key(self, path):
        """Creates the key and those above it."""
        key = self.root
        for part in path.split("\\") if path else []:
            key = key.keys.setdefault(fold(part), _Key(part, self.time))
        return key

    def set(self, path, name, value, type=None):
        """Sets a value. The type follows from the Python type unless given by
        name or number; "" is the name of the default value."""
        number, data = encode(value, type)
        self.key(path).values[fold(name)] = (name, number, data)

    def key_time(self, path, filetime):
        self.key(path).time = filetime

    def key_class(self, path, name):
        self.key(path).klass = name

    def build(self):
        """The hive as bytes."""
        self.cells = {}
        cells = _Cells(self.time)
        root = cells.alloc(self._key_size(self.root))
        security = self._security(cells, self._count(self.root))
        self._write_key(cells, root, self.root, NONE, "", security, True)
        bins = cells.finish()
        return self._header(root, len(bins)) + bins

    def _header(self, root, size):
        name = self.name[-31:].encode("utf-16-le")
        head = struct.pack(
            "<4sIIQIIIIIII64s", b"regf", *self.sequence, self.time, 1, 5, 0, 1, root, size, 1, name
        ).ljust(508, b"\0")
        total = 0
        for (word,) in struct.iter_unpack("<I", head):
            total ^= word
        total = {0: 1, NONE: NONE - 1}.get(total, total)
        return (head + struct.pack("<I", total)).ljust(HEADER, b"\0")

    def _count(self, key):
        return 1 + sum(self._count(k) for k in key.keys.values())

    @staticmethod
    def _name(text):
        """Name bytes and whether they are one byte a character."""
        try:
            return text.encode("latin-1"), True
        except UnicodeEncodeError:
            return text.encode("utf-16-le", "surrogatepass"), False

    def _key_size(self, key):
        return 76 + len(self._name(key.name)[0])

    def _security(self, cells, references):
        aces = b""
        for sid in (_SYSTEM, _ADMINS):
            aces += struct.pack("<BBHI", 0, 2, 8 + len(sid), 0xF003F) + sid
        acl = struct.pack("<BBHHH", 2, 0, 8 + len(aces), 2, 0) + aces
        owner = 20 + len(acl)
        body = struct.pack("<BBHIIII", 1, 0, 0x8004, owner, owner + len(_ADMINS), 0, 20)
        body += acl + _ADMINS + _ADMINS
        offset = cells.alloc(20 + len(body))
        head = struct.pack("<2sHIIII", b"sk", 0, offset, offset, references, len(body))
        cells.put(offset, head + body)
        return offset

    def _write_key(self, cells, offset, key, parent, path, security, is_root=False):
        self.cells["key", path] = HEADER + offset
        subkeys = self._write_subkeys(cells, offset, key, path, security)
        values = self._write_values(cells, key, path)
        klass = key.klass.encode("utf-16-le")
        klass_offset = cells.add(klass) if klass else NONE
        name, compressed = self._name(key.name)
        flags = (0x20 if compressed else 0) | (0x0C if is_root else 0)
        widest_key = max((2 * len(k.name) for k in key.keys.values()), default=0)
        widest_class = max((2 * len(k.klass) for k in key.keys.values()), default=0)
        widest_name = max((2 * len(n) for n, _, _ in key.values.values()), default=0)
        widest_data = max((len(d) for _, _, d in key.values.values()), default=0)
        head = struct.pack("<2sHQIIIIII", b"nk", flags, key.time, 0, parent, len(key.keys), 0, subkeys, NONE)
        head += struct.pack("<IIIIIIIII", len(key.values), values, security, klass_offset, widest_key,
                            widest_class, widest_name, widest_data, 0)
        cells.put(offset, head + struct.pack("<HH", len(name), len(klass)) + name)

    def _write_subkeys(self, cells, parent, key, path, security):
        if not key.keys:
            return NONE
        entries, children = [], []
        for upper in sorted(key.keys):
            child = key.keys[upper]
            offset = cells.alloc(self._key_size(child))
            digest = 0
            for char in upper:
                digest = (digest * 37 + ord(char)) & NONE
            entries.append(struct.pack("<II", offset, digest))
            children.append((offset, child))
        leaves = []
        for i in range(0, len(entries), LEAF_MAX):
            part = entries[i : i + LEAF_MAX]
            leaves.append(cells.add(struct.pack("<2sH", b"lh", len(part)) + b"".join(part)))
        top = leaves[0]
        if len(leaves) > 1:
            top = cells.add(struct.pack("<2sH", b"ri", len(leaves)) + struct.pack(f"<{len(leaves)}I", *leaves))
        for offset, child in children:
            below = path + "\\" + child.name if path else child.name
            self._write_key(cells, offset, child, parent, below, security)
        return top

    def _write_values(self, cells, key, path):
        if not key.values:
            return NONE
        offsets = []
        for name, kind, data in key.values.values():
            raw, compressed = self._name(name)
            size, where = self._write_data(cells, data)
            record = struct.pack("<2sHIIIHH", b"vk", len(raw), size, where, kind, 1 if compressed else 0, 0)
            offsets.append(cells.add(record + raw))
            self.cells["value", path, name] = HEADER + offsets[-1]
        return cells.add(struct.pack(f"<{len(offsets)}I", *offsets))

    @staticmethod
    def _write_data(cells, data):
        """(size field, offset field) of a value: in place, one cell, or segments."""
        if len(data) <= 4:
            return len(data) | 0x80000000, struct.unpack("<I", data.ljust(4, b"\0"))[0]
        if len(data) <= SEGMENT:
            return len(data), cells.add(data)
        # Windows leaves four bytes behind the data of a segment, and libregf counts on them
        parts = [cells.add(data[i : i + SEGMENT] + bytes(4)) for i in range(0, len(data), SEGMENT)]
        table = cells.add(struct.pack(f"<{len(parts)}I", *parts))
        return len(data), cells.add(struct.pack("<2sHI", b"db", len(parts), table))
