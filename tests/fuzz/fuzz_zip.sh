# Replays the seeds of the reader of zip archives.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_zip" "$FOSSICK_SRC/tests/fuzz/corpus/zip"
