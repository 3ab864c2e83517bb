"""Writes NTFS volumes cheaply: boot sector, $MFT and folder indexes, record by record,
with no driver. For growth (a million files), for shapes that no driver makes on demand
(an $MFT in ten thousand runs, records of 4 KiB, a folder of 300 000 names, a change
journal behind 10 GB of nothing) and for damage that is put in on purpose.

make_mft.py OUT --files 1000000 [--per-folder 16] [--record-size 1024] [--runs 1]
            [--journal BYTES] [--deleted N]

Formats: Russon and Fledel, "NTFS Documentation"."""
import argparse
import struct
import sys

CLUSTER = 4096
NODE = 4096
FIRST = 24        # first record that is not the file system's
ROOT = 5
EXTEND = 11
EPOCH = 133245126000000000
FOLDER = 2

SYSTEM = ("$MFT", "$MFTMirr", "$LogFile", "$Volume", "$AttrDef", ".", "$Bitmap", "$Boot",
          "$BadClus", "$Secure", "$UpCase", "$Extend")


def pad8(b):
    return b + bytes(-len(b) % 8)


def reference(no, seq):
    return no | seq << 48


def resident(kind, content, name="", number=0):
    text = name.encode("utf-16-le")
    at = 24 + len(pad8(text))
    body = pad8(text) + pad8(content)
    return struct.pack("<IIBBHHHIHH", kind, 24 + len(body), 0, len(name), 24, 0, number,
                       len(content), at, 0) + body


