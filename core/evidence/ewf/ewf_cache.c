#include <stdlib.h>

#include "core/evidence/ewf/ewf.h"

#define NONE UINT32_MAX

struct slot {
	uint64_t chunk;
	uint8_t *data;         /* NULL until the slot is used for the first time */
	uint32_t older, newer; /* in order of use */
	uint32_t chain;        /* next slot of the same bucket */
	bool used;
};

struct fsk_ewf_cache {
	struct slot *slots;
	uint32_t *buckets; /* as many as slots */
	uint32_t count;
	uint32_t oldest, newest;
	size_t chunk_size;
};

int fsk_ewf_cache_new(struct fsk_ewf_cache **out, size_t chunk_size, uint64_t chunks, size_t budget,
                      struct fsk_err *err)
{
	struct fsk_ewf_cache *c = calloc(1, sizeof(*c));
	size_t n = budget / chunk_size;

	*out = NULL;
	if (c == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	if (n > chunks)
		n = (size_t) chunks;
	c->count = n < 2 ? 2 : (uint32_t) n;
	c->chunk_size = chunk_size;
	c->slots = calloc(c->count, sizeof(*c->slots));
	c->buckets = malloc(c->count * sizeof(*c->buckets));
	if (c->slots == NULL || c->buckets == NULL) {
		fsk_ewf_cache_free(c);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	for (uint32_t i = 0; i < c->count; i++) {
		c->buckets[i] = NONE;
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

static uint32_t *bucket(struct fsk_ewf_cache *c, uint64_t chunk)
{
	return &c->buckets[chunk % c->count];
}

static void unlink_slot(struct fsk_ewf_cache *c, uint32_t i)
{
	struct slot *s = &c->slots[i];

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
	struct slot *s = &c->slots[i];

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
	struct slot *s = &c->slots[i];

	s->older = NONE;
	s->newer = c->oldest;
	if (c->oldest != NONE)
		c->slots[c->oldest].older = i;
	else
		c->newest = i;
	c->oldest = i;
}

static uint32_t find(struct fsk_ewf_cache *c, uint64_t chunk)
{
	uint32_t i = *bucket(c, chunk);

	while (i != NONE && c->slots[i].chunk != chunk)
		i = c->slots[i].chain;
	return i;
}

static void forget(struct fsk_ewf_cache *c, uint32_t i)
{
	uint32_t *at = bucket(c, c->slots[i].chunk);

	while (*at != i)
		at = &c->slots[*at].chain;
	*at = c->slots[i].chain;
	c->slots[i].used = false;
}

const uint8_t *fsk_ewf_cache_get(struct fsk_ewf_cache *c, uint64_t chunk)
{
	uint32_t i = find(c, chunk);

	if (i == NONE)
		return NULL;
	unlink_slot(c, i);
	link_newest(c, i);
	return c->slots[i].data;
}

uint8_t *fsk_ewf_cache_put(struct fsk_ewf_cache *c, uint64_t chunk)
{
	uint32_t i = c->oldest;
	struct slot *s = &c->slots[i];
	uint32_t *head = bucket(c, chunk);

	if (s->data == NULL && (s->data = malloc(c->chunk_size)) == NULL)
		return NULL;
	if (s->used)
		forget(c, i);
	unlink_slot(c, i);
	link_newest(c, i);
	s->chunk = chunk;
	s->used = true;
	s->chain = *head;
	*head = i;
	return s->data;
}

void fsk_ewf_cache_drop(struct fsk_ewf_cache *c, uint64_t chunk)
{
	uint32_t i = find(c, chunk);

	if (i == NONE)
		return;
	forget(c, i);
	unlink_slot(c, i);
	link_oldest(c, i);
}
