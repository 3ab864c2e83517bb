/* VHD, VHDX and VMDK over one hostile file. Each input runs twice, as it is and
 * with its checksums made right. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/feed.h"

#define KIB64 65536u

/* One's complement of the sum of the bytes, big-endian. */
static void seal_vhd(uint8_t *p, size_t n, size_t field)
{
	uint32_t sum = 0;

	memset(p + field, 0, 4);
	for (size_t i = 0; i < n; i++)
		sum += p[i];
	for (int i = 0; i < 4; i++)
		p[field + (size_t) i] = (uint8_t) (~sum >> (24 - 8 * i));
}

/* CRC-32C, little-endian, behind a signature of four bytes. */
static void seal_vhdx(uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	memset(p + 4, 0, 4);
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	for (int i = 0; i < 4; i++)
		p[4 + i] = (uint8_t) (~crc >> (8 * i));
}

static void seal_all(uint8_t *p, size_t size)
{
	if (size >= 512 && memcmp(p, "conectix", 8) == 0)
		seal_vhd(p, 512, 64);
	if (size >= 1536 && memcmp(p + 512, "cxsparse", 8) == 0)
		seal_vhd(p + 512, 1024, 36);
	if (size >= 1024 && memcmp(p + size - 512, "conectix", 8) == 0)
		seal_vhd(p + size - 512, 512, 64);
	if (size >= 5 * KIB64 && memcmp(p, "vhdxfile", 8) == 0) {
		seal_vhdx(p + KIB64, 4096);
		seal_vhdx(p + 3 * KIB64, KIB64);
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
