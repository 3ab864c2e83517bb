#include "core/base/xpress.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"

#define SYMBOLS 512u
#define CODE_MAX 15u             /* bits of a code */
#define ENTRIES (1u << CODE_MAX) /* of the table: every value of that many bits */
#define BLOCK 65536u             /* bytes of output that one set of codes is for */

struct inflating {
	struct fsk_cur in;
	uint8_t *out;
	size_t size, at;
	uint32_t bits;   /* the next ones, from the top */
	int extra;       /* how many are there beyond the 16 that are always */
	unsigned past;   /* units that were wanted behind the end */
	uint16_t *table; /* symbol | bits of its code << 9; 0: no such code */
};

/* A unit of bits; zeros behind the end, where the packer need not have padded. */
static uint32_t next_unit(struct inflating *f)
{
	if (fsk_cur_left(&f->in) >= 2)
		return fsk_cur_u16le(&f->in);
	f->past++;
	return 0;
}

static void drop_bits(struct inflating *f, unsigned n)
{
	f->bits <<= n;
	f->extra -= (int) n;
	if (f->extra < 0) {
		f->bits |= next_unit(f) << -f->extra;
		f->extra += 16;
	}
}

/* The codes of a block: 256 bytes, each the lengths of two symbols. Codes
 * ascend with length, then symbol. False when there are more than fit. */
static bool read_codes(struct inflating *f)
{
	const uint8_t *lengths = fsk_cur_bytes(&f->in, SYMBOLS / 2);
	size_t at = 0;

	if (lengths == NULL)
		return false;
	memset(f->table, 0, ENTRIES * sizeof(*f->table));
	for (unsigned length = 1; length <= CODE_MAX; length++) {
		for (unsigned symbol = 0; symbol < SYMBOLS; symbol++) {
			size_t n = (size_t) 1 << (CODE_MAX - length);

			if ((lengths[symbol / 2] >> symbol % 2 * 4 & 15u) != length)
				continue;
			if (n > ENTRIES - at)
				return false;
			while (n-- > 0)
				f->table[at++] = (uint16_t) (symbol | length << 9);
		}
	}
	f->bits = next_unit(f) << 16;
	f->bits |= next_unit(f);
	f->extra = 16;
	return true;
}

static size_t match_length(struct inflating *f, unsigned symbol)
{
	size_t n = symbol % 16;

	if (n == 15) {
		n = fsk_cur_u8(&f->in);
		if (n == 255) {
			n = fsk_cur_u16le(&f->in);
			if (n == 0)
				n = fsk_cur_u32le(&f->in);
			if (n < 15)
				f->in.failed = true;
			return n + 3;
		}
		n += 15;
	}
	return n + 3;
}

/* A piece of what is already there; it may reach into itself. */
static bool copy_match(struct inflating *f, unsigned symbol)
{
	size_t n = match_length(f, symbol), distance = 1;
	unsigned width = symbol / 16;

	if (width > 0) {
		distance = (size_t) 1 << width | f->bits >> (32 - width);
		drop_bits(f, width);
	}
	if (f->in.failed || distance > f->at)
		return false;
	n = n < f->size - f->at ? n : f->size - f->at;
	for (size_t i = 0; i < n; i++, f->at++)
		f->out[f->at] = f->out[f->at - distance];
	return true;
}

static bool read_block(struct inflating *f)
{
	size_t end = f->size - f->at < BLOCK ? f->size : f->at + BLOCK;

	if (!read_codes(f))
		return false;
	while (f->at < end) {
		uint16_t entry = f->table[f->bits >> (32 - CODE_MAX)];
		unsigned symbol = entry & (SYMBOLS - 1);

		if (entry == 0 || f->past > 2) /* two units may be read ahead */
			return false;
		drop_bits(f, entry >> 9);
		if (symbol < 256)
			f->out[f->at++] = (uint8_t) symbol;
		else if (!copy_match(f, symbol - 256))
			return false;
	}
	return true;
}

int fsk_xpress_huffman(uint8_t *out, size_t size, size_t *done, const uint8_t *data, size_t n,
                       struct fsk_err *err)
{
	struct inflating f = { .out = out, .size = size };
	bool good = true;

	if (done != NULL)
		*done = 0;
	f.table = malloc(ENTRIES * sizeof(*f.table));
	if (f.table == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for codes");
	fsk_cur_init(&f.in, data, n);
	while (good && f.at < size)
		good = read_block(&f);
	free(f.table);
	if (done != NULL)
		*done = f.at;
	if (!good)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "packed data is damaged or cut off: %zu of %zu bytes", f.at,
		                   size);
	return 0;
}
