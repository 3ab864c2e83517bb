#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/evidence/ewf/ewf.h"

/* File header: "EVF\t\r\n\xff\0", start of fields (1), segment number from
 * 1, end of fields (0). */
static int read_number(struct fsk_ewf_segment *seg, struct fsk_err *err)
{
	uint8_t head[FSK_EWF_FILE_HEADER];
	struct fsk_cur c;
	int rc = fsk_ewf_pread(seg, head, sizeof(head), 0, err);

	if (rc < 0)
		return rc;
	if (memcmp(head, "EVF\x09\x0d\x0a\xff\x00", 8) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no EWF segment file: wrong signature");
	fsk_cur_init(&c, head, sizeof(head));
	fsk_cur_seek(&c, 9);
	seg->number = fsk_cur_u16le(&c);
	if (seg->number == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "the segment number is 0");
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct fsk_ewf_segment *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	/* both point into the array the caller passed: the first one wins */
	return x->file < y->file ? -1 : x->file > y->file;
}

static void drop_doubles(struct fsk_ewf *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < e->nsegments; i++) {
		struct fsk_ewf_segment *seg = &e->segments[i];
		if (kept > 0 && e->segments[kept - 1].number == seg->number) {
			fsk_ewf_report(e, seg, FSK_ECORRUPT, NULL, 0,
			               "left out: segment %u is already there as \"%s\"",
			               seg->number, e->segments[kept - 1].name);
			continue;
		}
		e->segments[kept++] = *seg;
	}
	e->nsegments = kept;
}

int fsk_ewf_find_segments(struct fsk_ewf *e, struct fsk_err *err)
{
	const struct fsk_source *s = e->source;
	struct fsk_err why = { 0 };

	e->segments = calloc(s->nsegs, sizeof(*e->segments));
	if (e->segments == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	for (size_t i = 0; i < s->nsegs; i++) {
		struct fsk_ewf_segment *seg = &e->segments[e->nsegments];
		*seg = (struct fsk_ewf_segment){ .file = &s->segs[i].file,
			                         .name = s->segs[i].name };
		if (read_number(seg, &why) < 0)
			fsk_ewf_report(e, seg, why.code, NULL, 0, "left out: %s", why.msg);
		else
			e->nsegments++;
	}
	if (e->nsegments == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no usable segment file: %s", why.msg);
	qsort(e->segments, e->nsegments, sizeof(*e->segments), by_number);
	drop_doubles(e);
	return 0;
}
