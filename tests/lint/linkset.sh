# The keeper interprets no evidence: it links no parser. What a library pulls
# in behind it counts too.
. "$FOSSICK_SRC/tests/tap.sh"
command -v ldd >/dev/null && command -v readelf >/dev/null || skip_all "needs ldd and readelf"

parsers='libtsk|libregf|libbfio|libfsntfs|libewf|libsqlite3|liblua|libolecf|libscca|libesedb|libevtx|libyara'
ldd "$FOSSICK" >"$T/keeper"
readelf -d "$FOSSICK" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort >"$T/needed"
is "the keeper loads no parser" "$(grep -E "$parsers" "$T/keeper")" ""

# a static copy would not show up above
nm -C "$FOSSICK" 2>/dev/null | grep -E ' [TtDdBb] (tsk_|libregf_|libbfio_|libesedb_|sqlite3_|lua_|luaL_)' \
	>"$T/symbols"
is "the keeper has no parser inside" "$(head -5 "$T/symbols")" ""
is "the keeper uses no symbol of a parser" \
	"$(nm -u "$FOSSICK" 2>/dev/null | grep -E ' (tsk_|libregf_|libesedb_|sqlite3_|lua_|luaL_)')" ""

# the list is known: a new library here is a decision
grep -vE '^(lib(asan|ubsan|c|m|pthread|gcc_s)\.so\.[0-9]+|ld-linux.*)$' "$T/needed" |
	sed 's/\.so.*//' | tr '\n' ' ' >"$T/libs"
is "the keeper's libraries" "$(cat "$T/libs")" \
	"libarchive libcrypto libdeflate libjansson libutf8proc libuv libz "

# the test itself must be able to fail
ok "the worker does link parsers" sh -c \
	"ldd '$FOSSICK_BUILD/fossick-worker' | grep -qE '$parsers'"
done_testing
