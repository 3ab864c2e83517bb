# Replays the seeds of the readers in lua-scripts/lib.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_readers" "$FOSSICK_SRC/tests/fuzz/corpus/readers"
