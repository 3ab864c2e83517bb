#include "core/evidence/order.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/evidence/shared_units.h"
#include "core/evidence/stream_runs.h"

/* Ranges that are so near to each other are asked for as one. */
#define NEAR (64u * FSK_KIB)

enum how { IN_MEMORY, IN_RUNS, BY_LIBRARY };

struct item {
	const struct fsk_locator *loc;
	uint64_t at; /* of the first byte in the source; sorts them, then the address */
	uint64_t size, initialised;
	uint64_t first; /* run, or byte in `content` */
	uint32_t count; /* runs */
	uint32_t file;
	enum how how;
};

struct fsk_order {
	struct fsk_fs *fs;
	struct item *items;
	size_t count, next; /* the one in hand is next - 1 */
	struct fsk_runs runs;
	struct fsk_shared_units shared;
	struct fsk_buf content;
	/* how far the source was asked, and how far it was read, in bytes that lie in
	 * runs */
	size_t asked_item;
	uint64_t asked_off;
	uint64_t asked, taken; /* taken: in front of the file in hand */
};

static struct fsk_layout layout_of(const struct fsk_order *o, const struct item *it)
{
	return (struct fsk_layout){ .runs = it->count > 0 ? o->runs.items + it->first : NULL,
		                    .count = it->count,
		                    .initialised = it->initialised };
}

/* Making */

static void locate(struct fsk_order *o, struct item *it)
{
	struct fsk_layout l;
	struct fsk_extent x;

	if (o->fs->ops->locate == NULL ||
	    o->fs->ops->locate(o->fs, &x, &o->runs, it->loc, NULL) < 0)
		return;
	if (x.packed) {
		it->at = x.at;
		return;
	}
	it->size = x.size;
	it->initialised = x.initialised;
	it->first = x.first;
	it->count = (uint32_t) x.count;
	if (x.content == NULL) {
		l = layout_of(o, it);
		it->how = IN_RUNS;
		it->at = fsk_layout_at(&l);
		return;
	}
	it->first = o->content.len;
	if (fsk_buf_append(&o->content, x.content, (size_t) x.size, NULL) < 0)
		return;
	it->how = IN_MEMORY;
	it->at = 0;
}

static int compare_addresses(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->loc->addr != y->loc->addr)
		return x->loc->addr < y->loc->addr ? -1 : 1;
	return (x->file > y->file) - (x->file < y->file);
}

static int compare_files(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return (x->file > y->file) - (x->file < y->file);
}

static int compare_places(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return compare_addresses(a, b);
}

