/* LZNT1 into units of several sizes, each exactly as large as it says. */
#include <stdlib.h>

#include "core/evidence/stream_lznt1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t units[] = { 1, 512, 4096, 5000, 65536 };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint8_t *out = malloc(units[i]);

		if (out == NULL)
			return 0;
		(void) fsk_lznt1_decompress(out, units[i], data, size, NULL);
		free(out);
	}
	return 0;
}
