"""What is in the folders is in the lists of automake: a file that is in none is not in the tarball, and
a plugin's library that is in none is not installed."""

import glob
import os
import re

TREE = os.environ["FOSSICK_SRC"]
count = 0


def same(name, got, wanted):
    global count
    count += 1
    print("%s %d - %s" % ("ok" if got == wanted else "not ok", count, name))
    for one in sorted(set(wanted) - set(got)):
        print("# missing: " + one)
    for one in sorted(set(got) - set(wanted)):
        print("# not there: " + one)
    if got != wanted and sorted(got) == sorted(wanted):
        print("# not in order")


def read(path):
    with open(os.path.join(TREE, path), encoding="utf-8") as f:
        return f.read()


def files(pattern):
    return sorted(os.path.relpath(p, TREE) for p in glob.glob(os.path.join(TREE, pattern)))


scripts = read("lua-scripts/Makemodule.am")
for folder, ending in (("artifacts", "lua"), ("lib", "lua"), ("plugins", "lua"), ("profiles", "json")):
    listed = re.findall(r"^\t%%D%%/(%s/\S+\.%s)" % (folder, ending), scripts, re.M)
    same("lua-scripts/" + folder, ["lua-scripts/" + n for n in listed], files("lua-scripts/%s/*.%s" % (folder, ending)))
lists = ""
for path in files("tests/**/*.am") + files("tests/*/*.am") + files("*/Makemodule.am") + files("core/*/*.am"):
    lists += read(path).replace("%D%", os.path.dirname(path)).replace("$(top_srcdir)/", "")
words = set(re.split(r"[\s\\]+", lists))
for pattern in ("tests/e2e/*.*", "tests/interop/*.*", "tests/lint/*.*", "tests/lua/*.*", "tests/data/*.*",
                "tests/fuzz/*.*", "tests/fuzz/corpus/*.py"):
    # a program that lacks its source does not build, which is told elsewhere
    there = [p for p in files(pattern) if not p.endswith((".am", ".c")) and os.path.isfile(os.path.join(TREE, p))]
    same(pattern, [p for p in there if p in words], there)
print("1..%d" % count)
