#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/ewf/ewf.h"

#define ENOUGH FSK_MEDIUM_PIECE
#define FOLLOW 4u /* chunks in sequence before the next ones are asked for */

static struct fsk_ewf_inflater *inflater_of(struct fsk_ewf *e, unsigned lane)
{
	return lane == 0 ? &e->inflater : &e->others[lane - 1];
}

/* ---- ahead of time, into the cache ---- */

static void fill_slot(struct fsk_job *job, unsigned lane)
{
	struct fsk_ewf_slot *slot = (struct fsk_ewf_slot *) job;

	slot->rc = fsk_ewf_chunk_read(slot->ewf, inflater_of(slot->ewf, lane), slot->chunk,
	                              &slot->at, slot->data, NULL);
}

static void ask_for(struct fsk_ewf *e, uint64_t first, uint64_t end)
{
	for (uint64_t chunk = first; chunk < end; chunk++) {
		struct fsk_ewf_extent at;
		struct fsk_ewf_slot *slot;
		if (fsk_ewf_cache_find(e->cache, chunk) != NULL ||
		    fsk_ewf_locate(&at, e, chunk, true, NULL) < 0)
			continue;
		slot = fsk_ewf_cache_put(e->cache, chunk);
		if (slot == NULL)
			return;
		slot->at = at;
		slot->job.run = fill_slot;
		slot->pending = true;
		fsk_pool_submit(e->pool, &slot->job, false);
	}
}

/* Half of the cache, so that what is asked for does not push out itself. */
static uint64_t ahead_max(const struct fsk_ewf *e)
{
	uint64_t half = fsk_ewf_cache_count(e->cache) / 2;
	uint64_t limit = FSK_READ_AHEAD / e->chunk_size;

	return half < limit ? half : limit;
}

void fsk_ewf_prefetch(void *impl, uint64_t off, uint64_t n)
{
	struct fsk_ewf *e = impl;
	uint64_t first = off / e->chunk_size, end = (off + n - 1) / e->chunk_size + 1;

	if (e->pool == NULL)
		return;
	if (end - first > ahead_max(e))
		end = first + ahead_max(e);
	ask_for(e, first, end);
	e->asked = n < FSK_READ_AHEAD - e->asked ? e->asked + n : FSK_READ_AHEAD;
}

void fsk_ewf_done(void *impl, uint64_t off, uint64_t n)
{
	struct fsk_ewf *e = impl;

	for (uint64_t chunk = off / e->chunk_size; chunk * e->chunk_size < off + n; chunk++) {
		struct fsk_ewf_slot *slot = fsk_ewf_cache_find(e->cache, chunk);

		if (slot != NULL && !slot->pending)
			fsk_ewf_cache_touch(e->cache, slot, false);
	}
}

/* As many bytes as were read in sequence so far are probably wanted, too; but
 * who asks ahead himself knows better. What is large keeps all lanes busy, and
 * need not go through the cache. */
static void follow(struct fsk_ewf *e, size_t n, uint64_t off)
{
	uint64_t gap = off > e->next_off ? off - e->next_off : e->next_off - off;
	uint64_t behind = (off + n - 1) / e->chunk_size + 1, end, streak;
	bool led = e->asked > 0 || n >= ENOUGH;

	e->asked -= n < e->asked ? n : e->asked;
	if (gap > e->chunk_size || led) {
		e->streak = 0;
		e->ahead = 0;
	}
	e->next_off = off + n;
	if (led)
		return;
	e->streak += n;
	streak = e->streak / e->chunk_size;
	if (streak < FOLLOW || e->pool == NULL)
		return;
	end = behind + (streak < ahead_max(e) ? streak : ahead_max(e));
	if (end > e->chunk_count)
		end = e->chunk_count;
	if (e->ahead < behind)
		e->ahead = behind;
	if (end <= e->ahead)
		return;
	ask_for(e, e->ahead, end);
	e->ahead = end;
}

/* ---- right to the caller ---- */

static void fill_direct(struct fsk_job *job, unsigned lane)
{
	struct fsk_ewf_direct *d = (struct fsk_ewf_direct *) job;

	d->rc = fsk_ewf_chunk_read(d->ewf, inflater_of(d->ewf, lane), d->chunk, &d->at, d->out,
	                           &d->err);
}

static struct fsk_ewf_direct *direct_of(struct fsk_ewf *e, uint64_t chunk)
{
	return &e->direct[chunk % FSK_EWF_DIRECT];
}

static void submit_direct(struct fsk_ewf *e, uint64_t chunk, void *out)
{
	struct fsk_ewf_direct *d = direct_of(e, chunk);

	if (fsk_ewf_locate(&d->at, e, chunk, true, NULL) < 0)
		return;
	d->job.run = fill_direct;
	d->ewf = e;
	d->chunk = chunk;
	d->out = out;
	d->busy = true;
	fsk_pool_submit(e->pool, &d->job, false);
}

static void end_direct(struct fsk_ewf *e)
{
	for (unsigned i = 0; e->direct != NULL && i < FSK_EWF_DIRECT; i++) {
		if (e->direct[i].busy)
			fsk_pool_cancel(e->pool, &e->direct[i].job);
		e->direct[i].busy = false;
	}
}

static int take_direct(struct fsk_ewf *e, uint64_t chunk, struct fsk_err *err)
{
	struct fsk_ewf_direct *d = direct_of(e, chunk);

	fsk_pool_wait(e->pool, &d->job);
	d->busy = false;
	return d->rc < 0 ? fsk_err_set(err, d->rc, "%s", d->err.msg) : 0;
}

/* ---- one request ---- */

