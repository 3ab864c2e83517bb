# Replays the seeds of the reader of property lists.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_plist" "$FOSSICK_SRC/tests/fuzz/corpus/plist"
