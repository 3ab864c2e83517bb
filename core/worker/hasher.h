/* Digests of a stream of pieces. Each algorithm is a job of its own, and the
 * next piece is read while the one before is hashed. */
#ifndef FSK_WORKER_HASHER_H
#define FSK_WORKER_HASHER_H

#include <jansson.h>

#include "core/base/digest.h"
#include "core/base/pool.h"

struct fsk_hasher;

/* `which` is a set of FSK_DIGEST_*; the pool may be NULL. FSK_ENOMEM,
 * FSK_EUNSUPPORTED. */
int fsk_hasher_new(struct fsk_hasher **out, struct fsk_pool *pool, unsigned which,
                   struct fsk_err *err);
void fsk_hasher_free(struct fsk_hasher *h); /* NULL is allowed */

/* Room for the next piece, FSK_FILE_PIECE bytes, until it is fed. */
uint8_t *fsk_hasher_room(struct fsk_hasher *h);
/* The first `n` bytes of the room come next. */
int fsk_hasher_feed(struct fsk_hasher *h, size_t n, struct fsk_err *err);
/* The digests of all that was fed; the next stream starts afresh. */
int fsk_hasher_final(struct fsk_digests *out, struct fsk_hasher *h, struct fsk_err *err);

/* {"md5":"…",…} without those that were not asked for. New reference. */
json_t *fsk_digests_json(const struct fsk_digests *d);

#endif
