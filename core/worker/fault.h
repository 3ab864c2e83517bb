/* Faults for tests: the worker kills itself right after announcing a chosen
 * step, or after the N-th record of it. fault.c in builds with --enable-fault-injection,
 * fault_none.c (which refuses to be set up) in all others. */
#ifndef FSK_WORKER_FAULT_H
#define FSK_WORKER_FAULT_H

#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"

struct fsk_fault {
	uint64_t step; /* counted from 1 over the life of the process; 0: never */
	int signal;
	uint64_t rows;  /* records of that step before the end; 0: none is waited for */
	uint64_t begun; /* steps announced so far */
};

/* Takes the member "fault" of message SETUP, if it is there. */
int fsk_fault_setup(struct fsk_fault *f, const json_t *setup, struct fsk_err *err);

/* To be called right after each BEGIN, and after each RECORD. May not return. */
void fsk_fault_step(struct fsk_fault *f);
void fsk_fault_row(struct fsk_fault *f);

#endif
