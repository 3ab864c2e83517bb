/* Plugins that judge: rows of the others are kept for them, and when all have spoken, each runs
 * once for each machine of the run.
 *
 * Whether a plugin judges only its table says, which a worker reads. So a run that has a plugin
 * whose text declares `judges` begins with a task "check" of these. */
#ifndef FSK_KEEPER_JUDGE_H
#define FSK_KEEPER_JUDGE_H

#include "core/base/limits.h"
#include "core/keeper/crew.h"
#include "core/keeper/kept.h"
#include "core/model/judges.h"

struct fsk_collect;

#define FSK_JUDGE_PIECE FSK_MIB /* of rows in one message */
/* a longer row is left out: it must fit behind a piece */
#define FSK_JUDGE_ROW_MAX (FSK_FRAME_MAX - FSK_JUDGE_PIECE - 64u * FSK_KIB)

/* The sources that belong together; see drives.h. */
struct fsk_judge_machine {
	uint32_t number;      /* of the source that it is named after */
	struct fsk_kept rows; /* findings, then records */
	json_t *lost;         /* plugin -> steps that ended a worker */
	json_t *errors;       /* plugin -> its first mistake */
	bool truncated;       /* a row was too long to be kept */
	bool begun;           /* its task was made */
};

struct fsk_judge {
	json_t *asked;  /* names whose texts declare `judges`, sorted; NULL: none */
	json_t *judges; /* name -> list, of those that do */
	json_t *broken; /* name -> why it cannot be loaded */
	struct fsk_judge_machine *machines;
	size_t count;
	uint32_t *of;              /* source -> number of its machine */
	struct fsk_kept anomalies; /* of all machines; tags are sources */
	json_t *seen;              /* SHA-256 of anomalies, as lines */
	json_t *verdicts;          /* sorting key -> row of verdicts.jsonl */
};

/* Finds the plugins whose texts declare `judges`. FSK_ENOMEM; free in any case. */
int fsk_judge_init(struct fsk_collect *c, struct fsk_err *err);
void fsk_judge_free(struct fsk_collect *c);

/* The task "check" that finds out which plugins judge, NULL when none may. */
struct fsk_task *fsk_judge_check(const struct fsk_collect *c);
/* Message PLUGIN of the task "check"; `arg` is the collection. FSK_EPROTO, FSK_ENOMEM. */
int fsk_judge_on_plugin(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                        struct fsk_err *err);

/* Probe and check are over: finds the machines. FSK_ENOMEM. */
int fsk_judge_plan(struct fsk_collect *c, struct fsk_err *err);
/* Is there a plugin that judges? */
bool fsk_judge_any(const struct fsk_collect *c);
/* At least one verdict was given, and none failed. */
bool fsk_judge_succeeded(const struct fsk_collect *c);
/* Does this plugin judge (or was to, but cannot be loaded)? */
bool fsk_judge_is(const struct fsk_collect *c, const char *plugin);

/* Rows that some plugin wants to judge are copied; `key` is that of the archive. What there is
 * no memory for counts as truncated. */
void fsk_judge_finding(struct fsk_collect *c, const struct fsk_task *t, const char *key,
                       const json_t *finding);
void fsk_judge_record(struct fsk_collect *c, const struct fsk_task *t, const char *key,
                      const char *row, size_t n);
/* Anomalies of the probe and of plugins; others, which may come sooner or later, are not kept.
 * `t` NULL: the keeper's own, before the probe. */
void fsk_judge_anomaly(struct fsk_collect *c, const struct fsk_task *t, json_t *anomaly);

/* A step ended its worker; a task came to an end. */
void fsk_judge_fault(struct fsk_collect *c, const struct fsk_task *t, const char *why);
void fsk_judge_ended(struct fsk_collect *c, const struct fsk_task *t, const char *why);

/* Message VERDICT; `arg` is the collection. */
int fsk_judge_on_verdict(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                         struct fsk_err *err);

/* The run is over: who has not spoken has failed. */
void fsk_judge_close(struct fsk_collect *c);

/* Rows of verdicts.jsonl, sorted. New reference. */
json_t *fsk_judge_verdicts(const struct fsk_collect *c);

/* The machine of a task "judge"; NULL for what is none. */
struct fsk_judge_machine *fsk_judge_machine_of(const struct fsk_collect *c,
                                               const struct fsk_task *t);

/* judge_feed.c */
/* The task of the next machine, when all other plugins have spoken; else NULL. */
struct fsk_task *fsk_judge_next(struct fsk_collect *c);
/* Sends the rows for a task "judge"; nothing for others. */
int fsk_judge_feed(void *arg, const struct fsk_task *t, fsk_feed_fn *send, void *to,
                   struct fsk_err *err);

/* judge_machine.c: what a machine is made of, each a new reference. */
json_t *fsk_judge_sources(const struct fsk_collect *c, const struct fsk_judge_machine *m);
json_t *fsk_judge_describe(const struct fsk_collect *c, const struct fsk_judge_machine *m,
                           enum fsk_judged what);
/* An anomaly as plugins see it; NULL when it is another machine's. */
json_t *fsk_judge_seen(const struct fsk_collect *c, const struct fsk_judge_machine *m,
                       const struct fsk_kept_row *row);

#endif
