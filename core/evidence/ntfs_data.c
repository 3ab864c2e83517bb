#include "core/evidence/ntfs_data.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/evidence/fs_ntfs.h"
#include "core/evidence/ntfs_index/mft_record.h"

#define FLAG_SPARSE 0x8000u
#define HEAD_FLAGS 12u
#define HEAD_RUNS 16u /* first and last VCN, then where the runs begin */
#define HEAD_SIZES 40u
#define NUMBER_BYTES_MAX 8u

static int not_plain(struct fsk_err *err, const char *why)
{
	return fsk_err_set(err, FSK_EUNSUPPORTED, "%s", why);
}

static bool has_name(const struct fsk_mft_attr *a, const char *stream)
{
	char *text;
	bool same;

	if (stream == NULL || a->name_len == 0)
		return stream == NULL && a->name_len == 0;
	text = fsk_ntfs_name_text(a->name, a->name_len);
	same = text != NULL && strcmp(text, stream) == 0;
	free(text);
	return same;
}

/* The one $DATA of that name, if nothing else in the record has a say in it. */
static int find_data(struct fsk_mft_attr *out, struct fsk_mft_record *r, const char *stream,
                     struct fsk_err *err)
{
	struct fsk_mft_attr a;
	bool found = false;
	int more;

	while ((more = fsk_mft_attr_next(&a, r)) > 0) {
		if (a.type == FSK_MFT_ATTRIBUTE_LIST || a.type == FSK_MFT_REPARSE)
			return not_plain(err, "an attribute list or a reparse point");
		if (a.type != FSK_MFT_DATA || !has_name(&a, stream))
			continue;
		if (found)
			return not_plain(err, "a second $DATA");
		*out = a;
		found = true;
	}
	if (more < 0 || !found)
		return not_plain(err, "no $DATA, or a damaged record");
	return 0;
}

static uint64_t read_number(struct fsk_cur *c, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t) fsk_cur_u8(c) << (8 * i);
	return v;
}

/* The same with a sign, which is in the last byte. */
static int64_t read_signed(struct fsk_cur *c, unsigned bytes)
{
	uint64_t v = read_number(c, bytes);

	if (bytes > 0 && bytes < NUMBER_BYTES_MAX && (v >> (8 * bytes - 1) & 1) != 0)
		v |= ~(uint64_t) 0 << (8 * bytes);
	return (int64_t) v;
}

/* What a list of runs has told so far, in clusters. */
struct walk {
	const struct fsk_ntfs_geometry *g;
	bool sparse;  /* holes are permitted */
	uint64_t vcn; /* of the next run */
	int64_t lcn;  /* of the run before */
};

/* The run at the cursor: 1, 0 at the end of the list, FSK_EUNSUPPORTED. */
static int next_run(struct fsk_run *out, struct walk *w, struct fsk_cur *c, struct fsk_err *err)
{
	uint8_t head = fsk_cur_u8(c);
	unsigned length_bytes = head & 15u, step_bytes = head >> 4;
	uint64_t length;
	int64_t step;

	if (c->failed)
		return not_plain(err, "the list of runs does not end");
	if (head == 0)
		return 0;
	if (length_bytes == 0 || length_bytes > NUMBER_BYTES_MAX || step_bytes > NUMBER_BYTES_MAX)
		return not_plain(err, "a run with a strange head");
	length = read_number(c, length_bytes);
	step = read_signed(c, step_bytes);
	if (c->failed || length == 0 || length > INT64_MAX / w->g->cluster_size - w->vcn)
		return not_plain(err, "a run that is longer than any file");
	*out = (struct fsk_run){ .start = w->vcn * w->g->cluster_size,
		                 .length = length * w->g->cluster_size,
		                 .kind = FSK_RUN_HOLE };
	w->vcn += length;
	if (step_bytes == 0)
		return w->sparse ? 1 : not_plain(err, "a hole in a file that has none");
	if (step == 0 || __builtin_add_overflow(w->lcn, step, &w->lcn) || w->lcn <= 0 ||
	    (uint64_t) w->lcn >= w->g->clusters || length > w->g->clusters - (uint64_t) w->lcn)
		return not_plain(err, "a run outside of the volume");
	out->kind = FSK_RUN_DATA;
	out->at = w->g->offset + (uint64_t) w->lcn * w->g->cluster_size;
	return 1;
}

