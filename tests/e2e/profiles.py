#!/usr/bin/env python3
"""Whose folder is it? ProfileList leads to profiles outside of \\Users and on other
volumes; hives of a former Windows and backups stay apart from the present ones."""
import json
import os
import sys

sys.path[:0] = [os.path.join(os.environ["FOSSICK_SRC"], "tests"), os.path.join(os.environ["FOSSICK_SRC"], "tests/data")]
import fat_disk
import fixture_db
import hivelog
import regf
from support import CORPUS, Archive, check, collect, finish, fossick, same, scratch, skip, skip_all, verifies

if fat_disk.missing():
    skip_all("no " + fat_disk.missing())

T = scratch()
WHEN = regf.filetime("2023-03-29T08:15:30Z")
LIST = "Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\"
ANN, BOB, CAT = (f"S-1-5-21-111-222-333-100{n}" for n in (1, 2, 3))
OLD = "S-1-5-21-9-9-9-1001" # of bob in the former Windows
SYSTEM, SERVICE = "S-1-5-18", "S-1-5-19"
PLUGINS = "win-hives,browser-history,win-system,win-execution"
CONFIG = "Windows/System32/config/"
RUN = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RunMRU"

# What every hive artifact gives, and whose it is.
TELL = os.path.join(T, "tell.lua")
with open(TELL, "w", encoding="utf-8") as f:
    f.write("""local registry = require("registry")
return { api = 1, name = "tell", summary = "a test", wants = {
	"windows.hive.ntuser", "windows.hive.usrclass", "windows.hive.system", "windows.hive.software",
	"windows.hive.bcd", "windows.hive.syscache", "windows.hive.drivers", "windows.hive.settings",
	"windows.old.hive.ntuser", "windows.old.hive.system", "windows.regback.hive.system",
	"windows.regback.hive.software", "%profile%/Desktop/*" },
run = function(ctx, item)
	local hive = not item.artifact:find("/") and item
	local e = hive and hive.entry or item
	ctx:record("item", { path = e.path, artifact = item.artifact, user = item.user, sid = item.sid,
		profile = item.profile, kind = hive and registry.kind(hive) or nil,
		origin = hive and registry.origin(hive) or nil })
end }
""")


def hive(name="x", **values):
    h = regf.Hive(name, WHEN)
    h.set("Key", "value", "text")
    for path, value in values.items():
        h.set(path, "value", value)
    return h


def ntuser(typed):
    h = hive("ntuser.dat")
    h.set(RUN, "a", typed + "\\1")
    h.set(RUN, "MRUList", "a")
    return h.build()


def software(profiles, **values):
    h = regf.Hive("SOFTWARE", WHEN)
    for name, value in values.items():
        h.set(LIST[:-1], name, value, "REG_EXPAND_SZ")
    h.set("Microsoft\\Windows NT\\CurrentVersion", "ProductName", "Windows 10 Pro")
    for sid, path in profiles:
        h.set(LIST + sid, "ProfileImagePath", path, "REG_EXPAND_SZ")
    return h


def system(volumes, letters, computer="NEW"):
    h = regf.Hive("SYSTEM", WHEN)
    h.set("Select", "Current", 1)
    h.set("ControlSet001\\Control\\ComputerName\\ComputerName", "ComputerName", computer)
    for name, data in fat_disk.mounts(volumes, letters).items():
        h.set("MountedDevices", name, data)
    for sid in (ANN, BOB):
        h.set("ControlSet001\\Services\\bam\\State\\UserSettings\\" + sid, "\\Device\\HarddiskVolume2\\x.exe",
              WHEN.to_bytes(8, "little") + bytes(16))
    return h.build()


def history(url):
    return fixture_db.build("chromium", [{"url": url, "time": 1680000000, "title": "x"}])[""]


def records(archive, plugin, kind):
    return [r["fields"] for r in archive.records().get(plugin, []) if r["kind"] == kind]


CHROME = "AppData/Local/Google/Chrome/User Data/Default/History"


