# Third-party virtual disks: every byte as Sleuth Kit reads it.
. "$FOSSICK_SRC/tests/tap.sh"
cat=$FOSSICK_BUILD/tests/interop/srccat
[ -d "$FOSSICK_CORPUS" ] || skip_all "no corpus"
command -v img_cat >/dev/null || skip_all "no img_cat (Debian package sleuthkit)"

# as_peer NAME FORMAT FILE
as_peer() {
	is "$1: format" "$("$cat" -m "$3" | jq -r .format)" "$2"
	"$cat" "$3" >"$T/got" 2>"$T/err"
	is "$1: no anomaly" "$(cat "$T/err")" ""
	img_cat "$3" >"$T/wanted" 2>/dev/null
	ok "$1: as Sleuth Kit reads it" cmp "$T/got" "$T/wanted"
	ok "$1: reads at random" "$cat" -s 3 "$3"
}

as_peer "dynamic VHD" vhd "$FOSSICK_CORPUS/dfvfs/image.vhd"
as_peer "VMDK" vmdk "$FOSSICK_CORPUS/dfvfs/ext2.vmdk"
as_peer "VMDK of 100 KiB" vmdk "$FOSSICK_CORPUS/plaso/images/image.vmdk"
if command -v 7z >/dev/null; then
	for name in Fat12 Fat16 ntfs; do
		7z x -y "-o$T" "$FOSSICK_CORPUS/dfir-orc/$name.7z" >/dev/null
		as_peer "fixed VHD $name" vhd "$T/$name.vhd"
		rm -f "$T/$name.vhd"
	done
else
	skip "fixed VHD" "no 7z (Debian package p7zip-full)"
fi
unzip -oq "$FOSSICK_CORPUS/velociraptor/test.vhdx.zip" -d "$T"
as_peer "VHDX" vhdx "$T/test.vhdx"
for name in fat-differential image-differential; do
	"$cat" "$FOSSICK_CORPUS/dfvfs/$name.vhd" >/dev/null 2>"$T/err"
	is "$name.vhd is refused, not misread" "$(tail -n 1 "$T/err")" \
		"unsupported: \"$name.vhd\": differencing VHD: it needs its parent, which is not supported"
done
done_testing
