/* The frames of a write-ahead log.
 * Format: https://www.sqlite.org/fileformat2.html#walformat */
#ifndef FSK_PLUGINS_SQLITE_WAL_H
#define FSK_PLUGINS_SQLITE_WAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define FSK_WAL_HEADER 32
#define FSK_WAL_FRAME_HEADER 24

enum fsk_wal_state {
	FSK_WAL_COMMITTED,
	FSK_WAL_UNCOMMITTED, /* good, but no commit follows */
	FSK_WAL_STALE        /* of an earlier use of the log, not overwritten yet */
};

struct fsk_wal_frame {
	uint32_t page; /* counted from 1 */
	enum fsk_wal_state state;
};

/* Frame `i` (from 0) has its page at FSK_WAL_HEADER + i * (24 + page_size) + 24. */
struct fsk_wal {
	struct fsk_wal_frame *frames;
	size_t count;
	uint32_t page_size;
	size_t committed; /* frames up to the last commit */
	size_t damaged;   /* number (from 1) of the first frame that is damaged or
	                   * cut off although it has the salt of this log; 0: none */
};

/* NULL, or why the log cannot be of a database with that page size. */
const char *fsk_wal_foreign(const uint8_t *data, size_t size, uint32_t page_size);

/* Reads the frames of a log that is not foreign. An empty log has none. Free with
 * fsk_wal_free, also after failure. FSK_ENOMEM. */
int fsk_wal_read(struct fsk_wal *out, const uint8_t *data, size_t size, struct fsk_err *err);
void fsk_wal_free(struct fsk_wal *w);

/* Where the page of frame `i` begins in the log. */
size_t fsk_wal_at(const struct fsk_wal *w, size_t i);

#endif
