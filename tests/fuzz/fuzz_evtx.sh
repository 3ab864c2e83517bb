# Replays the seeds of the reader of event logs.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_evtx" "$FOSSICK_SRC/tests/fuzz/corpus/evtx"
