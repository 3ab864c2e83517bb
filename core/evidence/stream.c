#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/fs_impl.h"
#include "core/evidence/unallocated.h"

int fsk_stream_alloc(struct fsk_stream **out, const struct fsk_stream_ops *ops, uint64_t size,
                     struct fsk_err *err)
{
	struct fsk_stream *st = calloc(1, sizeof(*st));

	*out = st;
	if (st == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	st->ops = ops;
	st->size = size;
	fsk_rangelog_init(&st->bad);
	return 0;
}

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

void fsk_stream_close(struct fsk_stream *st)
{
	if (st == NULL)
		return;
	if (st->impl != NULL)
		st->ops->close(st);
	fsk_rangelog_free(&st->bad);
	free(st);
}

uint64_t fsk_stream_size(const struct fsk_stream *st)
{
	return st->size;
}

int64_t fsk_stream_read(struct fsk_stream *st, void *buf, size_t n, uint64_t off, bool *sparse,
                        struct fsk_err *err)
{
	bool hole = false;
	int rc;

	if (sparse != NULL)
		*sparse = false;
	if (off >= st->size || n == 0)
		return 0;
	if (n > st->size - off)
		n = (size_t) (st->size - off);
	rc = st->ops->read(st, buf, n, off, &hole, err);
	if (rc < 0)
		return rc;
	if (sparse != NULL)
		*sparse = hole;
	return (int64_t) n;
}

const struct fsk_rangelog *fsk_stream_bad(const struct fsk_stream *st)
{
	return &st->bad;
}

enum fsk_status fsk_stream_status(const struct fsk_stream *st)
{
	uint64_t bad = fsk_rangelog_bytes(&st->bad);

	if (bad == 0 && !st->damaged)
		return FSK_STATUS_COMPLETE;
	return bad >= st->size ? FSK_STATUS_UNREADABLE : FSK_STATUS_PARTIAL;
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

/* Streams in memory */

static int read_memory(struct fsk_stream *st, uint8_t *buf, size_t n, uint64_t off, bool *sparse,
                       struct fsk_err *err)
{
	(void) err;
	*sparse = false;
	memcpy(buf, (const uint8_t *) st->impl + off, n);
	return 0;
}

static void close_memory(struct fsk_stream *st)
{
	free(st->impl);
}

static const struct fsk_stream_ops memory_ops = { .read = read_memory, .close = close_memory };

int fsk_memory_stream_open(struct fsk_stream **out, const void *p, size_t n, struct fsk_err *err)
{
	int rc = fsk_stream_alloc(out, &memory_ops, n, err);

	if (rc < 0 || n == 0)
		return rc;
	(*out)->impl = malloc(n);
	if ((*out)->impl == NULL) {
		fsk_stream_close(*out);
		*out = NULL;
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	memcpy((*out)->impl, p, n);
	return 0;
}
