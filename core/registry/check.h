/* One bounded walk over a whole hive before anything else reads it. It finds
 * every damaged place, so that a reader of the archive hears of all of them
 * and not only of those a plugin came across, and it tells whether libregf
 * may be given the hive (peer.h): libregf 20201007 trusts counts (a list of values
 * whose length overflows is read far outside its cell), follows lists of lists
 * without end, drops a whole bin for one bad cell length and a whole key for
 * a bad name, class or security cell, and leaks what it had of that key. */
#ifndef FSK_REGISTRY_CHECK_H
#define FSK_REGISTRY_CHECK_H

#include "core/registry/cells.h"

struct fsk_check {
	bool libregf;   /* every cell that libregf would touch is in order */
	size_t keys;    /* that can be reached from the root */
	size_t values;  /* that can be read */
	size_t damaged; /* places */
	char **damage;  /* a sentence for each of the first FSK_HIVE_DAMAGE_MAX */
};

/* Adds to what was noted in `out`, which is zeroed before first use and
 * released with fsk_check_free, also on failure. `root` is the offset of the
 * root key. FSK_ECORRUPT without a root key, FSK_ENOMEM. What many keys or
 * values share is refused (fsk_cells_refuse) where reading it again and again would come to
 * more than the size of the hive: a walk over it would never end. */
int fsk_check_run(struct fsk_check *out, struct fsk_cells *c, uint32_t root, struct fsk_err *err);
void fsk_check_free(struct fsk_check *k);

/* Notes a damaged place; `offset` is that of the file at which to look and ends the
 * sentence. FSK_ENOMEM. */
int fsk_check_note(struct fsk_check *k, uint64_t offset, struct fsk_err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
