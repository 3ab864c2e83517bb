#!/bin/sh
# Builds ntfs.img.xz, an NTFS volume with one of everything that is hard to
# read, and ntfs.truth.tsv, what ntfs-3g reads from it.
#
#   make-ntfs-fixture.sh [FOLDER]
#
# What lies on it is in ntfs_tree.py. Needs root or a usable /dev/fuse, and the
# Debian packages ntfs-3g, faketime, python3, xz-utils.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1 PATH="$PATH:/usr/sbin:/sbin"
work=$(mktemp -d)
trap 'fusermount -qu "$work/mnt" 2>/dev/null || :; rm -rf "$work"' EXIT
mkdir "$work/mnt"
lib=$(faketime -f '2023-04-11 17:00:00' sh -c 'echo "$LD_PRELOAD"')

truncate -s 16M "$work/ntfs.img"
mkntfs -F -Q -T -q -L Fixture -c 4096 "$work/ntfs.img" >/dev/null 2>&1
env LD_PRELOAD="$lib" FAKETIME='2023-04-11 17:00:00' ntfs-3g \
	-o streams_interface=windows,compression,noatime,norecover "$work/ntfs.img" "$work/mnt"
python3 "$here/ntfs_tree.py" fill "$work/mnt" "$work/facts.json"
umount "$work/mnt"
python3 "$here/ntfs_tree.py" patch "$work/ntfs.img" "$work/facts.json" "$out/ntfs.truth.tsv"
xz -9e -c "$work/ntfs.img" >"$out/ntfs.img.xz"
