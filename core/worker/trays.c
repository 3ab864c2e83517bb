#include "core/worker/trays.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TRAY FSK_FILE_PIECE
#define TRAY_FILES 1024u
#define TRAYS_MAX 16u

enum { CHAINS = 3 };

static const unsigned bits[CHAINS] = { FSK_DIGEST_MD5, FSK_DIGEST_SHA1, FSK_DIGEST_SHA256 };

/* One file in a tray. */
struct put {
	size_t file;
	size_t at, n; /* bytes */
	struct fsk_digests digests;
};

/* One algorithm over all files of a tray. */
struct chain {
	struct fsk_job job; /* first */
	struct tray *tray;
	struct fsk_digest *digest; /* NULL: not asked for */
	unsigned which;
	int rc;
	struct fsk_err err;
};

struct tray {
	uint8_t *bytes;
	size_t len;
	struct put *puts;
	size_t count;
	bool busy;
	struct chain chains[CHAINS];
};

struct fsk_trays {
	struct fsk_pool *pool;
	fsk_tray_fn *take;
	void *arg;
	unsigned count, filling; /* the trays behind it are older, the next one is the oldest */
	struct tray trays[];
};

static void copy_digest(struct fsk_digests *to, const struct fsk_digests *from, unsigned which)
{
	if (which == FSK_DIGEST_MD5)
		memcpy(to->md5, from->md5, sizeof(to->md5));
	else if (which == FSK_DIGEST_SHA1)
		memcpy(to->sha1, from->sha1, sizeof(to->sha1));
	else
		memcpy(to->sha256, from->sha256, sizeof(to->sha256));
}

static void hash_tray(struct fsk_job *job, unsigned lane)
{
	struct chain *c = (struct chain *) job;
	struct tray *t = c->tray;
	struct fsk_digests d;

	(void) lane;
	c->rc = 0;
	for (size_t i = 0; c->rc == 0 && i < t->count; i++) {
		struct put *p = &t->puts[i];

		c->rc = fsk_digest_update(c->digest, t->bytes + p->at, p->n, &c->err);
		if (c->rc == 0)
			c->rc = fsk_digest_final(&d, c->digest, &c->err);
		if (c->rc == 0)
			copy_digest(&p->digests, &d, c->which);
	}
}

static int make_tray(struct tray *t, unsigned which, struct fsk_err *err)
{
	int rc = 0;

	t->bytes = malloc(TRAY);
	t->puts = calloc(TRAY_FILES, sizeof(*t->puts));
	if (!t->bytes || !t->puts)
		return fsk_err_set(err, FSK_ENOMEM, "digests: out of memory");
	for (size_t i = 0; rc == 0 && i < CHAINS; i++) {
		struct chain *c = &t->chains[i];

		c->job.run = hash_tray;
		c->tray = t;
		c->which = bits[i];
		if (which & bits[i])
			rc = fsk_digest_new(&c->digest, bits[i], err);
	}
	return rc;
}

int fsk_trays_new(struct fsk_trays **out, struct fsk_pool *pool, unsigned which, fsk_tray_fn *take,
                  void *arg, struct fsk_err *err)
{
	unsigned lanes = fsk_pool_lanes(pool), n = lanes + 1 < TRAYS_MAX ? lanes + 1 : TRAYS_MAX;
	struct fsk_trays *t = calloc(1, sizeof(*t) + n * sizeof(t->trays[0]));
	int rc = 0;

	*out = t;
	if (!t)
		return fsk_err_set(err, FSK_ENOMEM, "digests: out of memory");
	t->pool = pool;
	t->take = take;
	t->arg = arg;
	t->count = n;
	for (unsigned i = 0; rc == 0 && i < n; i++)
		rc = make_tray(&t->trays[i], which, err);
	if (rc == 0)
		return 0;
	fsk_trays_free(t);
	*out = NULL;
	return rc;
}

/* Waits for the digests of a tray. */
static int settle(struct fsk_trays *t, struct tray *tray, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; tray->busy && i < CHAINS; i++) {
		struct chain *c = &tray->chains[i];

		if (!c->digest)
			continue;
		fsk_pool_wait(t->pool, &c->job);
		if (c->rc != 0 && rc == 0)
			rc = fsk_err_set(err, c->rc, "%s", c->err.msg);
	}
	tray->busy = false;
	return rc;
}

void fsk_trays_free(struct fsk_trays *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < t->count; i++) {
		struct tray *tray = &t->trays[i];

		settle(t, tray, NULL);
		for (size_t k = 0; k < CHAINS; k++)
			fsk_digest_free(tray->chains[k].digest);
		free(tray->bytes);
		free(tray->puts);
	}
	free(t);
}

/* Empties a tray that is hashed. */
static int unload(struct fsk_trays *t, struct tray *tray, struct fsk_err *err)
{
	int rc = settle(t, tray, err);

	for (size_t i = 0; rc == 0 && i < tray->count; i++)
		rc = t->take(t->arg, tray->puts[i].file, &tray->puts[i].digests, err);
	tray->count = tray->len = 0;
	return rc;
}

static void submit(struct fsk_trays *t, struct tray *tray)
{
	tray->busy = true;
	for (size_t i = 0; i < CHAINS; i++)
		if (tray->chains[i].digest)
			fsk_pool_submit(t->pool, &tray->chains[i].job, true);
}

int fsk_trays_room(uint8_t **out, struct fsk_trays *t, size_t n, struct fsk_err *err)
{
	struct tray *tray = &t->trays[t->filling];
	int rc = 0;

	if (n > TRAY - tray->len || tray->count == TRAY_FILES) {
		submit(t, tray);
		t->filling = (t->filling + 1) % t->count;
		tray = &t->trays[t->filling];
		rc = unload(t, tray, err);
	}
	*out = tray->bytes + tray->len;
	return rc;
}

void fsk_trays_put(struct fsk_trays *t, size_t file, size_t n)
{
	struct tray *tray = &t->trays[t->filling];

	tray->puts[tray->count++] = (struct put){ .file = file, .at = tray->len, .n = n };
	tray->len += n;
}

int fsk_trays_finish(struct fsk_trays *t, struct fsk_err *err)
{
	int rc = 0;

	submit(t, &t->trays[t->filling]);
	for (unsigned i = 1; rc == 0 && i <= t->count; i++)
		rc = unload(t, &t->trays[(t->filling + i) % t->count], err);
	return rc;
}
