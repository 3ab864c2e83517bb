#!/bin/sh
# Builds the sample image and its clean twin, with the same bytes each time.
#
#   make-sample.sh [FOLDER]    writes sample.E01, sample.E02, sample.truth.tsv
#                              and clean.E01 into FOLDER (default: this one)
#
# The disk: GPT, an EFI system partition with FAT, an NTFS volume. What lies on
# it is in sample_tree.py. Needs root or a usable /dev/fuse, and the Debian
# packages gdisk, dosfstools, mtools, ntfs-3g, faketime, python3.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1 PATH="$PATH:/usr/sbin:/sbin"
work=$(mktemp -d)
trap 'fusermount -qu "$work/mnt" 2>/dev/null || :; rm -rf "$work"' EXIT
mkdir "$work/mnt"

EFI_START=2048 EFI_SECTORS=2048
NTFS_START=4096 NTFS_SECTORS=65536
DISK_SECTORS=$((NTFS_START + NTFS_SECTORS + 64))
NTFS_GUID=5F7A6C1E-3C0F-4551-8C00-0000000000C1

# The clock of the programs that make the file systems stands still.
lib=$(faketime -f '2023-04-11 17:00:00' sh -c 'echo "$LD_PRELOAD"')
frozen() {
	env LD_PRELOAD="$lib" FAKETIME='2023-04-11 17:00:00' "$@"
}

efi_volume() {
	truncate -s $((EFI_SECTORS * 512)) "$work/efi"
	mkfs.vfat -F 12 -i 3CF05510 -n EFI --invariant "$work/efi" >/dev/null
	printf 'boot manager fixture\n' >"$work/bootmgfw.efi"
	frozen mmd -i "$work/efi" ::/EFI ::/EFI/Microsoft ::/EFI/Microsoft/Boot
	frozen mcopy -i "$work/efi" "$work/bootmgfw.efi" ::/EFI/Microsoft/Boot/
}

# ntfs_volume KIND [TRUTH]
ntfs_volume() {
	rm -f "$work/ntfs"
	truncate -s $((NTFS_SECTORS * 512)) "$work/ntfs"
	mkntfs -F -Q -T -q -L Windows -c 4096 -p $NTFS_START -H 255 -S 63 "$work/ntfs" >/dev/null 2>&1
	frozen ntfs-3g -o streams_interface=windows,compression,noatime,norecover "$work/ntfs" \
		"$work/mnt"
	python3 "$here/make_sample.py" "$work/mnt" "$@"
	umount "$work/mnt"
}

disk() {
	rm -f "$work/disk"
	truncate -s $((DISK_SECTORS * 512)) "$work/disk"
	sgdisk -o -U 3C0F0551-0000-4000-8000-00000000C0DE \
		-n 1:$EFI_START:+$EFI_SECTORS -t 1:EF00 -c 1:"EFI system partition" \
		-u 1:5F7A6C1E-3C0F-4551-8C00-0000000000E1 \
		-n 2:$NTFS_START:+$NTFS_SECTORS -t 2:0700 -c 2:"Basic data partition" \
		-u 2:$NTFS_GUID "$work/disk" >/dev/null
	dd if="$work/efi" of="$work/disk" seek=$EFI_START conv=notrunc,sparse status=none
	dd if="$work/ntfs" of="$work/disk" seek=$NTFS_START conv=notrunc,sparse status=none
}

efi_volume
ntfs_volume sample "$out/sample.truth.tsv"
disk
python3 "$here/fixture_ewf.py" "$work/disk" "$out/sample" 2
ntfs_volume clean
disk
python3 "$here/fixture_ewf.py" "$work/disk" "$out/clean" 1
