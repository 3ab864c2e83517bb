#include "core/evidence/stream_runs.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

int fsk_runs_add(struct fsk_runs *l, const struct fsk_run *r, size_t max, struct fsk_err *err)
{
	if (l->count >= max)
		return fsk_err_set(err, FSK_ELIMIT, "more than %zu runs", max);
	if (l->count == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 1;
		struct fsk_run *p = realloc(l->items, cap * sizeof(*p));

		if (p == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory");
		l->items = p;
		l->cap = cap;
	}
	l->items[l->count++] = *r;
	return 0;
}

/* The first run that ends behind `off`, or the count. */
static size_t find_run(const struct fsk_layout *l, uint64_t off)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->runs[mid].start + l->runs[mid].length <= off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct fsk_run fsk_layout_piece(const struct fsk_layout *l, uint64_t off, uint64_t n)
{
	struct fsk_run p = { .start = off, .length = n, .kind = FSK_RUN_LOST };
	size_t i = find_run(l, off);
	const struct fsk_run *r;
	uint64_t left;

	if (i == l->count)
		return p;
	r = &l->runs[i];
	if (off < r->start) {
		if (p.length > r->start - off)
			p.length = r->start - off;
		return p;
	}
	left = r->start + r->length - off;
	if (p.length > left)
		p.length = left;
	p.kind = r->kind;
	p.at = r->at + (off - r->start);
	return p;
}

/* Unreadable ranges of the source, as offsets in the stream. */
static void map_bad(struct fsk_stream *st, const struct fsk_source *s, const struct fsk_run *p)
{
	uint64_t at = p->at, end = p->at + p->length;
	size_t i = fsk_rangelog_find(&s->bad, at);

	for (; i < s->bad.count && s->bad.ranges[i].offset < end; i++) {
		uint64_t from = s->bad.ranges[i].offset;
		uint64_t to = from + s->bad.ranges[i].length;

		if (from < at)
			from = at;
		if (to > end)
			to = end;
		if (from < to)
			fsk_rangelog_add(&st->bad, p->start + (from - at), to - from);
	}
}

static void read_piece(struct fsk_stream *st, struct fsk_source *s, uint8_t *buf,
                       const struct fsk_run *p)
{
	if (p->kind != FSK_RUN_DATA) {
		memset(buf, 0, (size_t) p->length);
		if (p->kind == FSK_RUN_LOST)
			fsk_rangelog_add(&st->bad, p->start, p->length);
		return;
	}
	fsk_source_read(s, buf, (size_t) p->length, p->at);
	map_bad(st, s, p);
}

void fsk_layout_read(struct fsk_stream *st, struct fsk_source *s, const struct fsk_layout *l,
                     uint8_t *buf, size_t n, uint64_t off, bool *sparse)
{
	uint64_t end = off + n;
	uint64_t valid = end < l->initialised ? end : l->initialised;

	*sparse = true;
	while (off < valid) {
		struct fsk_run p = fsk_layout_piece(l, off, valid - off);

		read_piece(st, s, buf, &p);
		*sparse = *sparse && p.kind == FSK_RUN_HOLE;
		buf += p.length;
		off += p.length;
	}
	if (off < end)
		memset(buf, 0, (size_t) (end - off));
}

uint64_t fsk_layout_at(const struct fsk_layout *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->runs[i].kind == FSK_RUN_DATA)
			return l->runs[i].at;
	return 0;
}

int fsk_stream_extent(struct fsk_extent *out, struct fsk_runs *runs, const struct fsk_stream *st,
                      struct fsk_err *err)
{
	const struct fsk_layout *l = NULL;
	bool packed;
	int rc = 0;

	if (st->ops->layout != NULL)
		l = st->ops->layout(st, &packed);
	if (l == NULL)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "nobody knows where it lies");
	*out = (struct fsk_extent){ .size = st->size,
		                    .initialised = l->initialised,
		                    .first = runs->count,
		                    .packed = packed,
		                    .at = fsk_layout_at(l) };
	for (size_t i = 0; rc == 0 && !packed && i < l->count; i++)
		rc = fsk_runs_add(runs, &l->runs[i], FSK_ORDER_RUNS_MAX, err);
	if (rc < 0)
		runs->count = out->first;
	out->count = runs->count - out->first;
	return rc;
}

/* Streams that are nothing else */

struct layout_stream {
	struct fsk_source *source;
	struct fsk_layout layout;
	struct fsk_run *owned;
};

static int read_layout(struct fsk_stream *st, uint8_t *buf, size_t n, uint64_t off, bool *sparse,
                       struct fsk_err *err)
{
	const struct layout_stream *s = st->impl;

	(void) err;
	fsk_layout_read(st, s->source, &s->layout, buf, n, off, sparse);
	return 0;
}

static void close_layout(struct fsk_stream *st)
{
	struct layout_stream *s = st->impl;

	free(s->owned);
	free(st->impl);
}

static const struct fsk_stream_ops layout_ops = { .read = read_layout, .close = close_layout };

int fsk_layout_open(struct fsk_stream **out, struct fsk_source *s, const struct fsk_layout *l,
                    uint64_t size, struct fsk_err *err)
{
	struct layout_stream *impl;
	int rc = fsk_stream_alloc(out, &layout_ops, size, err);

	if (rc < 0)
		return rc;
	impl = malloc(sizeof(*impl));
	(*out)->impl = impl;
	if (impl == NULL) {
		fsk_stream_close(*out);
		*out = NULL;
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	*impl = (struct layout_stream){ .source = s, .layout = *l };
	return 0;
}

int fsk_runs_open(struct fsk_stream **out, struct fsk_source *s, struct fsk_runs *runs,
                  uint64_t initialised, uint64_t size, struct fsk_err *err)
{
	struct fsk_layout l = { .runs = runs->items,
		                .count = runs->count,
		                .initialised = initialised };
	int rc = fsk_layout_open(out, s, &l, size, err);

	if (rc < 0)
		free(runs->items);
	else
		((struct layout_stream *) (*out)->impl)->owned = runs->items;
	memset(runs, 0, sizeof(*runs));
	return rc;
}