static int read_runs(struct fsk_runs *runs, struct walk *w, struct fsk_cur *c, struct fsk_err *err)
{
	struct fsk_run r;
	int more;

	while ((more = next_run(&r, w, c, err)) > 0) {
		int rc = fsk_runs_add(runs, &r, FSK_ORDER_RUNS_MAX, err);

		if (rc < 0)
			return rc;
	}
	return more;
}

static int read_nonresident(struct fsk_extent *out, struct fsk_runs *runs, struct walk *w,
                            const struct fsk_mft_attr *a, struct fsk_err *err)
{
	struct fsk_cur c;
	uint64_t first, last, allocated;
	uint16_t at;
	int rc;

	fsk_cur_init(&c, a->raw, a->raw_len);
	fsk_cur_seek(&c, HEAD_RUNS);
	first = fsk_cur_u64le(&c);
	last = fsk_cur_u64le(&c);
	at = fsk_cur_u16le(&c);
	fsk_cur_seek(&c, HEAD_SIZES);
	allocated = fsk_cur_u64le(&c);
	out->size = fsk_cur_u64le(&c);
	out->initialised = fsk_cur_u64le(&c);
	fsk_cur_seek(&c, at);
	if (c.failed || first != 0 || out->size > allocated || out->initialised > out->size)
		return not_plain(err, "sizes that do not fit together");
	rc = read_runs(runs, w, &c, err);
	if (rc < 0)
		return rc;
	if (w->vcn == 0 || w->vcn != last + 1 || w->vcn * w->g->cluster_size != allocated)
		return not_plain(err, "runs that are not as long as the file");
	return 0;
}

static int read_data(struct fsk_extent *out, struct fsk_runs *runs, struct walk *w,
                     const struct fsk_mft_attr *a, struct fsk_err *err)
{
	struct fsk_cur c;
	uint16_t flags;

	fsk_cur_init(&c, a->raw, a->raw_len);
	fsk_cur_seek(&c, HEAD_FLAGS);
	flags = fsk_cur_u16le(&c);
	if ((flags & ~(a->resident ? 0u : FLAG_SPARSE)) != 0)
		return not_plain(err, "compressed or encrypted");
	if (a->resident) {
		out->content = a->content;
		out->size = out->initialised = a->length;
		return 0;
	}
	w->sparse = (flags & FLAG_SPARSE) != 0;
	return read_nonresident(out, runs, w, a, err);
}

int fsk_ntfs_data_find(struct fsk_extent *out, struct fsk_runs *runs,
                       const struct fsk_ntfs_geometry *g, uint8_t *record, size_t n, uint64_t seq,
                       const char *stream, struct fsk_err *err)
{
	struct walk w = { .g = g };
	struct fsk_mft_record r;
	struct fsk_mft_attr data = { 0 };
	size_t before = runs->count;
	int rc;

	*out = (struct fsk_extent){ .first = before };
	if (g->cluster_size == 0)
		return not_plain(err, "no clusters");
	if (fsk_mft_record_open(&r, record, n) != FSK_MFT_SLOT_RECORD || !r.in_use || r.seq != seq)
		return fsk_err_set(err, FSK_ENOTFOUND, "the record is not that of the file");
	if (r.base != 0 || r.directory)
		return not_plain(err, "a folder, or part of another record");
	rc = find_data(&data, &r, stream, err);
	if (rc == 0)
		rc = read_data(out, runs, &w, &data, err);
	if (rc < 0)
		runs->count = before;
	out->count = runs->count - before;
	return rc;
}
