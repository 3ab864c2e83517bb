# Images made by others' tools, and damaged ones: every byte against the
# source, or against what Sleuth Kit reads.
. "$FOSSICK_SRC/tests/tap.sh"
cat=$FOSSICK_BUILD/tests/interop/srccat

# same NAME WANTED FILES…: the medium is WANTED, byte by byte, without anomaly
same() {
	name=$1 wanted=$2
	shift 2
	"$cat" "$@" >"$T/got" 2>"$T/err"
	ok "$name: every byte" cmp "$T/got" "$wanted"
	is "$name: no anomaly" "$(cat "$T/err")" ""
	ok "$name: reads at random" "$cat" -s 7 "$@"
}

# facts FILTER FILES…: of size, metadata and stored digests
facts() {
	filter=$1
	shift
	"$cat" -m "$@" | jq -r "$filter"
}

md5_of() {
	md5sum <"$1" | cut -d' ' -f1
}

# --- what ewfacquire writes ---

# noise that does not shrink, text that does, zeros; not a multiple of a chunk
python3 - "$T/source" <<'PY'
import random, sys
r = random.Random(1)
with open(sys.argv[1], "wb") as out:
    for i in range(48):
        out.write((bytes(70000), r.randbytes(65000), b"fossick %d " % i * 6000)[i % 3])
    out.truncate(out.tell() // 512 * 512)
PY

# acquire NAME OPTIONS…: leaves $T/NAME.*
acquire() {
	target=$1
	shift
	ewfacquire -u -q -t "$T/$target" -C 'case 7' -D 'a disk' -e 'J. Doe' -E 'ev 1' -N 'some notes' \
		"$@" "$T/source" >"$T/acquire.log" 2>&1
}

if command -v ewfacquire >/dev/null; then
	for format in smart ewf encase1 encase2 encase3 encase4 encase5 encase6 linen5 linen6 ftk ewfx; do
		if ! acquire "$format" -f "$format" -c fast; then
			skip "$format" "this ewfacquire does not write it"
			continue
		fi
		same "$format" "$T/source" "$T/$format".*
		is "$format: case" "$(facts .metadata.case_number "$T/$format".*)" "case 7"
		is "$format: examiner" "$(facts .metadata.examiner "$T/$format".*)" "J. Doe"
		is "$format: notes" "$(facts .metadata.notes "$T/$format".*)" "some notes"
		is "$format: stored MD5" "$(facts .stored.md5 "$T/$format".*)" "$(md5_of "$T/source")"
		rm -f "$T/$format".*
	done
	for level in none empty-block fast best; do
		acquire "$level" -c "$level"
		same "compression $level" "$T/source" "$T/$level".*
		rm -f "$T/$level".*
	done
	for sectors in 16 128 1024 32768; do
		acquire "b$sectors" -b "$sectors" -c fast
		same "chunks of $sectors sectors" "$T/source" "$T/b$sectors".*
		rm -f "$T/b$sectors".*
	done
	acquire sha1 -c best -d sha1
	is "stored SHA-1" "$(facts .stored.sha1 "$T/sha1.E01")" "$(sha1sum <"$T/source" | cut -d' ' -f1)"
	rm -f "$T/sha1.E01"
	acquire granular -f encase5 -c fast -b 64 -g 32
	same "error granularity 32" "$T/source" "$T/granular.E01"
	is "error granularity is told" "$(facts .metadata.error_granularity "$T/granular.E01")" 32
	rm -f "$T/granular.E01"

	# several segments, also in another order than theirs
	for format in encase6 encase5 smart; do
		acquire "split-$format" -f "$format" -c none -S 1048576
		same "segments of $format" "$T/source" "$T/split-$format".*
		rm -f "$T/split-$format".*
	done
	acquire split -f encase6 -c none -S 1048576
	is "it has several segments" "$(ls "$T"/split.E0? | wc -l | tr -d ' ')" "$(facts .metadata.segments "$T"/split.E??)"
	same "segments in another order" "$T/source" "$T/split.E03" "$T/split.E01" $(ls "$T"/split.E?? | grep -v 'E0[13]$')

	# without its second segment: zeros there, and the rest as it was
	"$cat" $(ls "$T"/split.E?? | grep -v E02) >"$T/got" 2>"$T/err"
	is "second segment missing: one anomaly" "$(jq -r .code "$T/err")" "not-found"
	start=$(jq '.ranges[0][0]' "$T/err") length=$(jq '.ranges[0][1]' "$T/err")
	ok "second segment missing: nothing else is lost" test "$length" -gt 900000 -a "$length" -lt 1100000
	python3 - "$T/source" "$start" "$length" >"$T/wanted" <<'PY'
import sys
data, start, length = open(sys.argv[1], "rb").read(), int(sys.argv[2]), int(sys.argv[3])
sys.stdout.buffer.write(data[:start] + bytes(length) + data[start + length :])
PY
	ok "second segment missing: zeros there, the rest right" cmp "$T/got" "$T/wanted"
	rm -f "$T"/split*

	# an image cut in the middle of its chunks: what is there is read
	acquire cut -f encase6 -c fast
	head -c 700000 "$T/cut.E01" >"$T/cut2.E01"
	"$cat" "$T/cut2.E01" >"$T/got" 2>"$T/err"
	start=$(jq -s '[.[] | select(.ranges)][0].ranges[0][0]' "$T/err")
	ok "cut image: a good part is read" test "$start" -gt 1000000
	ok "cut image: that part is right" cmp -n "$start" "$T/got" "$T/source"
	is "cut image: the size is that of the medium" "$(wc -c <"$T/got")" "$(wc -c <"$T/source")"

	# random bits flipped: never a wrong byte that is not told
	cat >"$T/flip.py" <<'PY'
import json, random, subprocess, sys
cat, image, source, rounds, work = sys.argv[1:]
good, truth = open(image, "rb").read(), open(source, "rb").read()
opened = 0
for seed in range(int(rounds)):
    r = random.Random(seed)
    data = bytearray(good)
    for _ in range(r.randint(1, 8)):
        data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    open(work, "wb").write(data)
    p = subprocess.run([cat, work], capture_output=True, timeout=60)
    if p.returncode == 2:
        continue
    assert p.returncode == 0, (seed, p.stderr)
    opened += 1
    bad = [r for line in p.stderr.splitlines() for r in json.loads(line).get("ranges", [])]
    assert len(p.stdout) == len(truth), seed
    fixed = bytearray(p.stdout)
    for start, length in bad:
        assert not any(fixed[start : start + length]), (seed, start, "not zero")
        fixed[start : start + length] = truth[start : start + length]
    assert fixed == truth, (seed, "a wrong byte was not told")
assert opened > int(rounds) * 0.9, opened
PY
	acquire flip -f encase6 -c best
	ok "200 times flipped bits: no wrong byte untold" \
		python3 "$T/flip.py" "$cat" "$T/flip.E01" "$T/source" 200 "$T/flipped.E01"
	rm -f "$T"/cut* "$T"/flip*
else
	skip "images of ewfacquire" "no ewfacquire (Debian package ewf-tools)"
fi

# --- third-party images ---

if [ -d "$FOSSICK_CORPUS" ]; then
	find "$FOSSICK_CORPUS" -iname '*.[es]01' -size +0 | sort >"$T/list"
	while IFS= read -r image; do
		name=${image#"$FOSSICK_CORPUS"/}
		set -- "${image%01}"0?
		"$cat" "$@" >"$T/got" 2>"$T/err"
		is "$name: no anomaly" "$(cat "$T/err")" ""
		is "$name: the stored MD5" "$(md5_of "$T/got")" "$(facts .stored.md5 "$@")"
		if command -v img_cat >/dev/null; then
			img_cat "$image" >"$T/wanted" 2>/dev/null
			ok "$name: as Sleuth Kit reads it" cmp "$T/got" "$T/wanted"
		else
			skip "$name: as Sleuth Kit reads it" "no img_cat (Debian package sleuthkit)"
		fi
	done <"$T/list"
	is "an empty E01" "$("$cat" "$FOSSICK_CORPUS/sleuthkit/bogus.E01" 2>&1)" 'invalid: "bogus.E01": the file is empty'
else
	skip "third-party images" "no corpus"
fi
done_testing
