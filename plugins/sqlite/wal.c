#include "plugins/sqlite/wal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"

#define MAGIC 0x377f0682u /* the lowest bit: checksums are big endian */
#define VERSION 3007000

/* The checksum of a log goes on from frame to frame. */
static void add_sum(uint32_t sum[2], struct fsk_cur *c, size_t bytes, bool big)
{
	for (size_t i = 0; i < bytes / 8; i++) {
		sum[0] += (big ? fsk_cur_u32be(c) : fsk_cur_u32le(c)) + sum[1];
		sum[1] += (big ? fsk_cur_u32be(c) : fsk_cur_u32le(c)) + sum[0];
	}
}

const char *fsk_wal_foreign(const uint8_t *data, size_t size, uint32_t page_size)
{
	uint32_t magic, sum[2] = { 0, 0 };
	struct fsk_cur c;

	fsk_cur_init(&c, data, size);
	magic = fsk_cur_u32be(&c);
	if ((magic & ~1u) != MAGIC || fsk_cur_u32be(&c) != VERSION)
		return "it is no write-ahead log";
	if (fsk_cur_u32be(&c) != page_size)
		return "its page size is another";
	fsk_cur_seek(&c, 0);
	add_sum(sum, &c, 24, (magic & 1) != 0);
	if (fsk_cur_u32be(&c) != sum[0] || fsk_cur_u32be(&c) != sum[1] || c.failed)
		return "the checksum of its header is wrong";
	return NULL;
}

size_t fsk_wal_at(const struct fsk_wal *w, size_t i)
{
	return FSK_WAL_HEADER + i * (FSK_WAL_FRAME_HEADER + (size_t) w->page_size) +
	       FSK_WAL_FRAME_HEADER;
}

static bool check_frame(struct fsk_cur *c, size_t at, uint32_t page_size, uint32_t sum[2], bool big)
{
	fsk_cur_seek(c, at - FSK_WAL_FRAME_HEADER);
	add_sum(sum, c, 8, big);
	fsk_cur_seek(c, at);
	add_sum(sum, c, page_size, big);
	fsk_cur_seek(c, at - 8);
	return fsk_cur_u32be(c) == sum[0] && fsk_cur_u32be(c) == sum[1] && !c->failed;
}

/* The frames that SQLite itself would look at: up to the first that is not good. */
static size_t read_good(struct fsk_wal *w, const uint8_t *data, size_t size)
{
	uint32_t sum[2];
	struct fsk_cur c;
	size_t i, at;
	bool big;

	fsk_cur_init(&c, data, size);
	big = (fsk_cur_u32be(&c) & 1) != 0;
	fsk_cur_seek(&c, 24);
	sum[0] = fsk_cur_u32be(&c);
	sum[1] = fsk_cur_u32be(&c);
	for (i = 0; (at = fsk_wal_at(w, i)) - 8 <= size; i++) {
		if (memcmp(data + at - 16, data + 16, 8) != 0)
			break; /* another salt: left from before */
		if (at + w->page_size > size || !check_frame(&c, at, w->page_size, sum, big)) {
			w->damaged = i + 1;
			break;
		}
		fsk_cur_seek(&c, at - FSK_WAL_FRAME_HEADER);
		w->frames[i] = (struct fsk_wal_frame){ fsk_cur_u32be(&c), FSK_WAL_UNCOMMITTED };
		if (fsk_cur_u32be(&c) != 0)
			w->committed = i + 1;
	}
	return i;
}

int fsk_wal_read(struct fsk_wal *out, const uint8_t *data, size_t size, struct fsk_err *err)
{
	struct fsk_cur c;
	size_t whole;

	*out = (struct fsk_wal){ 0 };
	if (size < FSK_WAL_HEADER)
		return 0;
	fsk_cur_init(&c, data, size);
	fsk_cur_seek(&c, 8);
	out->page_size = fsk_cur_u32be(&c);
	whole = (size - FSK_WAL_HEADER) / (FSK_WAL_FRAME_HEADER + (size_t) out->page_size);
	out->frames = calloc(whole + 1, sizeof(*out->frames));
	if (out->frames == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu frames of a log", whole);
	out->count = whole;
	for (size_t i = read_good(out, data, size); i < whole; i++) {
		fsk_cur_seek(&c, fsk_wal_at(out, i) - FSK_WAL_FRAME_HEADER);
		out->frames[i] = (struct fsk_wal_frame){ fsk_cur_u32be(&c), FSK_WAL_STALE };
	}
	for (size_t i = 0; i < out->committed; i++)
		out->frames[i].state = FSK_WAL_COMMITTED;
	return 0;
}

void fsk_wal_free(struct fsk_wal *w)
{
	free(w->frames);
	*w = (struct fsk_wal){ 0 };
}
