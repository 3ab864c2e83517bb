#include "core/worker/hasher.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

enum { CHAINS = 3 };

/* Waking a thread takes longer than hashing less than this. */
#define WORTH_A_THREAD (128u * FSK_KIB)
/* A thread that hashes does nothing else meanwhile: short enough for the
 * others not to run out of work. */
#define PART (256u * FSK_KIB)

const struct fsk_hasher_ring fsk_hash_files = { 2, FSK_FILE_PIECE };
const struct fsk_hasher_ring fsk_hash_medium = { 4, FSK_MEDIUM_PIECE };

/* A part of a piece, for one algorithm. */
struct part {
	struct fsk_job job; /* first */
	struct fsk_digest *digest;
	const uint8_t *p;
	size_t n;
	int rc;
};

/* One algorithm. */
struct chain {
	struct fsk_digest *digest; /* NULL: not asked for */
	struct part *last;         /* that was submitted; NULL: none */
};

struct room {
	uint8_t *data;
	struct part *parts; /* parts_max of the first chain, then of the next */
	size_t under_way;   /* parts of each chain */
};

struct fsk_hasher {
	struct fsk_pool *pool;
	unsigned which;
	struct chain chains[CHAINS];
	struct room *rooms;
	unsigned nrooms, room; /* that is being filled */
	size_t parts_max;
};

static const struct {
	unsigned bit;
	const char *name;
} algorithms[CHAINS] = { { FSK_DIGEST_MD5, "MD5" },
	                 { FSK_DIGEST_SHA1, "SHA-1" },
	                 { FSK_DIGEST_SHA256, "SHA-256" } };

static void hash_part(struct fsk_job *job, unsigned lane)
{
	struct part *part = (struct part *) job;

	(void) lane;
	part->rc = fsk_digest_update(part->digest, part->p, part->n, NULL);
}

static int start(struct fsk_hasher *h, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < CHAINS; i++) {
		struct chain *c = &h->chains[i];
		fsk_digest_free(c->digest);
		*c = (struct chain){ 0 };
		if (h->which & algorithms[i].bit)
			rc = fsk_digest_new(&c->digest, algorithms[i].bit, err);
	}
	return rc;
}

static int make_rooms(struct fsk_hasher *h, const struct fsk_hasher_ring *ring, struct fsk_err *err)
{
	h->parts_max = (ring->bytes + PART - 1) / PART;
	h->rooms = calloc(ring->rooms, sizeof(*h->rooms));
	h->nrooms = h->rooms ? ring->rooms : 0;
	for (unsigned i = 0; i < h->nrooms; i++) {
		struct room *r = &h->rooms[i];
		r->data = malloc(ring->bytes);
		r->parts = calloc(CHAINS * h->parts_max, sizeof(*r->parts));
		if (!r->data || !r->parts)
			return fsk_err_set(err, FSK_ENOMEM, "digests: out of memory");
	}
	return h->rooms ? 0 : fsk_err_set(err, FSK_ENOMEM, "digests: out of memory");
}

int fsk_hasher_new(struct fsk_hasher **out, struct fsk_pool *pool, unsigned which,
                   const struct fsk_hasher_ring *ring, struct fsk_err *err)
{
	struct fsk_hasher *h = calloc(1, sizeof(*h));
	int rc;

	*out = NULL;
	if (!h)
		return fsk_err_set(err, FSK_ENOMEM, "digests: out of memory");
	h->pool = pool;
	h->which = which;
	rc = make_rooms(h, ring, err);
	if (rc == 0)
		rc = start(h, err);
	if (rc == 0)
		*out = h;
	else
		fsk_hasher_free(h);
	return rc;
}

