/* Digests of a stream of pieces. The pieces lie in a ring of rooms; each
 * algorithm hashes them in their order, on its own, while the next ones are
 * read. */
#ifndef FSK_WORKER_HASHER_H
#define FSK_WORKER_HASHER_H

#include <stddef.h>

#include <jansson.h>

#include "core/base/digest.h"
#include "core/base/pool.h"

struct fsk_hasher;

/* How many rooms there are, and how many bytes one has. */
struct fsk_hasher_ring {
	unsigned rooms; /* at least 2 */
	size_t bytes;
};

extern const struct fsk_hasher_ring fsk_hash_files;  /* pieces of FSK_FILE_PIECE */
extern const struct fsk_hasher_ring fsk_hash_medium; /* pieces of FSK_MEDIUM_PIECE */

/* `which` is a set of FSK_DIGEST_*; the pool may be NULL. FSK_ENOMEM,
 * FSK_EUNSUPPORTED. */
int fsk_hasher_new(struct fsk_hasher **out, struct fsk_pool *pool, unsigned which,
                   const struct fsk_hasher_ring *ring, struct fsk_err *err);
void fsk_hasher_free(struct fsk_hasher *h); /* NULL is allowed */

/* Room for the next piece, as many bytes as the ring says, until it is fed. */
uint8_t *fsk_hasher_room(struct fsk_hasher *h);
/* The first `n` bytes of the room come next. */
int fsk_hasher_feed(struct fsk_hasher *h, size_t n, struct fsk_err *err);
/* The digests of all that was fed; the next stream starts afresh. */
int fsk_hasher_final(struct fsk_digests *out, struct fsk_hasher *h, struct fsk_err *err);

/* {"md5":"…",…} without those that were not asked for. New reference. */
json_t *fsk_digests_json(const struct fsk_digests *d);

#endif
