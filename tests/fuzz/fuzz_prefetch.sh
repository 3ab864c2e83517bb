# Replays the seeds of the reader of prefetch files.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_prefetch" "$FOSSICK_SRC/tests/fuzz/corpus/prefetch"
