/* Raw and split raw: the bytes of the files one after another. */
#include <inttypes.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/evidence/source_format.h"

struct raw {
	const struct fsk_segment *segs;
	size_t nsegs;
	uint64_t starts[]; /* of each segment in the medium, and the end */
};

/* The last segment that starts at or before `off`: behind empty ones. */
static size_t find_segment(const struct raw *r, uint64_t off)
{
	size_t lo = 0, hi = r->nsegs;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (r->starts[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static int read_at(void *impl, void *buf, size_t n, uint64_t off, struct fsk_err *err)
{
	const struct raw *r = impl;
	uint8_t *p = buf;

	for (size_t i = find_segment(r, off); n > 0; i++) {
		uint64_t in = off - r->starts[i], left = r->starts[i + 1] - off;
		size_t take = n < left ? n : (size_t) left;
		int64_t got = fsk_file_pread(&r->segs[i].file, p, take, in, err);
		if (got < 0)
			return fsk_err_wrap(err, "sector %" PRIu64, off / FSK_SECTOR_MIN);
		if ((uint64_t) got < take)
			return fsk_err_set(err, FSK_EIO,
			                   "\"%s\" ends at byte %" PRIu64 ", it had %" PRIu64
			                   " bytes when it was opened",
			                   r->segs[i].name, in + (uint64_t) got,
			                   r->segs[i].file.size);
		p += take;
		off += take;
		n -= take;
	}
	return 0;
}

static void prefetch(void *impl, uint64_t off, uint64_t n)
{
	const struct raw *r = impl;

	for (size_t i = find_segment(r, off); n > 0; i++) {
		uint64_t left = r->starts[i + 1] - off, take = n < left ? n : left;
		fsk_file_prefetch(&r->segs[i].file, off - r->starts[i], take);
		off += take;
		n -= take;
	}
}

static const struct fsk_source_ops raw_ops = {
	.format = "raw", .read_at = read_at, .prefetch = prefetch, .close = free
};

int fsk_raw_open(struct fsk_source *s, struct fsk_err *err)
{
	struct raw *r = malloc(sizeof(*r) + (s->nsegs + 1) * sizeof(r->starts[0]));
	uint32_t sector = s->segs[0].file.sector_size;

	if (r == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	r->segs = s->segs;
	r->nsegs = s->nsegs;
	r->starts[0] = 0;
	for (size_t i = 0; i < r->nsegs; i++) {
		uint64_t size = r->segs[i].file.size;
		if (size > UINT64_MAX / 2 - r->starts[i]) {
			free(r);
			return fsk_err_set(err, FSK_ELIMIT, "the files are larger than 2^63 bytes");
		}
		r->starts[i + 1] = r->starts[i] + size;
	}
	if (r->starts[r->nsegs] == 0) {
		free(r);
		return fsk_err_set(err, FSK_EINVAL, "the file is empty");
	}
	if (sector >= FSK_SECTOR_MIN && sector <= FSK_SECTOR_MAX)
		s->sector_size = sector;
	s->unit = s->sector_size;
	s->size = r->starts[r->nsegs];
	s->impl = r;
	s->ops = &raw_ops;
	return 0;
}
