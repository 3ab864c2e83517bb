/* Which rows there are: a set of 64-bit digests of their values. Two rows may share a
 * digest by chance (one in 2^64); then one of them is taken for known. */
#ifndef FSK_PLUGINS_SQLITE_ROWSET_H
#define FSK_PLUGINS_SQLITE_ROWSET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "plugins/sqlite/record.h"

struct fsk_rowset {
	uint64_t *slots; /* 0: empty */
	size_t used, room;
};

/* Adds a digest: 1 when it is new, 0 when it was there. FSK_ELIMIT beyond
 * FSK_SQLITE_ROWSET_MAX, FSK_ENOMEM. */
int fsk_rowset_add(struct fsk_rowset *s, uint64_t digest, struct fsk_err *err);
bool fsk_rowset_has(const struct fsk_rowset *s, uint64_t digest);
void fsk_rowset_free(struct fsk_rowset *s);

#define FSK_ROW_DIGEST 14695981039346656037ull /* of no value */

/* Adds a value. A number digests alike whether it is stored as integer or real. */
uint64_t fsk_row_digest(uint64_t so_far, const struct fsk_record_value *v);
/* Adds the row's id; what only ids have is told from what values have. */
uint64_t fsk_row_digest_id(uint64_t so_far, int64_t rowid);

#endif
