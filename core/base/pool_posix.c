#include "core/base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define STACK_BYTES (512 * 1024) /* the default is 8 MiB, and address space is limited */

struct fsk_pool {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct fsk_job *first, *last; /* the queue */
	unsigned sleeping;            /* threads without work */
	bool waiting, stopping;       /* the owner sleeps; the end */
	void (*watch)(void *arg);     /* or NULL */
	void *watch_arg;
	unsigned threads;
	struct lane {
		struct fsk_pool *pool;
		pthread_t id;
		unsigned number;
	} lanes[];
};

static void unlink_job(struct fsk_pool *p, struct fsk_job *job)
{
	if (job->prev != NULL)
		job->prev->next = job->next;
	else
		p->first = job->next;
	if (job->next != NULL)
		job->next->prev = job->prev;
	else
		p->last = job->prev;
	job->prev = job->next = NULL;
}

static void put_first(struct fsk_pool *p, struct fsk_job *job)
{
	job->state = FSK_JOB_QUEUED;
	job->prev = NULL;
	job->next = p->first;
	if (p->first != NULL)
		p->first->prev = job;
	else
		p->last = job;
	p->first = job;
}

static void put_last(struct fsk_pool *p, struct fsk_job *job)
{
	job->state = FSK_JOB_QUEUED;
	job->next = NULL;
	job->prev = p->last;
	if (p->last != NULL)
		p->last->next = job;
	else
		p->first = job;
	p->last = job;
}

/* With the lock held, which is given back meanwhile. */
static void run_job(struct fsk_pool *p, struct fsk_job *job, unsigned lane)
{
	unlink_job(p, job);
	job->state = FSK_JOB_RUNNING;
	pthread_mutex_unlock(&p->lock);
	job->run(job, lane);
	pthread_mutex_lock(&p->lock);
	job->state = FSK_JOB_DONE;
	if (job->then != NULL) {
		put_first(p, job->then);
		job->then = NULL;
		/* a thread takes it itself */
		if (lane == 0 && p->sleeping > 0)
			pthread_cond_signal(&p->work);
	}
	if (p->waiting)
		pthread_cond_signal(&p->done);
	if (lane > 0 && p->watch != NULL)
		p->watch(p->watch_arg);
}

static void *work(void *arg)
{
	struct lane *lane = arg;
	struct fsk_pool *p = lane->pool;

	pthread_mutex_lock(&p->lock);
	while (!p->stopping) {
		if (p->first != NULL) {
			run_job(p, p->first, lane->number);
			continue;
		}
		p->sleeping++;
		pthread_cond_wait(&p->work, &p->lock);
		p->sleeping--;
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void start(struct fsk_pool *p, unsigned threads)
{
	pthread_attr_t attr;
	sigset_t all, before;

	if (pthread_attr_init(&attr) != 0)
		return;
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (p->threads < threads) {
		struct lane *lane = &p->lanes[p->threads];
		lane->pool = p;
		lane->number = p->threads + 1;
		if (pthread_create(&lane->id, &attr, work, lane) != 0)
			break;
		p->threads++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
}

struct fsk_pool *fsk_pool_new(unsigned threads)
{
	struct fsk_pool *p = calloc(1, sizeof(*p) + threads * sizeof(p->lanes[0]));

	if (p == NULL)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->done, NULL);
	start(p, threads);
	return p;
}

void fsk_pool_free(struct fsk_pool *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->threads; i++)
		pthread_join(p->lanes[i].id, NULL);
	pthread_cond_destroy(&p->done);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

unsigned fsk_pool_lanes(const struct fsk_pool *p)
{
	return p != NULL ? p->threads + 1 : 1;
}

void fsk_pool_submit(struct fsk_pool *p, struct fsk_job *job, bool urgent)
{
	if (p == NULL) {
		job->state = FSK_JOB_QUEUED;
		return;
	}
	pthread_mutex_lock(&p->lock);
	if (urgent)
		put_first(p, job);
	else
		put_last(p, job);
	if (p->sleeping > 0)
		pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void fsk_pool_submit_after(struct fsk_pool *p, struct fsk_job *job, struct fsk_job *before)
{
	bool held = false;

	if (p != NULL && before != NULL) {
		pthread_mutex_lock(&p->lock);
		held = before->state != FSK_JOB_IDLE && before->state != FSK_JOB_DONE;
		if (held) {
			before->then = job;
			job->state = FSK_JOB_HELD;
		}
		pthread_mutex_unlock(&p->lock);
	}
	if (!held)
		fsk_pool_submit(p, job, true);
}

/* A pool that could not be made. */
static bool settle_alone(struct fsk_job *job, bool run)
{
	bool queued = job->state == FSK_JOB_QUEUED;

	if (queued && run)
		job->run(job, 0);
	job->state = FSK_JOB_IDLE;
	return queued && !run;
}

void fsk_pool_wait(struct fsk_pool *p, struct fsk_job *job)
{
	if (p == NULL) {
		settle_alone(job, true);
		return;
	}
	pthread_mutex_lock(&p->lock);
	while (job->state != FSK_JOB_IDLE && job->state != FSK_JOB_DONE) {
		if (job->state == FSK_JOB_QUEUED) {
			run_job(p, job, 0);
		} else if (p->first != NULL) {
			run_job(p, p->first, 0);
		} else {
			p->waiting = true;
			pthread_cond_wait(&p->done, &p->lock);
			p->waiting = false;
		}
	}
	job->state = FSK_JOB_IDLE;
	pthread_mutex_unlock(&p->lock);
}

bool fsk_pool_done(struct fsk_pool *p, struct fsk_job *job)
{
	bool done;

	if (p == NULL || p->threads == 0) {
		fsk_pool_wait(p, job);
		return true;
	}
	pthread_mutex_lock(&p->lock);
	if (job->state == FSK_JOB_DONE)
		job->state = FSK_JOB_IDLE;
	done = job->state == FSK_JOB_IDLE;
	pthread_mutex_unlock(&p->lock);
	return done;
}

void fsk_pool_watch(struct fsk_pool *p, void (*done)(void *arg), void *arg)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->watch = done;
	p->watch_arg = arg;
	pthread_mutex_unlock(&p->lock);
}

bool fsk_pool_cancel(struct fsk_pool *p, struct fsk_job *job)
{
	bool queued;

	if (p == NULL)
		return settle_alone(job, false);
	pthread_mutex_lock(&p->lock);
	queued = job->state == FSK_JOB_QUEUED;
	if (queued) {
		unlink_job(p, job);
		job->state = FSK_JOB_IDLE;
	}
	pthread_mutex_unlock(&p->lock);
	if (!queued)
		fsk_pool_wait(p, job);
	return queued;
}
