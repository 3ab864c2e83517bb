"""Listings of NTFS from the index of the MFT against the walk through the folders: every
entry with address, times, size, streams and type. On the fixtures, on every NTFS of the
developer corpus (FOSSICK_CORPUS) and on the images named in FOSSICK_IMAGES (separated by
':'). A damaged MFT is noticed, and hides no name that a folder knows. Output is TAP."""
import calendar
import datetime
import hashlib
import json
import lzma
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests/bench"))
import make_mft
import tsk_corpus

SRC = os.environ["FOSSICK_SRC"]
FSLS = os.path.join(os.environ.get("FOSSICK_BUILD", "."), "tests/interop/fsls")
GLOBS = (["**", "**/*:*"], ["**/*.{exe,dat,txt}"], ["*/**/*:Zone.Identifier"], ["**/$*"],
         ["*/*/**"], ["[A-Z]*/**", "$Extend/*", "*.txt"])


def run(tap, name, files):
    lines, err = listing(files, [])
    if lines is None:
        print("# %s does not open: %s" % (name, err.strip()[-200:]))
        return
    if '"fs":"ntfs"' not in lines:
        return
    for globs in GLOBS:
        options = [x for g in globs for x in ("-g", g)]
        index, said = listing(files, ["-i"] + options)
        walk, _ = listing(files, ["-w"] + options)
        free, _ = listing(files, options)
        mine, theirs = (index or "").split("\n"), (walk or "").split("\n")
        tap.ok(index is not None and index == walk and index == free,
               "%s: %d lines of %s with and without the index" % (name, len(mine), " ".join(globs)),
               "only index: %s\nonly walk: %s\n%s" % (sorted(set(mine) - set(theirs))[:5],
                                                      sorted(set(theirs) - set(mine))[:5], said))
    gone(tap, name, files)


def rows_of(text):
    """{(path, stream): rows} without volumes."""
    out = {}
    for line in (text or "").split("\n"):
        row = json.loads(line) if line else {}
        if "path" in row:
            out.setdefault((row["path"], row.get("stream")), []).append(row)
    return out


def gone(tap, name, files):
    """Deleted names: what libtsk shows is shown, with the same facts."""
    mine, theirs = (rows_of(listing(files, ["-d"] + o)[0]) for o in ([], ["-w"]))
    missing = []
    for key, rows in theirs.items():
        for r in rows:
            # libtsk takes some entries that are left over for names in use, and
            # describes them by what is in the record now
            known = r in mine.get(key, []) or \
                any(m.get("deleted") and m["addr"] == r["addr"] for m in mine.get(key, []))
            if not known:
                missing.append(r)
    more = sum(len(r) for r in mine.values()) - sum(len(r) for r in theirs.values())
    tap.ok(len(mine) > 8 and not missing, "%s: deleted names, %d more than libtsk's" % (name, more),
           str(missing[:6]))


def listing(files, options):
    p = subprocess.run([FSLS] + options + files, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False)
    out = p.stdout.decode("utf-8", "backslashreplace")
    return (out if p.returncode == 0 else None), p.stderr.decode("utf-8", "backslashreplace")


def mft_at(image):
    """Offset of $MFT and of its mirror in an image without a table."""
    cluster = struct.unpack_from("<H", image, 11)[0] * image[13]
    return [lcn * cluster for lcn in struct.unpack_from("<QQ", image, 48)]


def mft_runs(image, at):
    """Where the runs of $MFT's unnamed $DATA stand in the image."""
    place = at + struct.unpack_from("<H", image, at + 20)[0]
    while struct.unpack_from("<I", image, place)[0] != 0x80:
        place += struct.unpack_from("<I", image, place + 4)[0]
    return place + struct.unpack_from("<H", image, place + 32)[0]


def torn(image):
    """One sector of every tenth record is of another time."""
    at = mft_at(image)[0]
    for i in range(30, 4096, 10):
        if image[at + 1024 * i:at + 1024 * i + 4] != b"FILE":
            break
        image[at + 1024 * i + 1022] ^= 0x55


def bad_runs(new):
    def harm(image):
        for at in mft_at(image):
            place = mft_runs(image, at)
            image[place:place + len(new)] = new
    return harm


