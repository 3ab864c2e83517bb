# Replays the seeds of the reader of Mach-O files.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_macho" "$FOSSICK_SRC/tests/fuzz/corpus/macho"
