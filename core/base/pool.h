/* Threads that run jobs. pool_posix.c; pool_none.c where there are none.
 *
 * One thread owns the pool: only it submits, waits and cancels. A pool
 * without threads (NULL is one) runs a job when it is waited for, so that
 * nobody needs a second way of doing things. A job that nobody waits for may
 * never run. */
#ifndef FSK_BASE_POOL_H
#define FSK_BASE_POOL_H

#include <stdbool.h>

struct fsk_pool;

enum fsk_job_state { FSK_JOB_IDLE, FSK_JOB_HELD, FSK_JOB_QUEUED, FSK_JOB_RUNNING, FSK_JOB_DONE };

/* Embedded in what the job works on; zero is a job that is idle. `run` is
 * set by the owner. `lane` is below fsk_pool_lanes, and no two jobs that run
 * at the same time have the same one: it numbers what a thread needs for
 * itself. `run` must not touch the pool. */
struct fsk_job {
	void (*run)(struct fsk_job *job, unsigned lane);
	struct fsk_job *prev, *next; /* the pool's, as are `then` and `state` */
	struct fsk_job *then;        /* is held until this one has ended */
	enum fsk_job_state state;
};

/* Starts `threads` threads, which block all signals, or as many of them as
 * the system allows. They take no memory but their stacks. NULL without
 * memory, which is a pool, too. */
struct fsk_pool *fsk_pool_new(unsigned threads);
/* Waits for jobs that run; those in the queue stay undone. NULL is allowed. */
void fsk_pool_free(struct fsk_pool *p);

/* Jobs that can run at the same time: one a thread, and one in the owner. */
unsigned fsk_pool_lanes(const struct fsk_pool *p);

/* Queues a job that is idle; with `urgent` in front of the others. It must
 * live until it was waited for or cancelled. */
void fsk_pool_submit(struct fsk_pool *p, struct fsk_job *job, bool urgent);

/* The same, urgently, for a job that must not start before `before` has ended:
 * NULL, or another job of this pool that no second one follows. Of jobs in such a
 * row the first one is waited for first, and none is cancelled. */
void fsk_pool_submit_after(struct fsk_pool *p, struct fsk_job *job, struct fsk_job *before);

/* Returns when the job is done; until then the owner runs jobs, too. The job
 * is idle afterwards, and all that it wrote can be seen. Returns at once for
 * a job that is idle. */
void fsk_pool_wait(struct fsk_pool *p, struct fsk_job *job);

/* Has the job run, or is it idle? Then it is idle, and all that it wrote can be
 * seen. A pool without threads runs it now. */
bool fsk_pool_done(struct fsk_pool *p, struct fsk_job *job);

/* From now on `done` is called after each job that a thread has run, in that
 * thread: it may wake the owner, and nothing else. NULL ends that. */
void fsk_pool_watch(struct fsk_pool *p, void (*done)(void *arg), void *arg);

/* Makes the job idle: takes it out of the queue (true: it did not run) or
 * waits for its end (false). */
bool fsk_pool_cancel(struct fsk_pool *p, struct fsk_job *job);

/* Cores that this process may use, at least 1 (cpu_linux.c, cpu_none.c). */
unsigned fsk_cpu_count(void);

#endif
