# Replays the seeds of the reader of programs.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_pe" "$FOSSICK_SRC/tests/fuzz/corpus/pe"
