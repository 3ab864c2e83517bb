# Replays the seeds of the reader of asar archives.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_asar" "$FOSSICK_SRC/tests/fuzz/corpus/asar"
