"""Jump lists of others, through win-recent: facts of plaso's tests."""

import glob
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "interop"))
import modules
import support

RECENT = "Users/corpus/AppData/Roaming/Microsoft/Windows/Recent"
DRIVES = ["unknown", "no root", "removable", "fixed", "remote", "cdrom", "ramdisk"]
# rows of each list: entries, and shortcuts that no entry names
COUNTS = {"ez-jumplist/Win10/5f7b5f1e01b83767": 0, "ez-jumplist/Win10/7e4dca80246863e3": 1,
          "ez-jumplist/Win10/f01b4d95cf55d32a": 9, "ez-jumplist/Win7/1b4dd67f29cb1962": 4,
          "ez-jumplist/Win80/f01b4d95cf55d32a": 4, "ez-jumplist/Win81/f01b4d95cf55d32a": 4,
          "plaso/automaticDestinations-ms/1b4dd67f29cb1962": 7, "plaso/automaticDestinations-ms/9d1f905ce5044aee": 2,
          "plaso/customDestinations-ms/368d807282ccde9d": 3, "plaso/customDestinations-ms/5afe4de1b92fc382": 9,
          "plaso/customDestinations-ms/c98dce577f884ef8": 0, "velociraptor/5f7b5f1e01b83767": 8}


def collect(names):
    """{path: rows} of the lists; each is in a tree of its own, for names come twice."""
    T, out, bad = support.scratch(), {}, []
    for i, name in enumerate(names):
        kind = "Custom" if "custom" in name else "Automatic"
        folder = os.path.join(T, str(i), RECENT, kind + "Destinations")
        os.makedirs(folder)
        os.makedirs(os.path.join(T, str(i), "Windows/System32/config"))
        shutil.copyfile(os.path.join(support.CORPUS, name), os.path.join(folder, os.path.basename(name)))
        _, zipped = support.collect(os.path.join(T, "out", str(i)), "-p", "win-recent", os.path.join(T, str(i)))
        archive = support.Archive(zipped)
        out[name] = [r["fields"] for r in archive.records().get("win-recent", [])]
        bad += [(name, a["reason"]) for a in archive.anomalies]
    return out, bad


def any_row(facts, what, rows, wanted):
    """One row has all of these fields."""
    best = max(rows, key=lambda r: sum(r.get(k) == v for k, v in wanted.items()), default={})
    for key, value in wanted.items():
        facts.same(f"{what} {key}", best.get(key), value)


def plain(text):
    """plaso doubles backslashes."""
    return text and text.replace("\\\\", "\\")


def micro(row):
    return {k: modules.micro(v) if k == "time" or k in ("target_created", "target_modified", "target_accessed", "droid_time")
            else v for k, v in row.items()}


def event(facts, name, kind, values, rows):
    rows = [micro(r) for r in rows]
    if kind == "olecf:dest_list:entry":
        wanted = {key: values[key + "_identifier"].upper() for key in
                  ("droid_file", "droid_volume", "birth_droid_file", "birth_droid_volume")}
        wanted.update(number=values["entry_number"], machine=values["hostname"], path=values["path"],
                      time=modules.micro(values["modification_time"]),
                      pinned=None if values["pin_status"] == -1 else values["pin_status"] + 1)
        any_row(facts, f"{name} entry", rows, wanted)
    elif kind == "windows:lnk:link":
        serial = values["drive_serial_number"]
        wanted = {"target_created": modules.micro(values["creation_time"]), "target_accessed": modules.micro(values["access_time"]),
                  "target_modified": modules.micro(values["modification_time"]),
                  "volume_serial": serial and f"{serial >> 16:04X}-{serial & 0xffff:04X}",
                  "drive_type": values["drive_type"] and DRIVES[values["drive_type"]],
                  "arguments": plain(values.get("command_line_arguments")), "description": plain(values.get("description"))}
        if values["local_path"]:
            wanted["target"] = plain(values["local_path"])
        any_row(facts, f"{name} shortcut", rows, wanted)
    elif kind == "windows:distributed_link_tracking:creation":
        any_row(facts, f"{name} tracking", rows, {"droid_file": "{" + values["uuid"].upper() + "}", "mac": values["mac_address"],
                                                  "droid_time": modules.micro(values["creation_time"])})
    else:
        facts.leave(f"{name} {kind}", "win-recent gives no rows of shell items; lnk.parse does (lnk_corpus.py)")


def main():
    if not support.CORPUS or not os.path.exists(os.path.join(support.CORPUS, "ez-jumplist")):
        support.skip_all("no corpus")
    names = [os.path.relpath(p, support.CORPUS)
             for pattern in ("ez-jumplist/*/*", "plaso/*Destinations-ms/*", "velociraptor/*Destinations-ms")
             for p in sorted(glob.glob(os.path.join(support.CORPUS, pattern)))]
    rows, bad = collect(names)
    support.same("nothing is wrong with them", bad, [])
    support.same("rows", {n.split(".")[0]: len(r) for n, r in rows.items()}, COUNTS)
    facts = modules.Facts()
    for name in names:
        for kind, values in modules.plaso_events(name):
            event(facts, name, kind, values, rows[name])
    facts.report("plaso")
    support.finish()


main()
