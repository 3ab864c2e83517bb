/* A native that examines its first argument, an entry or the bytes of a file, and pushes what it
 * found as a table. */
#ifndef FSK_PLUGINS_SHARED_ANSWER_H
#define FSK_PLUGINS_SHARED_ANSWER_H

#include "core/base/buf.h"
#include "core/module/module.h"
#include "plugins/shared/ranges.h"

struct fsk_answer {
	const struct fsk_host *host;
	struct fsk_call *call;
	const char *bytes; /* of a file, when the argument is a string; NULL for an entry */
	size_t size;
	struct fsk_err err; /* why it fails */
};

/* The entry or the bytes as `in`, which reads through `a`. Raises when it is neither; a negative
 * code when it cannot be opened. */
int fsk_answer_begin(struct fsk_answer *a, struct fsk_input *in, const struct fsk_host *host,
                     struct fsk_call *call);
/* What the native returns: with `rc` 0 the notes become anomalies of the entry (of bytes: a list as
 * second result, when there are any) and `found` (borrowed; NULL: nil) is pushed; else the call
 * fails with a->err. `notes` may be NULL. */
int fsk_answer_end(struct fsk_answer *a, int rc, json_t *found, json_t *notes);
/* The same with a string as result. `note`, what is damaged, may be NULL; it becomes an anomaly of
 * the entry, and is the second result in any case. */
int fsk_answer_bytes(struct fsk_answer *a, int rc, const struct fsk_buf *found, const char *note);

#endif
