# The Lua libraries, inside the real engine: tests/lua/lib-tests.lua.
. "$FOSSICK_SRC/tests/tap.sh"
. "$FOSSICK_SRC/tests/e2e/plugins.sh"
mkdir "$T/tree"
echo one >"$T/tree/one"
collect libs "$T/tree" -p "$FOSSICK_SRC/tests/lua/lib-tests.lua"
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
    names = [n for n in z.namelist() if n == "records/lib-tests.jsonl"]
    rows = [json.loads(line) for n in names for line in z.read(n).splitlines()]
    told = z.read("anomalies.jsonl").decode() if "anomalies.jsonl" in z.namelist() else ""
cases = sorted((r["fields"] for r in rows), key=lambda f: f["number"])
for f in cases:
    print("%s %d - %s" % ("ok" if f["good"] else "not ok", f["number"], ascii(f["name"])[1:-1]))
    if not f["good"]:
        print("# got:    %s\n# wanted: %s" % (ascii(f["got"]), ascii(f["wanted"])))
if not cases:
    print("not ok 1 - the plugin ran\n# " + told.replace("\n", "\n# "))
print("1..%d" % max(1, len(cases)))
EOF
