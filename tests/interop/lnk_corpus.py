"""Shortcuts of others: facts of their origins' tests, and what lnkinfo of liblnk 20181227 saw."""

import datetime
import glob
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "interop"))
import modules
import support

DRIVES = ["unknown", "no root", "removable", "fixed", "remote", "cdrom", "ramdisk"]
LINK = {"access_time": "accessed", "creation_time": "created", "modification_time": "modified",
        "command_line_arguments": "arguments", "description": "description", "env_var_location": "environment",
        "file_attribute_flags": "attributes", "file_size": "size", "icon_location": "icon",
        "local_path": "local_path", "relative_path": "relative", "volume_label": "volume_label",
        "working_directory": "working_dir"}
SEEN = {"local_path": "local_path", "relative_path": "relative", "working_dir": "working_dir",
        "arguments": "arguments", "network_path": "network_path", "machine_id": "machine", "size": "size",
        "creation": "created", "modification": "modified"}


def plain(value):
    """plaso doubles backslashes, and writes a lone surrogate in its own way."""
    if isinstance(value, str):
        return value.replace("\\U0000d800", "\\ud800").replace("\\\\", "\\")
    return value


def link(facts, path, it, values):
    for key, value in values.items():
        if key in LINK:
            got = it.get(LINK[key])
            if key.endswith("_time"):
                got, value = modules.micro(got), modules.micro(value)
            facts.same(f"{path} {key}", got, plain(value))
        elif key == "drive_type":
            facts.same(f"{path} {key}", it.get("drive_type"), value and DRIVES[value])
        elif key == "drive_serial_number":
            facts.same(f"{path} {key}", it.get("volume_serial"), value and f"{value >> 16:04X}-{value & 0xffff:04X}")
        elif key == "link_target" and value.startswith("<My Computer> "):
            facts.same(f"{path} {key}", it.get("items_path"), plain(value)[14:])
        elif key == "link_target":
            facts.leave(f"{path} {key}", "fossick gives the identifiers of shell folders, not their names")


def item(facts, path, it, values):
    found = next((i for i in it.get("items", []) if i.get("name") == plain(values["long_name"])), {})
    for key, mine in (("long_name", "name"), ("file_reference", "reference")):
        facts.same(f"{path} item {key}", found.get(mine), plain(values[key]))
    if values["name"] != values["long_name"]:
        facts.same(f"{path} item name", found.get("short_name"), values["name"])
    for key, mine in (("creation_time", "created"), ("access_time", "accessed"), ("modification_time", "modified")):
        facts.same(f"{path} item {key}", modules.micro(found.get(mine)), modules.micro(values.get(key)))


def tracking(facts, path, it, values):
    facts.same(f"{path} uuid", it["droid_file"], "{" + values["uuid"].upper() + "}")
    facts.same(f"{path} mac", it["mac"], values["mac_address"])
    facts.same(f"{path} tracking time", modules.micro(it["droid_time"]), modules.micro(values["creation_time"]))


KINDS = {"windows:lnk:link": link, "windows:shell_item:file_entry": item,
         "windows:distributed_link_tracking:creation": tracking}


def seen_time(text):
    stamp = datetime.datetime.strptime(text[:-len(".000000000 UTC")], "%b %d, %Y %H:%M:%S")
    return stamp.strftime("%Y-%m-%dT%H:%M:%S") + text[-14:-7]


def seen(facts, path, it, values):
    for key, mine in SEEN.items():
        got, value = it.get(mine), values.get(key)
        if value is None:
            continue
        if "surrogate" in path and key in ("local_path", "relative_path"):
            facts.leave(f"{path} {key}", "lnkinfo swallows the character behind a lone surrogate")
        elif key in ("creation", "modification"):
            facts.same(f"{path} {key}", modules.micro(got), None if "Not set" in value else seen_time(value))
        else:
            facts.same(f"{path} {key}", str(got), value)


def main():
    if not support.CORPUS or not os.path.exists(os.path.join(support.CORPUS, "ez-lnk")):
        support.skip_all("no corpus")
    names = [os.path.relpath(p, support.CORPUS) for pattern in ("ez-lnk/*/*", "plaso/lnk/*", "velociraptor/*.lnk")
             for p in sorted(glob.glob(os.path.join(support.CORPUS, pattern)))]
    rows, anomalies = modules.dump(support.scratch(), "lnk.open(item)", names)
    bad = [n for n in names if "it" not in rows[n]]
    support.same(f"{len(names)} shortcuts, one of them is none", bad, ["ez-lnk/Bad/$I2GXWHL.lnk"])
    support.same("nothing is wrong with the others", anomalies, {})

    fact = modules.expected("ez-lnk.json")["files"]["ez-lnk/Misc/local.file.darwin.test"]["darwin"]
    it = rows["ez-lnk/Misc/local.file.darwin.test"]["it"]
    support.same("an advertised product", (it["product"], it["component"], it["feature"]),
                 (fact["ProductCode"], fact["ComponentId"], fact["FeatureName"]))
    facts = modules.Facts()
    for name in names:
        for kind, values in modules.plaso_events(name):
            KINDS[kind](facts, name, rows[name]["it"], values)
    facts.report("plaso")
    facts = modules.Facts()
    for name, values in modules.expected("observed-other.json")["lnk"].items():
        if name in rows and "it" in rows[name]:
            seen(facts, name, rows[name]["it"], values)
    facts.report("lnkinfo")
    support.finish()


main()
