/* An index that one worker has made, and that the others of the run use: see
 * ipc/shelf.h. Without a shelf, and when anything about it is wrong, each worker makes
 * its own; what is found is the same. */
#ifndef FSK_WORKER_INDEX_SHARE_H
#define FSK_WORKER_INDEX_SHARE_H

#include "core/worker/session.h"

/* Lays the index that `fs` has made on a shelf of the session. Returns member
 * "index" of PLAN, a new reference; NULL when there is none, or no such shelf (-1). */
json_t *fsk_index_give(const struct fsk_session *s, struct fsk_fs *fs, int64_t shelf);

/* Uses the index that member "index" of a task tells of. Returns whether it does. */
bool fsk_index_take(const struct fsk_session *s, struct fsk_fs *fs, const json_t *index);

#endif
