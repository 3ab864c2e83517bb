# Replays the seeds of bundles.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_stix" "$FOSSICK_SRC/tests/fuzz/corpus/stix"
