/* Rows in memory, in the order of their keys, as many as a limit holds. What is kept is the
 * longest beginning of all rows that fits, in whatever order they come. */
#ifndef FSK_KEEPER_KEPT_H
#define FSK_KEEPER_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct fsk_kept_row {
	char *key, *text; /* one memory */
	size_t len;
	uint64_t weight;
	uint32_t tag;
};

struct fsk_kept {
	struct fsk_kept_row *rows; /* a heap, the last key on top, until they are sorted */
	size_t count, cap;
	uint64_t weight, max;
	char *cut; /* the first key that was left out; NULL: none */
};

/* Allocates nothing. `max`: bytes that the rows may take as tables of Lua, about. */
void fsk_kept_init(struct fsk_kept *k, uint64_t max);
void fsk_kept_free(struct fsk_kept *k);

/* Keys are unique; `key` and `text`, which is JSON, are copied, `tag` is the caller's. What does
 * not fit is no error: see `cut`. FSK_ENOMEM. */
int fsk_kept_add(struct fsk_kept *k, const char *key, uint32_t tag, const char *text, size_t n,
                 struct fsk_err *err);

/* No more comes: puts the rows into their order. */
void fsk_kept_sort(struct fsk_kept *k);

#endif
