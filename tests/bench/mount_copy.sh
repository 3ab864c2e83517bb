# What is done by hand for the same result as `fossick collect`: mount the image and its NTFS
# volume, copy the files of the list, digests, ZIP.
#
#   mount_copy.sh IMAGE.E01 FIRST-SECTOR SECTORS LIST OUT    (as root)
#
# LIST: paths below the volume's root, each ended by a zero byte. Writes OUT/x.zip, OUT/sums.
set -eu
image=$1 start=$2 sectors=$3 list=$4 out=$5
loop=
mkdir "$out/ewf" "$out/vol" "$out/files"
finish() {
	cd /
	umount "$out/vol" 2>/dev/null || :
	[ -z "$loop" ] || losetup -d "$loop"
	umount "$out/ewf" 2>/dev/null || :
}
trap finish EXIT
ewfmount "$image" "$out/ewf" >"$out/log" 2>&1
loop=$(losetup -r -f --show -o $((start * 512)) --sizelimit $((sectors * 512)) "$out/ewf/ewf1")
ntfs-3g -o ro,noatime,streams_interface=windows "$loop" "$out/vol"
(cd "$out/vol" && xargs -0 cp --parents -p -t "$out/files" <"$list")
cd "$out/files"
find . -type f -print0 | xargs -0 sha256sum >"$out/sums"
zip -q -r "$out/x.zip" .
