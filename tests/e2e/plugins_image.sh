# make-sample.sh gives the committed images again, byte for byte.
. "$FOSSICK_SRC/tests/tap.sh"
PATH=$PATH:/usr/sbin:/sbin
data=$FOSSICK_SRC/tests/data
for tool in sgdisk mkfs.vfat mcopy mkntfs ntfs-3g faketime; do
	command -v $tool >/dev/null 2>&1 || skip_all "no $tool"
done
[ -w /dev/fuse ] && [ "$(id -u)" = 0 ] || skip_all "needs root and /dev/fuse"
ok "it builds" sh "$data/make-sample.sh" "$T"
for file in sample.E01 sample.E02 clean.E01 sample.truth.tsv; do
	is "$file" "$(sha256sum <"$T/$file")" "$(sha256sum <"$data/$file")"
done
size=$(cat "$data"/sample.E?? | wc -c)
ok "at most 3 MB, two segments" test "$size" -le 3000000 -a -e "$data/sample.E02"
if command -v ewfverify >/dev/null 2>&1; then
	ok "another reader takes it" ewfverify -q "$data/sample.E01"
	ok "another reader takes the clean twin" ewfverify -q "$data/clean.E01"
fi
done_testing
