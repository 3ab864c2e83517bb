/* The keeper's workers: started, given tasks, watched, replaced.
 *
 * Each worker speaks with the keeper through one dispatch table (monitor.c)
 * that says which message is taken in which state and task. A worker that
 * breaks it, overruns the clock of a step or the memory, or ends without
 * DONE is reported as a fault; its task goes to a fresh worker with the
 * finished and the fatal steps in its skip list. */
#ifndef FSK_KEEPER_CREW_H
#define FSK_KEEPER_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ipc/message.h"
#include "core/keeper/sources.h"
#include "core/keeper/task.h"
#include "core/keeper/texts.h"

struct fsk_crew;

/* Result of a report function: the message is not taken now; the worker
 * waits until fsk_crew_wake, and its clock stands still. */
#define FSK_CREW_WAIT 1

/* Takes one message. 0, FSK_CREW_WAIT, or a negative code: the message was
 * wrong, which ends the worker. Failures of the keeper itself go to
 * fsk_crew_fail instead. */
typedef int fsk_report_fn(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                          struct fsk_err *err);

struct fsk_fault {
	int code;           /* FSK_EDIED, FSK_ETIMEOUT, FSK_ELIMIT, FSK_EPROTO */
	const char *reason; /* one sentence; may hold text from evidence */
};

enum fsk_task_end {
	FSK_TASK_DONE,
	FSK_TASK_FAILED,    /* the worker said so */
	FSK_TASK_ABANDONED, /* too many restarts */
	FSK_TASK_CANCELED   /* the crew was stopped */
};

/* Sends one message to a worker in front of its task; takes over `head`. */
typedef int fsk_feed_fn(void *to, enum fsk_msg_type t, json_t *head, const void *blob, size_t n,
                        struct fsk_err *err);

struct fsk_crew_ops {
	/* By message type; only reports are handed over, and a report without a
	 * function is dropped. */
	fsk_report_fn *on[FSK_MSG_END];
	/* HELLO, borrowed. */
	void (*hello)(void *arg, json_t *head);
	/* "layers" of LOCKED, borrowed; also whether all essential ones hold. */
	void (*locked)(void *arg, const json_t *layers, bool held);
	/* A step begins. */
	void (*begun)(void *arg, const struct fsk_task *t);
	/* all that had arrived from a worker was taken */
	void (*drained)(void *arg);
	/* The worker of `t` is lost. The step in flight is still in t->key. A
	 * worker that breaks the protocol between two tasks has no `t`. */
	void (*fault)(void *arg, struct fsk_task *t, const struct fsk_fault *f);
	/* Last word about a task; `why` is NULL when done. Freed afterwards. */
	void (*ended)(void *arg, struct fsk_task *t, enum fsk_task_end how, const char *why);
	/* The next task for a worker, or NULL if there is none now. Owned by
	 * the crew from then on. */
	struct fsk_task *(*next)(void *arg);
	/* Sends what a task needs, whenever a worker is to begin it. */
	int (*feed)(void *arg, const struct fsk_task *t, fsk_feed_fn *send, void *to,
	            struct fsk_err *err);
	/* Several times a second. */
	void (*tick)(void *arg);
	/* After fsk_crew_poke. */
	void (*poke)(void *arg);
};

struct fsk_crew_config {
	const char *program; /* path of fossick-worker */
	const struct fsk_sources *sources;
	const struct fsk_texts *texts; /* NULL: none are sent */
	unsigned workers;
	unsigned step_seconds;
	unsigned threads;                         /* of each worker */
	uint64_t memory, file_size;               /* bytes */
	bool require_sandbox, no_index, payloads; /* the last: plugins may hand over some */
	const intptr_t *shelves;                  /* ipc/shelf.h; those that workers inherit */
	size_t nshelves;
	const struct fsk_crew_ops *ops; /* each may be NULL but `next` */
	void *arg;
};

int fsk_crew_new(struct fsk_crew **out, const struct fsk_crew_config *config, struct fsk_err *err);
void fsk_crew_free(struct fsk_crew *c);

/* Runs until `next` has nothing more and every worker has ended. FSK_ECANCELED
 * after SIGINT, SIGTERM or SIGHUP; FSK_EPERM when the sandbox is required and
 * does not hold; else the first fsk_crew_fail, or why no worker could start. */
int fsk_crew_run(struct fsk_crew *c, struct fsk_err *err);

/* There may be a new task, or what a waiting worker waited for is free. */
void fsk_crew_wake(struct fsk_crew *c);

/* May be called in any thread: `poke` is called soon, in the thread of the crew.
 * Several calls may lead to one. */
void fsk_crew_poke(struct fsk_crew *c);

/* Ends all workers and the run with this error. The first one counts. */
void fsk_crew_fail(struct fsk_crew *c, int code, const char *reason);

/* Workers started in all, and how many of them were lost. */
struct fsk_crew_stats {
	unsigned workers, started, lost;
};
struct fsk_crew_stats fsk_crew_stats(const struct fsk_crew *c);

/* Finds fossick-worker: beside this program, else in pkglibexecdir. The
 * caller frees `out`. FSK_ENOTFOUND names both places. */
int fsk_worker_find(char **out, struct fsk_err *err);

#endif
