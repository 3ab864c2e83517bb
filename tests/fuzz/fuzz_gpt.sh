# Replays the seeds of the target gpt.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_gpt" "$FOSSICK_SRC/tests/fuzz/corpus/gpt"
