# Replays the seeds of the target lznt1.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_lznt1" "$FOSSICK_SRC/tests/fuzz/corpus/lznt1"
