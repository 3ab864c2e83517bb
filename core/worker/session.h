/* One conversation with the keeper: HELLO … QUIT. */
#ifndef FSK_WORKER_SESSION_H
#define FSK_WORKER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/pool.h"
#include "core/ipc/channel.h"
#include "core/lua/engine.h"
#include "core/worker/fault.h"
#include "core/worker/input.h"
#include "core/worker/steps.h"

struct fsk_session {
	struct fsk_channel channel;
	struct fsk_inputs inputs;
	struct fsk_engine *engine;
	struct fsk_steps steps;
	struct fsk_fault fault;
	uint64_t memory;  /* bytes; 0: no limit */
	uint64_t threads; /* that read and compute, the main one included */
	struct fsk_pool *pool;
	uint64_t file_size; /* bytes; larger files are recorded, not sent */
	bool require_sandbox;
	bool unsafe;                     /* the lock-down that was required does not hold */
	bool muted;                      /* what is noticed now was reported by the probe */
	uint64_t task;                   /* number of the task in hand */
	const struct fsk_volume *volume; /* of a task "plugins"; rows belong to it */
	struct fsk_judged_rows rows;     /* for the task "judge" that is to come */
	char *step;                      /* key of the step in hand, NULL between steps */
	char *plugin;                    /* its plugin, NULL when it has none */
	struct fsk_err lost; /* code != 0: the channel broke where it could not be told */
};

int fsk_session_init(struct fsk_session *s, intptr_t handle, struct fsk_err *err);
void fsk_session_free(struct fsk_session *s);

/* Serves the keeper until QUIT or the end of the stream (0), or until the
 * conversation breaks. */
int fsk_session_run(struct fsk_session *s, struct fsk_err *err);

#endif
