# Replays the seeds of the reader of change journals.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_usn" "$FOSSICK_SRC/tests/fuzz/corpus/usn"
