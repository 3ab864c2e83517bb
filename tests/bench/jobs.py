"""The jobs: for each the command lines of fossick and of its peers, and the aims.

A command is text for the shell. It sees
  $E $R     the E01 image and the raw one     $O   first sector of the NTFS volume
  $W        an empty folder for each run      $S   files prepared for the job
  $B        this folder
and fossick, fossick-worker and floor in $PATH. What a tool makes as an archive is called
*.zip, 7z or tar in $W: its size is kept. A side that needs tools that are not there is skipped,
and said to be."""
import glob
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

import files
import floor_list


def side(name, command, needs=(), **more):
    return {"name": name, "command": command, "needs": list(needs), **more}


def at_least(n, of, text, measure="wall", of_side="fossick"):
    return {"side": of_side, "measure": measure, "of": [of], "at_least": n, "text": text}


def at_most(n, of, text, measure="wall", of_side="fossick"):
    return {"side": of_side, "measure": measure, "of": of, "at_most": n, "text": text}


def listing(bench, image, letter):
    """fossick's listings and fls on one form of the image."""
    needs = [letter]
    return [
        side("fossick", f"fossick ls -l ${letter} '**' >$W/out", needs),
        side("fossick, body file", f"fossick ls --bodyfile ${letter} '**' >$W/out", needs),
        side("fossick, JSON", f"fossick ls --json ${letter} '**' >$W/out", needs),
        side("fls", f"fls -r -m / -o $O ${letter} >$W/out", ["fls", *needs]),
        side("ils", f"ils -e -o $O ${letter} >$W/out", ["ils", *needs]),
    ]


def list_e01(bench):
    return {
        "what": "full listing with times and paths, E01", "reads": ["E"],
        "sides": listing(bench, "E01", "E"),
        "aims": [at_least(60, "fls", "at least 60x as fast as fls -r -m"),
                 at_least(1, "ils", "not slower than ils")],
    }


def list_raw(bench):
    return {
        "what": "full listing with times and paths, raw", "reads": ["R"],
        "sides": listing(bench, "raw", "R"),
        "aims": [at_least(6, "fls", "at least 6x as fast as fls -r -m")],
    }


def verify(bench):
    make_floor_list(bench)
    threads, size = os.cpu_count(), bench.image["bytes"]
    floors = ["floor: MD5, one core", "floor: inflate, all cores"]
    return {
        "what": "verify the image: every checksum, the stored digests", "reads": ["E"],
        "sides": [
            side("fossick", "fossick verify -q $E >$W/out", ["E"]),
            side("fossick, MD5 only", "fossick verify -q --only md5 $E >$W/out", ["E"]),
            side("ewfverify", "ewfverify -q $E >$W/out", ["ewfverify", "E"]),
            side("ewfverify, SHA-1 too", "ewfverify -q -d sha1 $E >$W/out", ["ewfverify", "E"]),
            side(floors[0], f"floor md5 {size}", ["floor"]),
            side(floors[1], f"floor $S/chunks {threads} inflate", ["floor", "E"]),
        ],
        "aims": [at_least(2.8, "ewfverify", "at least 2.8x as fast as ewfverify"),
                 at_least(2.8, "ewfverify", "the same, with the digest that ewfverify makes",
                          of_side="fossick, MD5 only"),
                 at_least(2.8, "ewfverify, SHA-1 too", "the same, both with two digests"),
                 at_most(1.3, floors, "at most 1.3x of the slower floor")],
    }


def make_floor_list(bench):
    if bench.image.get("E"):
        floor_list.write(bench.image["E"], os.path.join(bench.shared, "chunks"))


def hash_all(bench):
    make_floor_list(bench)
    floor = "floor: inflate and SHA-256"
    return {
        "what": "hash every file", "reads": ["E"],
        "sides": [
            side("fossick", "fossick hash $E >$W/out", ["E"]),
            side("fiwalk, MD5 and SHA-1", "fiwalk -x $E >$W/out", ["fiwalk", "E"]),
            side(floor, f"floor $S/chunks {os.cpu_count()} hash", ["floor", "E"]),
        ],
        "aims": [at_least(15, "fiwalk, MD5 and SHA-1", "at least 15x as fast as fiwalk"),
                 at_most(1.5, [floor], "at most 1.5x of the floor")],
        "notes": ["the floor leaves out chunks in which nothing lies"],
    }


