/* The plan of a collection for people and programs: which way the names of each
 * volume are found and why, what each plugin's wants have found, in which order
 * files are read, and which worker runs what. */
#ifndef FSK_KEEPER_EXPLAIN_H
#define FSK_KEEPER_EXPLAIN_H

#include <stdio.h>

#include "core/keeper/collect.h"

/* Keeps the head of a message PLAN in `plans`, an object; a later one about the same
 * volume or plugin replaces the earlier. FSK_EPROTO when it is malformed, FSK_ELIMIT. */
int fsk_explain_take(json_t *plans, const json_t *head, struct fsk_err *err);

/* Is this a way to find names, as PLAN tells it? */
bool fsk_explain_knows(const char *way);

void fsk_explain_print(FILE *to, const struct fsk_collect *c);

/* {"volumes":[…],"groups":[[…],…],"workers":N}. New reference. */
json_t *fsk_explain_json(const struct fsk_collect *c);

/* The files that would be read, in the order in which tasks take them, then those
 * that would not be: borrowed pointers into fresh memory that the caller frees. NULL
 * without memory. */
const struct fsk_request **fsk_explain_order(const struct fsk_collect *c);

#endif
