# The keeper against workers that behave badly: whatever a worker does, the
# archive is finished, verifies, and says who did what.
. "$FOSSICK_SRC/tests/tap.sh"
fake=$FOSSICK_BUILD/tests/unit/fake_worker
grep -q 'define FSK_FAULT_INJECTION' "$FOSSICK_BUILD/config.h" ||
	skip_all "needs a build with --enable-fault-injection"
FOSSICK_WORKER=$fake
export FOSSICK_WORKER
echo 'return {}' >"$T/px.lua"
echo 'return {}' >"$T/py.lua"

# what a plugin says: numbers of core/ipc/message.h
BEGIN=34 SOURCE=35 VOLUME=36 ENTRY=38 RECORD=39 FINDING=40 ANOMALY=41 COLLECT=42 FILE=43 DATA=44 CLOSE=45 DONE=46 FAILED=47 PAYLOAD=53
record='text 39 {"fields":{"n":1},"kind":"k"}'
collect() {
	echo "send 42 {\"plugin\":\"px\",\"reason\":\"r\",\"locator\":{\"source\":0,\"volume\":0,\"addr\":$1,\"path\":\"$2\"},\"size\":1000}"
}

# play NAME [OPTION…]: script on standard input; sets $status, $zip
play() {
	name=$1
	shift
	mkdir -p "$T/$name"
	cat >"$T/$name/script.img"
	"$FOSSICK" collect -j1 -p "$T/px.lua" -o "$T/$name" "$@" "$T/$name/script.img" \
		>"$T/$name/out" 2>"$T/$name/err"
	status=$?
	zip=$(ls "$T/$name"/*.zip 2>/dev/null)
}

# row STREAM: a member of rows, to standard output
row() {
	unzip -p "$zip" "$1"
}

# survives NAME STATUS TEXT: exit status, verified archive, anomaly with TEXT
survives() {
	is "$1: exit status" "$status" "$2"
	ok "$1: the archive verifies" "$FOSSICK" verify "$zip"
	row anomalies.jsonl >"$T/rows"
	ok "$1: anomaly says \"$3\"" grep -F -- "$3" "$T/rows"
}

play good <<-END
	on plugins
	step a
	$record
	$(collect 5 dir/five)
	done
END
is "a good worker: exit status" "$status" 0
ok "a good worker: the archive verifies" "$FOSSICK" verify "$zip"
is "a good worker: its file is there" "$(row fs/C/dir/five | wc -c | tr -d ' ')" 1000
is "a good worker: its record is there" "$(row records/px.jsonl | grep -c '"kind":"k"')" 1

play garbage <<-END
	on plugins
	step a
	$record
	raw ffffffffffffffffffffffffffffffff
	step b
	$record
	done
END
survives garbage 1 "worker broke the protocol: frame of"
is "garbage: what came before and after is kept" "$(row records/px.jsonl | wc -l | tr -d ' ')" 2
ok "garbage: the anomaly names the step" grep -F '"step":"a"' "$T/rows"

play oversized <<-END
	on plugins
	step a
	raw ffffff7f
	sleep 60
	step b
	done
END
survives oversized 1 "worker broke the protocol: frame"

play keepers_message <<-END
	on plugins
	step a
	done
	send 5 {"task":1,"op":"probe"}
	sleep 60
END
survives keepers_message 1 "message TASK is not "

play unknown_message <<-END
	on plugins
	step a
	send 99 {}
	step b
	done
END
survives unknown_message 1 "message type 99 is unknown"

play forbidden <<-END
	on plugins
	step a
	send $ENTRY {"locator":{"source":0,"volume":0,"addr":1,"path":"x"}}
	step b
	$record
	done
END
survives forbidden 1 "message ENTRY is not permitted in task plugins"

play data_without_file <<-END
	on plugins
	step a
	blob $DATA 10 {"id":0}
	step b
	done
END
survives data_without_file 1 "message DATA is not permitted in state task"

play other_plugin <<-END
	on plugins
	step a
	send $BEGIN {"task":\$T,"key":"c","plugin":"../../etc/x"}
	$record
	step b
	done
END
survives other_plugin 1 'which does not run'

play other_volume <<-END
	on plugins
	step a
	send $COLLECT {"plugin":"px","reason":"r","locator":{"source":0,"volume":9,"addr":1,"path":"x"}}
	step b
	done
END
survives other_volume 1 "COLLECT from another task's volume"

payload='{"plugin":"px","volume":[0,0],"locator":{"source":0,"volume":0,"addr":1,"path":"x"},'
play payload_unasked <<-END
	on plugins
	step a
	blob $PAYLOAD 10 $payload"size":10,"at":0}
	step b
	done
END
survives payload_unasked 1 "nobody asked for payloads"

if openssl req -x509 -newkey rsa:2048 -noenc -keyout "$T/key" -out "$T/cert" -subj /CN=a 2>"$T/openssl"; then
	play payload_torn --export-payloads "$T/cert" <<-END
		on plugins
		step a
		blob $PAYLOAD 10 $payload"size":30,"at":0}
		blob $PAYLOAD 10 $payload"size":30,"at":20}
		step b
		blob $PAYLOAD 10 $payload"size":30,"at":10}
		step c
		blob $PAYLOAD 10 $payload"size":9,"at":0}
		step d
		blob $PAYLOAD 10 $payload"size":99999999,"at":0}
		step e
		blob $PAYLOAD 10 $payload"size":20,"at":0}
		blob $PAYLOAD 10 $payload"size":20,"at":10}
		done
	END
	survives payload_torn 1 "PAYLOAD: a piece is missing"
	is "payload_torn: each break is told" "$(grep -c PAYLOAD "$T/rows")" 4
	is "payload_torn: the whole one is kept" "$(unzip -l "$zip" | grep -c 'payloads/')" 1

	play payload_death --export-payloads "$T/cert" <<-END
		on plugins
		step a
		blob $PAYLOAD 10 $payload"size":20,"at":0}
		die 9
		step b
		blob $PAYLOAD 10 $payload"size":20,"at":10}
		step c
		blob $PAYLOAD 10 $payload"size":10,"at":0}
		done
	END
	survives payload_death 1 "a piece is missing"
	is "payload_death: only the whole one is kept" "$(unzip -l "$zip" | grep -c 'payloads/')" 1
else
	skip "payloads in pieces" "no openssl"
fi

play twice <<-END
	on plugins
	send $BEGIN {"task":\$T,"key":"a"}
	send $BEGIN {"task":\$T,"key":"b"}
	send $BEGIN {"task":\$T,"key":"a"}
	done
END
survives twice 1 'step \"a\" began twice'

play silence --step-time 1 <<-END
	on plugins
	step a
	$record
	sleep 60
	step b
	$record
	done
END
survives silence 1 "the step took longer than 1 seconds"
is "silence: the next step is taken" "$(row records/px.jsonl | wc -l | tr -d ' ')" 2

play memory --memory 64M <<-END
	on plugins
	step a
	eat 400
	step b
	$record
	done
END
survives memory 1 "the worker took more than 64 MiB of memory"

play exit_zero <<-END
	on plugins
	step a
	$record
	exit 0
	step b
	$record
	done
END
survives exit_zero 1 "worker ended with exit status 0 before it said done"

play segfault <<-END
	on plugins
	step a
	$record
	die 11
	step b
	die 9
	step c
	$record
	done
END
survives segfault 1 "signal 11 (SIGSEGV)"
ok "segfault: the second death too" grep -F "signal 9 (SIGKILL)" "$T/rows"
is "segfault: two workers lost" "$(row custody.jsonl | grep -c '"event":"worker-lost"')" 2
is "segfault: first and last step kept" "$(row records/px.jsonl | wc -l | tr -d ' ')" 2
ok "segfault: the screen names the step" grep -F "SIGSEGV" "$T/segfault/out"

play hopeless <<-END
	on plugins
	die 11
END
survives hopeless 1 "task plugins"

play mid_file <<-END
	on plugins
	step a
	$(collect 5 dir/five)
	$(collect 6 dir/six)
	done
	on fetch
	step five
	send $FILE {"id":0,"locator":{"source":0,"volume":0,"addr":5,"path":"dir/five"},"size":1000}
	blob $DATA 300 {"id":0}
	die 11
	end
	step six
	send $FILE {"id":1,"locator":{"source":0,"volume":0,"addr":6,"path":"dir/six"},"size":1000}
	blob $DATA 1000 {"id":1}
	send $CLOSE {"id":1,"status":"complete"}
	done
END
survives mid_file 1 "incomplete: worker ended with signal 11"
is "mid_file: what arrived is kept" "$(row fs/C/dir/five | wc -c | tr -d ' ')" 300
is "mid_file: the next file is whole" "$(row fs/C/dir/six | wc -c | tr -d ' ')" 1000
ok "mid_file: the manifest says incomplete" sh -c \
	"unzip -p '$zip' manifest.jsonl | grep dir/five | grep '\"status\":\"incomplete\"'"

play short_file <<-END
	on plugins
	step a
	$(collect 5 dir/five)
	done
	on fetch
	step five
	send $FILE {"id":0,"locator":{"source":0,"volume":0,"addr":5,"path":"dir/five"},"size":1000}
	blob $DATA 300 {"id":0}
	send $CLOSE {"id":0,"status":"complete"}
	done
END
survives short_file 1 "incomplete: 300 bytes came of 1000"

play undelivered <<-END
	on plugins
	step a
	$(collect 5 dir/five)
	done
	on fetch
	done
END
survives undelivered 1 "asked for, but not delivered"

play stranger_file <<-END
	on plugins
	step a
	$(collect 5 dir/five)
	done
	on fetch
	step f
	send $FILE {"id":77,"locator":{"source":0,"volume":0,"addr":5,"path":"dir/five"},"size":1}
	end
	files
	done
END
survives stranger_file 1 "file 77 is not of this task"
is "stranger_file: the true file is there" "$(row fs/C/dir/five | wc -c | tr -d ' ')" 1000

play too_long --limit-size 2K <<-END
	on plugins
	step a
	$(collect 5 dir/five)
	done
	on fetch
	step five
	send $FILE {"id":0,"locator":{"source":0,"volume":0,"addr":5,"path":"dir/five"},"size":1000}
	blob $DATA 4000 {"id":0}
	end
	done
END
survives too_long 1 "is longer than the limit of 2048 bytes"

play zip_slip <<-END
	on plugins
	step a
	$(collect 5 ../../../etc/five)
	done
END
survives_names=$(unzip -Z1 "$zip" | grep -c '\.\./')
is "a path that climbs is made harmless" "$survives_names" 0

play over_limit --limit-size 500 <<-END
	on plugins
	step a
	$(collect 5 dir/five)
	done
END
survives over_limit 1 "1000 bytes are more than the limit of 500"

play failed <<-END
	on plugins
	step a
	$record
	send $FAILED {"task":\$T,"code":"corrupt","reason":"no such volume"}
END
survives failed 1 "no such volume"

play wrong_task <<-END
	on plugins
	step a
	send $DONE {"task":99}
	step b
	done
END
survives wrong_task 1 "DONE is about task 99"

play closed <<-END
	on plugins
	step a
	close
	exit 3
	step b
	done
END
survives closed 1 "worker ended with exit status 3"

play bad_volume <<-END
	on probe
	step s
	send $SOURCE {"source":0,"format":"raw","size":1}
	send $VOLUME {"source":0,"volume":4000,"fs":"ntfs"}
	step t
	send $SOURCE {"source":0,"format":"raw","size":1}
	send $VOLUME {"source":0,"volume":0,"fs":"ntfs","letter":"C"}
	done
END
survives bad_volume 1 '\"volume\" is out of range'

play escape <<-END
	on plugins
	say $(printf 'bell \a and \033[31mred')
	noise $(printf 'libtsk \033]0;title\a says')
	step a
	done
END
ok "log: text is escaped" sh -c "! grep -q \"\$(printf '\\033')\" '$T/escape/err'"
ok "log: and shown" grep -F 'red' "$T/escape/err"
ok "log: standard error of the worker too" grep -F 'says' "$T/escape/err"

# what would keep a step's clock from running out, or the keeper from its work
open_five="send $FILE {\"id\":0,\"locator\":{\"source\":0,\"volume\":0,\"addr\":5,\"path\":\"dir/five\"},\"size\":1000}"
play no_bytes <<-END
	on plugins
	step a
	$(collect 5 dir/five)
	done
	on fetch
	step five
	$open_five
	repeat 10 send $DATA {"id":0}
	end
	done
END
survives no_bytes 1 "DATA with nothing in it"

play many_zeros <<-END
	on plugins
	step a
	$(collect 5 dir/five)
	done
	on fetch
	step five
	$open_five
	send $DATA {"id":0,"zeros":9000000000}
	end
	done
END
survives many_zeros 1 "DATA with more than"

# loses_step NAME TEXT LINE: a step that sends LINE is lost, and nothing else
loses_step() {
	play "$1" <<-END
		on plugins
		step a
		$3
		step b
		$record
		done
	END
	survives "$1" 1 "$2"
	is "$1: what follows is kept" "$(row records/px.jsonl | wc -l | tr -d ' ')" 1
	is "$1: the run goes to its end" "$(row custody.jsonl | grep -c '"result":"complete with')" 1
}

# messages that are well formed and too large
loses_step long_key "BEGIN of 300000 bytes" 'send 34 {"task":$T,"key":"$[k*300000]"}'
loses_step long_stream "locator is out of range" \
	"$(collect 5 five | sed 's/"path"/"stream":"$[s*100000]","path"/')"
loses_step long_reason "a reason of 1900000 bytes" \
	"$(collect 5 five | sed 's/"r"/"$[r*1900000]"/')"
loses_step long_times '\"times\" is no object' \
	"$(collect 5 five | sed 's/"size"/"times":"$[t*1000000]","size"/')"

# records that are not in the one form (core/model/jsontext.h); fuzz_frames tries more
bad_record() {
	loses_step "$1" "RECORD is no record" "text 39 $2"
}
bad_record long_row '{"fields":{"n":"$[a*3000000]"},"kind":"k"}'
bad_record deep_row '{"fields":{"n":$[[*100]0$[]*100]},"kind":"k"}'
bad_record unsorted_row '{"fields":{"b":1,"a":2},"kind":"k"}'
bad_record row_with_twins '{"fields":{"a":1,"a":2},"kind":"k"}'
bad_record row_with_more '{"fields":{},"kind":"k","plugin":"py"}'
bad_record row_with_line_end '{"fields":{},"kind":"k"}]\n["row"'
bad_record row_with_nul '{"fields":{"a":"\u0000"},"kind":"k"}'
bad_record no_row ''
loses_step row_with_head "message RECORD has a head" 'send 39 {"fields":{},"kind":"k"}'

about='"code":"corrupt","object":"o","reason":"r"'
play long_anomaly <<-END
	on plugins
	step a
	send $ANOMALY {$about,"n":[\$[1e99,*400000]0]}
	$record
	done
END
is "long_anomaly: exit status" "$status" 1
is "long_anomaly: what follows is kept" "$(row records/px.jsonl | wc -l | tr -d ' ')" 1
ok "long_anomaly: counted without a row" \
	sh -c "unzip -p '$zip' collection.json | grep '\"anomalies_dropped\": *1'"

# what waits in the outbox is taken when the worker is dead, once
play outbox <<-END
	on plugins
	step a
	$record
	lay 39 {"fields":{"n":2},"kind":"k"}
	lay 39 {"fields":{"n":3},"kind":"k"}
	die 11
	step b
	done
END
survives outbox 1 "signal 11"
is "outbox: what waited is kept" "$(row records/px.jsonl | sed 's/.*"n":\(.\).*/\1/' | tr -d '\n')" 123

# numbers in it that cannot be
for lie in "0 4000000000" "99999 5" "18446744073709551615 18446744073709551615"; do
	loses_step "lie $lie" "bytes wait behind" "lie $lie
		die 11"
done
loses_step "what waits is no frame" "frame of" "lay 39 $(printf '\001')
	lie 0 128000
	die 11"

# keys that grow when the next worker is told them
play many_keys <<-END
	on plugins
	repeat 70 send $BEGIN {"task":\$T,"key":"\$[\\u0001*8000]\$N"}
	die 11
END
survives many_keys 1 "worker broke the protocol: step"
ok "many_keys: the next workers were told" sh -c "! grep 'become ready' '$T/many_keys/err'"

# what one plugin, or the worker of one volume, may not say of another
there='{"source":0,"volume":3,"addr":1,"path":"x"}'
loses_step nul_plugin "which does not run" \
	"send $FINDING {\"plugin\":\"px\\u0000y\",\"severity\":\"high\",\"confidence\":\"high\",\"title\":\"t\"}"
loses_step nobodys_record "outside of a step of a plugin" "send $BEGIN {\"task\":\$T,\"key\":\"c\"}
	$record"
loses_step alien_record "which does not run" "send $BEGIN {\"task\":\$T,\"key\":\"c\",\"plugin\":\"py\"}
	$record"
loses_step alien_finding "FINDING about another task's volume" \
	"send $FINDING {\"plugin\":\"px\",\"severity\":\"high\",\"confidence\":\"high\",\"title\":\"t\",\"evidence\":[$there]}"
loses_step alien_anomaly "ANOMALY about another task's volume" \
	"send $ANOMALY {$about,\"locator\":$there}"
loses_step alien_plugin "which does not run" "send $ANOMALY {$about,\"plugin\":\"py\"}"

# something that a worker has started holds its pipes
before=$(date +%s)
loses_step orphan "signal 11" "orphan 60
	die 11"
ok "orphan: nobody waits for it" [ $(($(date +%s) - before)) -lt 40 ]

# two workers, one archive: the second waits while the first has a file open,
# its clock stands still, and what it sent is kept although it is dead by then
large() {
	collect "$1" "$2" | sed 's/"size":1000/"size":70000000/'
}
play contention -j2 --step-time 2 <<-END
	on plugins
	step a
	$(large 5 five)
	$(large 6 six)
	done
	on fetch
	for 0
	step five
	send $FILE {"id":0,"locator":{"source":0,"volume":0,"addr":5,"path":"five"},"size":20}
	blob $DATA 5 {"id":0}
	sleep 1
	blob $DATA 5 {"id":0}
	sleep 1
	blob $DATA 5 {"id":0}
	sleep 1
	blob $DATA 5 {"id":0}
	sleep 1
	send $CLOSE {"id":0,"status":"complete"}
	done
	end
	for 1
	sleep 1
	step six
	send $FILE {"id":1,"locator":{"source":0,"volume":0,"addr":6,"path":"six"},"size":9}
	blob $DATA 9 {"id":1}
	send $CLOSE {"id":1,"status":"complete"}
	step seven
	die 11
	step eight
	done
END
survives contention 1 "signal 11"
is "contention: the first file" "$(row fs/C/five)" AAAAAAAAAAAAAAAAAAAA
is "contention: the second file" "$(row fs/C/six)" AAAAAAAAA
is "contention: one anomaly, that of the dead worker" "$(wc -l <"$T/rows" | tr -d ' ')" 1

# more than the keeper takes ahead, while the other has a file open
play ahead -j2 <<-END
	on plugins
	step a
	$(large 5 five)
	$(large 6 six)
	done
	on fetch
	for 0
	step five
	send $FILE {"id":0,"locator":{"source":0,"volume":0,"addr":5,"path":"five"},"size":1}
	sleep 2
	blob $DATA 1 {"id":0}
	send $CLOSE {"id":0,"status":"complete"}
	done
	end
	for 1
	sleep 1
	step six
	send $FILE {"id":1,"locator":{"source":0,"volume":0,"addr":6,"path":"six"},"size":30000000}
	$(for i in 1 2 3 4 5 6 7 8 9 10; do echo "blob $DATA 3000000 {\"id\":1}"; done)
	send $CLOSE {"id":1,"status":"complete"}
	done
END
is "ahead: exit status" "$status" 0
ok "ahead: the archive verifies" "$FOSSICK" verify "$zip"
is "ahead: all bytes are there" "$(row fs/C/six | wc -c | tr -d ' ')" 30000000

# plugins that judge: pj is one for the fake worker
VERDICT=54 PLUGIN=37
echo 'return { judges = { "px" } }' >"$T/pj.lua"
judges() {
	play "$@" -p "$T/px.lua,$T/pj.lua"
}
check=$(printf '%s\n' 'on check' 'step check' \
	"send $PLUGIN {\"name\":\"pj\",\"ok\":true,\"meta\":{\"judges\":[\"px\"]}}" 'step last' done)
said='{"plugin":"pj","verdict":{"case":"c","ladder":["a"],"step":"a","summary":"s"}}'

judges judged <<-END
	$check
	on judge
	step judge
	send $VERDICT $said
	step last
	done
END
is "a good judge: exit status" "$status" 0
is "a good judge: its verdict is there" "$(row verdicts.jsonl | grep -c '"step":"a"')" 1

# bad NAME TEXT LINE…: what a worker says in its judging step, and what is said of it
bad() {
	name=$1 text=$2
	shift 2
	judges "$name" <<-END
		$check
		on judge
		step judge
		$(printf '%s\n' "$@")
		step last
		done
	END
	survives "$name" 1 "$text"
	is "$name: the verdict failed" "$(row verdicts.jsonl | grep -c '"failed":"worker broke the protocol')" 1
}
bad no_verdict "VERDICT is none" 'send 54 {"plugin":"pj","verdict":{"case":1}}'
bad others_verdict "which does not run" 'send 54 {"plugin":"px","failed":"x"}'
bad judge_collects "COLLECT is not permitted in task judge" \
	'send 42 {"plugin":"pj","reason":"r","locator":{"source":0,"volume":0,"addr":1,"path":"x"},"size":1}'
bad judge_elsewhere "another task's volume" \
	'send 40 {"plugin":"pj","severity":"low","confidence":"low","title":"t","evidence":[{"source":1,"volume":0,"addr":1,"path":"x"}]}'

judges two_verdicts <<-END
	$check
	on judge
	step judge
	send $VERDICT $said
	send $VERDICT $said
	step last
	done
END
survives two_verdicts 1 "out of turn"
is "two_verdicts: the first one stands" "$(row verdicts.jsonl | grep -c '"step":"a"')" 1

judges mute <<-END
	$check
	on judge
	done
END
is "a worker that says nothing of a judge: the verdict failed" \
	"$(row verdicts.jsonl | grep -c '"failed":"its worker said nothing about it"')" 1

judges bad_judges <<-END
	on check
	step check
	send $PLUGIN {"name":"pj","ok":true,"meta":{"judges":["../x"]}}
	step last
	done
END
survives bad_judges 1 "[0] is no plugin"
is "bad_judges: the verdict failed" "$(row verdicts.jsonl | grep -c '"failed"')" 1

exec 9</dev/null
play handles -v <<-END
	on plugins
	handles
	done
END
ok "a worker has the descriptors that were passed, and no others" \
	grep -x '.*handles: 0 1 2 3 4 6 7' "$T/handles/err"
exec 9<&-

play stays <<-END
	on quit
	sleep 60
END
is "a worker that does not go: exit status" "$status" 0

# nothing to talk to
FOSSICK_WORKER=/bin/true
play no_worker </dev/null
is "a worker that ends at once: exit status" "$status" 2
ok "a worker that ends at once: said" grep "no worker becomes ready" "$T/no_worker/err"
ok "a worker that ends at once: the archive verifies" "$FOSSICK" verify "$zip"
FOSSICK_WORKER=$T/nothing
play absent_worker </dev/null
is "no worker at all: exit status" "$status" 2
FOSSICK_WORKER=$fake

play unlocked --require-sandbox <<-END
	on lock
	send 33 {"layers":[{"name":"seccomp","held":false,"essential":true}]}
END
is "sandbox required, not held: exit status" "$status" 77
is "sandbox required, not held: no archive" "$zip" ""

play unlocked_anyway <<-END
	on lock
	send 33 {"layers":[{"name":"seccomp","held":false,"essential":true}]}
END
is "sandbox not held, not required: exit status" "$status" 0
ok "sandbox not held: collection.json says so" sh -c \
	"unzip -p '$zip' collection.json | tr -d ' \n' | grep -F '\"held\":false,\"layers\"'"

done_testing