/* Waits until nothing of the room is hashed any more. */
static int settle(struct fsk_hasher *h, struct room *r, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < CHAINS; i++) {
		struct part *parts = r->parts + i * h->parts_max;
		for (size_t k = 0; h->chains[i].digest && k < r->under_way; k++) {
			fsk_pool_wait(h->pool, &parts[k].job);
			if (parts[k].rc != 0 && rc == 0)
				rc = fsk_err_set(err, parts[k].rc, "digest %s failed",
				                 algorithms[i].name);
		}
	}
	r->under_way = 0;
	return rc;
}

/* All of them, the oldest first. */
static int settle_all(struct fsk_hasher *h, struct fsk_err *err)
{
	int rc = 0;

	for (unsigned i = 1; rc == 0 && i <= h->nrooms; i++)
		rc = settle(h, &h->rooms[(h->room + i) % h->nrooms], err);
	return rc;
}

void fsk_hasher_free(struct fsk_hasher *h)
{
	if (!h)
		return;
	for (unsigned i = 1; i <= h->nrooms; i++) {
		struct room *r = &h->rooms[(h->room + i) % h->nrooms];
		settle(h, r, NULL);
		free(r->data);
		free(r->parts);
	}
	for (size_t i = 0; i < CHAINS; i++)
		fsk_digest_free(h->chains[i].digest);
	free(h->rooms);
	free(h);
}

uint8_t *fsk_hasher_room(struct fsk_hasher *h)
{
	return h->rooms[h->room].data;
}

static int hash_now(struct fsk_hasher *h, size_t n, struct fsk_err *err)
{
	int rc = settle_all(h, err);

	for (size_t i = 0; rc == 0 && i < CHAINS; i++)
		if (h->chains[i].digest)
			rc = fsk_digest_update(h->chains[i].digest, h->rooms[h->room].data, n, err);
	return rc;
}

static void submit(struct fsk_hasher *h, struct chain *c, struct part *parts, const uint8_t *p,
                   size_t n)
{
	for (size_t at = 0; at < n; at += PART, parts++) {
		parts->job.run = hash_part;
		parts->digest = c->digest;
		parts->p = p + at;
		parts->n = n - at < PART ? n - at : PART;
		fsk_pool_submit_after(h->pool, &parts->job, c->last ? &c->last->job : NULL);
		c->last = parts;
	}
}

int fsk_hasher_feed(struct fsk_hasher *h, size_t n, struct fsk_err *err)
{
	struct room *r = &h->rooms[h->room];

	if (n < WORTH_A_THREAD || fsk_pool_lanes(h->pool) < 2)
		return hash_now(h, n, err);
	for (size_t i = CHAINS; i-- > 0;)
		if (h->chains[i].digest)
			submit(h, &h->chains[i], r->parts + i * h->parts_max, r->data, n);
	r->under_way = (n + PART - 1) / PART;
	h->room = (h->room + 1) % h->nrooms;
	return settle(h, &h->rooms[h->room], err);
}

int fsk_hasher_final(struct fsk_digests *out, struct fsk_hasher *h, struct fsk_err *err)
{
	struct fsk_digests one[CHAINS] = { 0 };
	int rc = settle_all(h, err);

	for (size_t i = 0; rc == 0 && i < CHAINS; i++)
		if (h->chains[i].digest)
			rc = fsk_digest_final(&one[i], h->chains[i].digest, err);
	memset(out, 0, sizeof(*out));
	memcpy(out->md5, one[0].md5, sizeof(out->md5));
	memcpy(out->sha1, one[1].sha1, sizeof(out->sha1));
	memcpy(out->sha256, one[2].sha256, sizeof(out->sha256));
	return rc ? rc : start(h, err);
}

json_t *fsk_digests_json(const struct fsk_digests *d)
{
	json_t *j = json_object();

	if (d->md5[0])
		json_object_set_new(j, "md5", json_string(d->md5));
	if (d->sha1[0])
		json_object_set_new(j, "sha1", json_string(d->sha1));
	if (d->sha256[0])
		json_object_set_new(j, "sha256", json_string(d->sha256));
	return j;
}
