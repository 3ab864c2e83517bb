# Replays the seeds of the reader of icons.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_ico" "$FOSSICK_SRC/tests/fuzz/corpus/ico"
