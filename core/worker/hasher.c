#include "core/worker/hasher.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

enum { CHAINS = 3 };

/* Waking a thread takes longer than hashing less than this. */
#define WORTH_A_THREAD (128u * FSK_KIB)

/* One algorithm. */
struct chain {
	struct fsk_job job; /* first */
	struct fsk_digest *digest;
	const uint8_t *piece;
	size_t len;
	bool busy;
	int rc;
	struct fsk_err err;
};

struct fsk_hasher {
	struct fsk_pool *pool;
	unsigned which;
	struct chain chains[CHAINS];
	uint8_t *rooms[2];
	bool alone;    /* what is under way waits for the owner */
	unsigned room; /* that is being filled; the other one is being hashed */
};

static const unsigned bits[CHAINS] = { FSK_DIGEST_MD5, FSK_DIGEST_SHA1, FSK_DIGEST_SHA256 };

static void hash_piece(struct fsk_job *job, unsigned lane)
{
	struct chain *c = (struct chain *) job;

	(void) lane;
	c->rc = fsk_digest_update(c->digest, c->piece, c->len, &c->err);
}

static int start(struct fsk_hasher *h, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < CHAINS; i++) {
		struct chain *c = &h->chains[i];
		fsk_digest_free(c->digest);
		c->digest = NULL;
		c->job.run = hash_piece;
		if (h->which & bits[i])
			rc = fsk_digest_new(&c->digest, bits[i], err);
	}
	return rc;
}

int fsk_hasher_new(struct fsk_hasher **out, struct fsk_pool *pool, unsigned which,
                   struct fsk_err *err)
{
	struct fsk_hasher *h = calloc(1, sizeof(*h));
	int rc;

	*out = NULL;
	if (!h)
		return fsk_err_set(err, FSK_ENOMEM, "digests: out of memory");
	h->pool = pool;
	h->which = which;
	h->rooms[0] = malloc(FSK_FILE_PIECE);
	h->rooms[1] = malloc(FSK_FILE_PIECE);
	rc = h->rooms[0] && h->rooms[1] ? start(h, err)
	                                : fsk_err_set(err, FSK_ENOMEM, "digests: out of memory");
	if (rc == 0)
		*out = h;
	else
		fsk_hasher_free(h);
	return rc;
}

/* Waits until nothing is hashed any more. */
static int settle(struct fsk_hasher *h, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < CHAINS; i++) {
		struct chain *c = &h->chains[i];
		if (!c->busy)
			continue;
		fsk_pool_wait(h->alone ? NULL : h->pool, &c->job);
		c->busy = false;
		if (c->rc != 0 && rc == 0)
			rc = fsk_err_set(err, c->rc, "%s", c->err.msg);
	}
	return rc;
}

void fsk_hasher_free(struct fsk_hasher *h)
{
	if (!h)
		return;
	settle(h, NULL);
	for (size_t i = 0; i < CHAINS; i++)
		fsk_digest_free(h->chains[i].digest);
	free(h->rooms[0]);
	free(h->rooms[1]);
	free(h);
}

uint8_t *fsk_hasher_room(struct fsk_hasher *h)
{
	return h->rooms[h->room];
}

int fsk_hasher_feed(struct fsk_hasher *h, size_t n, struct fsk_err *err)
{
	int rc = settle(h, err);

	for (size_t i = 0; rc == 0 && i < CHAINS; i++) {
		struct chain *c = &h->chains[i];
		if (!c->digest)
			continue;
		c->piece = h->rooms[h->room];
		c->len = n;
		c->busy = true;
		fsk_pool_submit(n < WORTH_A_THREAD ? NULL : h->pool, &c->job, true);
	}
	h->alone = n < WORTH_A_THREAD;
	h->room ^= 1;
	return rc;
}

int fsk_hasher_final(struct fsk_digests *out, struct fsk_hasher *h, struct fsk_err *err)
{
	struct fsk_digests one[CHAINS] = { 0 };
	int rc = settle(h, err);

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
