# Replays the seeds of the reader of compound files.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_olecf" "$FOSSICK_SRC/tests/fuzz/corpus/olecf"
