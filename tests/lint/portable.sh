# The layers that need no parser compile for Windows: objects only, with the
# headers of this machine's libraries (they are the same sources everywhere).
. "$FOSSICK_SRC/tests/tap.sh"
cc=x86_64-w64-mingw32-gcc
command -v $cc >/dev/null 2>&1 || skip_all "no $cc (Debian package gcc-mingw-w64-x86-64)"
cd "$FOSSICK_SRC" || exit 1

# only the libraries' own headers, so that nothing of Linux slips in
mkdir -p "$T/include/openssl" "$T/obj"
for h in jansson.h jansson_config.h utf8proc.h libdeflate.h zlib.h zconf.h archive.h archive_entry.h; do
	for dir in /usr/include /usr/include/*-linux-gnu; do
		[ -e "$dir/$h" ] && cp "$dir/$h" "$T/include/" && break
	done
done
for dir in /usr/include /usr/include/*-linux-gnu; do
	[ -d "$dir/openssl" ] && cp -L "$dir"/openssl/*.h "$T/include/openssl/"
done

for layer in base model ipc archive; do
	for c in core/$layer/*.c; do
		case $c in *_posix.c | *_linux.c | *'*'*) continue ;; esac
		ok "$c" $cc -std=gnu17 -Wall -Wextra -Werror -Wno-format -Wno-attributes -D_WIN32_WINNT=0x0A00 \
			-DFSK_VERSION='"0"' -I. -isystem "$T/include" -c "$c" -o "$T/obj/$(echo "$c" | tr / _).o"
	done
done
done_testing
