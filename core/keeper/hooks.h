/* What builds with --enable-fault-injection let tests do, through the
 * environment of the keeper: hooks.c there, hooks_none.c in all others. */
#ifndef FSK_KEEPER_HOOKS_H
#define FSK_KEEPER_HOOKS_H

#include <stdint.h>

#include <jansson.h>

/* Member "fault" of SETUP for the worker of that number (from 1): the first
 * one dies at step N by signal S if FOSSICK_FAULT is "N:S", behind the R-th
 * record of that step if it is "N:S:R". New reference, or NULL. */
json_t *fsk_hook_fault(unsigned worker);

/* FOSSICK_SPOIL: the first byte of an index that workers are to share is another one. */
void fsk_hook_shelf(intptr_t handle);

/* FOSSICK_WORKER: another program in place of fossick-worker; else NULL. */
const char *fsk_hook_worker(void);

/* The environment of a worker: nothing of the examiner's settings can change
 * a result. Sanitizers of a test build are told where to stop. */
char *const *fsk_hook_environment(void);

#endif
