#include "core/evidence/rangelog.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

static uint64_t end_of(const struct fsk_range *r)
{
	return r->offset + r->length;
}

static uint64_t end_cut(uint64_t offset, uint64_t length)
{
	return length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
}

void fsk_rangelog_init(struct fsk_rangelog *l)
{
	memset(l, 0, sizeof(*l));
}

void fsk_rangelog_free(struct fsk_rangelog *l)
{
	if (l->ranges != &l->spare)
		free(l->ranges);
	fsk_rangelog_init(l);
}

size_t fsk_rangelog_find(const struct fsk_rangelog *l, uint64_t offset)
{
	size_t lo = 0, hi = l->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (end_of(&l->ranges[mid]) <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void widen(struct fsk_range *r, uint64_t start, uint64_t end)
{
	uint64_t old_end = end_of(r);

	if (start < r->offset)
		r->offset = start;
	r->length = (end > old_end ? end : old_end) - r->offset;
}

static void remove_ranges(struct fsk_rangelog *l, size_t at, size_t n)
{
	memmove(&l->ranges[at], &l->ranges[at + n], (l->count - at - n) * sizeof(*l->ranges));
	l->count -= n;
}

/* Everything noted, and start..end, as one range; needs no memory. */
static void collapse(struct fsk_rangelog *l, uint64_t start, uint64_t end)
{
	l->overflow = true;
	if (l->count == 0) {
		l->ranges = &l->spare;
		l->cap = 1;
		l->ranges[0] = (struct fsk_range){ start, end - start };
	} else {
		widen(&l->ranges[0], start, end_of(&l->ranges[l->count - 1]));
		widen(&l->ranges[0], start, end);
	}
	l->count = 1;
}

static bool grow(struct fsk_rangelog *l)
{
	size_t cap = l->cap < 8 ? 8 : l->cap * 2;
	struct fsk_range *p;

	if (l->ranges == &l->spare) {
		p = malloc(cap * sizeof(*p));
		if (p != NULL)
			p[0] = l->spare;
	} else {
		p = realloc(l->ranges, cap * sizeof(*p));
	}
	if (p == NULL)
		return false;
	l->ranges = p;
	l->cap = cap;
	return true;
}

/* The log is full: the nearer neighbour of position `at` grows instead. */
static void absorb(struct fsk_rangelog *l, size_t at, uint64_t start, uint64_t end)
{
	size_t into = at;

	l->overflow = true;
	if (at == l->count)
		into = at - 1;
	else if (at > 0 && start - end_of(&l->ranges[at - 1]) <= l->ranges[at].offset - end)
		into = at - 1;
	widen(&l->ranges[into], start, end);
}

static void insert(struct fsk_rangelog *l, size_t at, uint64_t start, uint64_t end)
{
	if (l->count >= FSK_RANGELOG_MAX) {
		absorb(l, at, start, end);
		return;
	}
	if (l->count == l->cap && !grow(l)) {
		collapse(l, start, end);
		return;
	}
	memmove(&l->ranges[at + 1], &l->ranges[at], (l->count - at) * sizeof(*l->ranges));
	l->ranges[at] = (struct fsk_range){ start, end - start };
	l->count++;
}

void fsk_rangelog_add(struct fsk_rangelog *l, uint64_t offset, uint64_t length)
{
	uint64_t end = end_cut(offset, length);
	size_t first, last;

	l->generation++;
	if (end == offset)
		return;
	/* ranges that only touch are merged, too */
	first = fsk_rangelog_find(l, offset > 0 ? offset - 1 : 0);
	last = first;
	while (last < l->count && l->ranges[last].offset <= end)
		last++;
	if (first == last) {
		insert(l, first, offset, end);
		return;
	}
	widen(&l->ranges[first], offset, end_of(&l->ranges[last - 1]));
	widen(&l->ranges[first], offset, end);
	remove_ranges(l, first + 1, last - first - 1);
}

bool fsk_rangelog_hits(const struct fsk_rangelog *l, uint64_t offset, uint64_t length)
{
	size_t i = fsk_rangelog_find(l, offset);

	return length > 0 && i < l->count && l->ranges[i].offset < end_cut(offset, length);
}

bool fsk_rangelog_covers(const struct fsk_rangelog *l, uint64_t offset, uint64_t length)
{
	size_t i = fsk_rangelog_find(l, offset);

	if (length == 0)
		return true;
	return i < l->count && l->ranges[i].offset <= offset &&
	       end_of(&l->ranges[i]) >= end_cut(offset, length);
}

uint64_t fsk_rangelog_bytes(const struct fsk_rangelog *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->count; i++)
		sum += l->ranges[i].length;
	return sum;
}
