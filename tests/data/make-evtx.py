"""Event logs (.evtx) of chunks, templates and checksums, as Windows writes them. make-evtx.py FOLDER

log([Event(…), …]) gives the bytes of a file; main() writes those of the unit test."""

import calendar
import dataclasses
import os
import struct
import sys
import time as clock
import zlib

CHUNK, HEAD = 65536, 512
NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"


class Hex(int):
    """A number that is shown as 0x…"""


class Sid(str):
    """A text S-1-…"""


@dataclasses.dataclass
class Event:
    provider: str
    id: int
    time: str  # 2023-03-22T10:00:00
    channel: str = "Test"
    data: list = dataclasses.field(default_factory=list)  # of (name, value), or of values
    userdata: str = ""  # name of the element that data lies in, below UserData
    user: str = "S-1-5-18"
    computer: str = "PC1"
    level: int = 4
    plain: bool = False  # without a template, as collectors write


def utf16(text):
    return text.encode("utf-16-le")


def filetime(text):
    return (calendar.timegm(clock.strptime(text, "%Y-%m-%dT%H:%M:%S")) + 11644473600) * 10000000


def sid(text):
    parts = [int(p) for p in text.split("-")[1:]]
    return struct.pack("<BB", parts[0], len(parts) - 2) + parts[1].to_bytes(6, "big") + b"".join(
        struct.pack("<I", p) for p in parts[2:])


def typed(value):
    """(type, bytes) of a value."""
    if isinstance(value, Hex):
        return 0x15, struct.pack("<Q", value)
    if isinstance(value, Sid):
        return 0x13, sid(value)
    if isinstance(value, bytes):
        return 0x0E, value
    if isinstance(value, int):
        return 0x08, struct.pack("<I", value)
    if isinstance(value, list):
        return 0x81, b"".join(utf16(v) + b"\0\0" for v in value)
    return 0x01, utf16(value)


class Xml:
    """Binary XML that will lie at `at` of a chunk, whose names are `names`."""

    def __init__(self, at, names):
        self.at, self.names, self.out = at, names, bytearray()
        self.sizes = []

    def put(self, data):
        self.out += data
        return self

    def name(self, text):
        here = self.at + len(self.out) + 4
        if text in self.names:
            return self.put(struct.pack("<I", self.names[text]))
        self.names[text] = here
        return self.put(struct.pack("<IIHH", here, 0, 0, len(text)) + utf16(text) + b"\0\0")

    def open(self, text, *attributes):
        self.put(struct.pack("<BHI", 0x41 if attributes else 1, 0xFFFF, 0))
        self.sizes.append(len(self.out))
        self.name(text)
        if attributes:
            self.put(struct.pack("<I", 0))
            begin = len(self.out)
            for i, (key, value) in enumerate(attributes):
                self.put(b"\x46" if i + 1 < len(attributes) else b"\x06").name(key).put(value)
            self.out[begin - 4:begin] = struct.pack("<I", len(self.out) - begin)
        return self.put(b"\x02")

    def close(self):
        self.put(b"\x04")
        begin = self.sizes.pop()
        self.out[begin - 4:begin] = struct.pack("<I", len(self.out) - begin)
        return self


def text(value):
    return struct.pack("<BBH", 5, 1, len(value)) + utf16(value)


class Places:
    """Values of a template, and the tokens that stand for them."""

    def __init__(self, plain):
        self.plain, self.values = plain, []

    def put(self, kind, data, shown=""):
        if self.plain:
            return text(shown)
        self.values.append((kind, data))
        return struct.pack("<BHB", 0x0E, len(self.values) - 1, kind)


def fields(x, places, event):
    x.open("UserData" if event.userdata else "EventData")
    if event.userdata:
        x.open(event.userdata, ("xmlns", text("http://example.org/events")))
    for item in event.data:
        name, value = item if isinstance(item, tuple) else (None, item)
        place = places.put(*typed(value), str(value))
        if name is None:
            x.open("Data")
        elif event.userdata or isinstance(value, bytes):
            x.open(name)
        else:
            x.open("Data", ("Name", text(name)))
        x.put(place).close()
    if event.userdata:
        x.close()
    x.close()


def document(x, places, event):
    x.put(b"\x0f\x01\x01\0").open("Event", ("xmlns", text(NAMESPACE))).open("System")
    x.open("Provider", ("Name", text(event.provider))).close()
    x.open("EventID").put(places.put(6, struct.pack("<H", event.id), str(event.id))).close()
    x.open("Level").put(places.put(4, struct.pack("<B", event.level), str(event.level))).close()
    x.open("TimeCreated", ("SystemTime", places.put(0x11, struct.pack("<Q", filetime(event.time)), event.time + "Z"))).close()
    x.open("Channel").put(text(event.channel)).close().open("Computer").put(text(event.computer)).close()
    x.open("Security", ("UserID", places.put(0x13, sid(event.user), event.user))).close().close()
    fields(x, places, event)
    return x.close().put(b"\0")


def shape(event):
    """Events of one shape share a template."""
    names = tuple((i[0] if isinstance(i, tuple) else None, typed(i[1] if isinstance(i, tuple) else i)[0]) for i in event.data)
    return event.provider, event.channel, event.computer, event.userdata, names


