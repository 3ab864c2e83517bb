# Replays the seeds of the frame decoder.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_frames" "$FOSSICK_SRC/tests/fuzz/corpus/frames"
