exec "$FOSSICK_BUILD/tests/fuzz/fuzz_recover" "$FOSSICK_SRC/tests/fuzz/corpus/recover"
