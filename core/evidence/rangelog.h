/* Ranges that could not be read. libtsk 4.11 to 4.14 report success with
 * uninitialised memory when a read fails whose length is no sector multiple,
 * so the reader below it never fails: it fills with zeros and notes the
 * range here, and whoever read a file asks afterwards. */
#ifndef FSK_EVIDENCE_RANGELOG_H
#define FSK_EVIDENCE_RANGELOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/anomaly.h"

struct fsk_rangelog {
	struct fsk_range *ranges; /* sorted, disjoint, not touching; offsets in the source */
	size_t count, cap;
	bool overflow;          /* over FSK_RANGELOG_MAX: neighbours were merged, ranges grew */
	uint64_t generation;    /* grows with each failed read, also of a known range */
	struct fsk_range spare; /* what `ranges` points to when there is no memory */
};

/* A log in use may hold a pointer into itself: do not copy the struct. */
void fsk_rangelog_init(struct fsk_rangelog *l);
void fsk_rangelog_free(struct fsk_rangelog *l);

/* Adds and merges; the end is cut at 2^64 - 1, nothing is noted for an empty
 * range. Without memory the whole log becomes one range that
 * covers everything noted: it may say too much, never too little. */
void fsk_rangelog_add(struct fsk_rangelog *l, uint64_t offset, uint64_t length);

/* Is any byte of the range noted? */
bool fsk_rangelog_hits(const struct fsk_rangelog *l, uint64_t offset, uint64_t length);

/* Is every byte of the range noted? An empty range is. */
bool fsk_rangelog_covers(const struct fsk_rangelog *l, uint64_t offset, uint64_t length);

/* Index of the first range that ends behind `offset`; `count` if none does. */
size_t fsk_rangelog_find(const struct fsk_rangelog *l, uint64_t offset);

/* Total bytes noted. */
uint64_t fsk_rangelog_bytes(const struct fsk_rangelog *l);

#endif