def disk(name, profiles, extra=(), old_profiles=()):
    """Three volumes: EFI, Windows as C:, D: with folders of profiles."""
    efi = fat_disk.Volume({"EFI/Microsoft/Boot/BCD": hive("BCD").build()}, 2)
    windows = fat_disk.Volume({}, 8)
    data = fat_disk.Volume({
        "Profiles/ann/NTUSER.DAT": ntuser("ann.exe"),
        "Profiles/ann/AppData/Local/Microsoft/Windows/UsrClass.dat": hive("UsrClass.dat").build(),
        "Profiles/ann/Desktop/note.txt": b"ann's",
        "Profiles/ann/" + CHROME: history("https://moved.example/"),
        "Profiles/eve/NTUSER.DAT": ntuser("eve.exe"),
        "cat/NTUSER.DAT": ntuser("cat.exe"),
        "cat/Desktop/note.txt": b"cat's",
        "dog/NTUSER.DAT": ntuser("dog.exe"),
    })
    volumes = [efi, windows, data]
    windows.files.update({
        CONFIG + "SYSTEM": system(volumes, " CD"),
        CONFIG + "SOFTWARE": profiles if isinstance(profiles, bytes) else software(profiles).build(),
        CONFIG + "DRIVERS": hive("DRIVERS").build(),
        CONFIG + "RegBack/SYSTEM": b"",
        CONFIG + "RegBack/SOFTWARE": hive("SOFTWARE").build(),
        CONFIG + "systemprofile/NTUSER.DAT": ntuser("system.exe"),
        "Windows/ServiceProfiles/LocalService/NTUSER.DAT": ntuser("service.exe"),
        "Users/bob/NTUSER.DAT": ntuser("bob.exe"),
        "Users/bob/Desktop/note.txt": b"bob's",
        "Users/bob/AppData/Local/Packages/App/Settings/settings.dat": hive("settings.dat").build(),
        "System Volume Information/Syscache.hve": hive("Syscache.hve").build(),
        "Windows.old/Windows/System32/config/SYSTEM": system([], "", "FORMER"),
        "Windows.old/Windows/System32/config/SOFTWARE": software([(OLD, "C:\\Users\\bob")]).build(),
        "Windows.old/Users/bob/NTUSER.DAT": ntuser("former.exe"),
        "Windows.old.000/Documents and Settings/bob/NTUSER.DAT": ntuser("first.exe"),
        **dict(extra),
    })
    return fat_disk.write(os.path.join(T, name + ".img"), volumes)


PROFILES = [(ANN, "D:\\Profiles\\ann"), (BOB, "%SystemDrive%\\Users\\bob"), (CAT, "D:\\cat"),
            (SYSTEM, "%systemroot%\\system32\\config\\systemprofile"),
            (SERVICE, "%systemroot%\\ServiceProfiles\\LocalService")]


def ran(name, image, *options):
    run, path = collect(os.path.join(T, "out-" + name), *options, "-p", PLUGINS + "," + TELL, image)
    verifies(name + ": the archive verifies", path)
    archive = Archive(path)
    items = {(r["path"], r["artifact"]): r for r in records(archive, "tell", "item")}
    return run, archive, items


def whose(items, path):
    return next(((r.get("user"), r.get("sid"), r.get("profile")) for (p, _), r in items.items() if p == path), None)


def moved():
    image = disk("moved", PROFILES)
    run, archive, items = ran("moved", image)
    check("nothing to remark", run.returncode == 0, f"{run.returncode} {run.stderr} {archive.text('anomalies.jsonl')}")
    for path, wanted in {
        "Profiles/ann/NTUSER.DAT": ("ann", ANN, "Profiles/ann"),
        "Profiles/ann/AppData/Local/Microsoft/Windows/UsrClass.dat": ("ann", ANN, "Profiles/ann"),
        "Profiles/ann/Desktop/note.txt": ("ann", ANN, "Profiles/ann"),
        "Profiles/eve/NTUSER.DAT": ("eve", None, "Profiles/eve"),
        "cat/NTUSER.DAT": ("cat", CAT, "cat"),
        "cat/Desktop/note.txt": ("cat", CAT, "cat"),
        "dog/NTUSER.DAT": None,
        "Users/bob/NTUSER.DAT": ("bob", BOB, "Users/bob"),
        "Users/bob/Desktop/note.txt": ("bob", BOB, "Users/bob"),
        CONFIG + "systemprofile/NTUSER.DAT": ("systemprofile", SYSTEM, CONFIG + "systemprofile"),
        "Windows/ServiceProfiles/LocalService/NTUSER.DAT": ("LocalService", SERVICE, "Windows/ServiceProfiles/LocalService"),
        "Windows.old/Users/bob/NTUSER.DAT": ("bob", OLD, "Windows.old/Users/bob"),
        "Windows.old.000/Documents and Settings/bob/NTUSER.DAT": ("bob", None, "Windows.old.000/Documents and Settings/bob"),
        "EFI/Microsoft/Boot/BCD": (None, None, None),
    }.items():
        same(f"whose is {path}", whose(items, path), wanted)
    same("the visit in a profile on D: is found",
         [(r["url"], r.get("user")) for r in records(archive, "browser-history", "visit")], [("https://moved.example/", "ann")])
    same("collection.json tells the places", [v.get("profile_places") for v in archive.json("collection.json")["sources"][0]["volumes"]],
         [None, None, ["Profiles/*", "cat"]])
    kinds(archive, items)
    former(archive, items)
    return image


