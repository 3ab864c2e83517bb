#include "core/ipc/rows.h"

#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"

#define FIXED (3 * 8 + 8 * 8 + 1)
#define TIMES 8u
#define ROW_DELETED 1u
#define ROW_STREAM 2u

static void collect_times(fsk_time *all[TIMES], struct fsk_times *t)
{
	all[0] = &t->modified;
	all[1] = &t->accessed;
	all[2] = &t->changed;
	all[3] = &t->created;
	all[4] = &t->fn_modified;
	all[5] = &t->fn_accessed;
	all[6] = &t->fn_changed;
	all[7] = &t->fn_created;
}

static uint8_t *put_u64(uint8_t *p, uint64_t v)
{
	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t) (v >> (8 * i));
	return p + 8;
}

int fsk_row_append(struct fsk_buf *out, const struct fsk_row *row, struct fsk_err *err)
{
	const struct fsk_locator *l = &row->loc;
	struct fsk_times times = row->times;
	size_t type = strlen(row->type) + 1, path = strlen(l->path) + 1;
	size_t stream = l->stream != NULL ? strlen(l->stream) + 1 : 0;
	size_t n = FIXED + type + path + stream;
	uint8_t fixed[FIXED], *p;
	fsk_time *all[TIMES];
	int rc;

	if (n > UINT32_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "a row of %zu bytes", n);
	rc = fsk_buf_reserve(out, 4 + n, err);
	if (rc < 0)
		return rc;
	/* room is reserved: these cannot fail */
	fsk_buf_append_u32le(out, (uint32_t) n, NULL);
	p = put_u64(fixed, l->addr);
	p = put_u64(p, l->seq);
	p = put_u64(p, row->size);
	collect_times(all, &times);
	for (size_t i = 0; i < TIMES; i++)
		p = put_u64(p, (uint64_t) *all[i]);
	*p = (uint8_t) ((l->deleted ? ROW_DELETED : 0) | (stream > 0 ? ROW_STREAM : 0));
	fsk_buf_append(out, fixed, FIXED, NULL);
	fsk_buf_append(out, row->type, type, NULL);
	fsk_buf_append(out, l->path, path, NULL);
	fsk_buf_append(out, l->stream, stream, NULL);
	return 0;
}

char *fsk_row_text(struct fsk_cur *c, size_t max)
{
	const uint8_t *p = c->data + c->pos;
	const uint8_t *end = memchr(p, 0, fsk_cur_left(c));
	size_t n;

	if (end == NULL)
		return NULL;
	n = (size_t) (end - p);
	fsk_cur_skip(c, n + 1);
	if (n > max || fsk_text_utf8_valid(p, n) != n)
		return NULL;
	return (char *) (uintptr_t) p;
}

/* It is shown as it is, so it must be a word. */
static const char *read_type(struct fsk_cur *c)
{
	const char *s = fsk_row_text(c, 8);

	return s != NULL && s[strspn(s, "abcdefghijklmnopqrstuvwxyz")] == '\0' ? s : NULL;
}

int fsk_row_read(struct fsk_row *out, struct fsk_cur *c, struct fsk_err *err)
{
	fsk_time *all[TIMES];
	const uint8_t *p;
	struct fsk_cur row;
	uint32_t n;
	uint8_t flags;
	bool whole;

	memset(out, 0, sizeof(*out));
	if (fsk_cur_left(c) == 0)
		return 0;
	n = fsk_cur_u32le(c);
	p = fsk_cur_bytes(c, n);
	if (p == NULL || n < FIXED)
		return fsk_err_set(err, FSK_EPROTO, "a row of %u bytes", n);
	fsk_cur_init(&row, p, n);
	out->loc.addr = fsk_cur_u64le(&row);
	out->loc.seq = fsk_cur_u64le(&row);
	out->size = fsk_cur_u64le(&row);
	collect_times(all, &out->times);
	for (size_t i = 0; i < TIMES; i++)
		*all[i] = (fsk_time) fsk_cur_u64le(&row);
	flags = fsk_cur_u8(&row);
	out->loc.deleted = (flags & ROW_DELETED) != 0;
	out->type = read_type(&row);
	out->loc.path = fsk_row_text(&row, FSK_PATH_MAX);
	whole = out->type != NULL && out->loc.path != NULL;
	if (whole && (flags & ROW_STREAM) != 0) {
		out->loc.stream = fsk_row_text(&row, FSK_PATH_MAX);
		whole = out->loc.stream != NULL;
	}
	if (!whole || fsk_cur_left(&row) > 0)
		return fsk_err_set(err, FSK_EPROTO, "a row has no valid text");
	return 1;
}
