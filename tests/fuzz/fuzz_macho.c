/* A program of macOS, with all that can be told of it. */
#include "plugins/macho/macho.h"
#include "tests/fuzz/memory_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { data, size };
	const struct fsk_input in = memory_input(&m);
	const struct fsk_macho_options want = { .content = true, .strings = true };
	json_t *told, *notes;

	if (fsk_macho_examine(&told, &notes, &in, &want, NULL) < 0)
		return 0;
	json_decref(told);
	json_decref(notes);
	return 0;
}
