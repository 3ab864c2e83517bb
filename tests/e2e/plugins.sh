# For the plugin tests: sourced after tests/tap.sh.
FINDINGS="$FOSSICK_SRC/tests/e2e/plugins_findings.py"
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

# collect NAME SOURCE [OPTION…]: the archive of a run; $archive is its path
collect() {
	run=$1 source=$2
	shift 2
	mkdir "$T/$run"
	"$FOSSICK" collect -q -o "$T/$run" "$@" "$source" >"$T/$run.out" 2>"$T/$run.err"
	status=$?
	archive=$(find "$T/$run" -name '*.zip')
	if [ "$status" -gt 1 ]; then
		sed 's/^/# /' "$T/$run.err"
	fi
}

# say WHAT…: rows of the archive, fields separated by " | "
say() {
	what=$1
	shift
	python3 "$FINDINGS" "$what" "$archive" "$@" | sed 's/	/ | /g'
}
