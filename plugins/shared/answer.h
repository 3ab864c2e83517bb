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

/* Examines a file: `*told` is what the native gives, `*notes` a list of texts, what is damaged;
 * both are new references, and NULL on failure. */
typedef int fsk_examine(json_t **told, json_t **notes, const struct fsk_input *in,
                        struct fsk_err *err);
/* The whole of a native whose only argument is the entry or the bytes: begin, examine, end. */
int fsk_answer_examined(const struct fsk_host *host, struct fsk_call *call, fsk_examine *examine);

/* Appends up to `size` bytes from `offset` of a part of the file. `which` says of which, `*note`
 * (of malloc, or NULL) what is damaged in it. */
typedef int fsk_read_part(struct fsk_buf *out, char **note, const struct fsk_input *in,
                          const void *which, uint64_t offset, size_t size, struct fsk_err *err);
/* The whole of a native whose arguments are the entry or the bytes, the part (as `which`, which is
 * passed on to `read`), an offset (0 when absent) and a size (`max` when absent). Fails with
 * FSK_EINVAL when one is negative, or the size is above `max` bytes. */
int fsk_answer_range(const struct fsk_host *host, struct fsk_call *call, size_t max,
                     fsk_read_part *read, const void *which);

#endif
