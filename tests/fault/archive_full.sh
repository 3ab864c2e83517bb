# The disk fills up: the archive is closed all the same, with all that was finished.
. "$FOSSICK_SRC/tests/tap.sh"
tool=$FOSSICK_BUILD/tests/fault/archive_tool
[ "$(id -u)" = 0 ] || skip_all "mounting needs root"

check() { # NAME FOLDER
	ok "$1: the run ends well" test "$(cat "$T/status")" = 0
	is "$1: it was full" "$(sed -n 's/^full \([a-z-]*\):.*/\1/p' "$T/log")" no-space
	ok "$1: the message names the file" grep -q "^full no-space: .*$2/case-.*\.zip" "$T/log"
	ok "$1: nothing more goes in" sh -c '! grep -q "^but" "$1"' sh "$T/log"
	zip=$(ls "$2"/*.zip)
	is "$1: ZIP alone is left" "$(ls "$2" | grep -v lost+found | grep -vc '\.zip$')" 0
	ok "$1: verify accepts it" "$tool" verify "$zip"
	is "$1: every finished member is in it" \
		"$(unzip -Z1 "$zip" | grep -c '^fs/')" "$(grep -c '^done' "$T/log")"
	ok "$1: and more than 10 were finished" test "$(grep -c '^done' "$T/log")" -gt 10
	unzip -p "$zip" custody.jsonl >"$T/custody"
	ok "$1: custody tells of it" grep -q '"event":"disk-full"' "$T/custody"
	unzip -p "$zip" manifest.jsonl >"$T/manifest"
	grep '^done' "$T/log" | while read -r _ name sha256; do
		grep -F "\"name\":\"$name\"" "$T/manifest" | grep -qF "$sha256" || echo "$name"
	done >"$T/wrong"
	is "$1: with the right digests" "$(cat "$T/wrong")" ""
}

fill() { # FOLDER, and what to run it with
	folder=$1
	shift
	"$@" "$tool" fill "$folder" >"$T/log" 2>"$T/err"
	echo $? >"$T/status"
	sed 's/^/# /' "$T/err"
}

mkdir "$T/mnt"
for size in 2m 3m 4m 7m; do
	if mount -t tmpfs -o size=$size fossick-test "$T/mnt" 2>"$T/why"; then
		fill "$T/mnt"
		check "tmpfs of $size" "$T/mnt"
		umount "$T/mnt"
	else
		skip "tmpfs of $size" "no mount: $(cat "$T/why")"
	fi
done

# other file systems have other ideas of what a reserve is
for fs in ext4 vfat; do
	truncate -s 6M "$T/image"
	if mkfs.$fs "$T/image" >"$T/why" 2>&1 && mount -o loop "$T/image" "$T/mnt" 2>"$T/why"; then
		fill "$T/mnt"
		check "$fs" "$T/mnt"
		umount "$T/mnt"
	else
		skip "$fs" "no mount: $(tail -1 "$T/why")"
	fi
	rm -f "$T/image"
done

# no file system at all, but a limit on the size of a file, as FAT has
mkdir "$T/limit"
fill "$T/limit" prlimit --fsize=3000000
check "a limit on the size of a file" "$T/limit"

# not even the reserve fits
if mount -t tmpfs -o size=128k fossick-test "$T/mnt" 2>/dev/null; then
	"$tool" fill "$T/mnt" >"$T/log" 2>"$T/err"
	ok "too small for anything: says so" grep -q "no-space: .*case-.*\.zip" "$T/err"
	is "too small for anything: leaves nothing" "$(ls "$T/mnt")" ""
	umount "$T/mnt"
fi
done_testing
