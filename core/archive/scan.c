#include "core/archive/scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

static int add_item(struct fsk_scan *s, const struct fsk_zip_member *m, bool sound,
                    struct fsk_err *err)
{
	if (s->count == FSK_MEMBERS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u members", FSK_MEMBERS_MAX);
	if (s->count == s->cap) {
		size_t cap = s->cap == 0 ? 256 : s->cap * 2;
		struct fsk_scan_item *p = realloc(s->items, cap * sizeof(*p));

		if (p == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu members", cap);
		s->items = p;
		s->cap = cap;
	}
	s->items[s->count++] = (struct fsk_scan_item){
		.offset = m->offset,
		.end = m->offset + m->header_len + m->packed,
		.header_len = m->header_len,
		.packed_crc32 = m->packed_crc32,
		.sound = sound,
	};
	return 0;
}

static int take_member(struct fsk_scan *s, const struct fsk_zip_member *m, const struct fsk_file *f,
                       bool data, struct fsk_err *err)
{
	int rc = data ? fsk_zip_test_packed(m, f, err) : 0;

	if (rc < 0 && rc != FSK_ECORRUPT)
		return rc;
	return add_item(s, m, rc == 0, err);
}

/* Looks for the next member behind damage at `pos`; false if there is none.
 * When nothing of ours is at `pos`, the size in the header before it may be
 * what is damaged: the search begins right behind that header. */
static int step_over_damage(bool *found, uint64_t *pos, struct fsk_scan *s,
                            const struct fsk_file *f, uint64_t size, struct fsk_err *err)
{
	bool doubt = s->stop == FSK_ZIP_UNKNOWN && s->count > 0;
	uint64_t from = doubt ? s->items[s->count - 1].offset + 1 : *pos + 1, next;
	int rc = fsk_zip_resync(&next, f, from, size, err);

	*found = rc == 0 && next < size;
	if (*found) {
		while (s->count > 0 && s->items[s->count - 1].end > next)
			s->count--;
		*pos = next;
	}
	return rc;
}

static void count_holes(struct fsk_scan *s)
{
	uint64_t end = 0;

	for (size_t i = 0; i < s->count; i++) {
		s->holes += s->items[i].offset - end;
		end = s->items[i].end;
	}
}

int fsk_scan(struct fsk_scan *s, const struct fsk_file *f, uint64_t size, bool data,
             struct fsk_err *err)
{
	struct fsk_zip_member m;
	struct fsk_buf room;
	uint64_t pos = 0;
	bool more = true;
	int rc = 0;

	*s = (struct fsk_scan){ 0 };
	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	while (rc == 0 && more) {
		rc = fsk_zip_read_local(&s->stop, &m, &room, f, pos, size, err);
		s->stopped_at = pos;
		more = false;
		if (rc == 0 && s->stop == FSK_ZIP_MEMBER) {
			rc = take_member(s, &m, f, data, err);
			more = rc == 0;
			pos += m.header_len + m.packed;
		} else if (rc == 0 && (s->stop == FSK_ZIP_UNKNOWN ||
		                       (s->stop == FSK_ZIP_IN_FLIGHT && m.size != FSK_ZIP_OPEN))) {
			rc = step_over_damage(&more, &pos, s, f, size, err);
		}
	}
	if (rc == 0 && s->stop == FSK_ZIP_IN_FLIGHT)
		s->in_flight = strdup(m.name);
	count_holes(s);
	fsk_buf_free(&room);
	return rc;
}

void fsk_scan_free(struct fsk_scan *s)
{
	free(s->items);
	free(s->in_flight);
	*s = (struct fsk_scan){ 0 };
}

uint64_t *fsk_scan_offsets(const struct fsk_scan *s, size_t n, struct fsk_err *err)
{
	uint64_t *offsets = calloc(n + 1, sizeof(*offsets));

	for (size_t i = 0; offsets != NULL && i < n; i++)
		offsets[i] = s->items[i].offset;
	if (offsets == NULL)
		fsk_err_set(err, FSK_ENOMEM, "no memory for %zu members", n);
	return offsets;
}

int fsk_scan_compare_index(uint64_t *differs, const struct fsk_scan *s, const struct fsk_file *f,
                           uint64_t size, struct fsk_err *err)
{
	uint64_t *offsets = fsk_scan_offsets(s, s->count, err);
	int rc = FSK_ENOMEM;

	if (offsets != NULL)
		rc = fsk_zip_compare_index(differs, f, offsets, s->count, s->stopped_at, size, err);
	free(offsets);
	return rc;
}

int fsk_scan_read(struct fsk_zip_member *m, struct fsk_buf *room, const struct fsk_scan_item *i,
                  const struct fsk_file *f, struct fsk_err *err)
{
	enum fsk_zip_at what;
	int rc = fsk_zip_read_local(&what, m, room, f, i->offset, i->end, err);

	if (rc == 0 && what != FSK_ZIP_MEMBER)
		rc = fsk_err_set(err, FSK_EIO, "byte %llu reads differently now",
		                 (unsigned long long) i->offset);
	return rc;
}

void fsk_lines_init(struct fsk_lines *l,
                    int (*line)(void *arg, const char *text, size_t n, struct fsk_err *err),
                    void *arg)
{
	l->line = line;
	l->arg = arg;
	fsk_buf_init(&l->part, FSK_JSON_LINE_MAX + 1);
}

static int give_line(struct fsk_lines *l, struct fsk_err *err)
{
	size_t n = l->part.len;
	int rc = fsk_buf_append_u8(&l->part, 0, err);

	if (rc == 0)
		rc = l->line(l->arg, (const char *) l->part.data, n, err);
	fsk_buf_reset(&l->part);
	return rc;
}

int fsk_lines_add(void *lines, const uint8_t *p, size_t n, struct fsk_err *err)
{
	struct fsk_lines *l = lines;
	int rc = 0;

	while (rc == 0 && n > 0) {
		const uint8_t *nl = memchr(p, '\n', n);
		size_t part = nl != NULL ? (size_t) (nl - p) : n;

		rc = fsk_buf_append(&l->part, p, part, err);
		if (rc == 0 && nl != NULL)
			rc = give_line(l, err);
		part += nl != NULL;
		p += part;
		n -= part;
	}
	return rc;
}

int fsk_lines_end(struct fsk_lines *l, struct fsk_err *err)
{
	return l->part.len > 0 ? give_line(l, err) : 0;
}

void fsk_lines_free(struct fsk_lines *l)
{
	fsk_buf_free(&l->part);
}
