"""Writes ESE databases: make-ese.py FOLDER. WebCacheV01.dat has what Internet Explorer and the old
Edge would keep; small.edb is one table with each type; new.edb is the same in the form of Windows
10 in its newer versions, dirty.edb was in use, bad-*.edb are damaged.

Format: "Extensible Storage Engine (ESE) Database File (EDB) format specification" of libyal. The
checksums of pages are left at 0."""
import os
import struct
import sys

BIT, SHORT, LONG, CURRENCY, DOUBLE, DATE = 1, 3, 4, 5, 7, 8
BINARY, TEXT, LONG_BINARY, LONG_TEXT, LONGLONG = 9, 10, 11, 12, 15
FORM = {BIT: "B", SHORT: "h", LONG: "i", CURRENCY: "q", DOUBLE: "d", DATE: "d", LONGLONG: "q"}
UNICODE, LATIN = 1200, 1252
CATALOG = 2
CATALOG_COLUMNS = [("ObjidTable", LONG), ("Type", SHORT), ("Id", LONG), ("ColtypOrPgnoFDP", LONG),
                   ("SpaceUsage", LONG), ("Flags", LONG), ("PagesOrLocale", LONG), ("RootFlag", BIT),
                   ("RecordOffset", SHORT), ("Name", TEXT)]


def numbered(columns):
    """Identifiers: fixed ones from 1, variable ones from 128, long ones from 256."""
    following = {"fixed": 1, "variable": 128, "tagged": 256}
    for name, kind in columns:
        where = "fixed" if kind in FORM else "variable" if kind in (BINARY, TEXT) else "tagged"
        yield name, kind, where, following[where]
        following[where] += 1


def plain(kind, value):
    return value.encode("utf-16-le") if kind == LONG_TEXT else value