def body(at, event, templates, names):
    """Binary XML of an event at `at` of its chunk."""
    places = Places(event.plain)
    if event.plain:
        return bytes(document(Xml(at, names), places, event).out)
    here = at + 4 + 10
    known = templates.get(shape(event))
    templates.setdefault(shape(event), here)
    x = document(Xml(here + 24, {} if known else names), places, event)
    new = b"" if known else struct.pack("<I16sI", 0, bytes(16), len(x.out)) + bytes(x.out)
    return (b"\x0f\x01\x01\0" + struct.pack("<BBII", 0x0C, 1, 7, known or here) + new + struct.pack("<I", len(places.values))
            + b"".join(struct.pack("<HBB", len(data), kind, 0) for kind, data in places.values)
            + b"".join(data for _, data in places.values) + b"\0")


def record(at, number, event, templates, names):
    xml = body(at + 24, event, templates, names)
    xml += bytes(-(28 + len(xml)) % 8)
    size = 28 + len(xml)
    return struct.pack("<IIQQ", 0x2A2A, size, number, filetime(event.time)) + xml + struct.pack("<I", size)


def chunk(events, first):
    """A chunk of as many events as it takes, and how many that are."""
    templates, names, data, last, count = {}, {}, b"", HEAD, 0
    for event in events:
        before = dict(templates), dict(names)
        row = record(HEAD + len(data), first + count, event, templates, names)
        if HEAD + len(data) + len(row) > CHUNK:
            templates, names = before
            break
        last, data, count = HEAD + len(data), data + row, count + 1
    head = b"ElfChnk\0" + struct.pack("<QQQQIIII", first, first + count - 1, first, first + count - 1, 128, last,
                                      HEAD + len(data), zlib.crc32(data))
    head += bytes(120 - len(head))
    rest = bytes(HEAD - 128)
    return (head + struct.pack("<II", 0, zlib.crc32(head + rest)) + rest + data).ljust(CHUNK, b"\0"), count


def header(chunks, following, flags=0):
    head = b"ElfFile\0" + struct.pack("<QQQIHHHH", 0, chunks - 1, following, 128, 1, 3, 4096, chunks)
    head += bytes(120 - len(head))
    return (head + struct.pack("<II", flags, zlib.crc32(head))).ljust(4096, b"\0")


def log(events):
    chunks, done = [], 0
    while done < len(events) or not chunks:
        data, count = chunk(events[done:], done + 1)
        chunks.append(data)
        done += count
    return header(len(chunks), done + 1) + b"".join(chunks)


def write(path, events):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(log(events))


KINDS = [("text", "line one\r\nline two"), ("number", 7), ("hex", Hex(0x3E7)), ("sid", Sid("S-1-5-21-1-2-3-1001")),
         ("bytes", b"\x01\xab"), ("many", ["a", "", "c"]), ("twice", "x"), ("twice", "y"), ("empty", "")]


def examples():
    """Events of all kinds."""
    return [Event("Fixture", 1, "2023-03-29T09:32:34", data=KINDS),
            Event("Fixture", 2, "2023-03-29T09:32:35", data=["one", "two", "three\nlines"]),
            Event("Other", 3, "2023-03-29T09:32:36", data=[("who", "ann"), ("who", "bob")], userdata="Changed"),
            Event("Other", 3, "2023-03-29T09:32:37", data=[("who", "eve"), ("who", "")], userdata="Changed"),
            Event("Fixture", 2, "2023-03-29T09:32:38", data=["four", "five", "six"]),
            Event("Plain", 4, "2023-03-29T09:32:39", data=[("a", "&"), ("b", "c")], plain=True)]


def looping():
    """A template in whose body the same template is used."""
    good = bytearray(log(examples()[:1]))
    at = 4096 + HEAD + 24 + 4 + 10 + 24  # its first token
    good[at:at + 14] = b"\x0f\x01\x01\0" + struct.pack("<BBII", 0x0C, 1, 7, HEAD + 24 + 14)
    return bytes(good)


def damaged(good):
    """Kinds of damage of a log of one chunk, as {name: bytes}."""
    size = struct.unpack_from("<I", good, 4096 + HEAD + 4)[0]
    second = 4096 + HEAD + size
    torn = good[:second + 4] + struct.pack("<I", 48) + good[second + 8:]
    one = good[4096:]
    dirty = bytearray(good)
    struct.pack_into("<I", dirty, 120, 1)
    struct.pack_into("<I", dirty, 4096 + 48, HEAD + size)  # the header of the chunk knows of one record
    return {"torn.evtx": torn, "broken.evtx": good[:4096 + 600] + b"\xff" * 8 + good[4096 + 608:],
            "lost.evtx": header(4, 7) + b"x" * CHUNK + bytes(CHUNK) + b"x" * HEAD + one[HEAD:] + one,
            "cut.evtx": good[:second + 8], "dirty.evtx": bytes(dirty),
            "slack.evtx": good[:4096] + bytes(dirty[4096:]), "loop.evtx": looping(), "header.evtx": good[:20] + b"\x07" + good[21:],
            "empty.evtx": b"ElfFile\0".ljust(4096, b"\0"), "none.evtx": good[:4096]}


def seeds():
    """The same with chunks right behind the header and without their empty ends."""
    good = log(examples())
    return {name: struct.pack("<8s30sHH", data[:8], data[8:38], 3, 128).ljust(128, b"\0") + data[4096:].rstrip(b"\0")
            for name, data in dict(damaged(good), **{"good.evtx": good}).items() if name not in ("lost.evtx", "header.evtx", "empty.evtx", "none.evtx")}


def main(folder):
    os.makedirs(folder, exist_ok=True)
    good = log(examples())
    service = Event("Service Control Manager", 7045, "2023-03-29T09:00:00", "System",
                    [("ServiceName", "tool"), ("ImagePath", "C:\\tool.exe")])
    for name, data in dict(damaged(good), **{"good.evtx": good, "system.evtx": log([service])}).items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
