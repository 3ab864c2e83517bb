# Replays the seeds of the reader of LevelDB files.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_leveldb" "$FOSSICK_SRC/tests/fuzz/corpus/leveldb"
