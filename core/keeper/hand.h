/* One worker as crew.c and monitor.c share it. */
#ifndef FSK_KEEPER_HAND_H
#define FSK_KEEPER_HAND_H

#include <uv.h>

#include "core/keeper/crew.h"
#include "core/keeper/process.h"

struct fsk_hand {
	struct fsk_crew *crew;
	struct fsk_process *process;
	unsigned number; /* from 1, for the log */
	enum fsk_ipc_state state;
	struct fsk_task *task; /* may be set before the worker is ready for it */
	bool sent;             /* TASK was sent */
	bool waiting;          /* the front message was not taken yet */
	bool condemned;        /* whatever it still says is thrown away */
	bool gone;
	struct fsk_err why; /* why it was ended; code 0: it was not */
	uint64_t deadline;  /* on uv_now's clock; 0: none */
	struct fsk_hand *next;
};

struct fsk_crew {
	struct fsk_crew_config config;
	uv_loop_t loop;
	uv_prepare_t prepare;
	uv_timer_t tick;
	uv_async_t poke;
	uv_signal_t signals[3];
	struct fsk_hand *hands;
	unsigned nhands;
	struct fsk_task *retry; /* tasks of lost workers */
	uint32_t next_task;
	unsigned failed_starts; /* in a row */
	unsigned restarts;
	struct fsk_crew_stats stats;
	bool wanted, stopped, dismissed;
	struct fsk_err failure;
};

/* monitor.c: takes what has arrived from a worker, as far as it goes. */
void fsk_monitor_drain(struct fsk_hand *h);

/* crew.c: ends a worker. A violation throws away what it still says. */
void fsk_hand_end(struct fsk_hand *h, bool violation, int code, const char *reason);
/* (Re-)arms the clock of the step. */
void fsk_hand_arm(struct fsk_hand *h);
/* The worker's task is over (DONE, FAILED). */
void fsk_hand_finish_task(struct fsk_hand *h, enum fsk_task_end how, const char *why);
/* Sends SETUP, TEXT…, LOCK. */
int fsk_hand_setup(struct fsk_hand *h, struct fsk_err *err);
/* Idle now: its task is sent, if it has one. */
void fsk_hand_ready(struct fsk_hand *h);

#endif
