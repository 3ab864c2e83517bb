# Shell tests: `. "$FOSSICK_SRC/tests/tap.sh"`, then ok/skip/is, then done_testing.
# A test runs in its own scratch folder, $T, which goes away at the end.
tap_n=0
T=$(mktemp -d "${TMPDIR:-/tmp}/fossick-test.XXXXXX")
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM

# ok NAME COMMAND…: passes when the command succeeds; its output becomes comments on failure
ok() {
	tap_n=$((tap_n + 1))
	tap_name=$1
	shift
	if "$@" >"$T/.tap.out" 2>&1; then
		echo "ok $tap_n - $tap_name"
	else
		echo "not ok $tap_n - $tap_name"
		echo "# failed: $*"
		tail -n 40 "$T/.tap.out" | sed 's/^/# /'
	fi
}

# is NAME GOT WANTED
is() {
	tap_n=$((tap_n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tap_n - $1"
	else
		echo "not ok $tap_n - $1"
		printf '%s\n' "got:" "$2" "wanted:" "$3" | head -60 | sed 's/^/# /'
	fi
}

# skip NAME REASON
skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# skip_all REASON: the whole script cannot run here
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

done_testing() {
	echo "1..$tap_n"
}
