# Replays programs and their damaged variants against rules with all modules of libyara.
corpus=$FOSSICK_SRC/tests/fuzz/corpus
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_yara" "$corpus/yara" "$corpus/pe" "$corpus/macho"
