# Replays the seeds of command lines.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_follow" "$FOSSICK_SRC/tests/fuzz/corpus/follow"
