#include "core/registry/header.h"

#include <string.h>

#include "core/base/cursor.h"
#include "core/registry/cells.h"

#define AT_SEQUENCES 4u
#define AT_MINOR 24u
#define AT_FLAGS 144u
#define AT_CHECKSUM (FSK_BASE_BLOCK - 4)

/* XOR of the first 127 words; 0 and -1 are stored as 1 and -2. */
static uint32_t checksum(const uint8_t *data)
{
	struct fsk_cur cur;
	uint32_t sum = 0;

	fsk_cur_init(&cur, data, AT_CHECKSUM);
	while (fsk_cur_left(&cur) > 0)
		sum ^= fsk_cur_u32le(&cur);
	if (sum == 0)
		return 1;
	return sum == 0xffffffffu ? 0xfffffffeu : sum;
}

int fsk_base_block_parse(struct fsk_base_block *out, const uint8_t *data, size_t len,
                         struct fsk_err *err)
{
	struct fsk_cur cur;

	memset(out, 0, sizeof(*out));
	if (len < 4 || memcmp(data, "regf", 4) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no registry hive: signature missing");
	if (len < FSK_BASE_BLOCK)
		return fsk_err_set(err, FSK_ECORRUPT, "no registry hive: ends after %zu bytes",
		                   len);
	fsk_cur_init(&cur, data, FSK_BASE_BLOCK);
	fsk_cur_skip(&cur, 4);
	out->sequence1 = fsk_cur_u32le(&cur);
	out->sequence2 = fsk_cur_u32le(&cur);
	out->written = fsk_cur_u64le(&cur);
	fsk_cur_skip(&cur, 4); /* major version */
	out->minor = fsk_cur_u32le(&cur);
	out->type = fsk_cur_u32le(&cur);
	fsk_cur_skip(&cur, 4); /* format: always 1 */
	out->root = fsk_cur_u32le(&cur);
	out->bins = fsk_cur_u32le(&cur);
	fsk_cur_skip(&cur, 4); /* clustering factor */
	out->name = fsk_cur_bytes(&cur, FSK_BASE_BLOCK_NAME);
	fsk_cur_seek(&cur, AT_FLAGS);
	out->flags = fsk_cur_u32le(&cur);
	fsk_cur_seek(&cur, AT_CHECKSUM);
	out->sound = fsk_cur_u32le(&cur) == checksum(data);
	return 0;
}

static void put_u32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t) (v >> 8 * i);
}

void fsk_base_block_store(uint8_t *data, const struct fsk_base_block *b)
{
	put_u32(data + AT_SEQUENCES, b->sequence1);
	put_u32(data + AT_SEQUENCES + 4, b->sequence2);
	put_u32(data + AT_MINOR, b->minor);
	put_u32(data + AT_MINOR + 4, b->type);
	put_u32(data + AT_MINOR + 12, b->root);
	put_u32(data + AT_MINOR + 16, b->bins);
	put_u32(data + AT_FLAGS, b->flags);
	put_u32(data + AT_CHECKSUM, checksum(data));
}

char *fsk_base_block_name(const struct fsk_base_block *b)
{
	size_t len = 0;

	while (len < FSK_BASE_BLOCK_NAME && (b->name[len] != 0 || b->name[len + 1] != 0))
		len += 2;
	return fsk_cells_text(b->name, len, false);
}
