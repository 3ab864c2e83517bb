# Replays the seeds of the reader of databases.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_memdb" "$FOSSICK_SRC/tests/fuzz/corpus/memdb"