def read_runs(image, place):
    """[(first cluster, clusters)] of a list of runs without holes."""
    runs, lcn = [], 0
    while image[place]:
        length, offset = image[place] & 15, image[place] >> 4
        count = int.from_bytes(image[place + 1:place + 1 + length], "little")
        place += 1 + length + offset
        lcn += int.from_bytes(image[place - offset:place], "little", signed=True)
        runs.append((lcn, count))
    return runs


def write_runs(runs):
    out, last = b"", 0
    for lcn, count in runs:
        out += bytes([0x41]) + bytes([count]) + (lcn - last).to_bytes(4, "little", signed=True)
        last = lcn
    return (out + bytes(8))[:(len(out) + 8) & ~7]


def seal(record, check):
    """Takes the update sequence out (check None) or puts it in again."""
    usa, count = struct.unpack_from("<HH", record, 4)
    for i in range(1, count):
        place, end = usa + 2 * i, 512 * i - 2
        if check is None:
            record[end:end + 2] = record[place:place + 2]
        else:
            record[place:place + 2] = record[end:end + 2]
            record[end:end + 2] = check


def fragmented(image, first, pieces):
    """$MFT in `pieces` + 1 runs: the front stays, the rest lies at the end of the
    volume, the last piece first."""
    cluster = struct.unpack_from("<H", image, 11)[0] * image[13]
    at = mft_at(image)[0]
    runs = read_runs(image, mft_runs(image, at))
    mft = b"".join(image[lcn * cluster:(lcn + n) * cluster] for lcn, n in runs)
    total = len(mft) // cluster
    size = -(-(total - first) // pieces)
    new, free = [(runs[0][0], first)], len(image) // cluster - 16
    for vcn in range(first, total, size):
        n = min(size, total - vcn)
        new.append((free - (total - vcn), n))
    # in the order of the volume, the pieces are backwards
    places = [lcn for lcn, _ in new[1:-1]][::-1] + [new[-1][0]]
    new[1:] = [(lcn, n) for lcn, (_, n) in zip(places, new[1:])]
    vcn = first
    for lcn, n in new[1:]:
        target = slice(lcn * cluster, (lcn + n) * cluster)
        if any(image[target]):
            raise ValueError("no room at the end of the image")
        image[target] = mft[vcn * cluster:(vcn + n) * cluster]
        vcn += n
    for lcn, n in runs:
        if lcn != runs[0][0]:
            image[lcn * cluster:(lcn + n) * cluster] = bytes(n * cluster)
    image[(runs[0][0] + first) * cluster:(runs[0][0] + runs[0][1]) * cluster] = \
        bytes((runs[0][1] - first) * cluster)
    record = bytearray(image[at:at + 1024])
    check = bytes(record[struct.unpack_from("<H", record, 4)[0]:][:2])
    seal(record, None)
    place = mft_runs(record, 0)
    attr = struct.unpack_from("<H", record, 20)[0]
    while struct.unpack_from("<I", record, attr)[0] != 0x80:
        attr += struct.unpack_from("<I", record, attr + 4)[0]
    end, used = attr + struct.unpack_from("<I", record, attr + 4)[0], \
        struct.unpack_from("<I", record, 24)[0]
    whole = bytes(record[:place]) + write_runs(new) + bytes(record[end:used])
    if len(whole) > 1024:
        raise ValueError("the runs do not fit")
    record[:] = whole.ljust(1024, b"\0")
    struct.pack_into("<I", record, attr + 4, end - attr + len(whole) - used)
    struct.pack_into("<I", record, 24, len(whole))
    seal(record, check)
    image[at:at + 1024] = record
    return len(new)


def scattered(tap, sound):
    with open(sound, "rb") as f:
        image = bytearray(f.read())
    cluster = struct.unpack_from("<H", image, 11)[0] * image[13]
    count = fragmented(image, 65536 // cluster, 60)
    path = sound + ".fragments"
    with open(path, "wb") as f:
        f.write(image)
    wanted = listing([sound], [])[0].replace(os.path.basename(sound), "")
    for label, options in (("index", []), ("walk", ["-w"])):
        got, said = listing([path], options)
        got = (got or "").replace(os.path.basename(path), "")
        tap.ok(got == wanted, "$MFT in %d runs, by %s: the same entries" % (count, label),
               said + "\n" + "\n".join(sorted(set(wanted.split("\n")) ^ set(got.split("\n")))[:6]))
    os.remove(path)


DAMAGE = (
    ("every tenth record is torn", torn),
    ("no runs", bad_runs(b"\0")),
    ("a run beyond the volume", bad_runs(b"\x14\x40\xff\xff\xff\x7f\0")),
    ("a run before the volume", bad_runs(b"\x11\x40\x80\0")),
    ("a run of impossible width", bad_runs(b"\xff\x40\x04\0")),
    ("a hole", bad_runs(b"\x01\x40\0")),
)


def damaged(tap, sound):
    """The index must not know less than the folders, and something must be said."""
    with open(sound, "rb") as f:
        original = f.read()
    for what, harm in DAMAGE:
        image = bytearray(original)
        harm(image)
        path = sound + ".damaged"
        with open(path, "wb") as f:
            f.write(image)
        index, said = listing([path], [])
        walk, _ = listing([path], ["-w"])
        tap.ok(index == walk, "%s: the same names with and without the index" % what, said)
        tap.ok(said.count("\n") > 1, "%s: said" % what, said)
        os.remove(path)


def plain(v):
    make_mft.tree(v, 2000, 16)


def links(v):
    """Names in many folders, streams, 8.3 names, deleted files."""
    folders = [v.add("folder %d" % i, folder=True) for i in range(20)]
    for i in range(600):
        v.add("file %d" % i, folders[i % 20], short="FILE~%d" % i if i % 3 else None,
              content=b"x" * (i % 50), streams=[("Zone.Identifier", b"y" * (i % 40))] if i % 7 == 0 else [],
              links=[(folders[(i + 5) % 20], "second %d" % i)] if i % 5 == 0 else [],
              deleted=i % 11 == 3, seq=1 + i % 4)


def loops(v):
    """Folders that are in each other, in the root and out of it."""
    a = v.add("a", folder=True)
    b = v.add("b", a, folder=True)
    v.link(a, b, "a again")
    v.link(b, b, "b itself")
    v.add("file", b)
    x = v.add("x", v.first + len(v.files) + 1, folder=True, hidden=True)
    y = v.add("y", x, folder=True)
    v.children[y].append(x)
    v.add("unseen", y)
    for i in range(3):
        v.add("seen %d" % i, b)


def lists(v, circles=True):
    """Attribute lists: sound ones, of themselves, of each other, of nothing."""
    for i in range(200):
        no = v.first + len(v.files)
        key = make_mft.name_key("second name %d" % i, make_mft.reference(5, 5),
                                make_mft.EPOCH, 0, False, 0)
        # the record behind, itself, a file, a record that does not exist
        other = [no + 1, no, no - 2 if i > 1 else no, 1 << 40][i % 4 if circles else 0]
        v.add("file %d" % i, content=b"data", far=["second name %d" % i], attrs=[v.list_attr(
            [(0x10, 0, no), (0x30, 0, no), (0x30, 0, other), (0x80, 0, no), (0x80, 0, other)])])
        v.add(None, base=make_mft.reference(other if circles and i % 8 == 5 else no, 1),
              attrs=[make_mft.resident(0x30, key), make_mft.resident(0x80, b"ads", "more")])


def continued(v):
    lists(v, False)


def torn_at(places):
    """Tears the last sector of records, of those in use."""
    def harm(v, image):
        for no in places(v):
            end = v.record_size - 2
            at = v.lcn_of(no * v.record_size // make_mft.CLUSTER) * make_mft.CLUSTER + \
                no * v.record_size % make_mft.CLUSTER
            image[at + end] ^= 0x55
    return harm


def tenth(v):
    return range(30, v.first + len(v.files), 10)


def sound(v, image):
    pass


# what, record size, runs of $MFT, files, damage
SHAPES = (
    ("records of 4 KiB", 4096, 1, plain, sound),
    ("records of 4 KiB in 500 runs", 4096, 500, plain, sound),
    ("records of 4 KiB, every tenth torn", 4096, 1, plain, torn_at(tenth)),
    ("$MFT in 10000 runs", 4096, 10000, lambda v: make_mft.tree(v, 9350, 16), sound),
    ("$MFT in 400 runs", 1024, 400, links, sound),
    ("links and streams", 1024, 1, links, sound),
    ("links and streams, every tenth record torn", 1024, 1, links, torn_at(tenth)),
    ("links and streams, every folder torn", 1024, 1, links,
     torn_at(lambda v: range(v.first, v.first + 20))),
    ("links and streams, one file torn", 1024, 3, links, torn_at(lambda v: [301])),
    ("folders in each other", 1024, 1, loops, sound),
    ("folders in each other, torn", 1024, 1, loops, torn_at(lambda v: [v.first + 1])),
    ("files in two records each", 1024, 1, continued, sound),
    ("files in two records each, every tenth torn", 1024, 1, continued, torn_at(tenth)),
    ("files in two records each, every seventh torn", 1024, 1, continued,
     torn_at(lambda v: range(31, v.first + len(v.files), 7))),
    ("attribute lists that lead in circles", 1024, 1, lists, sound),
    ("attribute lists, every tenth record torn", 1024, 1, lists, torn_at(tenth)),
    ("a folder of many names", 1024, 1, lambda v: make_mft.tree(v, 20000, 1 << 30), sound),
    ("a folder of many names, torn", 1024, 1, lambda v: make_mft.tree(v, 20000, 1 << 30),
     torn_at(lambda v: [v.first + 1])),
)


def places(text):
    rows = [json.loads(line) for line in text.split("\n") if line]
    return {(r["path"], r["addr"], r.get("stream")) for r in rows if "path" in r}


def made(tap, work):
    """Volumes that no driver would leave behind: the index must not know less than the
    folders, nothing may hang, and damage must be said."""
    path = os.path.join(work, "made.img")
    for what, size, runs, fill, harm in SHAPES:
        v = make_mft.Volume(size, runs)
        fill(v)
        v.write(path)
        with open(path, "rb") as f:
            image = bytearray(f.read())
        harm(v, image)
        with open(path, "wb") as f:
            f.write(image)
        for globs in (["**", "**/*:*"], ["**/*e*"]):
            options = [x for g in globs for x in ("-g", g)]
            index, said = listing([path], options)
            walk, _ = listing([path], ["-w"] + options)
            mine, theirs = (index or "").split("\n"), (walk or "").split("\n")
            # libtsk gives up a file for one wrong word in its list, the index does not
            same = index == walk if fill is not lists else places(walk) <= places(index)
            tap.ok(index is not None and same and len(mine) > (3 if "**" in globs else 1),
                   "%s: %d lines of %s with and without the index" %
                   (what, len(mine), " ".join(globs)),
                   "only index: %s\nonly walk: %s\n%s" %
                   (sorted(set(mine) - set(theirs))[:5], sorted(set(theirs) - set(mine))[:5],
                    said[:3000]))
        tap.ok(harm is sound or "records of the MFT are damaged" in said, what + ": said", said)
        os.remove(path)


def given_up(tap, work):
    """Deleted files and folders, some of which nothing leads to any more."""
    path = os.path.join(work, "gone.img")
    v = make_mft.Volume()
    a = v.add("a", folder=True)
    v.add("here", a)
    v.add("gone", a, content=b"old", deleted=True, seq=3)
    v.add("long name", a, short="LONGNA~1", deleted=True)
    d = v.add("d", a, folder=True, deleted=True)
    v.add("in d", d, deleted=True, links=[(a, "in a")])
    sub = v.add("sub", d, folder=True, deleted=True)
    v.add("x", sub, deleted=True, streams=[("ads", b"12")])
    v.add("orphan", a, deleted=True, parent_seq=9)
    v.add("in a file", v.first + 1, deleted=True)
    p = v.add("p", v.first + len(v.files) + 1, folder=True, deleted=True)
    q = v.add("q", p, folder=True, deleted=True)
    v.add("r", q, deleted=True)
    v.write(path)
    rows = rows_of(listing([path], ["-d", "-g", "**", "-g", "**/*:*"])[0])
    found = {k[0] if k[1] is None else k[0] + ":" + k[1]
             for k, r in rows.items() if r[0].get("deleted")}
    wanted = {"a/gone", "a/long name", "a/d", "a/d/in d", "a/in a", "a/d/sub", "a/d/sub/x",
              "a/d/sub/x:ads", "$OrphanFiles/orphan", "$OrphanFiles/in a file",
              "$OrphanFiles/p", "$OrphanFiles/p/q", "$OrphanFiles/p/q/p",
              "$OrphanFiles/p/q/r", "$OrphanFiles/q"}
    tap.ok(found == wanted, "deleted folders, orphans, and folders in each other",
           "too much: %s, too little: %s" % (found - wanted, wanted - found))
    row = rows[("a/gone", None)][0]
    tap.ok((row["size"], row["seq"], len(row["times"])) == (3, 3, 8) and
           rows[("a/here", None)][0].get("deleted") is None, "a deleted file has its facts", row)
    os.remove(path)


def journal(tap, work):
    """A change journal behind a hole: nothing of the hole is read. And one behind a hole
    that is longer than the volume, which libtsk takes for damage."""
    data = os.urandom(3 << 20) + b"end"
    path = os.path.join(work, "journal.img")
    for hole, lcn in ((256 << 20, 70000), (512 << 20, 3000)):
        v = make_mft.Volume()
        v.add("file", content=b"content")
        make_mft.add_journal(v, hole, data, lcn)
        make_mft.write_journal(v, path, data, lcn, (8 << 20) - len(data))
        wanted = hashlib.sha256(bytes(hole) + data).hexdigest()
        for options in ([], ["-w"], ["-g", "**/*:*"]):
            globs = [] if "-g" in options else ["-g", "$Extend/*:$J", "-g", "$Extend/*"]
            text, said = listing([path], ["-r"] + globs + options)
            rows = rows_of(text)
            row = rows.get(("$Extend/$UsnJrnl", "$J"), [{}])[0]
            got = (row.get("size"), row.get("sha256"), row.get("holes"), row.get("status"))
            tap.ok(got == (hole + len(data), wanted, hole >> 20, "complete"),
                   "a journal behind %d MiB of nothing %s" % (hole >> 20, " ".join(options)),
                   str(got) + said)
            read = int(said.rsplit("bytes ", 1)[1].split()[0])
            tap.ok(read < 8 << 20 and "corrupt" not in said, "of which nothing is read", said)
    os.remove(path)


def nanoseconds(iso):
    if not iso:
        return 0
    whole, _, fraction = iso.rstrip("Z").partition(".")
    at = datetime.datetime.fromisoformat(whole + "+00:00")
    return calendar.timegm(at.timetuple()) * 10**9 + int((fraction + "0" * 9)[:9])


def mounted(tap, name, image):
    """Every entry as the driver shows it: size, and three of the times."""
    point = tempfile.mkdtemp(prefix="fossick-mnt.")
    made = subprocess.run(["ntfs-3g", "-o", "ro", image, point], capture_output=True, check=False) \
        if shutil.which("ntfs-3g") else None
    if made is None or made.returncode != 0:
        os.rmdir(point)
        tap.ok(True, name + ": as ntfs-3g shows it # SKIP no ntfs-3g that mounts")
        return
    try:
        # reparse points that the driver cannot follow are links to nowhere
        theirs, links = {}, set()
        for folder, dirs, files in os.walk(point):
            for x in dirs + files:
                path = os.path.join(folder, x)
                s = os.lstat(path)
                if stat.S_ISLNK(s.st_mode):
                    links.add(os.path.relpath(path, point))
                theirs[os.path.relpath(path, point)] = \
                    (s.st_size if stat.S_ISREG(s.st_mode) else 0, s.st_mtime_ns, s.st_atime_ns,
                     s.st_ctime_ns)
    finally:
        subprocess.run(["umount", point], check=True)
        os.rmdir(point)
    mine = {}
    for line in listing([image], ["-g", "**"])[0].split("\n"):
        row = json.loads(line) if line else {}
        # the driver hides the files of the file system
        if "path" not in row or row["addr"] < 16 or row["path"].startswith("$Extend/"):
            continue
        times = [nanoseconds(row["times"].get(k)) for k in ("modified", "accessed", "changed")]
        mine[row["path"]] = (row["size"] if row["type"] == "file" else 0, *times)
    wrong = [(k, mine.get(k), theirs.get(k)) for k in sorted(set(mine) | set(theirs))
             if mine.get(k) != theirs.get(k) and not (k in links and k in mine)]
    tap.ok(len(mine) > 100 and not wrong, "%s: %d entries as ntfs-3g shows them" % (name, len(mine)),
           str(wrong[:10]))


ISTAT = (("Created", "created"), ("File Modified", "modified"), ("MFT Modified", "changed"),
         ("Accessed", "accessed"))


NO_DAY = ("0000-00-00", "2076-11-29")  # how it shows 1970 and no time at all


def told_by_istat(image, addr):
    """{our name of a time: nanoseconds} of both attributes, and the sizes of streams."""
    p = subprocess.run(["istat", "-z", "UTC", image, str(addr)], capture_output=True, check=False)
    text = p.stdout.decode("utf-8", "replace")
    times, sizes, prefix = {}, {}, None
    for line in text.split("\n"):
        if line.endswith("Attribute Values:"):
            prefix = {"$STANDARD_INFORMATION": "", "$FILE_NAME": "fn_"}.get(line.split()[0])
        label, _, value = line.partition(":\t")
        if prefix is not None and label in dict(ISTAT):
            day, clock, _ = value.split(" ", 2)
            times[prefix + dict(ISTAT)[label]] = \
                0 if day in NO_DAY else nanoseconds(day + "T" + clock + "Z")
        m = re.match(r"Type: \$DATA \(128-\d+\)   Name: (.*?)   .*?[Rr]esident.*?  size: (\d+)", line)
        if m:
            sizes[None if m[1] == "N/A" else m[1]] = int(m[2])
    return times, sizes


def peer(tap, name, image):
    """All eight times and the sizes of all streams, as istat has them."""
    if shutil.which("istat") is None:
        tap.ok(True, name + ": as istat tells it # SKIP no istat")
        return
    records = {}
    for (_, stream), rows in rows_of(listing([image], [])[0]).items():
        for r in rows:
            records.setdefault(r["addr"], ({}, {}))
            records[r["addr"]][0].update({k: nanoseconds(v) for k, v in r["times"].items()})
            if r["type"] == "file" or stream is not None:
                records[r["addr"]][1][stream] = r["size"]
    wrong, count = [], 0
    for addr in sorted(records)[::max(1, len(records) // 150)]:
        times, sizes = told_by_istat(image, addr)
        ours = {k: v for k, v in records[addr][0].items() if v}
        if ours != {k: v for k, v in times.items() if v} or \
                any(sizes.get(s, 0) != n for s, n in records[addr][1].items()):
            wrong.append((addr, ours, times, records[addr][1], sizes))
        count += 1
    tap.ok(count > 50 and not wrong, "%s: times and sizes of %d records as istat tells them" %
           (name, count), str(wrong[:3]))


def images(path, work):
    try:
        return tsk_corpus.unpack(path, work)
    except (OSError, subprocess.CalledProcessError) as e:
        print("# %s: %s" % (path, e))
        return []


def corpus(tap, only):
    for row in tsk_corpus.rows():
        if only and row["path"] not in only:
            continue
        if row["kind"] not in ("image", "fs-signature"):
            continue
        with tempfile.TemporaryDirectory(prefix="fossick-index.") as work:
            for image in images(os.path.join(tsk_corpus.CORPUS, row["path"]), work):
                run(tap, row["path"], tsk_corpus.segments(image))


def main():
    tap = tsk_corpus.Tap()
    data = os.path.join(SRC, "tests/data")
    only = sys.argv[1:]
    if not only:
        run(tap, "sample.E01", tsk_corpus.segments(os.path.join(data, "sample.E01")))
        with tempfile.TemporaryDirectory(prefix="fossick-index.") as work:
            image = os.path.join(work, "ntfs.img")
            with lzma.open(os.path.join(data, "ntfs.img.xz")) as src, open(image, "wb") as dst:
                tsk_corpus.copy_sparse(src, dst)
            run(tap, "ntfs.img", [image])
            mounted(tap, "ntfs.img", image)
            peer(tap, "ntfs.img", image)
            scattered(tap, image)
            damaged(tap, image)
            made(tap, work)
            given_up(tap, work)
            journal(tap, work)
        for image in filter(None, os.environ.get("FOSSICK_IMAGES", "").split(":")):
            run(tap, os.path.basename(image), tsk_corpus.segments(image))
    if os.path.exists(os.path.join(tsk_corpus.CORPUS, "CORPUS.tsv")):
        corpus(tap, only)
        tap.ok(only or tap.count >= 24, "the corpus has NTFS volumes")
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
