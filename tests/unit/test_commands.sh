# Commands of the keeper: exit statuses, messages, what happens when the run
# is cut short.
. "$FOSSICK_SRC/tests/tap.sh"
sample=$FOSSICK_SRC/tests/data/sample.E01

# run STATUS NAME COMMAND…: exit status; output in $T/out, messages in $T/err
run() {
	wanted=$1 name=$2
	shift 2
	"$@" >"$T/out" 2>"$T/err"
	is "$name: exit status" "$?" "$wanted"
}
says() {
	ok "$1: says \"$2\"" grep -F -- "$2" "$T/err"
}
prints() {
	ok "$1: prints \"$2\"" grep -F -- "$2" "$T/out"
}

run 64 "no command" "$FOSSICK"
says "no command" 'Try "fossick --help"'
run 64 "unknown option" "$FOSSICK" ls "$sample" --nonsense
run 0 "--version" "$FOSSICK" --version
prints "--version" fossick
sed 's/\\-/-/g' "$FOSSICK_SRC/packaging/man/fossick.1" >"$T/manual"
for c in "" collect info ls cat hash hive verify recover "plugin list" "plugin check"; do
	run 0 "help of \"$c\"" "$FOSSICK" $c --help
	is "help of \"$c\" fits 80 columns" "$(awk 'length > 80' "$T/out")" ""
	grep -oE -- '^ *(-[a-z], )?--[a-z-]+' "$T/out" | grep -oE -- '--[a-z-]+' | sort -u >"$T/options"
	is "help of \"$c\" is known to the manual" \
		"$(while read -r o; do grep -qF -- "$o" "$T/manual" || echo "$o"; done <"$T/options")" ""
done

run 0 "help of \"plugin\"" "$FOSSICK" plugin --help
for c in "" collect info ls cat hash hive verify recover "plugin list" "plugin check"; do
	"$FOSSICK" $c --help
done >"$T/helps"
sed 's/\\f[A-Z]//g' "$T/manual" | grep -oE -- '--[a-z][a-z-]+' | sort -u >"$T/options"
is "every option of the manual is in a help" \
	"$(while read -r o; do grep -qF -- "$o" "$T/helps" || echo "$o"; done <"$T/options")" ""

run 2 "missing source" "$FOSSICK" collect -o "$T" "$T/absent.E01"
says "missing source" "cannot open \"$T/absent.E01\": No such file"
run 64 "unknown profile" "$FOSSICK" collect -o "$T" -p absent "$sample"
says "unknown profile" 'no profile or plugin "absent"'
run 73 "no output folder" "$FOSSICK" collect -o "$T/absent" "$sample"
says "no output folder" "$T/absent"
run 64 "no data folder" "$FOSSICK" collect -o "$T" --data "$T/absent" "$sample"

echo '{"plugins": ["win-hives"], "surprise": 1}' >"$T/odd.json"
mkdir "$T/data" "$T/data/profiles"
cp "$T/odd.json" "$T/data/profiles"
run 64 "malformed profile" "$FOSSICK" collect -o "$T" --data "$T/data" -p odd "$sample"
says "malformed profile" 'odd.json'

# plugins
echo 'return { api = 1, name = ' >"$T/broken.lua"
run 1 "plugin check of a bad one" "$FOSSICK" plugin check "$T/broken.lua"
prints "plugin check of a bad one" "$T/broken.lua: broken.lua:2: unexpected symbol"
run 0 "plugin list" "$FOSSICK" plugin list
prints "plugin list" 3cx-install
run 0 "plugin list --json" "$FOSSICK" plugin list --json
ok "plugin list --json is JSON with digests" python3 -c "
import json, sys, hashlib
for p in json.load(open('$T/out')):
    assert hashlib.sha256(open(p['path'], 'rb').read()).hexdigest() == p['sha256']
    assert p['ok'] and p['meta']['summary'], p"

# the sandbox
run 0 "info --self" "$FOSSICK" info --self
prints "info --self" "Sandbox of the worker: holds"
run 0 "info --self --json" "$FOSSICK" info --self --json
ok "info --self --json names layers" python3 -c "
import json
assert any(l['name'] == 'seccomp' and l['held'] for l in json.load(open('$T/out'))['sandbox'])"

# landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)
if python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)'; then
	ok "info --self: Landlock holds where the kernel has it" python3 -c "
import json
assert any(l['name'] == 'landlock' and l['held'] for l in json.load(open('$T/out'))['sandbox'])"
else
	skip "info --self: Landlock holds where the kernel has it" "no Landlock in this kernel"
fi
ok "info --self --json: versions of the worker's libraries" python3 -c "
import json
j = json.load(open('$T/out'))
assert {'libtsk', 'libregf', 'lua', 'sqlite'} <= set(j['worker']['libraries'])
assert {'libarchive', 'libdeflate', 'zlib', 'openssl'} <= set(j['libraries']), j['libraries']"

# names and contents
run 0 "info" "$FOSSICK" info "$sample"
prints "info" "Stored hashes"
run 0 "info --json" "$FOSSICK" info --json "$sample"
ok "info --json has volumes" python3 -c "
import json
assert 'ntfs' in [v['fs'] for v in json.load(open('$T/out'))['volumes']]"
run 0 "ls of a volume" "$FOSSICK" ls "$sample" 'c:/Windows/System32/config/S*'
is "ls of a volume: names" "$(grep -c '^C:/Windows/System32/config/S[A-Z]*$' "$T/out")" 4
run 64 "ls in two formats" "$FOSSICK" ls --json --bodyfile "$sample"
run 0 "ls -l" "$FOSSICK" ls -l "$sample" 'c:/Windows/System32/config/SYSTEM'
is "ls -l: type, size, eight times, name" "$(grep -cE \
	'^file +[0-9]+( +([0-9T:-]{19}|=)){8} +C:/Windows/System32/config/SYSTEM$' "$T/out")" 1
run 2 "ls of an absent volume" "$FOSSICK" ls "$sample" 'Q:/*'
says "ls of an absent volume" 'no volume "Q"'
run 2 "ls without a match" "$FOSSICK" ls "$sample" 'C:/nothing*'
run 64 "ls of a bad pattern" "$FOSSICK" ls "$sample" 'C:/[a'
run 0 "cat" "$FOSSICK" cat "$sample" 'C:/Windows/System32/config/SOFTWARE'
is "cat: it is a hive" "$(head -c 4 "$T/out")" regf
run 2 "text file as image" "$FOSSICK" collect -o "$T" "$T/broken.lua"
says "text file as image" "no volume with a known file system"
: >"$T/empty.raw"
run 2 "empty image" "$FOSSICK" collect -o "$T" "$T/empty.raw"
says "empty image" 'fossick: "empty.raw": the file is empty'
run 2 "ls of a path as Windows writes it" "$FOSSICK" ls "$sample" 'C:\Windows\*'
says "ls of a path as Windows writes it" 'write folders with "/"'

# what the absence of findings means is said with care
mkdir "$T/nothing"
run 0 "folder of something else" "$FOSSICK" collect -o "$T" "$T/nothing"
prints "folder of something else" "This does not prove that there are none."
prints "folder of something else" "Is this the right source?"
run 0 "clean machine" "$FOSSICK" collect -o "$T" "$FOSSICK_SRC/tests/data/clean.E01"
prints "clean machine" "No signs of what the plugins look for were found in what was read."
prints "clean machine" "Findings  none but"
run 0 "bad machine" "$FOSSICK" collect -o "$T" "$sample"
is "bad machine: no word of absence" "$(grep -c 'No signs' "$T/out")" 0
ok "bad machine: the sum is in the last lines" sh -c "tail -n 8 '$T/out' | grep -E 'Findings  [0-9]+ HIGH'"

# an archive that was cut off says one thing at a time
head -c 50000 "$(ls "$T"/sample-*.zip | head -n 1)" >"$T/torn.zip"
run 1 "verify of a torn archive" "$FOSSICK" verify "$T/torn.zip"
is "verify of a torn archive: no empty digest" "$(grep -c '^manifest SHA-256' "$T/out")" 0
run 0 "recover" "$FOSSICK" recover "$T/torn.zip"
run 0 "verify after recover" "$FOSSICK" verify "$T/torn.zip"
prints "verify after recover" "of them are marked as not complete, or as not known to be"

