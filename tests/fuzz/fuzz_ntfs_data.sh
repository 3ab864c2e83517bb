# Replays the seeds of the target ntfs_data.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_ntfs_data" "$FOSSICK_SRC/tests/fuzz/corpus/ntfs_data"
