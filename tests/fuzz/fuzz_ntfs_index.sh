# Replays the seeds of the target ntfs_index.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_ntfs_index" "$FOSSICK_SRC/tests/fuzz/corpus/ntfs_index"
