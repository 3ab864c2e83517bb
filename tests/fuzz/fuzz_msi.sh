# Replays the seeds of the reader of packages.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_msi" "$FOSSICK_SRC/tests/fuzz/corpus/msi"
