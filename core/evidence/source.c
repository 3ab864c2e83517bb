#include "core/evidence/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/source_format.h"
#include "core/model/types.h"

#define OBJECT_MAX 300

static const char *object_name(char out[OBJECT_MAX], const struct fsk_source *s)
{
	snprintf(out, OBJECT_MAX, "\"%.280s\"", s->name);
	return out;
}

static void release(struct fsk_source *s)
{
	free(s->name);
	json_decref(s->metadata);
	json_decref(s->stored);
	fsk_rangelog_free(&s->bad);
	fsk_rangelog_free(&s->lost);
	free(s->segs);
	free(s);
}

static struct fsk_source *create(uint32_t index, const struct fsk_segment *segs, size_t nsegs,
                                 struct fsk_anomaly_sink sink)
{
	struct fsk_source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->index = index;
	s->sink = sink;
	s->sector_size = s->unit = FSK_SECTOR_MIN;
	fsk_rangelog_init(&s->bad);
	fsk_rangelog_init(&s->lost);
	s->name = strdup(segs[0].name);
	s->metadata = json_object();
	s->stored = json_object();
	s->segs = malloc(nsegs * sizeof(*segs));
	if (s->name == NULL || s->metadata == NULL || s->stored == NULL || s->segs == NULL) {
		release(s);
		return NULL;
	}
	memcpy(s->segs, segs, nsegs * sizeof(*segs));
	s->nsegs = nsegs;
	return s;
}

static int open_format(struct fsk_source *s, struct fsk_err *err)
{
	const char *format;

	switch (fsk_source_detect(&format, &s->segs[0].file)) {
	case FSK_FORMAT_EWF:
		return fsk_ewf_open(s, err);
	case FSK_FORMAT_VHD:
		return fsk_vhd_open(s, err);
	case FSK_FORMAT_VHDX:
		return fsk_vhdx_open(s, err);
	case FSK_FORMAT_VMDK:
		return fsk_vmdk_open(s, err);
	case FSK_FORMAT_OTHER:
		return fsk_err_set(err, FSK_EUNSUPPORTED, "%s is not supported", format);
	case FSK_FORMAT_RAW:
		break;
	}
	return fsk_raw_open(s, err);
}

int fsk_source_open(struct fsk_source **out, uint32_t index, struct fsk_segment *segs, size_t nsegs,
                    struct fsk_anomaly_sink sink, struct fsk_err *err)
{
	struct fsk_source *s;
	int rc;

	*out = NULL;
	if (nsegs == 0)
		return fsk_err_set(err, FSK_EINVAL, "a source without files");
	if (nsegs > FSK_SEGMENTS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "\"%s\": %zu files, the limit is %u",
		                   segs[0].name, nsegs, FSK_SEGMENTS_MAX);
	s = create(index, segs, nsegs, sink);
	if (s == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "\"%s\": out of memory", segs[0].name);
	rc = open_format(s, err);
	if (rc < 0) {
		fsk_err_wrap(err, "\"%s\"", s->name);
		release(s);
		return rc;
	}
	*out = s;
	return 0;
}

void fsk_source_close(struct fsk_source *s)
{
	if (s == NULL)
		return;
	s->ops->close(s->impl);
	for (size_t i = 0; i < s->nsegs; i++) {
		fsk_file_close(&s->segs[i].file);
		free(s->segs[i].name);
	}
	release(s);
}

/* A run of neighbouring units that failed for the first time. */
struct run {
	uint64_t start, end;
	struct fsk_err err; /* of its first unit */
};

static void end_run(struct fsk_source *s, struct run *r)
{
	struct fsk_range range = { r->start, r->end - r->start };
	char object[OBJECT_MAX];

	if (range.length == 0)
		return;
	fsk_rangelog_add(&s->bad, range.offset, range.length);
	fsk_anomaly_report(&s->sink, r->err.code, object_name(object, s), r->err.msg, NULL, &range,
	                   1);
	r->start = r->end = 0;
}

static void extend_run(struct fsk_source *s, struct run *r, uint64_t start, uint64_t end,
                       const struct fsk_err *err)
{
	if (r->end != start || r->end == r->start) {
		end_run(s, r);
		r->start = start;
		r->err = *err;
	}
	r->end = end;
}

/* One unit, or the part of it that is wanted: p..end lies inside. */
static void read_unit(struct fsk_source *s, struct run *r, uint8_t *buf, uint64_t p, uint64_t end)
{
	uint64_t start = p - p % s->unit;
	uint64_t stop = s->size - start < s->unit ? s->size : start + s->unit;
	size_t n = (size_t) (end - p);
	struct fsk_err err = { 0 };

	/* merged ranges of an overflown log cover readable units, too */
	if ((s->bad.overflow || !fsk_rangelog_covers(&s->bad, start, stop - start)) &&
	    s->ops->read_at(s->impl, buf, n, p, &err) == 0)
		return;
	memset(buf, 0, n);
	if (fsk_rangelog_covers(&s->bad, start, stop - start))
		s->bad.generation++;
	else if (fsk_rangelog_covers(&s->lost, start, stop - start))
		fsk_rangelog_add(&s->bad, start, stop - start);
	else
		extend_run(s, r, start, stop, &err);
}

static void read_by_unit(struct fsk_source *s, uint8_t *buf, size_t n, uint64_t off)
{
	struct run r = { 0 };
	uint64_t end = off + n;

	for (uint64_t p = off; p < end;) {
		uint64_t left = s->unit - p % s->unit;
		uint64_t stop = end - p < left ? end : p + left;
		read_unit(s, &r, buf + (p - off), p, stop);
		p = stop;
	}
	end_run(s, &r);
}

/* The image says of these bytes that they are not what the disk had. */
static void note_lost(struct fsk_source *s, size_t n, uint64_t off)
{
	const struct fsk_rangelog *l = &s->lost;

	for (size_t i = fsk_rangelog_find(l, off); i < l->count && l->ranges[i].offset < off + n;
	     i++) {
		uint64_t start = l->ranges[i].offset, end = start + l->ranges[i].length;
		if (start < off)
			start = off;
		if (end > off + n)
			end = off + n;
		fsk_rangelog_add(&s->bad, start, end - start);
	}
}

static void read_beyond(struct fsk_source *s, uint8_t *buf, size_t n, uint64_t off)
{
	struct run r = { 0 };
	uint64_t end = n > UINT64_MAX - off ? UINT64_MAX : off + n;

	memset(buf, 0, n);
	if (fsk_rangelog_covers(&s->bad, off, end - off)) {
		s->bad.generation++;
		return;
	}
	r.start = off;
	r.end = end;
	fsk_err_set(&r.err, FSK_ECORRUPT, "read beyond the end, which is at byte %" PRIu64,
	            s->size);
	end_run(s, &r);
}

void fsk_source_read(struct fsk_source *s, void *buf, size_t n, uint64_t off)
{
	uint8_t *p = buf;

	if (off >= s->size || n > s->size - off) {
		size_t inside = off < s->size ? (size_t) (s->size - off) : 0;
		read_beyond(s, p + inside, n - inside, off + inside);
		n = inside;
	}
	if (n == 0)
		return;
	if (fsk_rangelog_hits(&s->bad, off, n) || s->ops->read_at(s->impl, p, n, off, NULL) < 0)
		read_by_unit(s, p, n, off);
	note_lost(s, n, off);
}

void fsk_source_check(struct fsk_source *s)
{
	if (s->ops->check != NULL)
		s->ops->check(s->impl);
}
