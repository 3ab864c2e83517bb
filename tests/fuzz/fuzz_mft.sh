# Replays the seeds of the target mft.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_mft" "$FOSSICK_SRC/tests/fuzz/corpus/mft"
