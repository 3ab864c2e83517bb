/* Streams over attributes of libtsk. libtsk says where the data lies; the
 * data itself is read here, from the source: so that large pieces pass no
 * cache, that holes in the run list are not taken for zeros of the file, and
 * that an unreadable sector is known by its offset in the stream. */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/stream_lznt1.h"
#include "core/evidence/stream_runs.h"
#include "core/evidence/tsk_fs.h"

struct attr_stream {
	const struct fsk_tsk_fs *t;
	TSK_FS_FILE *file;
	const TSK_FS_ATTR *attr;
	struct fsk_runs runs; /* sorted, disjoint */
	struct fsk_layout layout;
	uint64_t end;  /* of the file system in the source */
	uint8_t *unit; /* LZNT1: the unit that was decompressed last */
	uint8_t *packed;
	uint64_t unit_size, unit_index;
	bool unit_valid, unit_hole;
};

/* Runs */

static bool scale(uint64_t *out, uint64_t blocks, uint64_t block_size)
{
	return !__builtin_mul_overflow(blocks, block_size, out);
}

/* What lies outside of the file system is lost: the run list is damaged. */
static enum fsk_run_kind kind_of(const struct attr_stream *a, const TSK_FS_ATTR_RUN *r,
                                 uint64_t *at, uint64_t length)
{
	const TSK_FS_INFO *fs = a->t->fs;
	uint64_t end;

	*at = 0;
	if ((r->flags & TSK_FS_ATTR_RUN_FLAG_SPARSE) != 0)
		return FSK_RUN_HOLE;
	if ((r->flags & TSK_FS_ATTR_RUN_FLAG_FILLER) != 0)
		return FSK_RUN_LOST;
	if (!scale(at, r->addr, fs->block_size) ||
	    __builtin_add_overflow(*at, (uint64_t) fs->offset, at) ||
	    __builtin_add_overflow(*at, length, &end) || end > a->end)
		return FSK_RUN_LOST;
	return FSK_RUN_DATA;
}

static int add_run(struct attr_stream *a, const TSK_FS_ATTR_RUN *r, struct fsk_err *err)
{
	const TSK_FS_INFO *fs = a->t->fs;
	const struct fsk_run *last = a->runs.count > 0 ? &a->runs.items[a->runs.count - 1] : NULL;
	struct fsk_run n;

	if (r->len == 0)
		return 0;
	if (!scale(&n.start, r->offset, fs->block_size) ||
	    !scale(&n.length, r->len, fs->block_size) || n.start + n.length < n.start)
		return fsk_err_set(err, FSK_ECORRUPT, "a run is longer than any file");
	if (last != NULL && n.start < last->start + last->length)
		return fsk_err_set(err, FSK_ECORRUPT, "the run list is out of order");
	n.kind = kind_of(a, r, &n.at, n.length);
	return fsk_runs_add(&a->runs, &n, FSK_STREAM_RUNS_MAX, err);
}

static int add_runs(struct attr_stream *a, struct fsk_err *err)
{
	int rc = 0;

	a->end = (uint64_t) a->t->fs->offset +
	         (uint64_t) (a->t->fs->last_block + 1) * a->t->fs->block_size;
	for (const TSK_FS_ATTR_RUN *r = a->attr->nrd.run; rc == 0 && r != NULL; r = r->next)
		rc = add_run(a, r, err);
	a->layout.runs = a->runs.items;
	a->layout.count = a->runs.count;
	return rc;
}

static int read_runs(struct fsk_stream *st, uint8_t *buf, size_t n, uint64_t off, bool *sparse,
                     struct fsk_err *err)
{
	const struct attr_stream *a = st->impl;

	(void) err;
	fsk_layout_read(st, a->t->source, &a->layout, buf, n, off, sparse);
	return 0;
}

/* LZNT1. A unit whose clusters are all there is stored as it is; one that ends
 * in a hole is compressed; one that is a hole is zeros. */

/* Bytes of data at the front of a unit, and what comes behind them. */
static uint64_t unit_data(const struct attr_stream *a, uint64_t off, enum fsk_run_kind *behind)
{
	uint64_t done = 0;

	*behind = FSK_RUN_DATA;
	while (done < a->unit_size) {
		struct fsk_run p = fsk_layout_piece(&a->layout, off + done, a->unit_size - done);

		*behind = p.kind;
		if (p.kind != FSK_RUN_DATA)
			break;
		done += p.length;
	}
	return done;
}

static void unit_is_bad(struct fsk_stream *st, uint64_t off)
{
	struct attr_stream *a = st->impl;
	uint64_t n = a->unit_size;

	if (n > st->size - off)
		n = st->size - off;
	memset(a->unit, 0, (size_t) a->unit_size);
	fsk_rangelog_add(&st->bad, off, n);
}

