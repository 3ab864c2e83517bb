/* What globs find on one volume: the beginning of the tasks list, cat and hash. */
#ifndef FSK_WORKER_SEARCH_H
#define FSK_WORKER_SEARCH_H

#include "core/worker/task.h"

/* Rows are sent as soon as they are so many bytes; the longest one fits behind
 * them. */
#define FSK_ROWS_SENT (FSK_FILE_PIECE / 4)

struct fsk_search {
	struct fsk_input *input;
	struct fsk_input_volume *volume;
	struct fsk_entries found; /* free them, also after a failure */
	char letter[2];
};

/* Opens the volume of a task and finds what its globs match; a step. */
int fsk_search_start(struct fsk_search *q, struct fsk_session *s, const json_t *head,
                     struct fsk_err *err);

/* Finds out where the files among what was found lie; a step. `files[i]` is the
 * entry of file `i` of the order. `flags` is 0 or FSK_ORDER_KEEP. Free both. */
int fsk_search_order(struct fsk_order **out, const struct fsk_entry ***files,
                     const struct fsk_search *q, struct fsk_session *s, unsigned flags,
                     struct fsk_err *err);

#endif
