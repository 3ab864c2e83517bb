/* Which task comes next in a collection: fetches first, then plugins. */
#ifndef FSK_KEEPER_SCHEDULE_H
#define FSK_KEEPER_SCHEDULE_H

#include "core/keeper/probe.h"
#include "core/keeper/requests.h"
#include "core/keeper/task.h"

/* A fetch task is at most this large, so that several workers share the
 * work and a lost one costs little. */
#define FSK_FETCH_FILES 128u
#define FSK_FETCH_BYTES (64ull * FSK_MIB)
#define FSK_FETCH_HEAD (512u * FSK_KIB)

struct fsk_schedule_volume {
	uint32_t source, volume;
	uint32_t machine;      /* see drives.h */
	unsigned open;         /* plugin tasks that have not ended */
	struct fsk_task *held; /* those that wait for the plan of the first */
};

struct fsk_schedule {
	struct fsk_task *plugins; /* in order */
	struct fsk_schedule_volume *volumes;
	size_t nvolumes;
	uint32_t *fetch; /* ids of requests, in order */
	size_t nfetch, fetched;
	json_t *groups; /* lists of the names of plugins */
	size_t shelves; /* that volumes have been given */
};

void fsk_schedule_init(struct fsk_schedule *s);
void fsk_schedule_free(struct fsk_schedule *s);

/* Plans the plugin tasks: each volume that has a file system, times the
 * plugins in `groups` groups. The first group of a volume decides how the names of
 * it are found; the others wait for that (fsk_schedule_planned). */
struct fsk_schedule_wish {
	unsigned groups;
	bool dry, explain;
	size_t shelves; /* for the indexes of so many volumes */
};
int fsk_schedule_plan(struct fsk_schedule *s, const struct fsk_probe *probe, const json_t *plugins,
                      const struct fsk_schedule_wish *wish, struct fsk_err *err);

/* The first group of a volume, `t`, has said the way (a word that is copied), and
 * made an index that the others may use (member "index" of their tasks, borrowed;
 * NULL: not). */
void fsk_schedule_planned(struct fsk_schedule *s, const struct fsk_task *t, const char *way,
                          json_t *index);

/* A plugin task has ended. When it was the last of its volume, and of the other volumes
 * with letters of its machine, what was asked for there is queued: only then are all
 * reasons known. */
int fsk_schedule_ended(struct fsk_schedule *s, const struct fsk_task *t,
                       struct fsk_requests *requests, struct fsk_err *err);

/* The next fetch task, its requests in state ASSIGNED; else the next plugin
 * task; else NULL. */
struct fsk_task *fsk_schedule_next(struct fsk_schedule *s, struct fsk_requests *requests);

/* Have all plugins spoken about all volumes? False before they are planned. */
bool fsk_schedule_spoken(const struct fsk_schedule *s);

#endif