def collect(bench, what="collect -p 3cx into an archive", profile="3cx", prefix="all"):
    notes, place = [], f"$S/{prefix}.list"
    if bench.image.get("E"):
        count, size = write_list(bench, profile, os.path.join(bench.shared, prefix + ".list"))
        notes.append(f"{place}: the {count} files ({size / 1e6:.0f} MB) that fossick collects and "
                     "a mount shows")
    by_hand = "mount, cp, sha256sum, zip"
    return {
        "what": what, "reads": ["E"], "notes": notes,
        "sides": [
            side("fossick", f"fossick collect -q -p {profile} -o $W $E", ["E"]),
            side(by_hand, "sh $B/mount_copy.sh $E $O %d %s $W" % (bench.image["sectors"], place),
                 ["ewfmount", "ntfs-3g", "losetup", "zip", "root", "E"]),
        ],
        "aims": [at_most(1.5, [], "at most 1.5 s"),
                 at_least(10, by_hand, "at least 10x as fast as by hand"),
                 at_most(300 << 20, [], "at most 300 MiB, all processes", "peak")],
    }


def collect_few(bench):
    """What an examiner of the case wants first: hives, histories, the app, six event logs."""
    return collect(bench, "collect about 100 artifacts into an archive", "$B/few.lua", "few")


def write_list(bench, profile, path):
    """The paths of the NTFS volume that a first run collects, without streams and without
    the files of the file system itself, which a mount does not show. Their number and size."""
    folder = tempfile.mkdtemp(dir=bench.top)
    subprocess.run(f"fossick collect -q -p {profile} -o {folder} $E", shell=True, env=bench.env,
                   stdout=subprocess.DEVNULL, check=False)
    with zipfile.ZipFile(glob.glob(os.path.join(folder, "*.zip"))[0]) as z:
        rows = [json.loads(line) for line in z.read("manifest.jsonl").splitlines()]
    shutil.rmtree(folder)
    found = [r for r in rows if r.get("locator", {}).get("addr", 0) >= 24 and
             "stream" not in r["locator"] and not r["locator"]["path"].startswith("$Extend/")]
    with open(path, "wb") as out:
        out.writelines(r["locator"]["path"].encode() + b"\0" for r in found)
    return len(found), sum(r["size"] for r in found)


