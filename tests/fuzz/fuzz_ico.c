/* An icon, with all that can be told of it. */
#include <stdint.h>

#include "plugins/ico/ico.h"
#include "tests/fuzz/memory_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { data, size };
	const struct fsk_input in = memory_input(&m);
	json_t *told, *notes;

	if (fsk_ico_examine(&told, &notes, &in, NULL) < 0)
		return 0;
	json_decref(told);
	json_decref(notes);
	return 0;
}
