#include "plugins/ese/fit.h"

#include <string.h>

#include "core/base/cursor.h"

#define SUMMED 668u /* bytes of the header whose checksum libesedb counts */
#define LARGE 16384u

/* page flags */
#define LEAF 0x02u
#define NO_RECORDS 0xe0u /* a space tree, an index, long values */

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

/* Where the record of a tag of a leaf begins, behind its key, and its length; 0 when that is
 * not in the page. */
static size_t record_of(size_t *len, const uint8_t *page, uint32_t size, unsigned tag)
{
	bool large = size >= LARGE;
	unsigned mask = large ? 0x7fff : 0x1fff, flags, at;
	size_t start, bytes;
	struct fsk_cur c;

	fsk_cur_init(&c, page, size);
	if (4 * (tag + 1) > size)
		return 0;
	fsk_cur_seek(&c, size - 4 * (tag + 1));
	bytes = fsk_cur_u16le(&c) & mask;
	at = fsk_cur_u16le(&c);
	flags = at >> 13;
	start = (large ? 80 : 40) + (at & mask);
	fsk_cur_seek(&c, start);
	at = fsk_cur_u16le(&c); /* size of the key; in large pages with the flags */
	if (large)
		flags = at >> 13;
	if ((flags & COMMON_KEY) != 0)
		at = fsk_cur_u16le(&c);
	fsk_cur_skip(&c, at & 0x1fff);
	if (c.failed || bytes > size - start || c.pos - start + 4 > bytes)
		return 0;
	*len = bytes - (c.pos - start);
	return c.pos;
}

/* Do its values of variable size lie in the record? libesedb does not look. */
static bool whole(const uint8_t *record, size_t len)
{
	struct fsk_cur c;
	unsigned values, end;

	fsk_cur_init(&c, record, len);
	fsk_cur_skip(&c, 1);
	values = fsk_cur_u8(&c);
	values = values > 127 ? values - 127 : 0;
	fsk_cur_seek(&c, fsk_cur_u16le(&c));
	for (end = 0; values > 0 && !c.failed; values--)
		end = fsk_cur_u16le(&c) & 0x7fff;
	fsk_cur_skip(&c, end);
	return !c.failed;
}

/* Counts records that are not whole, and leaves nothing in them. */
static unsigned fit_records(uint8_t *page, uint32_t size, unsigned tags, bool catalog)
{
	static const uint8_t none[4] = { 0, 127, 4, 0 };
	unsigned damaged = 0;

	for (unsigned i = 1; i < tags; i++) {
		size_t len, at = record_of(&len, page, size, i);

		if (at == 0)
			continue;
		if (!whole(page + at, len)) {
			memcpy(page + at, none, sizeof(none));
			damaged++;
		}
		if (catalog && page[at] == CATALOG_FIXED + 1)
			page[at] = CATALOG_FIXED;
	}
	return damaged;
}

static unsigned fit_page(uint8_t *page, uint32_t size)
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
	if ((flags & LEAF) == 0 || (flags & NO_RECORDS) != 0)
		return 0;
	return fit_records(page, size, tags, object == CATALOG || object == CATALOG_SHADOW);
}

unsigned fsk_ese_fit_pages(uint8_t *data, size_t size, uint32_t page)
{
	unsigned damaged = 0;

	for (size_t at = 2 * (size_t) page; at < size && size - at >= page; at += page)
		damaged += fit_page(data + at, page);
	return damaged;
}
