# Replays the seeds of the transaction logs of hives.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_hive_logs" "$FOSSICK_SRC/tests/fuzz/corpus/hive_logs"
