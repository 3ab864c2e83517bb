/* The EWF reader over one hostile segment file. Each input runs twice,
 * as it is and with its checksums made right, so that values are met which no
 * mutation would get past a checksum. */
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "tests/fuzz/feed.h"

#define SECTIONS 64u

/* Puts the Adler-32 of from..at at `at`, if that is inside. */
static void seal(uint8_t *data, size_t size, size_t from, uint64_t at)
{
	uint32_t sum;

	if (at > size || size - at < 4 || from > at)
		return;
	sum = libdeflate_adler32(1, data + from, (size_t) at - from);
	for (int i = 0; i < 4; i++)
		data[at + (size_t) i] = (uint8_t) (sum >> (8 * i));
}

static void seal_section(uint8_t *data, size_t size, size_t at, uint64_t next)
{
	const char *type = (const char *) data + at;
	size_t body = at + 76;
	struct fsk_cur c;

	fsk_cur_init(&c, data, size);
	fsk_cur_seek(&c, body);
	if (strncmp(type, "table", 5) == 0) {
		uint64_t count = fsk_cur_u32le(&c);
		seal(data, size, body, body + 20);
		seal(data, size, body + 24, body + 24 + 4 * count);
	} else if (strncmp(type, "error2", 6) == 0) {
		uint64_t count = fsk_cur_u32le(&c);
		seal(data, size, body, body + 516);
		seal(data, size, body + 520, body + 520 + 8 * count);
	} else if (strncmp(type, "volume", 6) == 0 || strncmp(type, "data", 4) == 0) {
		seal(data, size, body, next >= body + 1052 ? body + 1048 : body + 90);
	} else if (strncmp(type, "digest", 6) == 0) {
		seal(data, size, body, body + 76);
	} else if (strncmp(type, "hash", 4) == 0) {
		seal(data, size, body, body + 32);
	}
	seal(data, size, at, at + 72);
}

static void seal_all(uint8_t *data, size_t size)
{
	size_t at = 13;

	for (unsigned i = 0; i < SECTIONS && at < size && size - at >= 76; i++) {
		struct fsk_cur c;
		uint64_t next;
		fsk_cur_init(&c, data, size);
		fsk_cur_seek(&c, at + 16);
		next = fsk_cur_u64le(&c);
		seal_section(data, size, at, next);
		if (next <= at || next > size)
			break;
		at = (size_t) next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	feed_source(data, size);
	if (copy != NULL && size > 0) {
		memcpy(copy, data, size);
		seal_all(copy, size);
		feed_source(copy, size);
	}
	free(copy);
	return 0;
}
