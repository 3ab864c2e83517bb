/* What ctx:verdict says: names, types and sizes of its members. What they mean is the plugin's. */
#ifndef FSK_MODEL_VERDICT_H
#define FSK_MODEL_VERDICT_H

#include <jansson.h>

#include "core/base/err.h"

/* Tests a verdict and brings it into the form of verdicts.jsonl: lists that are missing, or
 * empty tables of Lua, become []; texts over FSK_VERDICT_TEXT_MAX are cut, and so are lists
 * over FSK_VERDICT_LIST_MAX (a list of texts says how many are missing), for both may come
 * from evidence. A second call changes nothing. FSK_EINVAL names the member:
 * "verdict.steps[2].name: …"; FSK_ENOMEM. */
int fsk_verdict_settle(json_t *verdict, struct fsk_err *err);

#endif
