/* What the commands that read evidence share. */
#ifndef FSK_KEEPER_SESSION_H
#define FSK_KEEPER_SESSION_H

#include "core/ipc/shelf.h"
#include "core/keeper/crew.h"
#include "core/keeper/options.h"
#include "core/keeper/probe.h"

#define FSK_SESSION_LIST_MAX 1000u

struct fsk_session {
	const struct fsk_options *options;
	struct fsk_sources sources;
	struct fsk_texts texts;
	struct fsk_probe probe;
	char *program;
	intptr_t shelves[FSK_SHELVES]; /* for indexes that workers share */
	size_t nshelves;
	struct fsk_crew *crew;
	json_t *worker;     /* version and libraries, as the first worker reported them */
	json_t *layers;     /* of the sandbox, as the first worker reported them */
	bool held;          /* every essential layer of every worker holds */
	uint64_t anomalies; /* seen so far */
	json_t *list;       /* the first FSK_SESSION_LIST_MAX of them, or NULL */
};

/* Opens the sources and finds the worker. Prints what is wrong and returns
 * an exit status (0: go on). Free with fsk_session_close in any case. */
int fsk_session_open(struct fsk_session *s, const struct fsk_options *o, char *const *sources,
                     size_t n);
void fsk_session_close(struct fsk_session *s);

/* Makes shelves for workers that will be hired; none where the system has none. */
int fsk_session_make_shelves(struct fsk_session *s, struct fsk_err *err);

/* Makes the crew. `with_texts`: plugins are sent to the workers. */
int fsk_session_hire(struct fsk_session *s, unsigned workers, bool with_texts,
                     const struct fsk_crew_ops *ops, void *arg, struct fsk_err *err);

/* Report functions whose `arg` begins with a struct fsk_session. */
int fsk_session_on_source(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                          struct fsk_err *err);
int fsk_session_on_volume(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                          struct fsk_err *err);
/* Logs and counts. */
int fsk_session_on_anomaly(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                           struct fsk_err *err);
void fsk_session_on_hello(void *arg, json_t *head);
void fsk_session_on_locked(void *arg, const json_t *layers, bool held);
void fsk_session_on_fault(void *arg, struct fsk_task *t, const struct fsk_fault *f);

/* The anomaly that a lost worker is: names plugin, target, cause. */
json_t *fsk_fault_anomaly(const struct fsk_task *t, const struct fsk_fault *f);
/* The anomaly of a task that was given up. */
json_t *fsk_task_anomaly(const struct fsk_task *t, const char *why);

/* Exit status for an error of the run. */
int fsk_exit_of(int code);

#endif
