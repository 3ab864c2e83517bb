/* Digests of many small files: they lie one behind another in trays, and a tray is
 * hashed by a thread of the pool while the next ones are filled. Waking a thread
 * for each file would take longer than hashing it. */
#ifndef FSK_WORKER_TRAYS_H
#define FSK_WORKER_TRAYS_H

#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/base/pool.h"

#define FSK_TRAY_FILE_MAX (FSK_FILE_PIECE / 2) /* bytes of one file */

struct fsk_trays;

/* Takes the digests of file `file`. */
typedef int fsk_tray_fn(void *arg, size_t file, const struct fsk_digests *d, struct fsk_err *err);

/* `which` is a set of FSK_DIGEST_*; the pool may be NULL. FSK_ENOMEM,
 * FSK_EUNSUPPORTED. */
int fsk_trays_new(struct fsk_trays **out, struct fsk_pool *pool, unsigned which, fsk_tray_fn *take,
                  void *arg, struct fsk_err *err);
void fsk_trays_free(struct fsk_trays *t); /* NULL is allowed; nothing is taken any more */

/* Room for the `n` bytes of a file, at most FSK_TRAY_FILE_MAX, until it is put or
 * room is asked for again. May take digests first; their error, or that of a digest,
 * is the result. */
int fsk_trays_room(uint8_t **out, struct fsk_trays *t, size_t n, struct fsk_err *err);

/* The room holds file `file` of `n` bytes. Its digests will be taken; files are in
 * the order in which they were put. */
void fsk_trays_put(struct fsk_trays *t, size_t file, size_t n);

/* Takes the digests of all that was put. */
int fsk_trays_finish(struct fsk_trays *t, struct fsk_err *err);

#endif
