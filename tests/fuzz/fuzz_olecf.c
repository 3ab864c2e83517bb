/* A compound file: every stream of it is read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "plugins/shared/compound.h"

#define PIECE 65536u
#define STREAMS 1000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	struct fsk_compound *c;
	struct fsk_buf b;

	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	if (fsk_compound_open(&c, copy, size, NULL) < 0)
		return 0;
	for (size_t i = 0; i < fsk_compound_count(c) && i < STREAMS; i++) {
		fsk_buf_init(&b, FSK_OLECF_READ_MAX);
		fsk_compound_read(&b, c, fsk_compound_path(c, i), 0, PIECE, NULL);
		fsk_compound_read(&b, c, fsk_compound_path(c, i), fsk_compound_size(c, i) / 2,
		                  PIECE, NULL);
		fsk_buf_free(&b);
	}
	fsk_compound_close(c);
	return 0;
}
