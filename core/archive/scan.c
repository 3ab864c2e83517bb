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
		.offset = m->offset, .end = m->offset + m->header_len + m->packed, .sound = sound,
	};
	return 0;
}

/* One finished member at *pos. */
static int take_member(struct fsk_scan *s, const struct fsk_zip_member *m,
                       const struct fsk_file *f, bool unpack, struct fsk_err *err)
{
	int rc = unpack ? fsk_zip_unpack(m, f, NULL, NULL, err) : 0;

	if (rc < 0 && rc != FSK_ECORRUPT)
		return rc;
	return add_item(s, m, rc == 0, err);
}

int fsk_scan(struct fsk_scan *s, const struct fsk_file *f, uint64_t size, bool unpack,
             struct fsk_err *err)
{
	struct fsk_zip_member m;
	struct fsk_buf room;
	uint64_t pos = 0, next;
	int rc = 0;

	*s = (struct fsk_scan){ 0 };
	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	for (;;) {
		rc = fsk_zip_read_local(&s->stop, &m, &room, f, pos, size, err);
		s->stopped_at = pos;
		if (rc == 0 && s->stop == FSK_ZIP_MEMBER) {
			rc = take_member(s, &m, f, unpack, err);
			pos = rc == 0 ? s->items[s->count - 1].end : pos;
		} else if (rc == 0 && (s->stop == FSK_ZIP_UNKNOWN ||
		                       (s->stop == FSK_ZIP_IN_FLIGHT && m.size != FSK_ZIP_OPEN))) {
			rc = fsk_zip_resync(&next, f, pos + 1, size, err);
			if (rc < 0 || next >= size)
				break;
			s->holes += next - pos;
			pos = next;
		} else {
			break;
		}
		if (rc < 0)
			break;
	}
	if (rc == 0 && s->stop == FSK_ZIP_IN_FLIGHT)
		s->in_flight = strdup(m.name);
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
