# Replays the seeds of lists of profiles.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_profiles" "$FOSSICK_SRC/tests/fuzz/corpus/profiles"
