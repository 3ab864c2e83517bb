#include <string.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/evidence/ewf/ewf.h"

#define COMPRESSED 0x80000000u

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

int fsk_ewf_scan(struct fsk_ewf *e, uint32_t segment, uint64_t start, uint64_t end, uint64_t *found,
                 uint64_t *reached, struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[segment];
	/* the cache is empty while the image is opened: lend one of its chunks */
	struct fsk_ewf_slot *scratch = fsk_ewf_cache_put(e->cache, 0);
	uint64_t at = start, base = start;
	size_t first = e->nentries;
	int rc = 0;

	if (scratch == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	*found = 0;
	while (at < end && e->nentries < e->chunk_count) {
		size_t n = end - at < e->inflater.in_cap ? (size_t) (end - at) : e->inflater.in_cap;
		bool compressed;
		size_t len;
		if (fsk_ewf_pread(seg, e->inflater.in, n, at, NULL) < 0)
			break;
		len = probe(e, e->inflater.in, n, scratch->data, &compressed);
		if (len == 0)
			break;
		if (at - base >= COMPRESSED) {
			rc = fsk_ewf_add_group(e, segment, first, (uint32_t) (e->nentries - first),
			                       base, at, err);
			first = e->nentries;
			base = at;
		}
		if (rc == 0)
			rc = fsk_ewf_add_entry(
			    e, (uint32_t) (at - base) | (compressed ? COMPRESSED : 0), err);
		if (rc < 0)
			goto out;
		at += len;
		(*found)++;
	}
	rc = fsk_ewf_add_group(e, segment, first, (uint32_t) (e->nentries - first), base, at, err);
out:
	fsk_ewf_cache_drop(e->cache, scratch);
	*reached = at;
	return rc;
}