def kinds(archive, items):
    got = sorted((r["kind"], r["artifact"].rsplit(".hive.")[-1]) for r in items.values() if r.get("kind"))
    check("kinds are those of the artifacts", got and all(a == b for a, b in got), got)
    found = {a for _, a in items}
    for name in ("windows.hive.bcd", "windows.hive.syscache", "windows.hive.drivers", "windows.hive.settings",
                 "windows.regback.hive.software"):
        check(f"{name} is found", name in found, sorted(found))
    hives = {h["entry"]["path"]: h for h in records(archive, "win-hives", "hive")}
    same("an empty RegBack hive is told, and no anomaly", (hives[CONFIG + "RegBack/SYSTEM"].get("reason"), archive.anomalies), ("empty", []))
    same("and is nobody's item", [p for p, a in items if a == "windows.regback.hive.system"], [])


def former(archive, items):
    origins = {p: r.get("origin") for (p, a), r in items.items() if ".hive." in a}
    same("origins", {p: o for p, o in origins.items() if o}, {
        "Windows.old/Windows/System32/config/SYSTEM": "Windows.old", "Windows.old/Users/bob/NTUSER.DAT": "Windows.old",
        "Windows.old.000/Documents and Settings/bob/NTUSER.DAT": "Windows.old", CONFIG + "RegBack/SOFTWARE": "RegBack"})
    typed = {(r["program"], r.get("origin"), r.get("user"), r.get("sid")) for r in records(archive, "win-execution", "runmru")}
    same("programs of the former Windows are marked", {t for t in typed if t[1]},
         {("former.exe", "Windows.old", "bob", OLD), ("first.exe", "Windows.old", "bob", None)})
    check("those of today are not", ("ann.exe", None, "ann", ANN) in typed and ("eve.exe", None, "eve", None) in typed, typed)
    same("BAM tells users by SID, those with profiles on this volume by name",
         sorted((r["sid"], r.get("user")) for r in records(archive, "win-execution", "bam") if not r.get("origin")),
         [(ANN, None), (BOB, "bob")])
    machines = archive.json("collection.json")["machines"]
    same("the machine is the present one", [m["facts"].get("computer") for m in machines if "computer" in m["facts"]], ["NEW"])
    collected = " ".join(archive.files)
    for path in ("Windows.old/Users/bob/NTUSER.DAT", "Profiles/ann/NTUSER.DAT", "Boot/BCD", "Syscache.hve", "RegBack/SOFTWARE"):
        check(f"win-hives collects {path}", path in collected, collected)


def any_jobs(image):
    found = []
    for jobs in ("-j1", "-j4"):
        _, archive, _ = ran("jobs" + jobs, image, jobs)
        found.append({n: archive.zip.read(n) for n in archive.names
                      if n.endswith(".jsonl") and n not in ("custody.jsonl", "manifest.jsonl")})
        found[-1]["files"] = sorted(archive.files)
    same("the same with one worker and four", found[0], found[1])


def explained(image):
    run = fossick("collect", "--dry-run", "--explain", "-p", TELL, image)
    check("--explain says where else profiles are", "2 profiles are known; %profile% is also Profiles/*, cat" in run.stdout, run.stdout)
    run = fossick("collect", "--dry-run", "--explain", "--json", "-p", TELL, image)
    volumes = {v["place"]: v for v in json.loads(run.stdout)["plan"]["volumes"]}
    same("in JSON, too", volumes["D"].get("profiles"),
         {"folders": [["cat", CAT], ["Profiles/ann", ANN]], "places": ["Profiles/*", "cat"]})


def alone(image):
    """Only volume D:, without the Windows that knows of its profiles."""
    with open(image, "rb") as f:
        f.seek((fat_disk.FIRST + (2 + 8) * 2048) * 512)
        data = f.read()
    path = os.path.join(T, "alone.img")
    with open(path, "wb") as f:
        f.write(data)
    run, archive, items = ran("alone", path)
    same("a lone data volume: nothing is known of profiles", (items, archive.anomalies, run.returncode), ({}, [], 0))


