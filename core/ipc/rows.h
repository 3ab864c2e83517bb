/* Entries of a listing in the blob of ENTRY: a row for each, little endian, no
 * padding. A volume has hundreds of thousands of names; as JSON, writing and
 * reading them again takes longer than finding them.
 *
 *   u32 bytes that follow; u64 addr, seq, size; i64 modified, accessed, changed,
 *   created, fn_modified, fn_accessed, fn_changed, fn_created (fsk_time); u8 1 when
 *   deleted, 2 added when there is a stream; type, path and, if there is one,
 *   stream, each UTF-8 that ends with a NUL */
#ifndef FSK_IPC_ROWS_H
#define FSK_IPC_ROWS_H

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "core/model/locator.h"
#include "core/model/times.h"

struct fsk_row {
	struct fsk_locator loc;
	const char *type; /* "file", "dir", "link", "other" */
	uint64_t size;
	struct fsk_times times;
};

/* Appends a row; source and volume of the locator are not in it. FSK_ELIMIT,
 * FSK_ENOMEM: nothing was appended. */
int fsk_row_append(struct fsk_buf *out, const struct fsk_row *row, struct fsk_err *err);

/* The next row: 1, 0 at the end, FSK_EPROTO. Strings are borrowed from the blob
 * under the cursor; source and volume are 0. */
int fsk_row_read(struct fsk_row *out, struct fsk_cur *c, struct fsk_err *err);

/* The text at the cursor, which ends with a NUL; borrowed. NULL when it does not
 * end, is longer than `max` or is no UTF-8. */
char *fsk_row_text(struct fsk_cur *c, size_t max);

#endif