static void read_packed(struct fsk_stream *st, uint8_t *buf, uint64_t off, uint64_t n, bool *bad)
{
	struct attr_stream *a = st->impl;
	uint64_t done = 0;

	while (done < n) {
		struct fsk_run p = fsk_layout_piece(&a->layout, off + done, n - done);

		fsk_source_read(a->t->source, buf + done, (size_t) p.length, p.at);
		if (fsk_rangelog_hits(&a->t->source->bad, p.at, p.length))
			*bad = true;
		done += p.length;
	}
}

static void load_unit(struct fsk_stream *st, uint64_t index)
{
	struct attr_stream *a = st->impl;
	uint64_t off = index * a->unit_size, n, want = st->size - off;
	enum fsk_run_kind behind;
	bool bad = false, sparse;

	if (want > a->unit_size)
		want = a->unit_size;
	a->unit_valid = true;
	a->unit_index = index;
	n = unit_data(a, off, &behind);
	a->unit_hole = n == 0 && behind == FSK_RUN_HOLE;
	if (a->unit_hole) {
		memset(a->unit, 0, (size_t) a->unit_size);
	} else if (behind == FSK_RUN_HOLE) {
		read_packed(st, a->packed, off, n, &bad);
		if (bad || fsk_lznt1_decompress(a->unit, (size_t) a->unit_size, a->packed,
		                                (size_t) n, NULL) < 0)
			unit_is_bad(st, off);
	} else if (n < want) {
		unit_is_bad(st, off);
	} else {
		read_runs(st, a->unit, (size_t) want, off, &sparse, NULL);
	}
}

static int read_lznt1(struct fsk_stream *st, uint8_t *buf, size_t n, uint64_t off, bool *sparse,
                      struct fsk_err *err)
{
	struct attr_stream *a = st->impl;
	uint64_t end = off + n;
	uint64_t valid = end < a->layout.initialised ? end : a->layout.initialised;

	(void) err;
	*sparse = true;
	while (off < valid) {
		uint64_t index = off / a->unit_size, skip = off % a->unit_size;
		uint64_t part = a->unit_size - skip;

		if (part > valid - off)
			part = valid - off;
		if (!a->unit_valid || a->unit_index != index)
			load_unit(st, index);
		memcpy(buf, a->unit + skip, (size_t) part);
		*sparse = *sparse && a->unit_hole;
		buf += part;
		off += part;
	}
	if (off < end)
		memset(buf, 0, (size_t) (end - off));
	return 0;
}

