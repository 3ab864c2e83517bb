#!/usr/bin/env python3
"""The plan of a collection: which way the names of a volume are found and why. It
follows from the volume and all plugins, so neither the way nor what is found, asked
for or noticed depends on the number of workers."""
import json
import lzma
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
from support import DATA, SAMPLE, Archive, check, collect, finish, fossick, same, scratch, skip

T = scratch()

PLUGIN = """return {
	api = 1, name = "%s", summary = "a test", wants = { %s },
	run = function(ctx, e)
		ctx:record("seen", { path = e.path })
		if e.type == "file" then ctx:collect(e, "%s wants it") end
	end,
}
"""


def plugin(name, *wants):
    path = os.path.join(T, name + ".lua")
    with open(path, "w", encoding="utf-8") as f:
        f.write(PLUGIN % (name, ", ".join(f'"{w}"' for w in wants), name))
    return path


def dry(image, plugins, *options, **env):
    run = fossick("collect", "--dry-run", "--explain", "--json", "-p", ",".join(plugins), *options,
                  image, env={**os.environ, **env})
    return json.loads(run.stdout)


def ntfs_plan(result):
    return [v for v in result["plan"]["volumes"] if v["place"] == "C"][0]


def damaged_folders():
    """The NTFS fixture with every index record of a folder torn; the MFT is sound."""
    with lzma.open(os.path.join(DATA, "ntfs.img.xz")) as f:
        image = bytearray(f.read())
    torn = 0
    for at in range(0, len(image), 4096):
        if image[at:at + 4] == b"INDX":
            image[at + 510] ^= 0x55
            torn += 1
    path = os.path.join(T, "torn.img")
    with open(path, "wb") as f:
        f.write(image)
    check(f"{torn} index records are torn", torn > 0)
    return path


def small_folders():
    """The index is not worth it for one folder; for two of so small a volume it is."""
    p = plugin("near", "*.none")
    r = dry(SAMPLE, [p])
    v = ntfs_plan(r)
    same("a few folders are read one by one", v["way"], "folders")
    check("and the reason is said", "begin with names of folders" in v["reason"], v)
    v = ntfs_plan(dry(SAMPLE, [plugin("deep", "*/*/*")]))
    same("more folders are not", v["way"], "index")
    check("and that is said, too", "sooner than going on" in v["reason"], v)
    same("--no-index: folders", ntfs_plan(dry(SAMPLE, [plugin("far", "**/sam")], "--no-index"))["way"],
         "folders")


def everywhere():
    plugins = [plugin("a-near", "Windows/System32/config/*"), plugin("b-far", "**/config/{sam,system}"),
               plugin("c-near", "Windows/System32/config/S*"), plugin("d-none", "No/Such/*")]
    one, four = dry(SAMPLE, plugins, "-j1"), dry(SAMPLE, plugins, "-j4")
    v = ntfs_plan(one)
    same("a pattern that goes everywhere: from the index", v["way"], "index")
    same("the plan names who wants that", v["by"]["plugin"], "b-far")
    same("each plugin's wants are counted",
         {p: sum(n for _, n in f) > 0 for p, f in v["found"].items()},
         {"a-near": True, "b-far": True, "c-near": True, "d-none": False})
    shared = ntfs_plan(four)
    same("the index was made once, three other groups used it",
         (shared.get("shared"), shared.get("refused"), shared["index"]["whole"]), (3, None, True))
    check("one worker shares nothing", "index" not in v, v)
    for volume in four["plan"]["volumes"]:
        volume.pop("index", None), volume.pop("shared", None)
    same("the same plan with four workers", one["plan"]["volumes"], four["plan"]["volumes"])
    same("the plugins run in four groups", four["plan"]["groups"],
         [["a-near"], ["b-far"], ["c-near"], ["d-none"]])
    same("the same files with four workers", one["would_collect"], four["would_collect"])
    places = [json.dumps(f["locator"], sort_keys=True) for f in one["would_collect"]]
    same("each file once", len(places), len(set(places)))
    reasons = {f["path"].rsplit("/", 1)[1]: [r["plugin"] for r in f["reasons"]]
               for f in one["would_collect"]}
    same("with the reasons of all who asked", reasons.get("SAM"), ["a-near", "b-far", "c-near"])
    run = fossick("collect", "--dry-run", "--explain", "-p", plugins[1], SAMPLE)
    for text in ("from the index", "b-far wants **/config/{sam,system}", "WORKERS",
                 "FILES, as workers are given them"):
        check(f"as text: says \"{text}\"", text in run.stdout, run.stdout)


def spoiled():
    """An index that is not what its maker left is refused; each makes its own."""
    plugins = [plugin("a-near", "Windows/System32/config/*"), plugin("b-far", "**/config/{sam,system}")]
    wanted = dry(SAMPLE, plugins, "-j2")
    if fossick("collect", "-n", SAMPLE, env={**os.environ, "FOSSICK_FAULT": "1:9"}).returncode == 0:
        skip("a spoiled index", "built without --enable-fault-injection")
        return
    # on a busy machine one worker may do both tasks, and takes no index from another
    for _ in range(10):
        got = dry(SAMPLE, plugins, "-j2", FOSSICK_SPOIL="1")
        if got["would_collect"] != wanted["would_collect"] or ntfs_plan(got).get("refused"):
            break
    same("an index with another byte is refused", ntfs_plan(got).get("refused"), 1)
    same("and the same is found", got["would_collect"], wanted["would_collect"])


def same_with_any_jobs(image, plugins):
    """Rows and anomalies, on a volume where both ways notice different things."""
    found = []
    for jobs in ("-j1", "-j2", "-j4"):
        run, path = collect(os.path.join(T, "jobs" + jobs), jobs, "-p", ",".join(plugins), image)
        a = Archive(path)
        found.append({n: a.zip.read(n) for n in a.zip.namelist()
                      if n.endswith(".jsonl") and n not in ("custody.jsonl", "manifest.jsonl")})
        found[-1]["files"] = sorted(a.files)
    check("something was found and noticed", found[0]["files"] and "anomalies.jsonl" in found[0],
          sorted(found[0]))
    for other, jobs in zip(found[1:], ("-j2", "-j4")):
        same(f"the same rows and anomalies with {jobs}", other, found[0])


small_folders()
everywhere()
spoiled()
torn = damaged_folders()
near = [plugin("n1", "*/*"), plugin("n2", "*"), plugin("n3", "*/*/*.txt"), plugin("n4", "$Extend/**")]
same_with_any_jobs(torn, near)
run = fossick("collect", "--explain", SAMPLE)
same("--explain alone is a usage error", run.returncode, 64)
finish()
