/* Digests of files in the blob of HASHED: a row for each, little endian, no padding.
 *
 *   u32 bytes that follow; u64 order, addr, seq, size; u8 1 when deleted, 2 added when
 *   there is a stream; then, each ending with a NUL: md5, sha1 and sha256 in hex or
 *   empty, path and, if there is one, stream in UTF-8 */
#ifndef FSK_IPC_HASH_ROWS_H
#define FSK_IPC_HASH_ROWS_H

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "core/base/digest.h"
#include "core/model/locator.h"

struct fsk_hash_row {
	struct fsk_locator loc;
	uint64_t order; /* sorts the files of a task by path */
	uint64_t size;
	struct fsk_digests digests;
};

/* Appends a row; source and volume of the locator are not in it. FSK_ELIMIT,
 * FSK_ENOMEM: nothing was appended. */
int fsk_hash_row_append(struct fsk_buf *out, const struct fsk_hash_row *row, struct fsk_err *err);

/* The next row: 1, 0 at the end, FSK_EPROTO. Path and stream are borrowed from the
 * blob under the cursor; source and volume are 0. Digests are hex and as long as
 * they must be, or empty. */
int fsk_hash_row_read(struct fsk_hash_row *out, struct fsk_cur *c, struct fsk_err *err);

#endif
