/* A prefetch file, packed or not: everything of it is read. */
#include <stdint.h>
#include <stdlib.h>

#include "plugins/prefetch/prefetch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_pf pf;

	fsk_pf_read(&pf, data, size, NULL);
	fsk_pf_free(&pf);
	return 0;
}
