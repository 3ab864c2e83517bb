/* Where there are no threads: a job runs when it is waited for. */
#include "core/base/pool.h"

#include <stddef.h>

struct fsk_pool *fsk_pool_new(unsigned threads)
{
	(void) threads;
	return NULL;
}

void fsk_pool_free(struct fsk_pool *p)
{
	(void) p;
}

unsigned fsk_pool_lanes(const struct fsk_pool *p)
{
	(void) p;
	return 1;
}

void fsk_pool_submit(struct fsk_pool *p, struct fsk_job *job, bool urgent)
{
	(void) p;
	(void) urgent;
	job->state = FSK_JOB_QUEUED;
}

void fsk_pool_submit_after(struct fsk_pool *p, struct fsk_job *job, struct fsk_job *before)
{
	(void) before;
	fsk_pool_submit(p, job, true);
}

void fsk_pool_wait(struct fsk_pool *p, struct fsk_job *job)
{
	(void) p;
	if (job->state == FSK_JOB_QUEUED)
		job->run(job, 0);
	job->state = FSK_JOB_IDLE;
}

bool fsk_pool_done(struct fsk_pool *p, struct fsk_job *job)
{
	fsk_pool_wait(p, job);
	return true;
}

void fsk_pool_watch(struct fsk_pool *p, void (*done)(void *arg), void *arg)
{
	(void) p;
	(void) done;
	(void) arg;
}

bool fsk_pool_cancel(struct fsk_pool *p, struct fsk_job *job)
{
	bool queued = job->state == FSK_JOB_QUEUED;

	(void) p;
	job->state = FSK_JOB_IDLE;
	return queued;
}
