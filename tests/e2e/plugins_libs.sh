# The Lua libraries, inside the real engine: tests/lua/*-tests.lua.
. "$FOSSICK_SRC/tests/tap.sh"
. "$FOSSICK_SRC/tests/e2e/plugins.sh"
mkdir "$T/tree"
echo one >"$T/tree/one"
collect libs "$T/tree" -p "$FOSSICK_SRC/tests/lua/lib-tests.lua,$FOSSICK_SRC/tests/lua/ladder-tests.lua,$FOSSICK_SRC/tests/lua/ioc-tests.lua"
if [ -z "$archive" ]; then
	echo "not ok 1 - no archive"
	echo "1..1"
	exit
fi
python3 - "$archive" <<'EOF'
import json
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as z:
    names = sorted(n for n in z.namelist() if n.endswith("-tests.jsonl"))
    rows = [sorted((json.loads(line)["fields"] for line in z.read(n).splitlines()), key=lambda f: f["number"])
            for n in names]
    told = z.read("anomalies.jsonl").decode() if "anomalies.jsonl" in z.namelist() else ""
cases = [f for one in rows for f in one]
for number, f in enumerate(cases, 1):
    print("%s %d - %s" % ("ok" if f["good"] else "not ok", number, ascii(f["name"])[1:-1]))
    if not f["good"]:
        print("# got:    %s\n# wanted: %s" % (ascii(f["got"]), ascii(f["wanted"])))
if len(rows) != 3:
    print("not ok %d - all plugins ran\n# " % (len(cases) + 1) + told.replace("\n", "\n# "))
print("1..%d" % (len(cases) + (len(rows) != 3)))
EOF
