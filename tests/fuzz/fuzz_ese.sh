# Replays databases that tests/data/make-ese.py writes: they are too large to keep.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_ese" "$FOSSICK_BUILD/tests/data/ese"