# what explains the rest comes first
cp "$sample" "$T/alone.E01"
run 1 "segment is missing" "$FOSSICK" collect -o "$T" "$T/alone.E01"
ok "segment is missing: among the first lines of what was not read" \
	sh -c "sed -n '/^NOT READ/,/^COLLECTED/p' '$T/out' | head -n 8 | grep -F 'goes on behind segment 1'"

# programs that were copied in part
mkdir "$T/stick" && cp "$FOSSICK" "$T/stick/fossick"
if "$T/stick/fossick" info --self >"$T/out" 2>"$T/err"; then
	skip "worker is missing" "there is an installed one"
else
	says "worker is missing" "keep fossick, fossick-worker and lua-scripts together"
fi

# the result does not depend on the number of workers
mkdir "$T/j1" "$T/j4"
run 0 "dry run" "$FOSSICK" collect --dry-run --json -p win-hives "$sample"
ok "dry run: what it says is what is collected" sh -c "
	'$FOSSICK' collect -q -j1 -p win-hives -o '$T/j1' '$sample' &&
	'$FOSSICK' collect -q -j4 -p win-hives -o '$T/j4' '$sample'"
ok "-j1 and -j4: same members, rows and digests" python3 -c "
import glob, json, zipfile
def read(d):
    z = zipfile.ZipFile(glob.glob(d + '/*.zip')[0])
    rows = [json.loads(l) for l in z.read('manifest.jsonl').splitlines()]
    own = {'collection.json', 'custody.jsonl', 'manifest.jsonl'}
    return [r for r in rows if r['name'] not in own]
a, b = read('$T/j1'), read('$T/j4')
assert a == b and len(a) > 10, (len(a), len(b))
dry = json.load(open('$T/out'))
files = [r for r in a if 'locator' in r]
assert dry['files'] == len(files) and dry['bytes'] == sum(r['size'] for r in files)"

