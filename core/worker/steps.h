/* The steps of one task: which are to be left out, and which key each has. */
#ifndef FSK_WORKER_STEPS_H
#define FSK_WORKER_STEPS_H

#include <stdbool.h>

#include <jansson.h>

#include "core/base/err.h"

struct fsk_steps {
	json_t *skip;  /* object used as a set */
	json_t *taken; /* key -> how often it was asked for in this task */
};

int fsk_steps_init(struct fsk_steps *s, struct fsk_err *err);
void fsk_steps_free(struct fsk_steps *s);

/* Adds the array "keys" of message SKIP. FSK_EPROTO. */
int fsk_steps_skip(struct fsk_steps *s, const json_t *head, struct fsk_err *err);

/* The task is over: forgets keys and skips. */
void fsk_steps_reset(struct fsk_steps *s);

/* Gives the key under which the next step goes: `key`, or "key#2", "key#3"…
 * when the task had that key before (two names in one folder of a damaged
 * file system). The caller frees *out. `*skip` tells to leave the step out. */
int fsk_steps_next(char **out, bool *skip, struct fsk_steps *s, const char *key,
                   struct fsk_err *err);

/* Is the step of that key, which the task takes once, to be left out? */
bool fsk_steps_left_out(const struct fsk_steps *s, const char *key);

#endif
