#include "plugins/sqlite/pages.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"

#define DEPTH_MAX 20 /* SQLite's own limit of a tree */
#define FILE_HEADER 100
#define INTERIOR_HEADER 12

uint32_t fsk_pages_size(const uint8_t *db, size_t size)
{
	struct fsk_cur c;
	uint32_t n;

	fsk_cur_init(&c, db, size);
	fsk_cur_seek(&c, 16);
	n = fsk_cur_u16be(&c);
	n = n == 1 ? 65536 : n;
	return c.failed || n < 512 || (n & (n - 1)) != 0 ? 0 : n;
}

static struct fsk_page version(const uint8_t *base, size_t size, uint64_t at, uint32_t bytes)
{
	struct fsk_page page = { .offset = at, .frame = FSK_PAGE_FILE };

	if (at <= size && size - at >= bytes)
		page.data = base + at;
	return page;
}

struct fsk_page fsk_pages_file(const struct fsk_pages *p, uint32_t n)
{
	struct fsk_page page = { .frame = FSK_PAGE_FILE };

	if (n > 0)
		page = version(p->db, p->db_size, (uint64_t) (n - 1) * p->size, p->size);
	page.number = n;
	return page;
}

struct fsk_page fsk_pages_frame(const struct fsk_pages *p, size_t i)
{
	struct fsk_page page = version(p->wal, p->wal_size, fsk_wal_at(&p->log, i), p->size);

	page.frame = i;
	page.number = p->log.frames[i].page;
	return page;
}

struct fsk_page fsk_pages_now(const struct fsk_pages *p, uint32_t n)
{
	if (n > 0 && n <= p->count && p->frame[n] > 0)
		return fsk_pages_frame(p, p->frame[n] - 1);
	return fsk_pages_file(p, n);
}

size_t fsk_page_head(const struct fsk_page *page)
{
	return page->number == 1 ? FILE_HEADER : 0;
}

/* --- the freelist --- */

static void free_leaves(struct fsk_pages *p, struct fsk_cur *trunk)
{
	uint32_t leaves = fsk_cur_u32be(trunk);

	for (uint32_t i = 0; i < leaves && !trunk->failed; i++) {
		uint32_t leaf = fsk_cur_u32be(trunk);

		if (leaf > 0 && leaf <= p->count)
			p->owner[leaf] = FSK_PAGE_FREE;
	}
}

static void read_freelist(struct fsk_pages *p)
{
	struct fsk_page page = fsk_pages_now(p, 1);
	struct fsk_cur c;
	uint32_t trunk;

	if (page.data == NULL)
		return;
	fsk_cur_init(&c, page.data, p->size);
	fsk_cur_seek(&c, 32);
	/* a trunk that is marked already closes a circle */
	while ((trunk = fsk_cur_u32be(&c)) > 0 && trunk <= p->count &&
	       p->owner[trunk] != FSK_PAGE_FREE) {
		p->owner[trunk] = FSK_PAGE_FREE;
		page = fsk_pages_now(p, trunk);
		if (page.data == NULL)
			return;
		fsk_cur_init(&c, page.data, p->usable);
		fsk_cur_skip(&c, 4);
		free_leaves(p, &c);
		fsk_cur_init(&c, page.data, p->usable);
	}
}

/* --- trees --- */

static void claim(struct fsk_pages *p, uint32_t n, uint32_t root, unsigned depth)
{
	struct fsk_page page = fsk_pages_now(p, n);
	struct fsk_cur cells, cell;
	uint16_t count;

	/* what is claimed already closes a circle, or is of another table */
	if (n == 0 || n > p->count || p->owner[n] != FSK_PAGE_UNOWNED || depth > DEPTH_MAX)
		return;
	if (page.data == NULL)
		return;
	p->owner[n] = root;
	fsk_cur_init(&cells, page.data, p->usable);
	fsk_cur_seek(&cells, fsk_page_head(&page));
	if (fsk_cur_u8(&cells) != FSK_PAGE_TABLE_INTERIOR)
		return;
	fsk_cur_skip(&cells, 2);
	count = fsk_cur_u16be(&cells);
	fsk_cur_skip(&cells, 3);
	claim(p, fsk_cur_u32be(&cells), root, depth + 1);
	for (uint16_t i = 0; i < count && !cells.failed; i++) {
		fsk_cur_init(&cell, page.data, p->usable);
		fsk_cur_seek(&cell, fsk_cur_u16be(&cells));
		claim(p, fsk_cur_u32be(&cell), root, depth + 1);
	}
}

void fsk_pages_claim(struct fsk_pages *p, uint32_t root)
{
	claim(p, root, root, 0);
}

/* --- opening --- */

static uint32_t count_pages(const struct fsk_pages *p)
{
	uint64_t n = p->db_size / p->size;

	for (size_t i = 0; i < p->log.committed; i++)
		if (p->log.frames[i].page > n)
			n = p->log.frames[i].page;
	return n <= FSK_SQLITE_MAX / 512 ? (uint32_t) n : 0;
}

int fsk_pages_open(struct fsk_pages *out, const uint8_t *db, size_t db_size, const uint8_t *wal,
                   size_t wal_size, struct fsk_err *err)
{
	struct fsk_cur c;
	int rc;

	*out = (struct fsk_pages){ .db = db, .wal = wal, .db_size = db_size, .wal_size = wal_size };
	out->size = fsk_pages_size(db, db_size);
	fsk_cur_init(&c, db, db_size);
	fsk_cur_seek(&c, 20);
	out->usable = out->size - fsk_cur_u8(&c);
	if (out->size == 0 || out->usable < 480)
		return fsk_err_set(err, FSK_ECORRUPT, "the page size in its header is wrong");
	rc = fsk_wal_read(&out->log, wal, wal_size, err);
	if (rc < 0)
		return rc;
	out->count = count_pages(out);
	if (out->count == 0)
		return fsk_err_set(err, FSK_ELIMIT, "too many pages");
	out->frame = calloc((size_t) out->count + 1, sizeof(*out->frame));
	out->owner = calloc((size_t) out->count + 1, sizeof(*out->owner));
	if (out->frame == NULL || out->owner == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for %u pages", out->count);
	for (size_t i = 0; i < out->log.committed; i++)
		out->frame[out->log.frames[i].page] = (uint32_t) i + 1;
	read_freelist(out);
	return 0;
}

void fsk_pages_free(struct fsk_pages *p)
{
	fsk_wal_free(&p->log);
	free(p->frame);
	free(p->owner);
	p->frame = p->owner = NULL;
}
