/* The index of the MFT of an open volume. libtsk finds the runs of $MFT. */
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/evidence/tsk_fs.h"

#define RECORD_SIZE_AT 28u /* allocated size in the head of a record */

/* Zeros would be records that never were. */
static void mark_bad(uint8_t *buf, size_t n, uint64_t off, const struct fsk_rangelog *bad)
{
	for (size_t i = fsk_rangelog_find(bad, off); i < bad->count; i++) {
		uint64_t from = bad->ranges[i].offset, to = from + bad->ranges[i].length;

		if (from >= off + n)
			break;
		if (from < off)
			from = off;
		if (to > off + n)
			to = off + n;
		if (from < to)
			memset(buf + (from - off), 0xff, (size_t) (to - from));
	}
}

static int read_stream(void *arg, void *buf, size_t n, uint64_t off, struct fsk_err *err)
{
	int64_t got = fsk_stream_read(arg, buf, n, off, NULL, err);

	if (got < 0)
		return (int) got;
	memset((uint8_t *) buf + got, 0xff, n - (size_t) got);
	mark_bad(buf, n, off, fsk_stream_bad(arg));
	return 0;
}

/* $MFT is its own first file. */
static int open_mft(struct fsk_stream **out, struct fsk_tsk_fs *t, struct fsk_err *err)
{
	TSK_FS_FILE *f = tsk_fs_file_open_meta(t->fs, NULL, 0);
	int n = f != NULL && f->meta != NULL ? tsk_fs_file_attr_getsize(f) : 0;

	*out = NULL;
	for (int i = 0; i < n; i++) {
		const TSK_FS_ATTR *a = tsk_fs_file_attr_get_idx(f, i);

		if (a != NULL && a->type == TSK_FS_ATTR_TYPE_NTFS_DATA &&
		    (a->name == NULL || a->name[0] == '\0'))
			return fsk_tsk_stream_open(out, t, f, a, err);
	}
	tsk_fs_file_close(f);
	return fsk_tsk_err(err, FSK_ECORRUPT, "$MFT has no content");
}

static uint32_t read_record_size(struct fsk_stream *st)
{
	uint8_t head[32];
	struct fsk_cur c;

	if (fsk_stream_read(st, head, sizeof(head), 0, NULL, NULL) != (int64_t) sizeof(head))
		return 0;
	fsk_cur_init(&c, head, sizeof(head));
	fsk_cur_seek(&c, RECORD_SIZE_AT);
	return fsk_cur_u32le(&c);
}

int fsk_mft_stream_open(struct fsk_stream **out, uint32_t *record_size, struct fsk_tsk_fs *t,
                        struct fsk_err *err)
{
	int rc = open_mft(out, t, err);

	*record_size = rc == 0 ? read_record_size(*out) : 0;
	return rc;
}

static int build(struct fsk_tsk_fs *t, struct fsk_stream *st, uint32_t record_size,
                 struct fsk_err *err)
{
	struct fsk_mft_reader from = { .read = read_stream,
		                       .arg = st,
		                       .size = fsk_stream_size(st),
		                       .record_size = record_size };
	int rc;

	t->mft = malloc(sizeof(*t->mft));
	if (t->mft == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	rc = fsk_mft_index_build(t->mft, &from, err);
	if (rc < 0) {
		fsk_mft_index_free(t->mft);
		free(t->mft);
		t->mft = NULL;
		return rc;
	}
	t->mft_whole = t->mft->n.garbage == 0 && fsk_stream_status(st) == FSK_STATUS_COMPLETE;
	return 0;
}

const struct fsk_mft_index *fsk_mft_of_volume(struct fsk_tsk_fs *t, struct fsk_err *err)
{
	struct fsk_stream *st;
	uint32_t record_size;

	if (t->mft_tried) {
		if (t->mft == NULL)
			fsk_err_set(err, FSK_ECORRUPT, "cannot read the MFT");
		return t->mft;
	}
	t->mft_tried = true;
	if (fsk_mft_stream_open(&st, &record_size, t, err) == 0) {
		build(t, st, record_size, err);
		fsk_stream_close(st);
	}
	if (t->mft == NULL)
		fsk_err_wrap(err, "cannot read the MFT");
	return t->mft;
}

const void *fsk_mft_area_of(struct fsk_fs *fs, size_t *size, bool *whole)
{
	const struct fsk_tsk_fs *t = fs->impl;

	*whole = t->mft_whole;
	return t->mft != NULL ? fsk_mft_index_pack(t->mft, size) : NULL;
}

int fsk_mft_adopt(struct fsk_fs *fs, const void *area, size_t size, bool whole, struct fsk_err *err)
{
	struct fsk_tsk_fs *t = fs->impl;
	struct fsk_mft_index *ix;
	int rc;

	if (!TSK_FS_TYPE_ISNTFS(t->fs->ftype))
		return fsk_err_set(err, FSK_EUNSUPPORTED, "%s has no index", fs->object);
	if (t->mft_tried)
		return 0;
	ix = malloc(sizeof(*ix));
	if (ix == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	rc = fsk_mft_index_attach(ix, area, size, err);
	if (rc < 0) {
		free(ix);
		return rc;
	}
	t->mft = ix;
	t->mft_tried = true;
	t->mft_whole = whole && ix->n.garbage == 0;
	return 0;
}

int64_t fsk_mft_children(struct fsk_listing *out, struct fsk_tsk_fs *t, const struct fsk_name *dir,
                         struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	const struct fsk_mft_index *ix = fsk_mft_of_volume(t, &why);
	struct fsk_listing all = { 0 };
	size_t before = out->count;
	int rc;

	if (ix == NULL)
		return fsk_err_set(err, why.code, "%s", why.msg);
	fsk_listing_by_addr(out);
	rc = fsk_mft_index_list(&all, ix, dir, err);
	for (size_t i = 0; i < all.count; i++) {
		if (rc == 0 && fsk_listing_find(out, before, all.items[i].addr) == NULL)
			rc = fsk_listing_add(out, &all.items[i], err);
		else
			fsk_name_clear(&all.items[i]);
	}
	free(all.items);
	return rc < 0 ? rc : (int64_t) (out->count - before);
}
