#include "plugins/ese/fit.h"

#include "core/base/cursor.h"

#define SUMMED 668u /* bytes of the header whose checksum libesedb counts */
#define LARGE 16384u

/* page flags */
#define LEAF 0x02u
#define SPACE_TREE 0x20u

/* flags of a tag */
#define COMMON_KEY 0x4u

/* the catalog, and its shadow */
#define CATALOG 2u
#define CATALOG_SHADOW 3u
#define CATALOG_FIXED 12u

static uint32_t sum(const uint8_t *page, size_t size)
{
	uint32_t sum = FSK_ESE_SIGNATURE;
	struct fsk_cur c;

	fsk_cur_init(&c, page, size);
	fsk_cur_skip(&c, 4);
	while (fsk_cur_left(&c) >= 4)
		sum ^= fsk_cur_u32le(&c);
	return sum;
}

bool fsk_ese_fit_header(uint8_t *page, size_t size)
{
	uint32_t fit = sum(page, SUMMED), stored;
	struct fsk_cur c;

	fsk_cur_init(&c, page, size);
	stored = fsk_cur_u32le(&c);
	for (int i = 0; i < 4; i++)
		page[i] = (uint8_t) (fit >> 8 * i);
	return stored == fit || stored == sum(page, size);
}

/* Where the record of a tag of a leaf begins, behind its key; 0 when that is not in the page. */
static size_t record_of(const uint8_t *page, uint32_t size, unsigned tag)
{
	bool large = size >= LARGE;
	unsigned mask = large ? 0x7fff : 0x1fff, flags, at;
	struct fsk_cur c;

	fsk_cur_init(&c, page, size);
	if (4 * (tag + 1) > size)
		return 0;
	fsk_cur_seek(&c, size - 4 * (tag + 1));
	fsk_cur_skip(&c, 2);
	at = fsk_cur_u16le(&c);
	flags = at >> 13;
	fsk_cur_seek(&c, (large ? 80 : 40) + (at & mask));
	at = fsk_cur_u16le(&c); /* size of the key; in large pages with the flags */
	if (large)
		flags = at >> 13;
	if ((flags & COMMON_KEY) != 0)
		at = fsk_cur_u16le(&c);
	fsk_cur_skip(&c, at & 0x1fff);
	return c.failed || fsk_cur_left(&c) < 4 ? 0 : c.pos;
}

static void fit_page(uint8_t *page, uint32_t size)
{
	uint32_t object, flags;
	unsigned tags;
	struct fsk_cur c;

	fsk_cur_init(&c, page, size);
	fsk_cur_seek(&c, 24);
	object = fsk_cur_u32le(&c);
	fsk_cur_skip(&c, 6);
	tags = fsk_cur_u16le(&c) & 0x0fff;
	flags = fsk_cur_u32le(&c);
	page[35] &= 0x0f;
	if ((object != CATALOG && object != CATALOG_SHADOW) || (flags & LEAF) == 0 ||
	    (flags & SPACE_TREE) != 0)
		return;
	for (unsigned i = 1; i < tags; i++) {
		size_t at = record_of(page, size, i);

		if (at > 0 && page[at] == CATALOG_FIXED + 1)
			page[at] = CATALOG_FIXED;
	}
}

void fsk_ese_fit_pages(uint8_t *data, size_t size, uint32_t page)
{
	for (size_t at = 2 * (size_t) page; at < size && size - at >= page; at += page)
		fit_page(data + at, page);
}
