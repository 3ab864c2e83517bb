/* A native that examines its first argument, an entry, and pushes what it found as
 * a table. */
#ifndef FSK_PLUGINS_SHARED_ANSWER_H
#define FSK_PLUGINS_SHARED_ANSWER_H

#include "core/module/module.h"
#include "plugins/shared/ranges.h"

struct fsk_answer {
	const struct fsk_host *host;
	struct fsk_call *call;
	struct fsk_err err; /* why it fails */
};

/* The entry as `in`, which reads through `a`. Raises when it is none; a negative code
 * when it cannot be opened. */
int fsk_answer_begin(struct fsk_answer *a, struct fsk_input *in, const struct fsk_host *host,
                     struct fsk_call *call);
/* What the native returns: with `rc` 0 the notes become anomalies of the entry and `found`
 * (borrowed; NULL: nil) is pushed; else the call fails with a->err. `notes` may be NULL. */
int fsk_answer_end(struct fsk_answer *a, int rc, json_t *found, json_t *notes);

#endif
