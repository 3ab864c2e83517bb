/* From locators to streams, and to their bytes. */
#include "core/base/limits.h"
#include "core/evidence/fs_impl.h"
#include "core/evidence/unallocated.h"

int fsk_stream_open(struct fsk_stream **out, struct fsk_fs *fs, const struct fsk_locator *loc,
                    struct fsk_err *err)
{
	int rc;

	*out = NULL;
	rc = fsk_is_unallocated(loc) ? fsk_unallocated_open(out, fs, loc, err)
	                             : fs->ops->open(fs, out, loc, err);
	if (rc < 0)
		fsk_err_wrap(err, "cannot open \"%s%s%s\"", loc->path,
		             loc->stream != NULL ? ":" : "",
		             loc->stream != NULL ? loc->stream : "");
	return rc;
}

static int slurp(struct fsk_buf *out, struct fsk_stream *st, struct fsk_err *err)
{
	uint64_t off = 0;

	if (st->size > out->max - out->len)
		return fsk_err_set(err, FSK_ELIMIT, "%llu bytes are more than the limit of %zu",
		                   (unsigned long long) st->size, out->max);
	while (off < st->size) {
		size_t n = FSK_FILE_PIECE;
		int64_t got;
		int rc;

		if (n > st->size - off)
			n = (size_t) (st->size - off);
		rc = fsk_buf_reserve(out, n, err);
		if (rc < 0)
			return rc;
		got = fsk_stream_read(st, out->data + out->len, n, off, NULL, err);
		if (got < 0)
			return (int) got;
		out->len += (size_t) got;
		off += (uint64_t) got;
	}
	return 0;
}

int fsk_stream_slurp(struct fsk_buf *out, enum fsk_status *status, struct fsk_fs *fs,
                     const struct fsk_locator *loc, struct fsk_err *err)
{
	size_t before = out->len;
	struct fsk_stream *st;
	int rc;

	rc = fsk_stream_open(&st, fs, loc, err);
	if (rc < 0)
		return rc;
	rc = slurp(out, st, err);
	if (rc < 0) {
		out->len = before;
		fsk_err_wrap(err, "cannot read \"%s\"", loc->path);
	}
	if (rc == 0 && status != NULL)
		*status = fsk_stream_status(st);
	fsk_stream_close(st);
	return rc;
}
