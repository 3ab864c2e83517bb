#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/evidence/ewf/ewf.h"

static uint64_t count_chunks(const struct fsk_ewf *e, size_t from, size_t to)
{
	uint64_t sum = 0;

	for (size_t i = from; i < to; i++)
		sum += e->groups[i].count;
	return sum;
}

/* Places groups from..to at `chunk` and on; returns the chunk behind them. */
static uint64_t place_run(struct fsk_ewf *e, size_t from, size_t to, uint64_t chunk)
{
	for (size_t i = from; i < to; i++) {
		e->groups[i].first_chunk = chunk;
		chunk += e->groups[i].count;
	}
	return chunk;
}

/* Bytes of the medium that chunks from..to hold. */
static struct fsk_range media_range(const struct fsk_ewf *e, uint64_t from, uint64_t to)
{
	uint64_t start = from * e->chunk_size, end = to * e->chunk_size;

	if (start > e->size)
		start = e->size;
	if (end > e->size)
		end = e->size;
	return (struct fsk_range){ start, end - start };
}

void fsk_ewf_lose(struct fsk_ewf *e, const struct fsk_ewf_segment *seg, uint64_t from, uint64_t to,
                  const char *reason)
{
	struct fsk_range r = media_range(e, from, to);

	if (r.length == 0)
		return;
	fsk_rangelog_add(&e->source->lost, r.offset, r.length);
	fsk_ewf_report(e, seg, FSK_ENOTFOUND, &r, 1,
	               "%s: bytes %" PRIu64 " to %" PRIu64 " of the medium are not there", reason,
	               r.offset, r.offset + r.length - 1);
}

/* Chunks between the first and the last gap; the reasons of all of them. */
static void report_gaps(struct fsk_ewf *e, uint64_t from, uint64_t to)
{
	char reason[420];
	size_t used = 0;

	for (size_t i = 0; i < e->ngaps && used < sizeof(reason) - 1; i++) {
		int n = snprintf(reason + used, sizeof(reason) - used, "%s%s", i > 0 ? "; " : "",
		                 e->gaps[i].reason);
		used = n < 0 ? sizeof(reason) : used + (size_t) n;
	}
	if (from < to) {
		fsk_ewf_lose(e, NULL, from, to, reason);
		return;
	}
	fsk_ewf_report(e, NULL, FSK_ECORRUPT, NULL, 0, "%s: all chunks of the medium are there",
	               reason);
}

static void place_all(struct fsk_ewf *e)
{
	uint64_t sum = place_run(e, 0, e->ngroups, 0);

	if (e->ngaps > 0)
		report_gaps(e, sum, sum);
	if (sum > e->chunk_count)
		fsk_ewf_report(e, NULL, FSK_ECORRUPT, NULL, 0,
		               "the tables list %" PRIu64 " chunks, the medium has %" PRIu64, sum,
		               e->chunk_count);
	else
		fsk_ewf_lose(e, NULL, sum, e->chunk_count, "the tables list too few chunks");
}

/* Chunks are missing and it is known near which groups. */
static void place_around_gaps(struct fsk_ewf *e)
{
	size_t first = e->gaps[0].group, last = e->gaps[e->ngaps - 1].group;
	uint64_t front = place_run(e, 0, first, 0);
	uint64_t back = e->chunk_count - count_chunks(e, last, e->ngroups);
	uint64_t middle = count_chunks(e, first, last);

	place_run(e, last, e->ngroups, back);
	fsk_ewf_clear_groups(e, first, last);
	memmove(&e->groups[first], &e->groups[last], (e->ngroups - last) * sizeof(*e->groups));
	e->ngroups -= last - first;
	report_gaps(e, front, back);
	if (middle > 0)
		fsk_ewf_report(e, NULL, FSK_ECORRUPT, NULL, 0,
		               "%" PRIu64 " chunks between two gaps "
		               "are left out, for their place is not known",
		               middle);
}

/* Tables that tell of chunks behind the end of their file. */
static int report_cut(struct fsk_ewf *e, struct fsk_ewf_group *g, struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[g->segment];
	uint32_t good = g->count;
	uint64_t offset;
	bool ignored;
	int rc;

	if (g->found != NULL || fsk_ewf_table_plausible(&g->table, 0, seg->file->size))
		return 0;
	rc = fsk_ewf_load_group(e, g, false, err);
	if (rc < 0)
		return rc;
	for (; good > 0; good--)
		if (fsk_ewf_entry(g, good - 1, &offset, &ignored) && offset < seg->file->size)
			break;
	if (good < g->count)
		fsk_ewf_lose(e, seg, g->first_chunk + good, g->first_chunk + g->count,
		             "the file ends before the chunks that its table lists");
	return 0;
}

int fsk_ewf_place(struct fsk_ewf *e, struct fsk_err *err)
{
	int rc = 0;

	if (e->ngroups == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no chunk of the medium is there");
	if (e->ngaps == 0 || count_chunks(e, 0, e->ngroups) >= e->chunk_count)
		place_all(e);
	else
		place_around_gaps(e);
	if (e->ngroups == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no chunk has a place on the medium");
	for (size_t i = 0; rc == 0 && i < e->ngroups; i++)
		rc = report_cut(e, &e->groups[i], err);
	return rc;
}
