# Replays the seeds of the EWF reader.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_ewf" "$FOSSICK_SRC/tests/fuzz/corpus/ewf"
