/* What the closing screen says: findings and anomalies, counted and without
 * doubles. The archive has them all; this holds a bounded part. */
#ifndef FSK_KEEPER_TALLY_H
#define FSK_KEEPER_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/model/types.h"

#define FSK_TALLY_KINDS 2000u
#define FSK_TALLY_PLACES 3u

struct fsk_tally_item {
	enum fsk_severity severity; /* of findings */
	enum fsk_confidence confidence;
	char *title; /* of a finding; "object: reason" of an anomaly */
	uint64_t count;
	char *places[FSK_TALLY_PLACES]; /* the first in order of the alphabet; NULL: fewer */
};

struct fsk_tally {
	struct fsk_tally_item *items;
	size_t count;
	uint64_t total, dropped; /* dropped: kinds beyond the limit */
	json_t *index;
};

void fsk_tally_init(struct fsk_tally *t);
void fsk_tally_free(struct fsk_tally *t);

/* Counts one. `place` may be NULL. */
void fsk_tally_add(struct fsk_tally *t, enum fsk_severity s, enum fsk_confidence c,
                   const char *title, const char *place);

/* Highest severity first, then highest confidence, then by title. */
void fsk_tally_sort(struct fsk_tally *t);

#endif
