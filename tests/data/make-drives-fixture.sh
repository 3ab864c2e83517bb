#!/bin/sh
# Builds drives.img.xz: a disk with a Windows on C: (NTFS) and files on D: (FAT), both with
# 8.3 names.
#
#   make-drives-fixture.sh [FOLDER]
#
# What lies on it is in drives_tree.py. Needs root or a usable /dev/fuse, and the Debian
# packages gdisk, dosfstools, mtools, ntfs-3g, faketime, python3, xz-utils.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1 PATH="$PATH:/usr/sbin:/sbin"
work=$(mktemp -d)
trap 'fusermount -qu "$work/mnt" 2>/dev/null || :; rm -rf "$work"' EXIT
mkdir "$work/mnt" "$work/data"

C_START=2048 C_SECTORS=16384
D_START=20480 D_SECTORS=8192
lib=$(faketime -f '2023-04-11 17:00:00' sh -c 'echo "$LD_PRELOAD"')
frozen() {
	env LD_PRELOAD="$lib" FAKETIME='2023-04-11 17:00:00' "$@"
}

truncate -s $((C_SECTORS * 512)) "$work/c"
mkntfs -F -Q -T -q -L Windows -c 4096 -p $C_START -H 255 -S 63 "$work/c" >/dev/null 2>&1
frozen ntfs-3g -o streams_interface=windows,noatime,norecover "$work/c" "$work/mnt"
python3 "$here/drives_tree.py" "$work/mnt" windows
umount "$work/mnt"

truncate -s $((D_SECTORS * 512)) "$work/d"
mkfs.vfat -F 12 -i 3CF05511 -n DATA --invariant "$work/d" >/dev/null
python3 "$here/drives_tree.py" "$work/data" data
frozen mcopy -s -i "$work/d" "$work/data"/* ::/

truncate -s $(((D_START + D_SECTORS + 64) * 512)) "$work/disk"
sgdisk -o -U 3C0F0551-0000-4000-8000-00000000C0DF \
	-n 1:$C_START:+$C_SECTORS -t 1:0700 -c 1:"Basic data partition" \
	-u 1:5F7A6C1E-3C0F-4551-8C00-0000000000C1 \
	-n 2:$D_START:+$D_SECTORS -t 2:0700 -c 2:"Basic data partition" \
	-u 2:5F7A6C1E-3C0F-4551-8C00-0000000000D1 "$work/disk" >/dev/null
dd if="$work/c" of="$work/disk" seek=$C_START conv=notrunc,sparse status=none
dd if="$work/d" of="$work/disk" seek=$D_START conv=notrunc,sparse status=none
xz -9e -c "$work/disk" >"$out/drives.img.xz"
