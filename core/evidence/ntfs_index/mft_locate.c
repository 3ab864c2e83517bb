/* Records of an open volume by number, for callers that want many of them in the
 * order of their numbers. */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/ntfs_data.h"
#include "core/evidence/tsk_fs.h"

#define WINDOW (64u * FSK_KIB)
#define FEW (4u * FSK_KIB)
#define SYSTEM_FILES 24u /* $MFT and its kin: they have rules of their own */
#define RECORD_MAX 65536u

struct fsk_mft_window {
	struct fsk_stream *mft;
	uint32_t record_size; /* 0: there is no MFT that could be read */
	uint64_t at;          /* of `bytes` in $MFT */
	size_t len;
	uint8_t bytes[WINDOW];
	uint8_t record[RECORD_MAX];
};

void fsk_mft_window_free(struct fsk_mft_window *w)
{
	if (w == NULL)
		return;
	fsk_stream_close(w->mft);
	free(w);
}

static struct fsk_mft_window *window_of(struct fsk_tsk_fs *t)
{
	struct fsk_mft_window *w = t->window;
	uint32_t n;

	if (w != NULL)
		return w;
	w = t->window = calloc(1, sizeof(*w));
	if (w == NULL || fsk_mft_stream_open(&w->mft, &n, t, NULL) < 0)
		return w;
	if (n >= 512 && n <= RECORD_MAX && (n & (n - 1)) == 0)
		w->record_size = n;
	return w;
}

/* Records in sequence come many at once. One that is asked for by itself takes only what the
 * source keeps of its surroundings. */
static size_t span_of(const struct fsk_mft_window *w, uint64_t off)
{
	if (off >= w->at && off - w->at < 2 * WINDOW)
		return WINDOW;
	return w->record_size > FEW ? w->record_size : FEW;
}

static int fill(struct fsk_mft_window *w, uint64_t off, struct fsk_err *err)
{
	size_t span = span_of(w, off);
	int64_t got;

	if (off >= w->at && off + w->record_size <= w->at + w->len)
		return 0;
	w->len = 0;
	w->at = off - off % span;
	got = fsk_stream_read(w->mft, w->bytes, span, w->at, NULL, err);
	if (got < 0)
		return (int) got;
	w->len = (size_t) got;
	if (off + w->record_size > w->at + w->len)
		return fsk_err_set(err, FSK_ENOTFOUND, "behind the end of the MFT");
	return 0;
}

static int locate(struct fsk_extent *out, struct fsk_runs *runs, struct fsk_tsk_fs *t,
                  const struct fsk_locator *loc, struct fsk_err *err)
{
	const TSK_FS_INFO *fs = t->fs;
	struct fsk_ntfs_geometry g = { .offset = (uint64_t) fs->offset,
		                       .clusters = fs->last_block + 1,
		                       .cluster_size = fs->block_size };
	struct fsk_mft_window *w = window_of(t);
	uint64_t off;
	int rc;

	if (w == NULL || w->record_size == 0 || loc->addr >= FSK_MFT_RECORDS_MAX)
		return fsk_err_set(err, FSK_ECORRUPT, "no MFT");
	off = loc->addr * w->record_size;
	rc = fill(w, off, err);
	if (rc < 0)
		return rc;
	if (fsk_rangelog_hits(fsk_stream_bad(w->mft), off, w->record_size))
		return fsk_err_set(err, FSK_EIO, "the record is unreadable");
	memcpy(w->record, w->bytes + (off - w->at), w->record_size);
	return fsk_ntfs_data_find(out, runs, &g, w->record, w->record_size, loc->seq, loc->stream,
	                          err);
}

static bool is_plain(const struct fsk_locator *loc)
{
	return loc->stream == NULL && !loc->deleted && loc->addr >= SYSTEM_FILES;
}

int fsk_mft_locate(struct fsk_extent *out, struct fsk_runs *runs, struct fsk_tsk_fs *t,
                   const struct fsk_locator *loc, struct fsk_err *err)
{
	if (!is_plain(loc))
		return fsk_err_set(err, FSK_EUNSUPPORTED, "only libtsk knows");
	return locate(out, runs, t, loc, err);
}

int fsk_mft_open_data(struct fsk_stream **out, struct fsk_tsk_fs *t, const struct fsk_locator *loc,
                      struct fsk_err *err)
{
	struct fsk_runs runs = { 0 };
	struct fsk_extent x;
	int rc;

	*out = NULL;
	if (loc->deleted)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "its clusters may be another file's");
	rc = locate(&x, &runs, t, loc, err);
	if (rc == 0 && x.content != NULL)
		rc = fsk_memory_stream_open(out, x.content, (size_t) x.size, err);
	else if (rc == 0)
		return fsk_runs_open(out, t->source, &runs, x.initialised, x.size, err);
	free(runs.items);
	return rc;
}

int fsk_mft_open_plain(struct fsk_stream **out, struct fsk_tsk_fs *t, const struct fsk_locator *loc,
                       struct fsk_err *err)
{
	*out = NULL;
	if (!is_plain(loc))
		return fsk_err_set(err, FSK_EUNSUPPORTED, "only libtsk knows");
	return fsk_mft_open_data(out, t, loc, err);
}
