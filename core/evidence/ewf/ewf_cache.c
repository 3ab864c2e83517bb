#include <stdlib.h>

#include "core/evidence/ewf/ewf.h"

#define NONE UINT32_MAX

struct fsk_ewf_cache {
	struct fsk_ewf_slot *slots;
	uint32_t *buckets; /* as many as slots */
	uint32_t count;
	uint32_t oldest, newest;
	struct fsk_ewf *ewf;
};

int fsk_ewf_cache_new(struct fsk_ewf_cache **out, struct fsk_ewf *e, size_t budget,
                      struct fsk_err *err)
{
	struct fsk_ewf_cache *c = calloc(1, sizeof(*c));
	size_t n = budget / e->chunk_size;

	*out = NULL;
	if (c == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	if (n > e->chunk_count)
		n = (size_t) e->chunk_count;
	c->count = n < 2 ? 2 : (uint32_t) n;
	c->ewf = e;
	c->slots = calloc(c->count, sizeof(*c->slots));
	c->buckets = malloc(c->count * sizeof(*c->buckets));
	if (c->slots == NULL || c->buckets == NULL) {
		fsk_ewf_cache_free(c);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	for (uint32_t i = 0; i < c->count; i++) {
		c->buckets[i] = NONE;
		c->slots[i].ewf = e;
		c->slots[i].chain = NONE;
		c->slots[i].older = i == 0 ? NONE : i - 1;
		c->slots[i].newer = i + 1 == c->count ? NONE : i + 1;
	}
	c->newest = c->count - 1;
	*out = c;
	return 0;
}

void fsk_ewf_cache_free(struct fsk_ewf_cache *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; c->slots != NULL && i < c->count; i++)
		free(c->slots[i].data);
	free(c->slots);
	free(c->buckets);
	free(c);
}

uint32_t fsk_ewf_cache_count(const struct fsk_ewf_cache *c)
{
	return c->count;
}

static uint32_t *bucket(struct fsk_ewf_cache *c, uint64_t chunk)
{
	return &c->buckets[chunk % c->count];
}

static void unlink_slot(struct fsk_ewf_cache *c, uint32_t i)
{
	struct fsk_ewf_slot *s = &c->slots[i];

	if (s->older != NONE)
		c->slots[s->older].newer = s->newer;
	else
		c->oldest = s->newer;
	if (s->newer != NONE)
		c->slots[s->newer].older = s->older;
	else
		c->newest = s->older;
}

static void link_newest(struct fsk_ewf_cache *c, uint32_t i)
{
	struct fsk_ewf_slot *s = &c->slots[i];

	s->newer = NONE;
	s->older = c->newest;
	if (c->newest != NONE)
		c->slots[c->newest].newer = i;
	else
		c->oldest = i;
	c->newest = i;
}

static void link_oldest(struct fsk_ewf_cache *c, uint32_t i)
{
	struct fsk_ewf_slot *s = &c->slots[i];

	s->older = NONE;
	s->newer = c->oldest;
	if (c->oldest != NONE)
		c->slots[c->oldest].older = i;
	else
		c->newest = i;
	c->oldest = i;
}

struct fsk_ewf_slot *fsk_ewf_cache_find(struct fsk_ewf_cache *c, uint64_t chunk)
{
	uint32_t i = *bucket(c, chunk);

	while (i != NONE && c->slots[i].chunk != chunk)
		i = c->slots[i].chain;
	return i != NONE ? &c->slots[i] : NULL;
}

static void settle(struct fsk_ewf_cache *c, struct fsk_ewf_slot *s)
{
	if (s->pending)
		fsk_pool_cancel(c->ewf->pool, &s->job);
	s->pending = false;
}

static uint32_t number_of(const struct fsk_ewf_cache *c, const struct fsk_ewf_slot *s)
{
	return (uint32_t) (s - c->slots);
}

static void forget(struct fsk_ewf_cache *c, struct fsk_ewf_slot *s)
{
	uint32_t *at = bucket(c, s->chunk);
	uint32_t i = number_of(c, s);

	settle(c, s);
	while (*at != i)
		at = &c->slots[*at].chain;
	*at = s->chain;
	s->used = false;
}

void fsk_ewf_cache_touch(struct fsk_ewf_cache *c, struct fsk_ewf_slot *slot, bool again)
{
	uint32_t i = number_of(c, slot);

	unlink_slot(c, i);
	if (again)
		link_newest(c, i);
	else
		link_oldest(c, i);
}

struct fsk_ewf_slot *fsk_ewf_cache_put(struct fsk_ewf_cache *c, uint64_t chunk)
{
	struct fsk_ewf_slot *s = &c->slots[c->oldest];
	uint32_t *head = bucket(c, chunk);

	if (s->data == NULL && (s->data = malloc(c->ewf->chunk_size)) == NULL)
		return NULL;
	if (s->used)
		forget(c, s);
	fsk_ewf_cache_touch(c, s, true);
	s->chunk = chunk;
	s->used = true;
	s->chain = *head;
	*head = number_of(c, s);
	return s;
}

void fsk_ewf_cache_drop(struct fsk_ewf_cache *c, struct fsk_ewf_slot *slot)
{
	forget(c, slot);
	fsk_ewf_cache_touch(c, slot, false);
}

void fsk_ewf_cache_settle(struct fsk_ewf_cache *c)
{
	for (uint32_t i = 0; i < c->count; i++)
		if (c->slots[i].pending)
			fsk_ewf_cache_drop(c, &c->slots[i]);
}
