/* The times of a file: four of the metadata record and, on NTFS, four more
 * of the name attribute ($FILE_NAME). */
#ifndef FSK_MODEL_TIMES_H
#define FSK_MODEL_TIMES_H

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/time.h"

struct fsk_times {
	fsk_time modified, accessed, changed, created;             /* $SI, or the inode's */
	fsk_time fn_modified, fn_accessed, fn_changed, fn_created; /* $FN; NONE elsewhere */
};

/* All members FSK_TIME_NONE. */
void fsk_times_clear(struct fsk_times *t);

/* {"modified":"2023-…Z",…}: members without a time are left out. */
json_t *fsk_times_to_json(const struct fsk_times *t);
/* Appends the same as text (jsontext.h). FSK_ELIMIT, FSK_ENOMEM. */
int fsk_times_append(struct fsk_buf *out, const struct fsk_times *t, struct fsk_err *err);
int fsk_times_from_json(struct fsk_times *out, const json_t *j, struct fsk_err *err);

#endif