def logs():
    """ann's profile is only in the transaction log of SOFTWARE."""
    before, after = software(PROFILES[1:]).build(), software(PROFILES).build()
    image = disk("logs", hivelog.header(before, (10, 9)), {
        CONFIG + "SOFTWARE.LOG1": hivelog.entries(after, 10, [hivelog.delta(before, after)])}.items())
    _, _, items = ran("logs", image)
    same("ProfileList is read with its logs", whose(items, "Profiles/ann/NTUSER.DAT"), ("ann", ANN, "Profiles/ann"))


def winnt():
    volumes = [fat_disk.Volume({}, 8)]
    volumes[0].files.update({
        "WINNT/system32/config/SYSTEM": system(volumes, "C", "OLD2000"),
        "WINNT/system32/config/SOFTWARE": software([(ANN, "%SystemDrive%\\Documents and Settings\\ann"),
                                                    (BOB, "%SystemRoot%\\Homes\\bob")]).build(),
        "WINNT/repair/software": hive("SOFTWARE").build(),
        "WINNT/Homes/bob/NTUSER.DAT": ntuser("bob.exe"),
        "Documents and Settings/ann/NTUSER.DAT": ntuser("ann.exe"),
        "Documents and Settings/ann/Local Settings/Application Data/Microsoft/Windows/UsrClass.dat": hive("UsrClass.dat").build(),
    })
    run, archive, items = ran("winnt", fat_disk.write(os.path.join(T, "winnt.img"), volumes))
    same("Windows 2000: nothing to remark", (run.returncode, archive.anomalies), (0, []))
    for path, wanted in {
        "Documents and Settings/ann/NTUSER.DAT": ("ann", ANN, "Documents and Settings/ann"),
        "Documents and Settings/ann/Local Settings/Application Data/Microsoft/Windows/UsrClass.dat": ("ann", ANN, "Documents and Settings/ann"),
        "WINNT/Homes/bob/NTUSER.DAT": ("bob", BOB, "WINNT/Homes/bob"),
    }.items():
        same(f"whose is {path}", whose(items, path), wanted)
    check("its hives are found", ("WINNT/system32/config/SYSTEM", "windows.hive.system") in items, sorted(items))
    machines = archive.json("collection.json")["machines"]
    same("and tell the machine", [m["facts"]["computer"] for m in machines if "computer" in m["facts"]], ["OLD2000"])


def hostile():
    odd = ["..\\..\\x", "C:\\..\\Users", "\\\\server\\share\\x", "C:", "C:\\", "%SystemDrive%", "relative", "%TEMP%\\x",
           "C:\\a\x01b", "C:\\" + "x" * 3000, "C:\\" + "x\\" * 100, "", "C:\\Users\\b*b", "\\??\\"]
    profiles = [("S-1-5-21-9-" + str(n), text) for n, text in enumerate(odd)]
    profiles += [(f"S-1-5-21-8-{n}", f"C:\\Bulk\\p{n}") for n in range(9000)]
    profiles += [(f"S-1-5-21-7-{n}", f"E:\\p{n}") for n in range(30)]
    image = disk("hostile", PROFILES + profiles)
    run, archive, items = ran("hostile", image)
    same("a hostile list: the run ends, with anomalies", run.returncode, 1)
    text = archive.text("anomalies.jsonl")
    for reason in (f"{len(odd)} entries name no folder", "more than 8192 profiles", "30 profiles are on drive E:"):
        check(f"it says: {reason}", reason in text, text)
    same("few anomalies say it all", len(archive.anomalies), 3)
    check("what is where it always is, is found", whose(items, "Users/bob/NTUSER.DAT")[0] == "bob", sorted(items))
    places = {f"Place{n:02}/ann/NTUSER.DAT": ntuser("x.exe") for n in range(20)}
    image = disk("places", PROFILES + [(f"S-1-5-21-6-{n}", f"C:\\Place{n:02}\\ann") for n in range(20)], places.items())
    run, archive, items = ran("places", image)
    same("so many folders of profiles are looked through",
         len([p for p, _ in items if p.startswith("Place")]), 16)
    check("of the others an anomaly tells", "4 are not looked through" in archive.text("anomalies.jsonl"), archive.text("anomalies.jsonl"))


