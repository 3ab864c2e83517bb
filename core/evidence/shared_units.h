/* Units of a medium (chunks of an EWF image) in which more than one extent lies. A
 * unit that will be read again is worth its place in a cache, however long that
 * takes; one that will not is worth nothing. Internal to core/evidence. */
#ifndef FSK_EVIDENCE_SHARED_UNITS_H
#define FSK_EVIDENCE_SHARED_UNITS_H

#include "core/evidence/source.h"
#include "core/evidence/stream_runs.h"

struct fsk_shared_unit {
	uint64_t number;
	uint32_t left; /* extents that were not read yet */
};

struct fsk_shared_units {
	struct fsk_source *source;
	struct fsk_shared_unit *items; /* sorted */
	size_t count;
};

/* Counts the ends of all runs. Without memory, or with more than
 * FSK_SHARED_UNITS_MAX ends, nothing is counted. Free `items`. */
void fsk_shared_units_count(struct fsk_shared_units *u, struct fsk_source *s,
                            const struct fsk_run *runs, size_t n);

/* The run was read: tells the source of units that nobody needs any more. */
void fsk_shared_units_read(struct fsk_shared_units *u, const struct fsk_run *r);

#endif
