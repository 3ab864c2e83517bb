#include "core/ipc/hash_rows.h"

#include <string.h>

#include "core/base/limits.h"
#include "core/ipc/rows.h"

#define FIXED (4 * 8 + 1)
#define ROW_DELETED 1u
#define ROW_STREAM 2u

static void append_text(struct fsk_buf *out, const char *s)
{
	fsk_buf_append(out, s, strlen(s) + 1, NULL);
}

int fsk_hash_row_append(struct fsk_buf *out, const struct fsk_hash_row *row, struct fsk_err *err)
{
	const struct fsk_locator *l = &row->loc;
	const struct fsk_digests *d = &row->digests;
	size_t n = FIXED + strlen(d->md5) + strlen(d->sha1) + strlen(d->sha256) + 3 +
	           strlen(l->path) + 1 + (l->stream != NULL ? strlen(l->stream) + 1 : 0);
	int rc;

	if (n > UINT32_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "a row of %zu bytes", n);
	rc = fsk_buf_reserve(out, 4 + n, err);
	if (rc < 0)
		return rc;
	/* room is reserved: these cannot fail */
	fsk_buf_append_u32le(out, (uint32_t) n, NULL);
	fsk_buf_append_u64le(out, row->order, NULL);
	fsk_buf_append_u64le(out, l->addr, NULL);
	fsk_buf_append_u64le(out, l->seq, NULL);
	fsk_buf_append_u64le(out, row->size, NULL);
	fsk_buf_append_u8(
	    out, (uint8_t) ((l->deleted ? ROW_DELETED : 0) | (l->stream != NULL ? ROW_STREAM : 0)),
	    NULL);
	append_text(out, d->md5);
	append_text(out, d->sha1);
	append_text(out, d->sha256);
	append_text(out, l->path);
	if (l->stream != NULL)
		append_text(out, l->stream);
	return 0;
}

static bool read_digest(char *out, size_t size, struct fsk_cur *c)
{
	const char *s = fsk_row_text(c, size - 1);
	size_t n = s != NULL ? strlen(s) : 0;

	if (s == NULL || (n != 0 && n != size - 1) || strspn(s, "0123456789abcdef") != n)
		return false;
	memcpy(out, s, n + 1);
	return true;
}

int fsk_hash_row_read(struct fsk_hash_row *out, struct fsk_cur *c, struct fsk_err *err)
{
	struct fsk_digests *d = &out->digests;
	struct fsk_cur row;
	const uint8_t *p;
	uint8_t flags;
	uint32_t n;
	bool whole;

	memset(out, 0, sizeof(*out));
	if (fsk_cur_left(c) == 0)
		return 0;
	n = fsk_cur_u32le(c);
	p = fsk_cur_bytes(c, n);
	if (p == NULL || n < FIXED)
		return fsk_err_set(err, FSK_EPROTO, "a row of %u bytes", n);
	fsk_cur_init(&row, p, n);
	out->order = fsk_cur_u64le(&row);
	out->loc.addr = fsk_cur_u64le(&row);
	out->loc.seq = fsk_cur_u64le(&row);
	out->size = fsk_cur_u64le(&row);
	flags = fsk_cur_u8(&row);
	out->loc.deleted = (flags & ROW_DELETED) != 0;
	whole = read_digest(d->md5, sizeof(d->md5), &row) &&
	        read_digest(d->sha1, sizeof(d->sha1), &row) &&
	        read_digest(d->sha256, sizeof(d->sha256), &row);
	out->loc.path = whole ? fsk_row_text(&row, FSK_PATH_MAX) : NULL;
	if (out->loc.path != NULL && (flags & ROW_STREAM) != 0)
		out->loc.stream = fsk_row_text(&row, FSK_PATH_MAX);
	if (out->loc.path == NULL || fsk_cur_left(&row) > 0 ||
	    (out->loc.stream == NULL) != ((flags & ROW_STREAM) == 0))
		return fsk_err_set(err, FSK_EPROTO, "a row has no valid text");
	return 1;
}
