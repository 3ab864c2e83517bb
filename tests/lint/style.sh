# Rules of HACKING.md that a grep can hold.
. "$FOSSICK_SRC/tests/tap.sh"
cd "$FOSSICK_SRC" || exit 1

# none NAME REGEX [PATHS…]: no C file has it
none() {
	name=$1 regex=$2
	shift 2
	grep -rnE --include='*.[ch]' "$regex" "${@:-core}" >"$T/hits"
	is "$name" "$(cat "$T/hits")" ""
}

none "no unbounded or locale-bound string calls" '[^a-z_](strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|setlocale|alloca)\(' core plugins
none "no shell, no bare fork" '[^a-z_](system|popen|fork|vfork|execl|execlp|execvp)\(' core plugins
none "no clock or random outside the places that own them" '[^a-z_](rand|srand|random|drand48|time)\(' core plugins
none "no marks of unfinished work" '\b(TODO|FIXME|XXX|HACK)\b' core plugins tests

for f in $(find core plugins -name '*.[ch]' | sort); do
	expand -t8 "$f" | awk -v f="$f" 'length > 100 { print f ":" FNR ": " length " columns" }'
done >"$T/hits"
is "lines of at most 100 columns" "$(cat "$T/hits")" ""

# what is bound to one system is in a file that says so
grep -rlE --include='*.c' '#include <(unistd|sys/[a-z]+|fcntl|poll|pthread|windows|linux/[a-z0-9_]+)\.h>' core plugins |
	grep -vE '_(posix|linux|win32)\.c$' >"$T/hits"
is "system headers only in *_posix.c, *_linux.c, *_win32.c" "$(cat "$T/hits")" ""

# functions over 70 lines
find core plugins -name '*.c' | sort | xargs awk '
	FNR == 1 { open = 0 }
	/^\{/ { open = 1; from = FNR }
	/^\}/ { if (open && FNR - from > 71) print FILENAME ":" from ": " FNR - from - 1 " lines"; open = 0 }' >"$T/hits"
is "no function of more than 70 lines" "$(cat "$T/hits")" ""

for script in autogen.sh packaging/lib.sh packaging/demo packaging/check tests/tap.sh; do
	ok "$script is POSIX shell" sh -n "$script"
done
done_testing