def run_list(runs):
    """[(first cluster or None for a hole, clusters)] as NTFS writes it."""
    out, last = bytearray(), 0
    for lcn, count in runs:
        length = count.to_bytes((count.bit_length() + 8) // 8, "little")
        step = b""
        if lcn is not None:
            delta = lcn - last
            step = delta.to_bytes(((delta if delta >= 0 else ~delta).bit_length() + 8) // 8,
                                  "little", signed=True)
            last = lcn
        out.append(len(step) << 4 | len(length))
        out += length + step
    return bytes(out) + b"\0"


def nonresident(kind, runs, size, name="", first=0, flags=0, packed=None):
    """One extent, from cluster `first` of the attribute on. `packed`: a run list as it is."""
    text = pad8(name.encode("utf-16-le"))
    count = sum(n for _, n in runs)
    body = text + pad8(run_list(runs) if packed is None else packed)
    return struct.pack("<IIBBHHHQQHHIQQQ", kind, 64 + len(body), 1, len(name), 64, flags, 0,
                       first, first + count - 1, 64 + len(text), 0, 0,
                       max(count, -(-size // CLUSTER)) * CLUSTER if first == 0 else 0, size if first == 0 else 0,
                       size if first == 0 else 0) + body


def standard(when, flags=0x20):
    return resident(0x10, struct.pack("<QQQQI", when, when + 10**7, when + 2 * 10**7,
                                      when + 3 * 10**7, flags) + bytes(36))


def name_key(name, parent, when, size, folder, space):
    return struct.pack("<QQQQQQQIIBB", parent, when, when, when, when, (size + 7) & ~7, size,
                       0x10000000 if folder else 0x20, 0, len(name.encode("utf-16-le")) // 2,
                       space) + name.encode("utf-16-le")


def seal(record, check=7):
    """Puts the update sequence in: the last two bytes of each sector move to the head."""
    at, count = struct.unpack_from("<HH", record, 4)
    struct.pack_into("<H", record, at, check)
    for i in range(1, count):
        record[at + 2 * i:at + 2 * i + 2] = record[512 * i - 2:512 * i]
        struct.pack_into("<H", record, 512 * i - 2, check)


def file_record(no, attrs, size, seq=1, flags=1, base=0, links=1):
    values = size // 512 + 1
    first = (48 + 2 * values + 7) & ~7
    body = b"".join(attrs) + b"\xff\xff\xff\xff\0\0\0\0"
    used = first + len(body)
    if used > size - 2:
        raise ValueError("record %d has no room for %d bytes" % (no, len(body)))
    record = bytearray(size)
    struct.pack_into("<4sHHQHHHHIIQHHI", record, 0, b"FILE", 48, values, 0, seq, links, first,
                     flags, used, size, base, len(attrs), 0, no)
    record[first:used] = body
    seal(record)
    return record


def index_entry(ref, key, child=None):
    body = struct.pack("<QHHI", ref, 0, len(key), 0 if child is None else 1) + key
    body = pad8(body) + (b"" if child is None else struct.pack("<Q", child))
    return struct.pack("<QH", ref, len(body)) + body[10:]


def node(entries, children):
    """Entries (ref, key) with the numbers of the nodes below, if any: a node's content."""
    out = bytearray()
    for i, (ref, key) in enumerate(entries):
        out += index_entry(ref, key, children[i] if children else None)
    out += struct.pack("<QHHI", 0, 24 if children else 16, 0, 3 if children else 2)
    if children:
        out += struct.pack("<Q", children[-1])
    return struct.pack("<IIII", 40, 40 + len(out), NODE - 24, 1 if children else 0), bytes(out)


def entry_size(key, inner):
    return (16 + len(key) + 7 & ~7) + (8 if inner else 0)


def split(entries, inner):
    """Entries of the nodes of one level and the entries between them, for the next."""
    nodes, between, now, room = [], [], [], NODE - 64 - 24
    for i, e in enumerate(entries):
        n = entry_size(e[1], inner)
        if n > room and now and i < len(entries) - 1:
            nodes.append(now)
            between.append(e)
            now, room = [], NODE - 64 - 24
            continue
        if n > room:
            nodes.append(now[:-1])
            between.append(now[-1])
            now, room = [], NODE - 64 - 24
        now.append(e)
        room -= n
    return nodes + [now], between


def index_tree(entries, room):
    """(what the root holds, the nodes' bytes): a tree of all names, bottom up."""
    blocks, children = [], []
    entries = sorted(entries, key=lambda e: e[1][66:].decode("utf-16-le").upper())
    while sum(entry_size(e[1], bool(children)) for e in entries) > room:
        nodes, between = split(entries, bool(children))
        numbers, at = [], 0
        for n in nodes:
            below = children[at:at + len(n) + 1]
            at += len(n) + 1
            head, body = node(n, below if children else [])
            block = bytearray(NODE)
            struct.pack_into("<4sHHQQ", block, 0, b"INDX", 40, NODE // 512 + 1, 0, len(blocks))
            block[24:40] = head
            block[64:64 + len(body)] = body
            seal(block)
            numbers.append(len(blocks))
            blocks.append(block)
        entries, children = between, numbers
    body = node(entries, children)[1]
    root = struct.pack("<IIIIIIII", 0x30, 1, NODE, 1, 16, 16 + len(body), 16 + len(body),
                       1 if children else 0) + body
    return root, blocks


class Volume:
    """Files are added, then the volume is written. add() gives record numbers."""

    def __init__(self, record_size=1024, pieces=1):
        """`pieces`: runs of $MFT. Of more than a few, the list of runs is continued in
        records that stand in front of the files."""
        self.record_size, self.pieces = record_size, pieces
        self.first = FIRST + pieces // (40 if record_size == 1024 else 400)
        self.files = []     # (name, short name, parent, folder, content, more), from first on
        self.children = {ROOT: [], EXTEND: []}
        self.free = 0

    def add(self, name, parent=ROOT, folder=False, content=b"", short=None, **more):
        """`more`: streams = [(name, bytes)], attrs = [attributes], links = [(parent, name)],
        far = names that only the folder has, deleted, seq, base (a reference: this record
        extends that one), hidden (in no folder), no_data, times (FILETIME)."""
        no = self.first + len(self.files)
        self.files.append((name, short, parent, folder, content, more))
        if folder:
            self.children[no] = []
        if not (more.get("deleted") or more.get("hidden") or "base" in more):
            for where in (parent, *(w for w, _ in more.get("links", ()))):
                self.children[where].append(no)
        return no

    def link(self, no, parent, name):
        """One more name for a record."""
        self.files[no - self.first][5].setdefault("links", []).append((parent, name))
        self.children[parent].append(no)

    def seq_of(self, no):
        if no < self.first:
            return max(no, 1) if no < 16 else 1
        return self.files[no - self.first][5].get("seq", 1)

    def allocate(self, clusters):
        self.free += clusters
        return self.free - clusters

    def keys(self, no):
        """The $FILE_NAMEs of a record."""
        name, short, parent, folder, content, more = self.files[no - self.first]
        if not name:
            return []
        when = more.get("times", EPOCH + no * 10**7)
        ref = reference(parent, more.get("parent_seq", self.seq_of(parent)))
        keys = [name_key(name, ref, when, len(content), folder, 3 if short is None else 1)]
        if short is not None:
            keys.append(name_key(short, ref, when, len(content), folder, 2))
        for where, text in more.get("links", ()):
            keys.append(name_key(text, reference(where, self.seq_of(where)), when, len(content),
                                 folder, 0))
        return keys

    def index_attrs(self, no, extra=()):
        entries = list(extra)
        for child in dict.fromkeys(self.children[no]):
            ref = reference(child, self.seq_of(child))
            here = struct.pack("<Q", reference(no, self.seq_of(no)))
            keys = self.keys(child)
            for text in self.files[child - self.first][5].get("far", ()):
                keys.append(name_key(text, reference(no, self.seq_of(no)), EPOCH, 0, False, 0))
            entries += [(ref, key) for key in keys if key[:8] == here]
        root, blocks = index_tree(entries, 280)
        out = [resident(0x90, root, "$I30")]
        if blocks:
            lcn = self.allocate(len(blocks))
            self.write_at(lcn, b"".join(blocks))
            bits = bytearray((len(blocks) + 63) // 64 * 8)
            for i in range(len(blocks)):
                bits[i // 8] |= 1 << i % 8
            out.append(nonresident(0xa0, [(lcn, len(blocks))], len(blocks) * NODE, "$I30"))
            if len(bits) > 64:
                at = self.allocate(-(-len(bits) // CLUSTER))
                self.write_at(at, bits)
                out.append(nonresident(0xb0, [(at, -(-len(bits) // CLUSTER))], len(bits), "$I30"))
            else:
                out.append(resident(0xb0, bytes(bits), "$I30"))
        return out

    def file_attrs(self, no):
        folder, content, more = self.files[no - self.first][3:]
        if "base" in more:
            return more.get("attrs", [])
        keys = self.keys(no)
        attrs = [standard(more.get("times", EPOCH + no * 10**7))]
        attrs += [resident(0x30, k) for k in reversed(keys)]
        if folder:
            attrs += self.index_attrs(no)
        elif not more.get("no_data"):
            attrs.append(resident(0x80, content))
        attrs += [resident(0x80, data, name) for name, data in more.get("streams", ())]
        attrs += more.get("attrs", [])
        return sorted(attrs, key=lambda a: a[:4][::-1])

    def write_at(self, lcn, data):
        self.out.seek(lcn * CLUSTER)
        self.out.write(data)

    def write_record(self, no, record):
        off = no * self.record_size
        while record:
            vcn, skip = divmod(off, CLUSTER)
            n = min(len(record), CLUSTER - skip)
            self.out.seek(self.lcn_of(vcn) * CLUSTER + skip)
            self.out.write(record[:n])
            record, off = record[n:], off + n

    def lcn_of(self, vcn):
        i, rest = divmod(vcn, self.piece)
        return self.runs[i][0] + rest

    def place_mft(self):
        clusters = -(-(self.first + len(self.files)) * self.record_size // CLUSTER)
        self.piece = -(-clusters // self.pieces)
        count = -(-clusters // self.piece)
        gap = 0 if count == 1 else 1
        self.mft_size = (self.first + len(self.files)) * self.record_size
        self.runs = []
        for i in range(count):
            n = min(self.piece, clusters - i * self.piece)
            self.runs.append((self.allocate(n + gap), n))

    def mft_attrs(self):
        """$DATA of $MFT, in as many records as its runs need; the list that names them."""
        per = 40 if self.record_size == 1024 else 400
        bitmap = self.allocate(-(-(self.mft_size // self.record_size // 8 + 8) // CLUSTER))
        size = self.mft_size // self.record_size // 8 + 8
        self.write_at(bitmap, b"\xff" * size)
        bits = nonresident(0xb0, [(bitmap, -(-size // CLUSTER))], size)
        if len(self.runs) <= per:
            return [nonresident(0x80, self.runs, self.mft_size), bits], []
        extents, vcn = [], 0
        for i in range(0, len(self.runs), per):
            part = self.runs[i:i + per]
            extents.append(nonresident(0x80, part, self.mft_size, first=vcn))
            vcn += sum(n for _, n in part)
        return [extents[0], bits], extents[1:]

    def list_attr(self, places):
        """$ATTRIBUTE_LIST of [(type, first cluster, record)]."""
        body = b"".join(struct.pack("<IHBBQQHIH", kind, 32, 0, 26, first, reference(no, 1), 0, 0, 0)
                        for kind, first, no in places)
        if len(body) < 200:
            return resident(0x20, body)
        lcn = self.allocate(-(-len(body) // CLUSTER))
        self.write_at(lcn, body)
        return nonresident(0x20, [(lcn, -(-len(body) // CLUSTER))], len(body))

    def write_mft_record(self):
        attrs, extents = self.mft_attrs()
        head = self.system_attrs(0)
        if extents:
            places = [(0x10, 0, 0), (0x30, 0, 0), (0x80, 0, 0)]
            for no, extent in zip(range(16, self.first), extents):
                places.append((0x80, struct.unpack_from("<Q", extent, 16)[0], no))
                self.write_record(no, file_record(no, [extent], self.record_size,
                                                  base=reference(0, 1)))
            places.append((0xb0, 0, 0))
            attrs.append(self.list_attr(places))
        record = file_record(0, sorted(head + attrs, key=lambda a: a[:4][::-1]),
                             self.record_size)
        self.write_record(0, record)
        self.write_at(self.mirror, record)

    def system_attrs(self, no):
        key = name_key(SYSTEM[no], reference(ROOT, ROOT), EPOCH, 0, no in (ROOT, EXTEND), 3)
        return [standard(EPOCH, 6), resident(0x30, key)]

    def write_system(self):
        entries = [(reference(i, self.seq_of(i)),
                    name_key(n, reference(ROOT, ROOT), EPOCH, 0, i == EXTEND, 3))
                   for i, n in enumerate(SYSTEM) if n != "."]
        entries.append((reference(ROOT, ROOT), name_key(".", reference(ROOT, ROOT), EPOCH, 0,
                                                        True, 3)))
        log = self.allocate(16)
        more = {
            1: [nonresident(0x80, [(self.mirror, 1)], CLUSTER)],
            2: [nonresident(0x80, [(log, 16)], 16 * CLUSTER)],
            3: [resident(0x60, "GROWTH".encode("utf-16-le")),
                resident(0x70, struct.pack("<QBBHI", 0, 3, 1, 0, 0)), resident(0x80, b"")],
            ROOT: self.index_attrs(ROOT, entries),
            7: [nonresident(0x80, [(0, 2)], 2 * CLUSTER)],
            EXTEND: self.index_attrs(EXTEND),
        }
        size = (self.free + 64) // 8 + 1
        at = self.allocate(-(-size // CLUSTER) + 1)
        more[6] = [nonresident(0x80, [(at, -(-size // CLUSTER))], size)]
        for no in range(1, 16):
            attrs = self.system_attrs(no) if no < len(SYSTEM) else [standard(EPOCH, 6)]
            attrs += more.get(no, [] if no >= len(SYSTEM) else [resident(0x80, b"")])
            self.write_record(no, file_record(no, attrs, self.record_size, self.seq_of(no),
                                              1 | (FOLDER if no in (ROOT, EXTEND) else 0)))

    def write_boot(self):
        sectors = self.free * CLUSTER // 512
        boot = bytearray(512)
        boot[:11] = b"\xeb\x52\x90NTFS    "
        struct.pack_into("<HB", boot, 11, 512, CLUSTER // 512)
        boot[21] = 0xf8
        struct.pack_into("<HHI", boot, 24, 63, 255, 0)
        struct.pack_into("<I", boot, 36, 0x800080)
        size = {1024: 0xf6, 4096: 1}[self.record_size]
        struct.pack_into("<QQQbxxxbxxxQ", boot, 40, sectors, self.runs[0][0], self.mirror,
                         size - 256 if size > 127 else size, 1, 0x5eed)
        boot[510:] = b"\x55\xaa"
        self.write_at(0, boot)

    def write(self, path):
        with open(path, "wb") as self.out:
            self.free = 4
            self.place_mft()
            self.mirror = self.allocate(1)
            for no in range(self.first, self.first + len(self.files)):
                more = self.files[no - self.first][5]
                flags = (0 if more.get("deleted") else 1) | \
                    (FOLDER if self.files[no - self.first][3] else 0)
                seq = self.seq_of(no) + (1 if more.get("deleted") else 0)
                self.write_record(no, file_record(no, self.file_attrs(no), self.record_size, seq,
                                                  flags, more.get("base", 0)))
            self.write_system()
            self.write_mft_record()
            self.free += 16
            self.write_boot()
            self.out.truncate(self.free * CLUSTER)


def add_journal(v, hole, data, lcn=None):
    """$Extend/$UsnJrnl:$J: `hole` bytes of nothing, then `data`. Returns where data belongs."""
    clusters = -(-len(data) // CLUSTER)
    if lcn is None:  # libtsk knows no run that is longer than the volume
        lcn = hole // CLUSTER + (1 << 16)
    runs = [(None, hole // CLUSTER), (lcn, clusters)]
    size = hole // CLUSTER * CLUSTER + len(data)
    v.add("$UsnJrnl", EXTEND, no_data=True,
          attrs=[nonresident(0x80, runs, size, "$J", flags=0x8000), resident(0x80, bytes(32), "$Max")])
    return lcn


def write_journal(v, path, data, lcn, behind=65536):
    """Writes the volume with a journal whose data begin at cluster `lcn`, and `behind` bytes."""
    size = lcn * CLUSTER + len(data) + behind
    v.write(path)
    with open(path, "r+b") as f:
        f.seek(lcn * CLUSTER)
        f.write(data)
        f.truncate(size)
        f.seek(40)
        f.write(struct.pack("<Q", size // 512))


def tree(v, files, per_folder, deleted=0):
    """Files in folders of `per_folder`, 64 of those in each folder of the root. Every
    second name has an 8.3 name, as Windows makes them."""
    upper = here = None
    for i in range(files):
        if i % (per_folder * 64) == 0:
            upper = v.add("Folder %05d" % (i // (per_folder * 64)), folder=True)
        if i % per_folder == 0:
            here = v.add("Sub %06d" % (i // per_folder), upper, folder=True)
        short = "DOCU~%d.TXT" % (i % 1000) if i % 2 else None
        v.add("Document %07d.txt" % i, here, content=b"content of %d" % i, short=short,
              deleted=i < deleted)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("out")
    p.add_argument("--files", type=int, default=200000)
    p.add_argument("--per-folder", type=int, default=16)
    p.add_argument("--record-size", type=int, default=1024, choices=(1024, 4096))
    p.add_argument("--runs", type=int, default=1)
    p.add_argument("--deleted", type=int, default=0)
    p.add_argument("--journal", type=int, default=0, metavar="BYTES")
    args = p.parse_args()
    v = Volume(args.record_size, args.runs)
    tree(v, args.files, args.per_folder, args.deleted)
    journal = bytes(range(256)) * (16384) if args.journal else b""
    lcn = add_journal(v, args.journal, journal) if args.journal else 0
    if args.journal:
        write_journal(v, args.out, journal, lcn)
    else:
        v.write(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
