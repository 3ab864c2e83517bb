/* The EWF reader over hostile segment files: each starts at the signature of
 * one in the input. An input runs twice, as it is and with its checksums made
 * right, so that values are met which no mutation would get past a checksum. */
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

/* Where segment files start, and the end; returns how many there are. */
static size_t find_files(size_t cuts[FEED_FILES_MAX + 1], const uint8_t *data, size_t size)
{
	size_t n = 1;

	cuts[0] = 0;
	for (size_t i = 1; i + 8 <= size && n < FEED_FILES_MAX; i++)
		if (memcmp(data + i, "EVF\x09\x0d\x0a\xff", 8) == 0)
			cuts[n++] = i;
	cuts[n] = size;
	return n;
}

static void feed(const uint8_t *data, const size_t *cuts, size_t n)
{
	if (n == 1)
		feed_source(data, cuts[1]);
	else
		feed_files(data, cuts, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	size_t cuts[FEED_FILES_MAX + 1];
	size_t n = find_files(cuts, data, size);

	feed(data, cuts, n);
	if (copy != NULL && size > 0) {
		memcpy(copy, data, size);
		for (size_t i = 0; i < n; i++)
			seal_all(copy + cuts[i], cuts[i + 1] - cuts[i]);
		feed(copy, cuts, n);
	}
	free(copy);
	return 0;
}
