/* A program, with all that can be told of it. */
#include "plugins/pe/program.h"
#include "tests/fuzz/memory_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { data, size };
	const struct fsk_input in = memory_input(&m);
	const struct fsk_pe_options want = {
		.what = FSK_PE_HEADERS | FSK_PE_VERSION | FSK_PE_PARTS | FSK_PE_SIGNATURE |
		        FSK_PE_TABLE,
		.content = true,
		.digests = true,
		.entropy = true,
	};
	json_t *told, *notes;

	if (fsk_pe_examine(&told, &notes, &in, &want, NULL) < 0)
		return 0;
	json_decref(told);
	json_decref(notes);
	return 0;
}
