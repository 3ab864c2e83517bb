# Replays the seeds of the reader of shortcuts.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_lnk" "$FOSSICK_SRC/tests/fuzz/corpus/lnk"
