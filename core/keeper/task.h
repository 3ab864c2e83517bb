/* One task of a worker, and what is known of its progress. */
#ifndef FSK_KEEPER_TASK_H
#define FSK_KEEPER_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"

enum fsk_task_op {
	FSK_TASK_PROBE,
	FSK_TASK_CHECK,
	FSK_TASK_PLUGINS,
	FSK_TASK_FETCH,
	FSK_TASK_LIST,
	FSK_TASK_CAT,
	FSK_TASK_HASH,
	FSK_TASK_VERIFY,
	FSK_TASK_HIVE,
	FSK_TASK_JUDGE,
	FSK_TASK_NONE /* takes no message; only starts and locks a worker */
};

struct fsk_task {
	enum fsk_task_op op;
	json_t *head;                /* of message TASK; "task" and "op" are set by the crew */
	uint32_t number;             /* given by the crew */
	size_t key_bytes;            /* of all keys so far */
	json_t *skip;                /* object: keys of steps not to be taken (again) */
	char *key, *plugin, *target; /* the step in flight; NULL before the first */
	bool step_again;             /* the step in flight is taken again after a restart */
	unsigned fruitless;          /* restarts in a row in which no step began */
	bool began;                  /* a step began since the last start */
	struct fsk_task *next;
};

/* Takes over `head` (NULL means {}). NULL without memory. */
struct fsk_task *fsk_task_new(enum fsk_task_op op, json_t *head);
void fsk_task_free(struct fsk_task *t);

const char *fsk_task_op_name(enum fsk_task_op op);

/* A step begins: the one before it is finished. FSK_EPROTO for a key that
 * was finished or fatal before, FSK_ELIMIT for too many steps. Strings are
 * copied; `plugin` and `target` may be NULL. */
int fsk_task_begin(struct fsk_task *t, const char *key, const char *plugin, const char *target,
                   bool again, struct fsk_err *err);

/* The worker is gone: the step in flight will not be taken again. */
void fsk_task_lost(struct fsk_task *t);

#endif
