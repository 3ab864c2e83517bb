# Replays the seeds of the hive reader.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_hive" "$FOSSICK_SRC/tests/fuzz/corpus/hive"
