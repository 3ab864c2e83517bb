# A block device as evidence, and one with sectors that really fail: a loop
# device whose file was cut under it.
. "$FOSSICK_SRC/tests/tap.sh"
cat=$FOSSICK_BUILD/tests/interop/srccat
[ "$(id -u)" = 0 ] || skip_all "needs root for a loop device"
command -v losetup >/dev/null || skip_all "no losetup (Debian package mount)"

python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(3).randbytes(3 << 20))' >"$T/disk"
dev=$(losetup -f --show -r "$T/disk" 2>/dev/null) || skip_all "no loop devices here"
trap 'losetup -d "$dev"; rm -rf "$T"' EXIT

"$cat" "$dev" >"$T/got" 2>"$T/err"
ok "every byte of the device" cmp "$T/got" "$T/disk"
is "no anomaly" "$(cat "$T/err")" ""
is "its size and sector" "$("$cat" -m "$dev" | jq -c '[.size, .sector_size]')" "[3145728,512]"
losetup -d "$dev"

# as a disk with sectors of 4096 bytes
if dev=$(losetup -f --show -r -b 4096 "$T/disk" 2>/dev/null); then
	is "sectors of 4096 bytes" "$("$cat" -m "$dev" | jq -c '[.size, .sector_size]')" "[3145728,4096]"
	losetup -d "$dev"
else
	skip "sectors of 4096 bytes" "this losetup cannot set them"
fi

cp "$T/disk" "$T/cut"
dev=$(losetup -f --show -r "$T/cut")
truncate -s 1048576 "$T/cut"
"$cat" "$dev" >"$T/got" 2>"$T/err"
is "a device that fails: the size stays" "$(wc -c <"$T/got" | tr -d ' ')" 3145728
ok "a device that fails: what is there is right" cmp -n 1048576 "$T/got" "$T/disk"
head -c 2097152 /dev/zero >"$T/zero"
tail -c 2097152 "$T/got" >"$T/tail"
ok "a device that fails: zeros elsewhere" cmp "$T/tail" "$T/zero"
is "a device that fails: each byte of it is told once" \
	"$(jq -s '[.[].ranges[][1]] | add' "$T/err")" 2097152
is "a device that fails: as a read error" "$(jq -r .code "$T/err" | sort -u)" io
done_testing
