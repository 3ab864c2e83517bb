/* A change journal: where it begins, and its records. */
#include <stdint.h>

#include "plugins/usn/usn.h"
#include "tests/fuzz/memory_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { data, size };
	const struct fsk_input in = memory_input(&m);
	int64_t first = fsk_usn_first(&in, NULL);
	struct fsk_usn_record r;
	volatile uint8_t last;
	struct fsk_usn u;

	if (first < 0 || fsk_usn_open(&u, &in, (uint64_t) first, NULL) < 0)
		return 0;
	while (fsk_usn_next(&u, &r, NULL) > 0)
		if (r.name_size > 0)
			last = r.name[r.name_size - 1];
	(void) last;
	fsk_usn_close(&u);
	return 0;
}
