# An archive is never written to a device that is evidence.
. "$FOSSICK_SRC/tests/tap.sh"
tool=$FOSSICK_BUILD/tests/fault/archive_tool
[ "$(id -u)" = 0 ] || skip_all "loop devices need root"

refused() { ! "$tool" target "$@" 2>"$T/err" && grep -q "lies on the evidence" "$T/err"; }

truncate -s 40M "$T/disk.img"
printf 'label: gpt\nstart=2048\n' | sfdisk -q "$T/disk.img" >/dev/null 2>&1
disk=$(losetup -f --show -P "$T/disk.img" 2>"$T/why") || skip_all "no loop device: $(cat "$T/why")"
trap 'umount "$T/mnt" "$T/bind" 2>/dev/null; losetup -d "$disk"; rm -rf "$T"' EXIT
part=${disk}p1
i=0
while [ ! -b "$part" ] && [ $i -lt 20 ]; do sleep 0.1; i=$((i + 1)); done
mkdir "$T/mnt" "$T/bind"
if [ -b "$part" ] && mkfs.ext4 -q "$part" && mount "$part" "$T/mnt"; then
	mkdir "$T/mnt/out"
	ok "the partition that is mounted there" refused "$T/mnt/out" "$part"
	ok "the disk that the partition is on" refused "$T/mnt/out" "$disk"
	ok "the image file behind the loop device" refused "$T/mnt/out" "$T/disk.img"
	ok "among others" refused "$T/mnt/out" "$FOSSICK_SRC/LICENSE" "$part"
	mount --bind "$T/mnt" "$T/bind"
	ok "a bind mount hides nothing" refused "$T/bind/out" "$T/mnt"
	ok "another folder is fine" "$tool" target "$T" "$disk" "$part" "$T/mnt"
else
	skip "partitions of a loop device" "no partition scan here"
	mkfs.ext4 -q -F "$disk" && mount "$disk" "$T/mnt" && mkdir "$T/mnt/out"
	ok "the device that is mounted there" refused "$T/mnt/out" "$disk"
	ok "the image file behind the loop device" refused "$T/mnt/out" "$T/disk.img"
	ok "the folder it is mounted on" refused "$T/mnt/out" "$T/mnt"
	mount --bind "$T/mnt" "$T/bind"
	ok "a bind mount hides nothing" refused "$T/bind/out" "$T/mnt"
	ok "another folder is fine" "$tool" target "$T" "$disk" "$T/mnt"
	umount "$T/bind" "$T/mnt"
	if command -v dmsetup >/dev/null &&
		echo "0 40960 linear $disk 8192" | dmsetup create fossick-test-$$ 2>"$T/why"; then
		mapped=/dev/mapper/fossick-test-$$
		mkfs.ext4 -q -F $mapped && mount $mapped "$T/mnt" && mkdir "$T/mnt/out"
		ok "a mapped device that lies on it" refused "$T/mnt/out" "$disk"
		umount "$T/mnt"
		dmsetup remove fossick-test-$$
	else
		skip "a mapped device that lies on it" "no device mapper: $(head -1 "$T/why")"
	fi
fi
ok "the image on an ordinary disk is fine" "$tool" target "$T" "$T/disk.img"
ok "what does not exist is no reason" "$tool" target "$T" "$T/nothing"
done_testing
