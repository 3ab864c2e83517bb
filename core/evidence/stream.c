#include <stdlib.h>
#include <string.h>

#include "core/evidence/fs_impl.h"

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
