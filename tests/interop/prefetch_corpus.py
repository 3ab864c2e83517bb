"""Prefetch files of others: facts of their origins' tests, and what sccainfo of libscca 20200717 saw."""

import datetime
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "interop"))
import modules
import support

SIMPLE = {"Header.ExecutableFilename": lambda it: it["executable"],
          "Header.Hash": lambda it: it["hash"].lstrip("0"),
          "RunCount": lambda it: it["run_count"],
          "LastRunTimes.Count": lambda it: len(it["last_runs"]),
          "VolumeCount": lambda it: len(it["volumes"]),
          "Filenames.Count": lambda it: len(it["files"])}
VOLUME = {"DeviceName": lambda v: v["device"],
          "SerialNumber": lambda v: v["serial"].replace("-", "").lstrip("0"),
          "CreationTime": lambda v: modules.micro(v["created"]),
          "DirectoryNames.Count": lambda v: len(v["directories"]),
          "FileReferences.Count": lambda v: len(v["references"])}


def reference(volume, index, part):
    number, sequence = volume["references"][index].split("-")
    if part == "MFTEntryNumber":
        return int(number)
    return "null" if sequence == "0" else int(sequence)


def csharp(facts, path, it, name, value):
    """A fact of the C# tests, named as there."""
    volume = re.fullmatch(r"VolumeInformation\[(\d+)\]\.(.+)", name)
    if name == "Header.FileSize":
        facts.leave(f"{path} {name}", "the size in the header is compared with the file, not told")
    elif name in SIMPLE:
        facts.same(f"{path} {name}", SIMPLE[name](it), value)
    elif name.startswith("LastRunTimes["):
        facts.same(f"{path} {name}", modules.micro(it["last_runs"][int(name[13:-1])]), modules.micro(value))
    elif name.startswith("Filenames["):
        facts.same(f"{path} {name}", it["files"][int(name[10:-1])], value)
    elif volume and volume[2] in VOLUME:
        wanted = modules.micro(value) if volume[2] == "CreationTime" else value
        facts.same(f"{path} {name}", VOLUME[volume[2]](it["volumes"][int(volume[1])]), wanted)
    elif volume and volume[2].startswith("DirectoryNames["):
        facts.same(f"{path} {name}", it["volumes"][int(volume[1])]["directories"][int(volume[2][15:-1])], value)
    elif volume:
        index, part = re.fullmatch(r"FileReferences\[(\d+)\]\.(\w+)", volume[2]).groups()
        facts.same(f"{path} {name}", reference(it["volumes"][int(volume[1])], int(index), part), value)
    else:
        facts.same(f"{path} {name}: not understood", None, value)


def execution(facts, path, it, values):
    facts.same(f"{path} executable", it["executable"], values["executable"])
    facts.same(f"{path} hash", int(it["hash"], 16), values["prefetch_hash"])
    facts.same(f"{path} version", it["version"], values["version"])
    if "run_count" in values:
        facts.same(f"{path} run_count", it["run_count"], values["run_count"])
    if "last_run_time" in values:
        facts.same(f"{path} last_run_time", modules.micro(it["last_runs"][0]), modules.micro(values["last_run_time"]))
    if "previous_run_times" in values:
        facts.same(f"{path} previous_run_times", [modules.micro(t) for t in it["last_runs"][1:]],
                   [modules.micro(t) for t in values["previous_run_times"]])
    if "mapped_files" in values:
        # behind some stands a file reference that is not in the list of names
        facts.same(f"{path} mapped_files", it["files"], [n.split(" [")[0] for n in values["mapped_files"]])
    if "path_hints" in values:
        facts.same(f"{path} path_hints", [re.sub(r"^(\\VOLUME\{[^}]*\}|\\DEVICE\\[^\\]*)", "", it["path"])], values["path_hints"])
    if "volume_serial_numbers" in values:
        facts.same(f"{path} serials", [int(v["serial"].replace("-", ""), 16) for v in it["volumes"]],
                   values["volume_serial_numbers"])


def volume_created(facts, path, it, values):
    volume = next((v for v in it["volumes"] if v["device"] == values["device_path"]), {"serial": "0"})
    facts.same(f"{path} serial of {values['device_path']}", int(volume["serial"].replace("-", ""), 16),
               values["serial_number"])
    if "creation_time" in values:
        facts.same(f"{path} creation of {values['device_path']}", modules.micro(volume.get("created")),
                   modules.micro(values["creation_time"]))


KINDS = {"windows:prefetch:execution": execution, "windows:volume:creation": volume_created}


def seen_time(text):
    stamp = datetime.datetime.strptime(text[:-len(".000000000 UTC")], "%b %d, %Y %H:%M:%S")
    return stamp.strftime("%Y-%m-%dT%H:%M:%S") + text[-14:-7]


def seen(facts, path, it, values):
    facts.same(f"{path} seen", (str(it["version"]), it["executable"], f"0x{it['hash'].lower()}", str(it["run_count"]),
                                str(len(it["files"])), str(len(it["volumes"]))),
               tuple(values[k] for k in ("version", "exe", "hash", "run_count", "filenames", "volumes")))
    if "last_run" in values:
        facts.same(f"{path} last runs seen", [modules.micro(t) for t in it["last_runs"]],
                   [seen_time(t) for t in values["last_run"] if "Not set" not in t])


def main():
    if not support.CORPUS or not os.path.exists(os.path.join(support.CORPUS, "ez-prefetch")):
        support.skip_all("no corpus")
    names = [os.path.relpath(p, support.CORPUS)
             for pattern in ("ez-prefetch/*/*.pf", "plaso/winprefetch/*.pf", "velociraptor/*.pf")
             for p in sorted(glob.glob(os.path.join(support.CORPUS, pattern)))]
    rows, anomalies = modules.dump(support.scratch(), "prefetch.open(item)", names)
    bad = [n for n in names if "it" not in rows[n]]
    support.same(f"{len(names)} prefetch files, one of them is none", bad, ["ez-prefetch/Bad/notAPrefetch.pf"])
    support.same("nothing is wrong with the others", anomalies, {})
    good = [rows[n]["it"] for n in names if n not in bad]
    hashed = [it["executable"] for it in good if not it["path_hashed"]]
    support.same("the hash proves the path but for programs that host others, apps, and one not in its list",
                 sorted(set(hashed)), ["CALCULATOR.EXE", "DLLHOST.EXE", "LIVECOMM.EXE", "MMC.EXE", "TASKHOST.EXE",
                                       "VELOCIRAPTOR.EXE", "WWAHOST.EXE"])
    facts = modules.Facts()
    for name, file in modules.expected("ez-prefetch.json")["files"].items():
        for fact, value in file.get("facts", {}).items():
            csharp(facts, name, rows[name]["it"], fact, value)
    facts.report("Prefetch (C#)")
    facts = modules.Facts()
    for name in names:
        for kind, values in modules.plaso_events(name):
            KINDS[kind](facts, name, rows[name]["it"], values)
    facts.report("plaso")
    facts = modules.Facts()
    for name, values in modules.expected("observed-other.json")["prefetch"].items():
        if name in rows and values["rc"] == 0:
            seen(facts, name, rows[name]["it"], values)
    facts.report("sccainfo")
    support.finish()


main()
