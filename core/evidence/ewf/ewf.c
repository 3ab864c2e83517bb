#include "core/evidence/ewf/ewf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/source_format.h"

void fsk_ewf_report(struct fsk_ewf *e, const struct fsk_ewf_segment *seg, int code,
                    const struct fsk_range *ranges, size_t n, const char *fmt, ...)
{
	const char *name = seg != NULL ? seg->name : e->source->name;
	struct fsk_err text;
	char object[300];
	va_list ap;

	if (e->reports > FSK_EWF_REPORTS_MAX)
		return;
	va_start(ap, fmt);
	fsk_err_vset(&text, code, fmt, ap);
	va_end(ap);
	if (e->reports++ == FSK_EWF_REPORTS_MAX)
		fsk_err_set(&text, FSK_ELIMIT, "more than %u anomalies; the rest is not listed",
		            FSK_EWF_REPORTS_MAX);
	snprintf(object, sizeof(object), "\"%.280s\"", name);
	fsk_anomaly_report(&e->source->sink, text.code, object, text.msg, NULL, ranges, n);
}

int fsk_ewf_add_gap(struct fsk_ewf *e, struct fsk_err *err, const char *fmt, ...)
{
	struct fsk_ewf_gap *gap;
	va_list ap;

	if (e->ngaps >= FSK_EWF_GAPS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u gaps", FSK_EWF_GAPS_MAX);
	if (e->ngaps == e->gaps_cap) {
		size_t cap = e->gaps_cap < 16 ? 16 : e->gaps_cap * 2;
		gap = realloc(e->gaps, cap * sizeof(*gap));
		if (gap == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory");
		e->gaps = gap;
		e->gaps_cap = cap;
	}
	gap = &e->gaps[e->ngaps++];
	gap->group = e->ngroups;
	va_start(ap, fmt);
	vsnprintf(gap->reason, sizeof(gap->reason), fmt, ap);
	va_end(ap);
	return 0;
}

int fsk_ewf_pread(const struct fsk_ewf_segment *seg, void *buf, size_t n, uint64_t off,
                  struct fsk_err *err)
{
	int64_t got = fsk_file_pread(seg->file, buf, n, off, err);

	if (got < 0)
		return (int) got;
	if ((uint64_t) got < n)
		return fsk_err_set(err, FSK_ECORRUPT, "the file ends at byte %" PRIu64,
		                   off + (uint64_t) got);
	return 0;
}

static void close_ewf(void *impl)
{
	struct fsk_ewf *e = impl;

	fsk_ewf_use_pool(e, NULL);
	fsk_ewf_cache_free(e->cache);
	fsk_ewf_inflater_free(&e->inflater);
	fsk_ewf_clear_groups(e, 0, e->ngroups);
	free(e->segments);
	free(e->groups);
	free(e->gaps);
	free(e);
}

static const struct fsk_source_ops ewf_ops = { .format = "ewf",
	                                       .read_at = fsk_ewf_read_at,
	                                       .prefetch = fsk_ewf_prefetch,
	                                       .done = fsk_ewf_done,
	                                       .use_pool = fsk_ewf_use_pool,
	                                       .check = fsk_ewf_check,
	                                       .close = close_ewf };

int fsk_ewf_open(struct fsk_source *s, struct fsk_err *err)
{
	struct fsk_ewf *e = calloc(1, sizeof(*e));
	int rc;

	if (e == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	e->source = s;
	rc = fsk_ewf_find_segments(e, err);
	if (rc == 0)
		rc = fsk_ewf_index(e, err);
	if (rc == 0)
		rc = fsk_ewf_place(e, err);
	if (rc < 0) {
		close_ewf(e);
		return rc;
	}
	s->size = e->size;
	s->sector_size = e->sector_size;
	s->unit = e->chunk_size;
	s->impl = e;
	s->ops = &ewf_ops;
	return 0;
}
