#include <stdlib.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/evidence/ewf/ewf.h"

/* One chunk at the head of `in`: its length in the file, and whether it is
 * inflated; 0 when no checksum proves a chunk there. */
static size_t probe(const struct fsk_ewf *e, const uint8_t *in, size_t n, uint8_t *scratch,
                    bool *compressed)
{
	size_t shorter = (size_t) (e->size % e->chunk_size), used = 0, got = 0;
	size_t lens[2] = { e->chunk_size, shorter };
	struct fsk_cur c;

	*compressed = true;
	if (libdeflate_zlib_decompress_ex(e->inflater.deflate, in, n, scratch, e->chunk_size, &used,
	                                  &got) == LIBDEFLATE_SUCCESS &&
	    (got == e->chunk_size || (got == shorter && got > 0)))
		return used;
	*compressed = false;
	fsk_cur_init(&c, in, n);
	for (size_t i = 0; i < 2; i++) {
		fsk_cur_seek(&c, lens[i]);
		if (lens[i] > 0 && lens[i] + 4 <= n &&
		    fsk_cur_u32le(&c) == libdeflate_adler32(1, in, lens[i]))
			return lens[i] + 4;
	}
	return 0;
}

static int append(struct fsk_ewf_found *f, uint32_t *cap, uint64_t entry, struct fsk_err *err)
{
	if (f->count == *cap) {
		uint32_t more = *cap < 1024 ? 1024 : *cap + *cap / 2;
		uint64_t *p = realloc(f->entries, more * sizeof(*p));
		if (p == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory for %u chunks", more);
		f->entries = p;
		*cap = more;
	}
	f->entries[f->count++] = entry;
	return 0;
}

static int scan(struct fsk_ewf_found *out, struct fsk_ewf *e, const struct fsk_ewf_segment *seg,
                uint64_t end, uint64_t max, uint8_t *scratch, struct fsk_err *err)
{
	uint32_t cap = 0;
	int rc = 0;

	while (rc == 0 && out->reached < end && out->count < max) {
		uint64_t at = out->reached;
		size_t n = end - at < e->inflater.in_cap ? (size_t) (end - at) : e->inflater.in_cap;
		bool compressed;
		size_t len;
		if (fsk_ewf_pread(seg, e->inflater.in, n, at, NULL) < 0)
			break;
		len = probe(e, e->inflater.in, n, scratch, &compressed);
		if (len == 0)
			break;
		rc = append(out, &cap, at | (compressed ? FSK_EWF_FOUND_PACKED : 0), err);
		out->reached += len;
	}
	return rc;
}

int fsk_ewf_scan(struct fsk_ewf_found *out, struct fsk_ewf *e, uint32_t segment, uint64_t start,
                 uint64_t end, uint64_t max, struct fsk_err *err)
{
	uint8_t *scratch = malloc(e->chunk_size);
	int rc;

	*out = (struct fsk_ewf_found){ .reached = start };
	if (scratch == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	rc = scan(out, e, &e->segments[segment], end, max, scratch, err);
	free(scratch);
	if (rc < 0)
		free(out->entries);
	return rc;
}