static int prepare_lznt1(struct attr_stream *a, struct fsk_err *err)
{
	a->unit_size = (uint64_t) a->attr->nrd.compsize * a->t->fs->block_size;
	if (a->unit_size == 0 || a->unit_size > FSK_LZNT1_UNIT_MAX)
		return fsk_err_set(err, FSK_ECORRUPT, "compression unit of %llu bytes",
		                   (unsigned long long) a->unit_size);
	a->unit = malloc((size_t) a->unit_size);
	a->packed = malloc((size_t) a->unit_size);
	if (a->unit == NULL || a->packed == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	return 0;
}

/* What only libtsk can read: HFS+ and APFS compression, raw CD sectors. The
 * offsets of damage are then those of the piece that was being read. */

static bool runs_hit(const struct fsk_tsk_fs *t, const TSK_FS_ATTR *attr)
{
	const TSK_FS_INFO *fs = t->fs;
	uint64_t at, n;

	if ((attr->flags & TSK_FS_ATTR_NONRES) == 0)
		return false;
	for (const TSK_FS_ATTR_RUN *r = attr->nrd.run; r != NULL; r = r->next) {
		if ((r->flags & TSK_FS_ATTR_RUN_FLAG_SPARSE) != 0)
			continue;
		if (!scale(&at, r->addr, fs->block_size) || !scale(&n, r->len, fs->block_size) ||
		    fsk_rangelog_hits(&t->source->bad, at + (uint64_t) fs->offset, n))
			return true;
	}
	return false;
}

/* libtsk's cache hides a second read of a bad sector, so the count of failed
 * reads is not enough. The data may lie in another attribute (resource fork). */
static bool any_attr_hit(const struct attr_stream *a)
{
	int n;

	if (a->t->source->bad.count == 0)
		return false;
	n = tsk_fs_file_attr_getsize(a->file);
	for (int i = 0; i < n; i++) {
		const TSK_FS_ATTR *attr = tsk_fs_file_attr_get_idx(a->file, i);

		if (attr != NULL && runs_hit(a->t, attr))
			return true;
	}
	return false;
}

static int read_library(struct fsk_stream *st, uint8_t *buf, size_t n, uint64_t off, bool *sparse,
                        struct fsk_err *err)
{
	struct attr_stream *a = st->impl;
	uint64_t failures = a->t->source->bad.generation;
	ssize_t got;

	(void) err;
	*sparse = false;
	got = tsk_fs_attr_read(a->attr, (TSK_OFF_T) off, (char *) buf, n,
	                       TSK_FS_FILE_READ_FLAG_NONE);
	if (got < 0)
		got = 0;
	if ((size_t) got < n) {
		memset(buf + got, 0, n - (size_t) got);
		fsk_rangelog_add(&st->bad, off + (uint64_t) got, n - (size_t) got);
	}
	if (a->t->source->bad.generation != failures)
		fsk_rangelog_add(&st->bad, off, n);
	if (any_attr_hit(a))
		st->damaged = true;
	return 0;
}

static void close_attr(struct fsk_stream *st)
{
	struct attr_stream *a = st->impl;

	tsk_fs_file_close(a->file);
	free(a->runs.items);
	free(a->unit);
	free(a->packed);
	free(a);
}

static const struct fsk_layout *layout_of_runs(const struct fsk_stream *st, bool *packed)
{
	const struct attr_stream *a = st->impl;

	*packed = false;
	return &a->layout;
}

static const struct fsk_layout *layout_of_units(const struct fsk_stream *st, bool *packed)
{
	const struct attr_stream *a = st->impl;

	*packed = true;
	return &a->layout;
}

static const struct fsk_stream_ops run_ops = { read_runs, close_attr, layout_of_runs };
static const struct fsk_stream_ops lznt1_ops = { read_lznt1, close_attr, layout_of_units };
static const struct fsk_stream_ops library_ops = { .read = read_library, .close = close_attr };

/* Opening */

static const struct fsk_stream_ops *ops_for(const struct fsk_tsk_fs *t, const TSK_FS_ATTR *attr)
{
	bool ntfs = TSK_FS_TYPE_ISNTFS(t->fs->ftype);

	if (ntfs && (attr->flags & TSK_FS_ATTR_COMP) != 0)
		return &lznt1_ops;
	if ((!ntfs && (attr->flags & TSK_FS_ATTR_COMP) != 0) || attr->nrd.skiplen != 0 ||
	    t->fs->block_pre_size != 0 || t->fs->block_post_size != 0)
		return &library_ops;
	return &run_ops;
}

static int open_resident(struct fsk_stream **out, TSK_FS_FILE *file, const TSK_FS_ATTR *attr,
                         struct fsk_err *err)
{
	int rc;

	if (attr->size < 0 || (uint64_t) attr->size > attr->rd.buf_size)
		rc = fsk_err_set(err, FSK_ECORRUPT, "resident data is shorter than its size");
	else
		rc = fsk_memory_stream_open(out, attr->rd.buf, (size_t) attr->size, err);
	tsk_fs_file_close(file);
	return rc;
}

int fsk_tsk_stream_open(struct fsk_stream **out, const struct fsk_tsk_fs *t, TSK_FS_FILE *file,
                        const TSK_FS_ATTR *attr, struct fsk_err *err)
{
	struct attr_stream *a;
	int rc;

	*out = NULL;
	if ((attr->flags & TSK_FS_ATTR_RES) != 0 && (attr->flags & TSK_FS_ATTR_COMP) == 0)
		return open_resident(out, file, attr, err);
	if ((attr->flags & TSK_FS_ATTR_ENC) != 0) {
		tsk_fs_file_close(file);
		return fsk_err_set(err, FSK_EUNSUPPORTED, "encrypted (EFS)");
	}
	a = calloc(1, sizeof(*a));
	if (a == NULL || attr->size < 0) {
		tsk_fs_file_close(file);
		free(a);
		return fsk_err_set(err, a == NULL ? FSK_ENOMEM : FSK_ECORRUPT, "no valid size");
	}
	a->t = t;
	a->file = file;
	a->attr = attr;
	a->layout.initialised = attr->nrd.initsize > 0 ? (uint64_t) attr->nrd.initsize : 0;
	rc = fsk_stream_alloc(out, ops_for(t, attr), (uint64_t) attr->size, err);
	if (rc < 0) {
		tsk_fs_file_close(file);
		free(a);
		return rc;
	}
	(*out)->impl = a;
	if ((*out)->ops != &library_ops)
		rc = add_runs(a, err);
	if (rc == 0 && (*out)->ops == &lznt1_ops)
		rc = prepare_lznt1(a, err);
	if (rc < 0) {
		fsk_stream_close(*out);
		*out = NULL;
	}
	return rc;
}
