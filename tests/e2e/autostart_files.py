"""Every file that an autostart names is in the archive, or its row says why not:
for the sample, its clean twin, a Windows with an autostart at every place, and
the images of the corpus that have a Windows. reglookup reads the hives a second
time, so that values without a row are noticed, too."""
import json
import os
import sys
import zipfile

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import autostart
import autostart_tree
from support import CLEAN, CORPUS, DATA, SAMPLE, Archive, check, collect, finish, same, scratch, skip

T = scratch()
CONFIG = "Windows/System32/config/"


def ran(name, source):
    run, path = collect(os.path.join(T, name), "-p", ",".join(autostart.PLUGINS), source)
    check(f"{name}: ends", run.returncode in (0, 1) and path, run.stderr)
    return Archive(path)


def hives(archive, folder):
    """{path: Hive} of the hives in an archive."""
    found = {}
    os.makedirs(folder, exist_ok=True)
    for member, row in sorted(archive.files.items()):
        path = row["locator"]["path"]
        if path.startswith(CONFIG) and path[len(CONFIG):] in ("SOFTWARE", "SYSTEM") or path.endswith("/NTUSER.DAT"):
            out = os.path.join(folder, path.replace("/", "_"))
            with open(out, "wb") as f:
                f.write(archive.zip.read(member))
            found[path] = autostart.Hive(out)
    return found


def second_reading(name, archive, rows, files):
    """Rows of Run keys and services against reglookup; the files of those that are there."""
    if not autostart.REGLOOKUP:
        skip(f"{name}: second reading of the hives", "reglookup is not installed")
        return
    members = {row["locator"]["path"].lower() for row in archive.files.values()}
    absent = []
    for path, hive in hives(archive, os.path.join(T, name + "-hives")).items():
        mine = [f for _, f in rows if f["entry"]["path"] == path]
        if path.endswith("SYSTEM"):
            wanted = autostart.services(hive)
            got = {(f["key"].lower(), f["command"]) for f in mine if f["place"] in ("service", "driver") and
                   f.get("part") != "default"}
            commands = [(text, None) for _, text in wanted]
        else:
            user = path.split("/")[1] if path.endswith("NTUSER.DAT") else None
            wanted = autostart.run_values(hive, "Software\\" if user else "")
            got = {(f["key"].lower(), f["name"], f["command"]) for f in mine if f["place"] == "run" and
                   autostart.is_run_key(f["key"])}
            commands = [(text, user) for _, _, text in wanted]
        if wanted or got:
            autostart.rows_of_hive(f"{name}: {path}", got, wanted)
        named = filter(None, (autostart.path_of(text, user) for text, user in commands))
        absent += [p for p in named if p.lower() in files and p.lower() not in members]
    same(f"{name}: files of the volume that these values name are in the archive", absent, [])


def truth(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as f:
        return {line.split("\t")[0].lower() for line in f}


def corpus_images():
    if not CORPUS:
        skip("images of the corpus", "no corpus")
        return
    with open(os.path.join(CORPUS, "expected", "observed-images.json"), encoding="utf-8") as f:
        images = json.load(f)["files"]
    with_windows = [n for n, facts in sorted(images.items()) if "Windows/System32" in json.dumps(facts)]
    check("the corpus has images with a Windows", with_windows)
    for name in with_windows:
        image = os.path.join(CORPUS, name)
        if name.endswith(".qcow2"):
            skip(name, "its format is not read")
            continue
        if name.endswith(".zip"):
            with zipfile.ZipFile(image) as z:
                image = z.extract(z.namelist()[0], T)
        autostart.every_file_is_there(name, ran(name.replace("/", "_"), image))


def main():
    known = truth("sample.truth.tsv")
    for name, image, files in (("sample", SAMPLE, known), ("clean", CLEAN, set())):
        archive = ran(name, image)
        rows = autostart.every_file_is_there(name, archive)
        second_reading(name, archive, rows, files)

    tree = os.path.join(T, "tree")
    autostart_tree.write(tree, autostart_tree.CASES)
    files = {os.path.relpath(os.path.join(folder, n), tree).lower() for folder, _, names in os.walk(tree) for n in names}
    archive = ran("places", tree)
    rows = autostart.every_file_is_there("places", archive)
    second_reading("places", archive, rows, files)
    named = {p.lower() for _, f in rows if (p := autostart.started(f))}
    programs = {f for f in files if not f.endswith(("ntuser.dat", "usrclass.dat", "config/software", "config/system"))}
    same("places: no program of this Windows is without a row", programs - named, set())
    corpus_images()
    finish()


main()