def archive(bench):
    folder = os.path.join(bench.shared, "mixed")
    size = int(os.environ.get("BENCH_MIXED", str(10**9)))
    files.fill(folder, 1 + size // 125000, size)
    return {
        "what": f"archive {size / 1e9:.2f} GB of mixed files",
        "sides": [
            side("fossick", "fossick collect -q -p $B/everything.lua -o $W $S/mixed"),
            side("zip -6", "zip -6 -q -r $W/x.zip $S/mixed", ["zip"]),
            side("7z", "7z a -tzip -bd $W/x.zip $S/mixed >$W/out", ["7z"]),
        ],
        "aims": [at_least(3, "zip -6", "at least 3x as fast as zip -6"),
                 at_most(1.03, ["zip -6"], "size at most 3 % above that of zip -6", "size")],
    }


def first_finding(bench):
    run = "fossick collect %s -p 3cx -o $W $B/../data/sample.E01"
    return {
        "what": "start to first finding, the sample of tests/data",
        "sides": [side("fossick", run % "-v", until="finding: "),
                  side("fossick, whole run", run % "-q")],
        "aims": [at_most(0.05, [], "at most 50 ms")],
        "notes": ["the clock stops when the log has the line of the first finding; CPU and memory "
                  "are those of the whole run"],
    }


def matcher(bench):
    """Plugins with four globs each, of which one matches; nothing is read."""
    run = 'fossick collect -n -p "$(cat $S/plugins%d/list)" $E >$W/out'
    for n in (5, 500):
        write_plugins(bench, n)
    return {
        "what": "500 plugins and 5 plugins, dry run on the E01", "reads": ["E"],
        "sides": [side("fossick", run % 500, ["E"]), side("fossick, 5 plugins", run % 5, ["E"])],
        "aims": [at_most(1.5, ["fossick, 5 plugins"], "at most 1.5x of 5 plugins")],
    }


PLUGIN = """return {
	api = 1,
	name = "bench-%(n)d",
	summary = "What a plugin of many could want",
	wants = {
		"Users/*/AppData/*/Vendor%(n)d/**/*.{log,db,ini}",
		"Program Files/Vendor%(n)d/**",
		"**/vendor%(n)d-*.{exe,dll}",
		"Windows/System32/config/SOFTWARE",
	},
	run = function(ctx, item)
		ctx:collect(item, "bench")
	end,
}
"""


def write_plugins(bench, count):
    """`list` has their paths as `collect -p` wants them."""
    folder = os.path.join(bench.shared, "plugins%d" % count)
    os.mkdir(folder)
    for n in range(count):
        with open(os.path.join(folder, "%d.lua" % n), "w", encoding="utf-8") as f:
            f.write(PLUGIN % {"n": n})
    with open(os.path.join(folder, "list"), "w", encoding="utf-8") as f:
        f.write(",".join(os.path.join(folder, "%d.lua" % n) for n in range(count)))


def growth(bench):
    """NTFS volumes that are hardly more than their MFT; the first side is what others are
    compared with."""
    names = ["fossick, 200 000 files", "fossick, 1 000 000 files", "fossick, 300 000 in one folder"]
    counts, sides = (200000, 1000000, 300000), []
    for name, count, folder in zip(names, counts, (16, 16, 1 << 30)):
        path = os.path.join(bench.shared, f"{count}.raw")
        subprocess.run([sys.executable, os.path.join(HERE, "make_mft.py"), path, "--files",
                        str(count), "--per-folder", str(folder)], check=True)
        sides.append(side(name, f"fossick ls -l $S/{count}.raw '**' >$W/out", units=count))
    return {
        "what": "growth: full listing with times and paths, raw", "sides": sides,
        "aims": [at_most(5.5, names[:1], "1 000 000 files: at most 5.5x of 200 000",
                         of_side=names[1]),
                 at_most(1, names[:1], "300 000 in one folder: no slower per entry", "wall each",
                         of_side=names[2])],
        "notes": ["made by make_mft.py --files N --per-folder 16, and all in one folder"],
    }


def hives(bench):
    return {
        "what": "every value of the hive SOFTWARE", "reads": ["E"],
        "sides": [
            side("fossick", "fossick collect -q -p $B/values.lua -o $W $E", ["E"]),
            side("fossick cat, reglookup",
                 "fossick cat $E Windows/System32/config/SOFTWARE >$W/hive && "
                 "reglookup $W/hive >$W/out",
                 ["reglookup", "E"]),
        ],
    }


def large_hive(bench):
    """A hive like SOFTWARE of 100 MB, in a folder as evidence."""
    folder = os.path.join(bench.shared, "large/Windows/System32/config")
    os.makedirs(folder)
    subprocess.run([sys.executable, os.path.join(HERE, "make_hive.py"),
                    os.path.join(folder, "SOFTWARE"), "--truth",
                    os.path.join(bench.shared, "large.truth")], check=True)
    with open(os.path.join(bench.shared, "large.truth"), encoding="ascii") as f:
        keys, values = f.read().split()
    run, hive = "fossick collect -q -p $B/%s.lua -o $W $S/large", "$S/large/Windows/System32/config/SOFTWARE"
    return {
        "what": "every key and value of a hive like SOFTWARE of 101 MiB",
        "sides": [
            side("fossick", run % "walk"),
            side("fossick hive --compare", f"fossick hive --compare {hive} >$W/out"),
            side("reglookup", f"reglookup {hive} >$W/out", ["reglookup"]),
            side("hivexregedit --export", f"hivexregedit --export {hive} '\\' >$W/out", ["hivexregedit"]),
            side("fossick, a glob over all keys", run % "keyglob"),
            side("fossick, opened and collected", run % "takehive"),
        ],
        "aims": [at_most(2, [], "at most 2 s of CPU", "cpu"),
                 at_most(400 << 20, [], "at most 400 MiB, all processes", "peak")],
        "notes": [f"made by make_hive.py: {keys} keys, {values} values; a plugin looks at path and time "
                  "of each key, at name, type and data of each value"],
    }


def history(bench):
    """A History of a million visits, in a folder as evidence."""
    visits, where = 1_000_000, "machine/Users/ann/AppData/Local/Google/Chrome/User Data/Default"
    folder = os.path.join(bench.shared, where)
    os.makedirs(folder)
    os.makedirs(os.path.join(bench.shared, "machine/Windows/System32/config"))
    subprocess.run([sys.executable, os.path.join(HERE, "make_history.py"), os.path.join(folder, "History"),
                    "--visits", str(visits)], check=True)
    with open(os.path.join(HERE, "history.lua"), encoding="utf-8") as f:
        sql = f.read().split("[[")[1].split("]]")[0]
    with open(os.path.join(bench.shared, "history.sql"), "w", encoding="utf-8") as f:
        f.write(sql + ";\n")
    run = "fossick collect -q -p %s -o $W $S/machine"
    peer = f'sqlite3 -readonly "$S/{where}/History" <$S/history.sql >%s'
    return {
        "what": "every visit of a History of a million, with its page and the page before",
        "sides": [
            side("fossick, rows", run % "$B/history.lua", units=visits),
            side("sqlite3 >/dev/null", peer % "/dev/null", ["sqlite3"], units=visits),
            side("sqlite3 -json >file", peer.replace("-readonly", "-readonly -json") % "$W/out", ["sqlite3"], units=visits),
            side("fossick, browser-history", run % "browser-history", units=visits),
        ],
        "aims": [at_least(0.5, "sqlite3 >/dev/null", "at least half as fast as sqlite3", of_side="fossick, rows"),
                 at_least(0.5, "sqlite3 >/dev/null", "the same in CPU", "cpu", of_side="fossick, rows")],
        "rates": "rows",
        "notes": ["made by make_history.py: 1 000 000 visits, 300 000 URLs; the query is that of history.lua, sqlite3 "
                  "in its default mode (list)",
                  "browser-history also writes a record for each visit, and the file with its digests, into an archive"],
    }


def event_log(bench):
    """A Security log of 100 000 events, in a folder as evidence."""
    events, where = 100_000, "log/Windows/System32/winevt/Logs"
    sys.path.insert(0, os.path.join(HERE, "..", "data"))
    make = importlib.import_module("make-evtx")
    ids = 4624, 4634, 4688, 5156, 5158, 4672, 4703, 4798, 5061, 4907
    make.write(os.path.join(bench.shared, where, "Security.evtx"), [
        make.Event("Microsoft-Windows-Security-Auditing", ids[i % len(ids)], "2023-03-29T09:00:00", "Security",
                   [("SubjectUserName", f"u{i % 7}"), ("SubjectUserSid", make.Sid("S-1-5-21-1-2-3-1001")),
                    ("NewProcessName", f"C:\\Windows\\System32\\p{i % 50}.exe"), ("CommandLine", f"p{i % 50}.exe -x {i}"),
                    ("LogonType", i % 12), ("SubjectLogonId", make.Hex(i))]) for i in range(events)])
    run = "fossick collect -q -p $B/events.lua %s -o $W $S/log"
    return {
        "what": "every event of a log of 100 000, and two of ten numbers",
        "sides": [
            side("fossick", run % "", units=events),
            side("fossick, chosen", run % "--set events.chosen=true", units=events),
            side("evtxexport", f"evtxexport $S/{where}/Security.evtx >$W/out", ["evtxexport"], units=events),
        ],
        "aims": [at_least(3, "evtxexport", "at least 3x as fast as evtxexport", "cpu"),
                 at_least(2, "fossick", "what is not asked for costs little", "cpu", of_side="fossick, chosen")],
        "rates": "events",
        "notes": ["made by tests/data/make-evtx.py; evtxexport (libevtx) writes all events as text"],
    }


HERE = os.path.dirname(os.path.abspath(__file__))
JOBS = [("list-e01", list_e01), ("list-raw", list_raw), ("collect", collect),
        ("collect-few", collect_few), ("hash", hash_all),
        ("verify", verify), ("archive", archive), ("growth", growth), ("first", first_finding),
        ("matcher", matcher), ("hives", hives), ("large-hive", large_hive), ("history", history),
        ("event-log", event_log)]


def chosen(names):
    """The jobs whose names begin with one of these words; all without words."""
    return [(n, make) for n, make in JOBS if not names or any(n.startswith(w) for w in names)]
