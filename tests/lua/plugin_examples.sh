# The examples of the plugin guide and of the reference, in the real engine.
. "$FOSSICK_SRC/tests/tap.sh"
PYTHONDONTWRITEBYTECODE=1 python3 "$FOSSICK_SRC/tests/data/make-hive.py" "$T" || exit 1
python3 "$FOSSICK_SRC/tests/data/make-lnk.py" "$T/lnk" || exit 1
python3 "$FOSSICK_SRC/tests/data/make-prefetch.py" "$T/prefetch" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 "$FOSSICK_SRC/tests/data/make-pe.py" "$T/pe" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 "$FOSSICK_SRC/tests/data/make-jumplists.py" "$T/jumplists" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 "$FOSSICK_SRC/tests/data/make-macho.py" "$T/macho" || exit 1
python3 "$FOSSICK_SRC/tests/data/make-plist.py" "$T/plist" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 "$FOSSICK_SRC/tests/data/make-ese.py" "$T/ese" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 "$FOSSICK_SRC/tests/data/make-msi.py" "$T/msi" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 "$FOSSICK_SRC/tests/data/make-ico.py" "$T/ico" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 -W ignore "$FOSSICK_SRC/tests/data/make-archives.py" "$T/archives" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 "$FOSSICK_SRC/tests/data/make-evtx.py" "$T/evtx" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 "$FOSSICK_SRC/tests/data/make-usn.py" "$T/usn" || exit 1
python3 - "$T/visits.db" <<'PY' || exit 1
import sqlite3
import sys

db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, url TEXT, at INTEGER)")
db.executemany("INSERT INTO visits (url, at) VALUES (?, ?)",
               [("https://example.org/", 13324551330000000), ("https://example.net/x", None)])
db.commit()
PY
"$FOSSICK_BUILD/tests/lua/run_examples" "$T/small.hive" "$T/visits.db" "$T/lnk/tool.lnk" \
	"$T/prefetch/packed.pf" "$T/pe/tool.exe" "$T/jumplists/list.automaticDestinations-ms" \
	"$T/macho/Tool" "$T/plist/Info.plist" "$T/ese/WebCacheV01.dat" "$T/msi/tool.msi" \
	"$T/ico/tool.ico" \
	"$T/archives/tool.nupkg" "$T/archives/app.asar" "$T/evtx/system.evtx" \
	"$T/usn/few" \
	"$FOSSICK_SRC"/lua-scripts/artifacts/*.lua "$FOSSICK_SRC"/lua-scripts/lib/*.lua \
	"$FOSSICK_SRC"/lua-scripts/intel/*/*.csv -- \
	"$FOSSICK_SRC/docs/plugin-guide.md" "$FOSSICK_SRC/docs/plugin-reference.md"
