# Replays the seeds of the reader of signatures.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_cms" "$FOSSICK_SRC/tests/fuzz/corpus/cms"