def claimed():
    """Two SIDs, one folder; a key that Windows has renamed."""
    image = disk("claimed", [(ANN, "D:\\Profiles\\ann"), (BOB, "D:\\PROFILES\\ANN"), (CAT + ".bak", "D:\\cat")])
    _, archive, items = ran("claimed", image)
    same("a folder that two SIDs claim has none", whose(items, "Profiles/ann/NTUSER.DAT"), ("ann", None, "Profiles/ann"))
    same("a key with .bak is the same account", whose(items, "cat/NTUSER.DAT"), ("cat", CAT, "cat"))


def two_systems():
    """Each Windows has letters of its own: C: is where it lies itself."""
    volumes = [fat_disk.Volume({}, 6), fat_disk.Volume({}, 6)]
    for v, letters, sid in zip(volumes, ("CD", "DC"), (ANN, BOB)):
        v.files.update({
            CONFIG + "SYSTEM": system(volumes, letters),
            CONFIG + "SOFTWARE": software([(sid, "C:\\Homes\\" + sid[-4:]), (sid + "9", "D:\\Shared\\" + sid[-4:])]).build(),
            "Homes/" + sid[-4:] + "/NTUSER.DAT": ntuser("x.exe")})
    volumes[0].files["Shared/1002/NTUSER.DAT"] = volumes[1].files["Shared/1001/NTUSER.DAT"] = ntuser("x.exe")
    _, _, items = ran("two", fat_disk.write(os.path.join(T, "two.img"), volumes))
    same("two systems: each letter as its own Windows has it",
         sorted((p, r.get("sid")) for (p, a), r in items.items() if a == "windows.hive.ntuser"),
         [("Homes/1001/NTUSER.DAT", ANN), ("Homes/1002/NTUSER.DAT", BOB),
          ("Shared/1001/NTUSER.DAT", ANN + "9"), ("Shared/1002/NTUSER.DAT", BOB + "9")])


def directory():
    """Where new profiles are made, and the folders of nobody."""
    image = disk("directory", software([(BOB, "C:\\Users\\bob")], ProfilesDirectory="D:\\Profiles", Public="D:\\cat",
                                       Default="%SystemDrive%\\Users\\Default").build())
    run, archive, items = ran("directory", image)
    same("ProfilesDirectory leads to former users", whose(items, "Profiles/eve/NTUSER.DAT"), ("eve", None, "Profiles/eve"))
    same("Public is a profile of nobody", whose(items, "cat/NTUSER.DAT"), ("cat", None, "cat"))
    same("nothing to remark of these", (run.returncode, archive.anomalies), (0, []))
    image = disk("names", software([(BOB, "C:\\Users\\bob")], ProfilesDirectory="E:\\gone", DefaultUserProfile="Default User",
                                   Default="..\\x").build())
    run, archive, items = ran("names", image)
    same("values that lead nowhere are not missed", (run.returncode, archive.anomalies), (0, []))


def damaged():
    """Lists that cannot be read cost the SIDs, and say so."""
    image = disk("damaged", b"no hive" * 1000, {"Windows.old/Windows/System32/config/SOFTWARE": b"regf" + bytes(9000)}.items())
    run, archive, items = ran("damaged", image)
    same("without ProfileList profiles are where they always are",
         (run.returncode, whose(items, "Users/bob/NTUSER.DAT"), whose(items, "Windows.old/Users/bob/NTUSER.DAT")),
         (1, ("bob", None, "Users/bob"), ("bob", None, "Windows.old/Users/bob")))
    probe = [a for a in archive.anomalies if a.get("step") == "profiles 0/1"]
    check("which is an anomaly of the volume", len(probe) == 1 and "SOFTWARE" in probe[0]["reason"], archive.anomalies)


def corpus():
    """Somebody else's layout of a Windows, on NTFS; the hives are stubs."""
    image = os.path.join(CORPUS, "velociraptor/partition_image.E01")
    if not os.path.exists(image):
        skip("hives of an image from elsewhere", "no corpus")
        return
    run = fossick("collect", "--dry-run", "--explain", "--json", "-p", TELL, image)
    found = dict(json.loads(run.stdout)["plan"]["volumes"][0]["found"]["tell"])
    same("hives of an image from elsewhere", {n: c for n, c in found.items() if c},
         {"windows.hive.ntuser": 1, "windows.hive.system": 1, "windows.hive.software": 1})


image = moved()
any_jobs(image)
explained(image)
alone(image)
logs()
winnt()
claimed()
directory()
two_systems()
hostile()
damaged()
corpus()
finish()