static int read_now(struct fsk_ewf *e, uint64_t chunk, void *out, struct fsk_err *err)
{
	struct fsk_ewf_extent at;
	int rc = fsk_ewf_locate(&at, e, chunk, false, err);

	return rc < 0 ? rc : fsk_ewf_chunk_read(e, &e->inflater, chunk, &at, out, err);
}

struct request {
	struct fsk_ewf *ewf;
	uint8_t *buf;
	uint64_t off, end; /* bytes of the medium */
	uint64_t next;     /* chunks in front of this one were submitted, if they are whole */
};

/* Where the chunk goes if the request covers all of it; NULL if it does not. */
static uint8_t *whole_at(const struct request *r, uint64_t chunk)
{
	uint64_t start = chunk * r->ewf->chunk_size;

	if (start < r->off || start + r->ewf->chunk_size > r->end)
		return NULL;
	return r->buf + (start - r->off);
}

/* Starts whole chunks behind `chunk`, which the caller reads himself. */
static void submit_more(struct request *r, uint64_t chunk)
{
	struct fsk_ewf *e = r->ewf;
	uint64_t last = (r->end - 1) / e->chunk_size;

	if (e->pool == NULL)
		return;
	if (r->next <= chunk)
		r->next = chunk + 1;
	for (; r->next <= last && r->next < chunk + FSK_EWF_DIRECT; r->next++) {
		uint8_t *out = whole_at(r, r->next);
		if (out != NULL && fsk_ewf_cache_find(e->cache, r->next) == NULL)
			submit_direct(e, r->next, out);
	}
}

/* The chunk's bytes in the cache. What failed ahead of time fails here. */
static int cached_chunk(struct fsk_ewf_slot **out, struct fsk_ewf *e, uint64_t chunk,
                        struct fsk_err *err)
{
	struct fsk_ewf_slot *slot = fsk_ewf_cache_find(e->cache, chunk);
	int rc;

	if (slot != NULL && slot->pending) {
		fsk_pool_wait(e->pool, &slot->job);
		slot->pending = false;
		if (slot->rc < 0) {
			fsk_ewf_cache_drop(e->cache, slot);
			slot = NULL;
		}
	}
	*out = slot;
	if (slot != NULL)
		return 0;
	slot = *out = fsk_ewf_cache_put(e->cache, chunk);
	if (slot == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory for a chunk");
	rc = read_now(e, chunk, slot->data, err);
	if (rc < 0)
		fsk_ewf_cache_drop(e->cache, slot);
	return rc;
}

static int take_cached(struct request *r, uint64_t chunk, uint64_t from, uint64_t to,
                       struct fsk_err *err)
{
	struct fsk_ewf *e = r->ewf;
	struct fsk_ewf_slot *slot;
	int rc = cached_chunk(&slot, e, chunk, err);

	if (rc < 0)
		return rc;
	memcpy(r->buf + (from - r->off), slot->data + (from - chunk * e->chunk_size), to - from);
	/* whole chunks come from reads in sequence, which do not return */
	fsk_ewf_cache_touch(e->cache, slot, to - from < e->chunk_size);
	return 0;
}

static int take_chunk(struct request *r, uint64_t chunk, struct fsk_err *err)
{
	struct fsk_ewf *e = r->ewf;
	uint64_t from = chunk * e->chunk_size, to = from + fsk_ewf_chunk_len(e, chunk);
	uint8_t *out = whole_at(r, chunk);

	submit_more(r, chunk);
	if (e->direct != NULL && direct_of(e, chunk)->busy)
		return take_direct(e, chunk, err);
	if (out != NULL && fsk_ewf_cache_find(e->cache, chunk) == NULL)
		return read_now(e, chunk, out, err);
	return take_cached(r, chunk, from > r->off ? from : r->off, to < r->end ? to : r->end, err);
}

int fsk_ewf_read_at(void *impl, void *buf, size_t n, uint64_t off, struct fsk_err *err)
{
	struct fsk_ewf *e = impl;
	struct request r = { .ewf = e, .buf = buf, .off = off, .end = off + n };
	int rc = 0;

	if (n == 0)
		return 0;
	submit_more(&r, off / e->chunk_size);
	follow(e, n, off);
	for (uint64_t chunk = off / e->chunk_size; rc == 0 && chunk * e->chunk_size < r.end;
	     chunk++)
		rc = take_chunk(&r, chunk, err);
	if (rc < 0)
		end_direct(e); /* nobody writes to `buf` any more */
	return rc;
}

/* ---- threads ---- */

static void dismiss(struct fsk_ewf *e)
{
	for (unsigned i = 1; i < e->lanes; i++)
		fsk_ewf_inflater_free(&e->others[i - 1]);
	free(e->others);
	free(e->direct);
	e->others = NULL;
	e->direct = NULL;
	e->lanes = 1;
	e->pool = NULL;
}

void fsk_ewf_use_pool(void *impl, struct fsk_pool *pool)
{
	struct fsk_ewf *e = impl;
	unsigned lanes = fsk_pool_lanes(pool);

	end_direct(e);
	if (e->cache != NULL)
		fsk_ewf_cache_settle(e->cache);
	dismiss(e);
	if (lanes < 2 || lanes > FSK_EWF_LANES / fsk_ewf_chunk_bound(e))
		return;
	e->others = calloc(lanes - 1, sizeof(*e->others));
	e->direct = calloc(FSK_EWF_DIRECT, sizeof(*e->direct));
	if (e->others == NULL || e->direct == NULL) {
		dismiss(e);
		return;
	}
	for (e->lanes = 1; e->lanes < lanes; e->lanes++) {
		if (fsk_ewf_inflater_init(&e->others[e->lanes - 1], e, NULL) < 0) {
			dismiss(e);
			return;
		}
	}
	e->pool = pool;
}
