# Replays the seeds of the reader of lists of digests.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_hashset" "$FOSSICK_SRC/tests/fuzz/corpus/hashset"
