/* collection.json: who, where, with what, from what. */
#ifndef FSK_KEEPER_DESCRIBE_H
#define FSK_KEEPER_DESCRIBE_H

#include <jansson.h>

#include "core/keeper/collect.h"

/* As things stand now. New reference. */
json_t *fsk_describe_collection(const struct fsk_collect *c);

/* "complete", "complete with anomalies", "interrupted", … */
const char *fsk_describe_result(const struct fsk_collect *c);

/* {"files","complete",…}. New reference. */
json_t *fsk_describe_counts(const struct fsk_collect *c);

/* Findings as the closing screen groups them. New reference. */
json_t *fsk_describe_findings(const struct fsk_tally *t);

/* What plugins told of the machine that a volume is of, sorted: a list of
 * {"source","volume","plugin","facts"}. New reference. */
json_t *fsk_describe_machines(const struct fsk_collect *c);

#endif
