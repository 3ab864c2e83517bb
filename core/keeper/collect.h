/* One collection: probe, plugins, fetches, into one archive. */
#ifndef FSK_KEEPER_COLLECT_H
#define FSK_KEEPER_COLLECT_H

#include "core/archive/archive.h"
#include "core/keeper/judge.h"
#include "core/keeper/payloads.h"
#include "core/keeper/progress.h"
#include "core/keeper/requests.h"
#include "core/keeper/schedule.h"
#include "core/keeper/session.h"
#include "core/keeper/tally.h"

struct fsk_collect_counts {
	uint64_t complete, partial, unreadable, incomplete; /* files, by status */
	uint64_t over_limit;                                /* not fetched: larger than the limit */
	uint64_t undelivered;                               /* asked for, never sent */
	uint64_t dropped; /* the disk was full in the middle of it */
	uint64_t bytes;   /* of file contents */
	uint64_t records, findings, anomalies;
	uint64_t anomalies_dropped; /* counted, but without a row: there were too many */
};

/* A file that a worker is sending. */
struct fsk_incoming {
	const struct fsk_task *task;
	uint32_t id; /* of its request */
	struct fsk_open_member *member;
	uint64_t bytes, size; /* so far; as the worker said */
	struct fsk_incoming *next;
};

/* Whose record came last: what the records of one plugin in one task share. */
struct fsk_row_origin {
	uint32_t task; /* 0: nobody's */
	char *plugin;
	json_t *number;   /* of records so far; belongs to row_numbers */
	char front[512];  /* of the sorting key, before that number */
	char stream[512]; /* "records/<plugin>" */
	char *tail;       /* of a row: ,"plugin":"…","volume":[s,v]} */
};

struct fsk_collect {
	struct fsk_session session;  /* first: see session.h */
	struct fsk_archive *archive; /* NULL in a dry run */
	struct fsk_requests requests;
	struct fsk_schedule schedule;
	json_t *plans; /* see explain.h */
	struct fsk_judge judge;
	struct fsk_tally findings, anomalies;
	struct fsk_progress progress;
	struct fsk_collect_counts counts;
	unsigned workers;
	unsigned warmed; /* of them, asked to start during the probe */
	bool probe_begun, probe_ended;
	bool check_begun, check_ended; /* of plugins that may judge */
	bool archive_failed;           /* disk full or the like: no file goes in any more */
	struct fsk_err stop;           /* why the run ended early; code 0: it did not */
	struct fsk_incoming *incoming; /* one a worker at most */
	struct fsk_payloads payloads;
	json_t *machines;    /* sorting key -> facts of one plugin about one volume */
	json_t *row_numbers; /* stream and volume -> rows so far */
	struct fsk_row_origin origin;
	struct fsk_buf row;     /* in the making */
	json_t *seen;           /* SHA-256 of anomalies, as lines */
	uint64_t anomaly_bytes; /* of their rows */
	fsk_time started, ended;
	int status; /* exit status, once it is known */
	char manifest_sha256[FSK_SHA256_HEX];
	bool finished; /* the archive is closed */
};

extern const struct fsk_crew_ops fsk_collect_ops;

/* Failures of the archive end the run; what is there is kept. Returns 0, so
 * that the worker is not blamed. */
int fsk_collect_archive_failed(struct fsk_collect *c, const struct fsk_err *err);

/* A custody line; takes over `details` (may be NULL). */
void fsk_collect_custody(struct fsk_collect *c, const char *event, json_t *details);

/* Counts an anomaly and writes its row, unless the same was there before. */
void fsk_collect_anomaly(struct fsk_collect *c, json_t *anomaly);

/* Path of a locator as people write it, escaped nowhere: "C:/Users/…". The
 * caller frees. */
char *fsk_collect_place(const struct fsk_collect *c, const struct fsk_locator *loc);

/* collect_rows.c */
/* A worker may speak only for plugins of its task and about its volume: the
 * plugin's name becomes a member's name. */
int fsk_collect_origin(const char **plugin, const struct fsk_task *t, const json_t *head,
                       struct fsk_err *err);
/* Does it lie on the volume of the task, or on another drive of the same machine? */
bool fsk_collect_lies_on(const struct fsk_task *t, const json_t *locator);
/* A row of the keeper's own; failures are those of the archive. */
void fsk_collect_row(struct fsk_collect *c, const char *stream, const char *key, const json_t *row);
void fsk_collect_free_rows(struct fsk_collect *c);
/* Nothing more has arrived for now: rows are handed to the system. */
void fsk_collect_flush(void *arg);
int fsk_collect_on_record(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                          struct fsk_err *err);
int fsk_collect_on_finding(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                           struct fsk_err *err);
int fsk_collect_on_machine(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                           struct fsk_err *err);
int fsk_collect_on_anomaly(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                           struct fsk_err *err);
int fsk_collect_on_collect(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                           struct fsk_err *err);

/* collect_files.c */
int fsk_collect_on_file(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                        struct fsk_err *err);
int fsk_collect_on_data(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                        struct fsk_err *err);
int fsk_collect_on_close(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                         struct fsk_err *err);
/* The worker of `t` (NULL: any) will send no more: an open member ends as
 * incomplete. */
void fsk_collect_abandon_open(struct fsk_collect *c, const struct fsk_task *t, const char *reason);
/* The archive has a last word about a file; `arg` is the collection. */
void fsk_collect_on_settled(void *arg, const struct fsk_settled *s);
/* A fetch task is over: what it did not deliver is reported. */
void fsk_collect_fetch_ended(struct fsk_collect *c, const struct fsk_task *t, const char *why);

#endif