# several sources, and a folder
mkdir "$T/two"
run 0 "two sources" "$FOSSICK" collect -p win-hives -o "$T/two" "$sample" "$FOSSICK_SRC/tests/data/clean.E01"
ok "two sources: each in its folder" sh -c "
	unzip -Z1 '$T'/two/*.zip | grep -q '^src0/fs/C/' && unzip -Z1 '$T'/two/*.zip | grep -q '^src1/fs/C/'"
mkdir -p "$T/folder/Windows/System32/config" "$T/three"
"$FOSSICK" cat "$sample" 'C:/Windows/System32/config/SOFTWARE' >"$T/folder/Windows/System32/config/SOFTWARE"
ln -s /etc/passwd "$T/folder/link"
run 0 "ls of a folder" "$FOSSICK" ls "$T/folder" '**'
prints "ls of a folder" Windows/System32/config/SOFTWARE
run 2 "cat of a link out of the folder" "$FOSSICK" cat "$T/folder" 'link/*'
run 0 "collect from a folder" "$FOSSICK" collect -q -p win-hives -o "$T/three" "$T/folder"
ok "collect from a folder: the hive is there" sh -c "
	unzip -Z1 '$T'/three/*.zip | grep 'Windows/System32/config/SOFTWARE\$'"
run 73 "archive into the evidence" "$FOSSICK" collect -p win-hives -o "$T/folder" "$T/folder"

# a hole in a series of segments
mkdir "$T/hole" "$T/hole/out"
head -c 1000 /dev/zero >"$T/hole/d.001"
cp "$T/hole/d.001" "$T/hole/d.003"
run 2 "missing segment" "$FOSSICK" collect -o "$T/hole/out" "$T/hole/d.001"
says "missing segment" '"d.002" is missing'

# standard output that is closed
if [ -w /dev/full ]; then
	"$FOSSICK" ls "$sample" >/dev/full 2>"$T/err"
	is "output that takes nothing: exit status" "$?" 73
else
	skip "output that takes nothing" "no /dev/full"
fi

if ! grep -q 'define FSK_FAULT_INJECTION' "$FOSSICK_BUILD/config.h"; then
	skip "interruption" "needs a build with --enable-fault-injection"
	done_testing
	exit 0
fi
# a name of its own, so that a worker that is left is found
FOSSICK_WORKER=$T/fw$$
cp "$FOSSICK_BUILD/tests/unit/fake_worker" "$FOSSICK_WORKER"
export FOSSICK_WORKER
echo 'return {}' >"$T/px.lua"
mkdir "$T/int"
cat >"$T/int/slow.img" <<-END
	on plugins
	step a
	text 39 {"fields":{},"kind":"k"}
	send 42 {"plugin":"px","reason":"r","locator":{"source":0,"volume":0,"addr":5,"path":"five"},"size":9}
	done
	on fetch
	step five
	send 43 {"id":0,"locator":{"source":0,"volume":0,"addr":5,"path":"five"},"size":9}
	blob 44 4 {"id":0}
	sleep 60
	done
END

# interrupt NAME SIGNAL
interrupt() {
	rm -f "$T/int/"*.zip*
	"$FOSSICK" collect -j1 -p "$T/px.lua" -o "$T/int" "$T/int/slow.img" >"$T/out" 2>"$T/err" &
	pid=$!
	n=0
	while [ $n -lt 100 ] && ! grep -q '"event":"locked"' "$T/int/"*.journal 2>/dev/null; do
		sleep 0.1
		n=$((n + 1))
	done
	sleep 0.5
	kill "-$2" $pid
	wait $pid
	status=$?
}
for sig in INT TERM; do
	interrupt "$sig" $sig
	is "SIG$sig: exit status" "$status" 1
	ok "SIG$sig: the archive verifies" "$FOSSICK" verify "$T/int/"*.zip
	ok "SIG$sig: custody says interrupted" sh -c "unzip -p '$T'/int/*.zip custody.jsonl | grep '\"event\":\"interrupted\"'"
	is "SIG$sig: what arrived is kept" "$(unzip -p "$T/int/"*.zip fs/C/five)" AAAA
	is "SIG$sig: no worker is left" "$(pgrep -x "fw$$")" ""
	prints "SIG$sig" "interrupted by signal"
done
interrupt kill KILL
ok "SIGKILL: recover" "$FOSSICK" recover "$T/int/"*.zip
ok "SIGKILL: the archive verifies" "$FOSSICK" verify "$T/int/"*.zip
ok "SIGKILL: collection.json is there and honest" sh -c "unzip -p '$T'/int/*.zip collection.json | grep unfinished"

# a full disk
mkdir "$T/small"
if mount -t tmpfs -o size=1m none "$T/small" 2>/dev/null; then
	cat >"$T/int/large.img" <<-END
		on plugins
		step a
		send 42 {"plugin":"px","reason":"r","locator":{"source":0,"volume":0,"addr":4,"path":"four"},"size":9}
		send 42 {"plugin":"px","reason":"r","locator":{"source":0,"volume":0,"addr":5,"path":"five"},"size":9}
		done
		on fetch
		step four
		send 43 {"id":0,"locator":{"source":0,"volume":0,"addr":4,"path":"four"},"size":9}
		blob 44 4 {"id":0}
		send 45 {"id":0,"status":"complete"}
		step five
		send 43 {"id":1,"locator":{"source":0,"volume":0,"addr":5,"path":"five"},"size":9}
		blob 44 1000000 {"id":1}
		blob 44 1000000 {"id":1}
		send 45 {"id":1,"status":"complete"}
		done
	END
	"$FOSSICK" collect -j1 --level 0 -p "$T/px.lua" -o "$T/small" "$T/int/large.img" >"$T/out" 2>"$T/err"
	is "disk full: exit status" "$?" 1
	says "disk full" "No space left"
	ok "disk full: the archive verifies" "$FOSSICK" verify "$T/small/"*.zip
	is "disk full: what was finished is kept" "$(unzip -p "$T/small/"*.zip fs/C/four)" AAAA
	umount "$T/small"
else
	skip "disk full" "cannot mount a small file system here"
fi
done_testing
