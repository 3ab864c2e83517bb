# Replays the seeds of plugin and artifacts texts.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_plugin" "$FOSSICK_SRC/tests/fuzz/corpus/plugin"
