# Replays the seeds of the target deflate.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_deflate" "$FOSSICK_SRC/tests/fuzz/corpus/deflate"
