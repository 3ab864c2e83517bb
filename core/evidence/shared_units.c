#include "core/evidence/shared_units.h"

#include <stdlib.h>

#include "core/base/limits.h"

static size_t ends_of(uint64_t out[2], const struct fsk_run *r, uint32_t unit)
{
	if (r->kind != FSK_RUN_DATA || r->length == 0)
		return 0;
	out[0] = r->at / unit;
	out[1] = (r->at + r->length - 1) / unit;
	return out[0] == out[1] ? 1 : 2;
}

static int compare(const void *a, const void *b)
{
	const struct fsk_shared_unit *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static size_t unite(struct fsk_shared_unit *items, size_t n)
{
	size_t kept = 0;

	for (size_t i = 1; i < n; i++) {
		if (items[i].number == items[kept].number)
			items[kept].left++;
		else
			items[++kept] = items[i];
	}
	return n > 0 ? kept + 1 : 0;
}

void fsk_shared_units_count(struct fsk_shared_units *u, struct fsk_source *s,
                            const struct fsk_run *runs, size_t n)
{
	size_t count = 0;

	*u = (struct fsk_shared_units){ .source = s };
	if (s->ops->done == NULL || n > FSK_SHARED_UNITS_MAX / 2)
		return;
	u->items = malloc((2 * n + 1) * sizeof(*u->items));
	for (size_t i = 0; u->items != NULL && i < n; i++) {
		uint64_t ends[2];
		size_t k = ends_of(ends, &runs[i], s->unit);

		for (size_t e = 0; e < k; e++)
			u->items[count++] = (struct fsk_shared_unit){ ends[e], 1 };
	}
	if (count > 0)
		qsort(u->items, count, sizeof(*u->items), compare);
	u->count = unite(u->items, count);
}

void fsk_shared_units_read(struct fsk_shared_units *u, const struct fsk_run *r)
{
	uint64_t ends[2];
	size_t k = u->count > 0 ? ends_of(ends, r, u->source->unit) : 0;

	for (size_t e = 0; e < k; e++) {
		const struct fsk_shared_unit key = { .number = ends[e] };
		struct fsk_shared_unit *x = bsearch(&key, u->items, u->count, sizeof(*u->items),
		                                    compare);

		if (x != NULL && --x->left == 0)
			fsk_source_done(u->source, ends[e] * u->source->unit, u->source->unit);
	}
}
