# Other people's tools read our archives: names, times, sizes beyond 4 GiB, more than 65535 members.
. "$FOSSICK_SRC/tests/tap.sh"
tool=$FOSSICK_BUILD/tests/fault/archive_tool
export NOSYNC=1 # this is not about crashes

made() { ls "$1"/*.zip; }

mkdir "$T/plain" && ok "an archive of 40 members is written" "$tool" write "$T/plain" 3 40
a=$(made "$T/plain")
ok "verify accepts it" "$tool" verify "$a"
ok "unzip -t accepts it" unzip -tq "$a"
ok "7z t accepts it" 7z t "$a"
ok "bsdtar lists it" sh -c 'command -v bsdtar >/dev/null || exit 0; bsdtar -tf "$1" >/dev/null' sh "$a"
is "7z has nothing to warn about" "$(7z t "$a" | grep -ciE 'warning|error')" 0

cat >"$T/content.py" <<'PY'
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    rows = [json.loads(line) for line in z.read("manifest.jsonl").splitlines()]
    assert [r["name"] for r in rows] == sorted((r["name"] for r in rows), key=str.encode)
    names = set(z.namelist())
    assert {r["name"] for r in rows} == names - {"manifest.jsonl", "custody.jsonl"}
    for r in rows:
        data = z.read(r["name"])
        assert r["size"] == len(data)
        for h in ("sha256", "sha1", "md5"):
            assert r[h] == hashlib.new(h, data).hexdigest(), r["name"]
    methods = {i.compress_type for i in z.infolist() if i.file_size > 100}
    assert methods == {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}, methods
    # the chain of custody, by the words of docs/archive-format.md alone
    prev = "0" * 64
    for seq, line in enumerate(z.read("custody.jsonl").splitlines()):
        head, tail = line.rsplit(b',"hash":"', 1)
        assert hashlib.sha256(head).hexdigest().encode() + b'"}' == tail
        o = json.loads(line)
        assert (o["prev"], o["seq"]) == (prev, seq)
        prev = o["hash"]
    manifest = hashlib.sha256(z.read("manifest.jsonl")).hexdigest()
    assert (o["event"], o["manifest_sha256"], o["members"]) == ("closed", manifest, len(rows))
PY
ok "Python's zipfile reads what manifest and custody say" python3 "$T/content.py" "$a"

# times: file000.bin has 2020-09-13T12:26:40Z and i * 100 ns (archive_tool.c)
mkdir "$T/out" && (cd "$T/out" && TZ=Asia/Kolkata unzip -q "$a")
is "unzip restores the time, whatever the zone" \
	"$(stat -c %Y "$T/out/fs/C/Users/user0/file003.bin")" 1600000003
is "7z shows 100 ns" "$(7z l -slt "$a" fs/C/Users/user0/file003.bin | sed -n 's/^Modified = .*\(:43.*\)/\1/p')" \
	":43.0000003"
is "unzip -Z knows the mode" "$(unzip -Z "$a" findings.jsonl | cut -c1-10 | grep rw)" "-rw-r--r--"

# a member beyond 4 GiB, nearly all of it sparse
big=4294967396
mkdir "$T/big"
ok "a sparse member of $big bytes is written" "$tool" big "$T/big" $big
b=$(made "$T/big")
ok "it is small in the archive" test "$(stat -c %s "$b")" -lt 8000000
cat >"$T/big.py" <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    i = z.getinfo("fs/C/big.bin")
    assert i.file_size == int(sys.argv[2]), i.file_size
    with z.open(i) as f:
        assert f.read(8) == b"head\0\0\0\0"
    assert z.read("behind.txt") == b"behind"
PY
ok "zipfile sees its size and what lies behind it" python3 "$T/big.py" "$b" $big
is "unzip -Z sees its size" "$(unzip -Z "$b" fs/C/big.bin | awk 'NR==1 {print $4}')" $big
ok "7z t accepts it" 7z t "$b"

# more members than 16 bits count
mkdir "$T/many"
ok "70000 members are written" "$tool" many "$T/many" 70000
m=$(made "$T/many")
is "zipfile counts them all" \
	"$(python3 -c 'import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).namelist()))' "$m")" 70005
is "unzip -Z counts them all" "$(unzip -Z -h -t "$m" | sed -n 's/.*number of entries: //p' | head -1)" \
	70005
ok "7z t accepts it" 7z t "$m"
ok "verify accepts it" "$tool" verify "$m"
truncate -s -1000000 "$m"
ok "cut off, it is recovered" "$tool" recover "$m"
ok "and verified" "$tool" verify "$m"

done_testing