int fsk_order_new(struct fsk_order **out, struct fsk_fs *fs, const struct fsk_locator *const *files,
                  size_t n, unsigned flags, struct fsk_err *err)
{
	struct fsk_order *o = calloc(1, sizeof(*o));

	*out = o;
	if (o == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	fsk_buf_init(&o->content, FSK_ORDER_CONTENT_MAX);
	o->fs = fs;
	o->items = n < UINT32_MAX ? calloc(n + 1, sizeof(*o->items)) : NULL;
	if (o->items == NULL) {
		fsk_order_free(o);
		*out = NULL;
		return fsk_err_set(err, n < UINT32_MAX ? FSK_ENOMEM : FSK_ELIMIT,
		                   "no memory for %zu files", n);
	}
	o->count = n;
	for (size_t i = 0; i < n; i++) {
		o->items[i] = (struct item){
			.file = (uint32_t) i, .loc = files[i], .how = BY_LIBRARY, .at = UINT64_MAX
		};
	}
	qsort(o->items, n, sizeof(*o->items), compare_addresses);
	for (size_t i = 0; (flags & FSK_ORDER_LOOK) != 0 && i < n; i++)
		locate(o, &o->items[i]);
	if (o->runs.count > 0)
		fsk_shared_units_count(&o->shared, fs->medium, o->runs.items, o->runs.count);
	qsort(o->items, n, sizeof(*o->items),
	      (flags & FSK_ORDER_KEEP) != 0 ? compare_files : compare_places);
	return 0;
}

void fsk_order_free(struct fsk_order *o)
{
	if (o == NULL)
		return;
	free(o->items);
	free(o->runs.items);
	free(o->shared.items);
	fsk_buf_free(&o->content);
	free(o);
}

/* Reading */

/* The file in hand is over. */
static void leave(struct fsk_order *o, const struct item *it)
{
	if (it->how != IN_RUNS)
		return;
	o->taken += it->initialised;
	for (size_t i = it->first; i < it->first + it->count; i++)
		fsk_shared_units_read(&o->shared, &o->runs.items[i]);
}

int64_t fsk_order_next(struct fsk_order *o)
{
	if (o->next > 0)
		leave(o, &o->items[o->next - 1]);
	if (o->next == o->count)
		return -1;
	return o->items[o->next++].file;
}

static bool same_stream(const struct fsk_locator *a, const struct fsk_locator *b)
{
	if (a->addr != b->addr || a->seq != b->seq || a->deleted != b->deleted)
		return false;
	if (a->stream == NULL || b->stream == NULL)
		return a->stream == b->stream;
	return strcmp(a->stream, b->stream) == 0;
}

/* An address in a folder of the host is none. */
bool fsk_order_same(const struct fsk_order *o)
{
	return o->next >= 2 && o->fs->medium != NULL &&
	       same_stream(o->items[o->next - 1].loc, o->items[o->next - 2].loc);
}

int fsk_order_open(struct fsk_stream **out, struct fsk_order *o, struct fsk_err *err)
{
	const struct item *it = &o->items[o->next - 1];
	struct fsk_layout l;

	switch (it->how) {
	case IN_MEMORY:
		return fsk_memory_stream_open(
		    out, it->size > 0 ? o->content.data + it->first : NULL, (size_t) it->size, err);
	case IN_RUNS:
		l = layout_of(o, it);
		return fsk_layout_open(out, o->fs->medium, &l, it->size, err);
	default:
		return fsk_stream_open(out, o->fs, it->loc, err);
	}
}

/* Ahead */

struct range {
	uint64_t from, to;
};

static void ask(struct fsk_order *o, struct range *r, const struct fsk_run *p)
{
	if (p->kind != FSK_RUN_DATA)
		return;
	if (r->to > r->from && p->at >= r->from && p->at <= r->to + NEAR) {
		if (p->at + p->length > r->to)
			r->to = p->at + p->length;
		return;
	}
	if (r->to > r->from)
		fsk_source_prefetch(o->fs->medium, r->from, r->to - r->from);
	*r = (struct range){ p->at, p->at + p->length };
}

/* How far the source was read. What was not asked for is not asked for any more. */
static uint64_t position(struct fsk_order *o, uint64_t done)
{
	const struct item *it = &o->items[o->next - 1];
	uint64_t at = o->taken;

	if (it->how == IN_RUNS)
		at += done < it->initialised ? done : it->initialised;
	if (o->asked < at || o->asked_item + 1 < o->next) {
		o->asked_item = o->next - 1;
		o->asked_off = done;
		o->asked = at;
	}
	return at;
}

void fsk_order_ahead(struct fsk_order *o, uint64_t done)
{
	uint64_t at = position(o, done);
	struct range r = { 0, 0 };

	if (o->asked - at > FSK_READ_AHEAD / 2)
		return;
	while (o->asked_item < o->count && o->asked - at < FSK_READ_AHEAD) {
		const struct item *it = &o->items[o->asked_item];
		struct fsk_layout l = layout_of(o, it);
		uint64_t left;
		struct fsk_run p;

		if (it->how != IN_RUNS || o->asked_off >= it->initialised) {
			o->asked_item++;
			o->asked_off = 0;
			continue;
		}
		left = it->initialised - o->asked_off;
		p = fsk_layout_piece(&l, o->asked_off,
		                     left < FSK_FILE_PIECE ? left : FSK_FILE_PIECE);
		ask(o, &r, &p);
		o->asked_off += p.length;
		o->asked += p.length;
	}
	if (r.to > r.from)
		fsk_source_prefetch(o->fs->medium, r.from, r.to - r.from);
}
