/* Reading ahead of what is asked for, and several ranges at once. */
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/evidence/source.h"

void fsk_source_use_pool(struct fsk_source *s, struct fsk_pool *pool)
{
	if (s->ops->use_pool != NULL)
		s->ops->use_pool(s->impl, pool);
}

void fsk_source_prefetch(struct fsk_source *s, uint64_t off, uint64_t n)
{
	if (s->ops->prefetch == NULL || off >= s->size || n == 0)
		return;
	s->ops->prefetch(s->impl, off, n < s->size - off ? n : s->size - off);
}

void fsk_source_done(struct fsk_source *s, uint64_t off, uint64_t n)
{
	if (s->ops->done != NULL && off < s->size && n > 0)
		s->ops->done(s->impl, off, n < s->size - off ? n : s->size - off);
}

static int compare(const void *a, const void *b)
{
	const struct fsk_read *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

void fsk_source_read_many(struct fsk_source *s, struct fsk_read *list, size_t n)
{
	uint64_t under_way = 0;
	size_t ahead = 0;

	qsort(list, n, sizeof(*list), compare);
	for (size_t i = 0; i < n; i++) {
		while (ahead < n && (ahead <= i || under_way < FSK_READ_AHEAD)) {
			fsk_source_prefetch(s, list[ahead].offset, list[ahead].length);
			under_way += list[ahead++].length;
		}
		fsk_source_read(s, list[i].buf, list[i].length, list[i].offset);
		under_way -= list[i].length;
	}
}
