# Replays the seeds of patterns and paths.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_matcher" "$FOSSICK_SRC/tests/fuzz/corpus/matcher"
