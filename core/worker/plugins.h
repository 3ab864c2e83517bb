/* A group of plugins on one volume, as task "plugins" has it. Internal to
 * task_plugins.c and plugins_walk.c. */
#ifndef FSK_WORKER_PLUGINS_H
#define FSK_WORKER_PLUGINS_H

#include "core/lua/machine.h"
#include "core/worker/task.h"

/* Something that was found for one want of a plugin. */
struct fsk_group_item {
	const struct fsk_entry *entry;
	const struct fsk_want *want;
};

/* A plugin of the group. Those that do not load, or want nothing here, have
 * no wants and cost nothing further. */
struct fsk_group_member {
	const char *name;
	bool guest; /* runs in another group; it is here because all decide the way */
	struct fsk_wants wants;
	struct fsk_matches own;       /* of a walk of its own */
	struct fsk_group_item *items; /* in the order of the entries, then of the wants */
	size_t count, cap;
};

/* Who is behind a want's number in the matcher. */
struct fsk_group_asker {
	struct fsk_group_member *member;
	const struct fsk_want *want;
	uint64_t found; /* entries that fit */
};

struct fsk_group {
	struct fsk_session *s;
	struct fsk_input *input;
	struct fsk_input_volume *volume;
	struct fsk_machine machine;       /* that the volume is of */
	struct fsk_group_member *members; /* the guests behind the others */
	size_t count;
	struct fsk_group_asker *askers;
	size_t naskers;
	struct fsk_matches found;       /* of the walk for all */
	struct fsk_entries unallocated; /* once somebody wants it */
	bool plans;                     /* the way of the volume is decided here */
	bool explain;                   /* PLAN tells what was found for each want */
	int64_t shelf;                  /* for the index, when it is made here; -1: none */
};

/* Finds the items of all members, guests excepted. The walk is a step; when it
 * ended a worker, each plugin walks alone, so that only those suffer that lead to
 * the bad place. Sends PLAN when the group plans. */
int fsk_group_walk(struct fsk_group *g, struct fsk_err *err);

/* Reads "drives", "system" and "environment" of a task into `m`, which is zeroed and to be
 * cleared also after a failure. Drives are opened when they are asked for. FSK_EPROTO. */
int fsk_group_machine(struct fsk_machine *m, struct fsk_session *s, const json_t *head,
                      struct fsk_err *err);

/* Reports what a plugin did wrong, or its item (`e`, or NULL); a keeper that
 * is gone is the only error. */
int fsk_group_report(struct fsk_group *g, const char *name, const struct fsk_err *why,
                     const struct fsk_entry *e, struct fsk_err *err);

#endif