def record(columns, row, large):
    """The columns of a row: fixed ones with a map of what is NULL, variable ones, then the others."""
    ids = list(numbered(columns))
    fixed = [c for c in ids if c[2] == "fixed"]
    variable = [c for c in ids if c[2] == "variable"]
    tagged = [c for c in ids if c[2] == "tagged" and row.get(c[0]) is not None]
    data = b"".join(struct.pack("<" + FORM[kind], row.get(name) or 0) for name, kind, _, _ in fixed)
    nulls = sum(1 << i for i, c in enumerate(fixed) if row.get(c[0]) is None)
    data += nulls.to_bytes((len(fixed) + 7) // 8, "little")
    out = struct.pack("<BBH", len(fixed), 127 + len(variable), 4 + len(data)) + data
    end, texts = 0, b""
    for name, _, _, _ in variable:
        value = row.get(name)
        texts += value or b""
        end = len(texts) | (0x8000 if value is None else 0)
        out += struct.pack("<H", end)
    out += texts
    values = [(b"\1" if large else b"") + plain(kind, row[name]) for name, kind, _, _ in tagged]
    at = 4 * len(tagged)
    for (_, _, _, number), value in zip(tagged, values):
        out += struct.pack("<HH", number, at)
        at += len(value)
    return out + b"".join(values)


def page(size, identifier, number, records, reserved=0):
    """A root that is a leaf."""
    large = size >= 16384
    values = [struct.pack("<IIII", 1, 0, 0, 0)]
    for i, data in enumerate(records):
        values.append(struct.pack("<HI", 4, i) + data)
    body = b"".join(values)
    head = 80 if large else 40
    tags, at = b"", 0
    for value in values:
        tags = struct.pack("<HH", len(value), at) + tags
        at += len(value)
    free = size - head - len(body) - len(tags)
    assert free >= 0, "too much for a page"
    out = struct.pack("<QQIIIHHHHI", number if large else 0, 0, 0, 0, identifier, free, 0, len(body),
                      len(values) | reserved << 12, 0x2803)
    return out.ljust(head, b"\0") + body + bytes(free) + tags


def definition(table, kind, number, type_or_page, name, space, locale, root=None, more=()):
    row = {"ObjidTable": table, "Type": kind, "Id": number, "ColtypOrPgnoFDP": type_or_page, "SpaceUsage": space,
           "Flags": 0, "PagesOrLocale": locale, "RootFlag": root, "RecordOffset": 0, "Name": name.encode()}
    row.update(more)
    return record(CATALOG_COLUMNS + [(n, LONG) for n, _ in more], row, False)


def describe(identifier, at, name, columns, more):
    yield definition(identifier, 1, identifier, at, name, 16, 20, 255, more)
    for column, kind, _, number in numbered(columns):
        space = struct.calcsize("<" + FORM[kind]) if kind in FORM else 0
        yield definition(identifier, 2, number, kind, column, space, LATIN if kind == TEXT else UNICODE, more=more)


def header(size, state, fields):
    out = bytearray(size)
    struct.pack_into("<III", out, 4, 0x89ABCDEF, 0x620, 0)
    struct.pack_into("<I", out, 52, state)
    struct.pack_into("<II", out, 232, 20, size)
    if fields:
        struct.pack_into("<II", out, 672, 9, 5)
    total = 0x89ABCDEF
    for (word,) in struct.iter_unpack("<I", out[4:]):
        total ^= word
    struct.pack_into("<I", out, 0, total)
    return bytes(out)


def database(tables, size=4096, state=3, new=False):
    """`tables`: list of (name, columns, rows). `new`: as newer versions of Windows 10 write it."""
    large = size >= 16384
    more = [(f"New{i}", 7) for i in range(4)] if new else []
    catalog = list(describe(CATALOG, 4, "MSysObjects", CATALOG_COLUMNS, more))
    pages = {}
    for i, (name, columns, rows) in enumerate(tables):
        catalog += describe(10 + i, 5 + i, name, columns, more)
        pages[5 + i] = page(size, 10 + i, 5 + i, [record(columns, row, large) for row in rows], new)
    pages[1] = page(size, 1, 1, [])
    pages[4] = page(size, CATALOG, 4, catalog, new)
    top = header(size, state, new)
    body = [pages.get(n, bytes(size)) for n in range(1, 25)]
    body[23] = pages[4][:24] + struct.pack("<I", 3) + pages[4][28:]
    return top + top + b"".join(body)


# --- what is in them ---

SMALL = [("Things", [("Id", LONG), ("Flag", BIT), ("Short", SHORT), ("Big", LONGLONG), ("Real", DOUBLE), ("Day", DATE),
                     ("Name", TEXT), ("Key", BINARY), ("Text", LONG_TEXT), ("Blob", LONG_BINARY)],
          [{"Id": 1, "Flag": 1, "Short": -2, "Big": 1 << 40, "Real": 1.5, "Day": 45014.34375, "Name": b"first",
            "Key": b"\0\1", "Text": "h\u00e4 \U0001f600", "Blob": b"\xff\0\xfe"},
           {"Id": -7},
           {"Id": 3, "Text": "x" * 300}])]

CONTAINERS = [("ContainerId", LONGLONG), ("SetId", LONGLONG), ("Flags", LONG), ("Size", LONGLONG), ("Limit", LONGLONG),
              ("LastScavengeTime", LONGLONG), ("EntryMaxAge", LONGLONG), ("LastAccessTime", LONGLONG), ("Name", LONG_TEXT),
              ("PartitionId", LONG_TEXT), ("Directory", LONG_TEXT)]
ENTRIES = [("EntryId", LONGLONG), ("ContainerId", LONGLONG), ("CacheId", LONGLONG), ("UrlHash", LONGLONG),
           ("SecureDirectory", LONG), ("FileSize", LONGLONG), ("Type", LONG), ("Flags", LONG), ("AccessCount", LONG),
           ("SyncTime", LONGLONG), ("CreationTime", LONGLONG), ("ExpiryTime", LONGLONG), ("ModifiedTime", LONGLONG),
           ("AccessedTime", LONGLONG), ("Url", LONG_TEXT), ("Filename", LONG_TEXT), ("RequestHeaders", LONG_BINARY),
           ("ResponseHeaders", LONG_BINARY), ("ExtraData", LONG_BINARY)]
COOKIES = [("LastModified", LONGLONG), ("Expires", LONGLONG), ("Name", LONG_BINARY), ("Value", LONG_BINARY),
           ("RDomain", LONG_BINARY), ("Path", LONG_BINARY)]
TIME = 133245513300000000  # 2023-03-29T08:15:30Z
HOME = "C:\\Users\\ann\\AppData\\Local\\"
EDGE = HOME + "Packages\\microsoft.microsoftedge_8wekyb3d8bbwe\\AC\\MicrosoftEdge\\"


def entry(number, url, **more):
    row = {"EntryId": number, "UrlHash": number, "AccessCount": 2, "AccessedTime": TIME + number * 10000000,
           "Url": url + "\0"}
    row.update(more)
    return row


def utf16(*texts):
    return b"".join(t.encode("utf-16-le") + b"\0\0" for t in texts)


def webcache(name="example.org"):
    containers, tables = [], []

    def container(kind, directory, rows, partition="M"):
        number = len(containers) + 1
        containers.append({"ContainerId": number, "Name": kind + "\0", "Directory": directory + "\0",
                           "PartitionId": partition + "\0", "LastAccessTime": TIME})
        tables.append((f"Container_{number}", ENTRIES, rows))

    container("History", HOME + "Microsoft\\Windows\\History\\History.IE5\\", [
        entry(1, f"Visited: ann@https://www.{name}/start", ModifiedTime=TIME),
        entry(2, "Visited: ann@file:///C:/Users/ann/Documents/plan.docx"),
        entry(3, f"Visited: ann@:Host: www.{name}"),
        entry(4, "no visit")])
    container("Content", HOME + "Microsoft\\Windows\\INetCache\\IE\\", [
        entry(1, f"https://cdn.{name}/setup.exe", Filename="setup[1].exe\0", FileSize=4096, CreationTime=TIME, ExpiryTime=-1,
              ResponseHeaders=b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n\0")])
    container("Cookies", HOME + "Microsoft\\Windows\\INetCookies\\", [
        entry(1, f"Cookie:ann@{name}/", Filename="ABCDEF.cookie\0", ResponseHeaders=b"secret")])
    container("iedownload", HOME + "Microsoft\\Windows\\IEDownloadHistory\\", [
        entry(1, "iedownload:{77DE5C80-1E23-4C1A-B78C-29BFF0BAAFB4}", ResponseHeaders=bytes(37) + utf16(
            f"https://www.{name}/page", f"https://cdn.{name}/tool.exe",
            HOME + "Temp\\tool.exe.partial", "C:\\Users\\ann\\Downloads\\t\u00f6\u00f6l.exe"))])
    container("History", EDGE + "History\\", [entry(1, f"Visited: ann@https://edge.{name}/")], "L")
    container("MSHist012023032920230330", HOME + "Microsoft\\Windows\\History\\History.IE5\\MSHist012023032920230330\\", [
        entry(1, f":2023032920230330: ann@https://www.{name}/start")])
    container("DOMStore", HOME + "Microsoft\\Internet Explorer\\DOMStore\\", [entry(1, f"DOMStore:ann@{name}/")])
    cookies = [{"LastModified": TIME, "Expires": TIME, "Name": b"sid\0", "Value": b"secret\0",
                "RDomain": ".".join(reversed(name.split("."))).encode() + b"\0", "Path": b"/\0"}]
    return [("Containers", CONTAINERS, containers)] + tables + [("CookieEntryEx_3", COOKIES, cookies)]


def patched(data, at, bytes_):
    return data[:at] + bytes_ + data[at + len(bytes_):]


def main(folder):
    os.makedirs(folder, exist_ok=True)
    small = database(SMALL)
    files = {
        "WebCacheV01.dat": database(webcache(), 32768),
        "small.edb": small,
        "dirty.edb": database(SMALL, state=2),
        "new.edb": database(SMALL, 16384, new=True),
        "bad-header.edb": patched(small, 300, b"\xff"),
        "bad-headers.edb": patched(patched(small, 300, b"\xff"), 4396, b"\xff"),
        "bad-row.edb": patched(small, 4096 * 6 + 40 + 16 + 6 + 2, b"\xff\xff"),
        "bad-catalog.edb": patched(small, 4096 * 5 + 34, b"\xff\xff"),
        "cut.edb": small[:4096 * 6],
        "none.edb": small[:100],
    }
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
