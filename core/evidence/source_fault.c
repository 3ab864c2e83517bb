/* Reads that fail on demand; compiled into test builds only. */
#include <inttypes.h>
#include <stdlib.h>

#include "core/evidence/source.h"

/* Takes the place of the reader, which goes on behind it. */
struct fault {
	const struct fsk_source_ops *ops;
	void *impl;
	struct fsk_rangelog ranges;
	struct fsk_source_ops own;
};

static int fault_read_at(void *impl, void *buf, size_t n, uint64_t off, struct fsk_err *err)
{
	struct fault *f = impl;

	if (fsk_rangelog_hits(&f->ranges, off, n))
		return fsk_err_set(err, FSK_EIO, "byte %" PRIu64 ": read error (injected)", off);
	return f->ops->read_at(f->impl, buf, n, off, err);
}

static void fault_prefetch(void *impl, uint64_t off, uint64_t n)
{
	struct fault *f = impl;

	if (f->ops->prefetch != NULL)
		f->ops->prefetch(f->impl, off, n);
}

static void fault_close(void *impl)
{
	struct fault *f = impl;

	f->ops->close(f->impl);
	fsk_rangelog_free(&f->ranges);
	free(f);
}

int fsk_source_fault_range(struct fsk_source *s, uint64_t off, uint64_t n, struct fsk_err *err)
{
	struct fault *f = s->impl;

	if (s->ops->read_at != fault_read_at) {
		f = calloc(1, sizeof(*f));
		if (f == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory");
		f->ops = s->ops;
		f->impl = s->impl;
		fsk_rangelog_init(&f->ranges);
		f->own = (struct fsk_source_ops){ .format = s->ops->format,
			                          .read_at = fault_read_at,
			                          .prefetch = fault_prefetch,
			                          .close = fault_close };
		s->ops = &f->own;
		s->impl = f;
	}
	fsk_rangelog_add(&f->ranges, off, n);
	return 0;
}
