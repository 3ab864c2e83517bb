#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/evidence/ewf/ewf.h"

int fsk_ewf_inflater_init(struct fsk_ewf_inflater *inf, const struct fsk_ewf *e,
                          struct fsk_err *err)
{
	inf->in_cap = fsk_ewf_chunk_bound(e);
	inf->in = malloc(inf->in_cap);
	if (inf->deflate == NULL)
		inf->deflate = libdeflate_alloc_decompressor();
	if (inf->in == NULL || inf->deflate == NULL) {
		fsk_ewf_inflater_free(inf);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	return 0;
}

void fsk_ewf_inflater_free(struct fsk_ewf_inflater *inf)
{
	libdeflate_free_decompressor(inf->deflate);
	free(inf->in);
	*inf = (struct fsk_ewf_inflater){ 0 };
}

size_t fsk_ewf_chunk_bound(const struct fsk_ewf *e)
{
	/* deflate stores what it cannot shrink, with 5 bytes for each block of
	 * some KiB; an eighth more is generous */
	return (size_t) e->chunk_size + e->chunk_size / 8 + 1024;
}

size_t fsk_ewf_chunk_len(const struct fsk_ewf *e, uint64_t chunk)
{
	uint64_t left = e->size - chunk * e->chunk_size;

	return left < e->chunk_size ? (size_t) left : e->chunk_size;
}

static int inflate_chunk(const struct fsk_ewf *e, struct fsk_ewf_inflater *inf,
                         const struct fsk_ewf_extent *x, size_t want, void *out,
                         struct fsk_err *err)
{
	size_t used = 0, got = 0;
	int rc = fsk_ewf_pread(x->seg, inf->in, x->length, x->offset, err);

	if (rc < 0)
		return rc;
	/* the zlib trailer is the chunk's Adler-32; libdeflate tests it */
	if (libdeflate_zlib_decompress_ex(inf->deflate, inf->in, x->length, out, e->chunk_size,
	                                  &used, &got) != LIBDEFLATE_SUCCESS)
		return fsk_err_set(err, FSK_ECORRUPT, "does not inflate, or has a wrong checksum");
	if (got < want)
		return fsk_err_set(err, FSK_ECORRUPT, "inflates to %zu bytes instead of %zu", got,
		                   want);
	return 0;
}

static int read_stored(struct fsk_ewf_inflater *inf, const struct fsk_ewf_extent *x, size_t len,
                       void *out, struct fsk_err *err)
{
	struct fsk_cur c;
	int rc;

	if (len + 4 > x->length)
		return fsk_err_set(err, FSK_ECORRUPT, "only %zu bytes are there", x->length);
	rc = fsk_ewf_pread(x->seg, inf->in, len + 4, x->offset, err);
	if (rc < 0)
		return rc;
	fsk_cur_init(&c, inf->in, len + 4);
	fsk_cur_seek(&c, len);
	if (fsk_cur_u32le(&c) != libdeflate_adler32(1, inf->in, len))
		return fsk_err_set(err, FSK_ECORRUPT, "wrong checksum");
	memcpy(out, inf->in, len);
	return 0;
}

static int read_extent(const struct fsk_ewf *e, struct fsk_ewf_inflater *inf,
                       const struct fsk_ewf_extent *x, size_t len, void *out, struct fsk_err *err)
{
	int rc;

	if (x->compressed)
		return inflate_chunk(e, inf, x, len, out, err);
	rc = read_stored(inf, x, len, out, err);
	/* some programs fill the last chunk up */
	if (rc < 0 && len < e->chunk_size)
		rc = read_stored(inf, x, e->chunk_size, out, err);
	return rc;
}

int fsk_ewf_chunk_read(const struct fsk_ewf *e, struct fsk_ewf_inflater *inf, uint64_t chunk,
                       const struct fsk_ewf_extent *x, void *out, struct fsk_err *err)
{
	int rc = read_extent(e, inf, x, fsk_ewf_chunk_len(e, chunk), out, err);

	if (rc < 0)
		fsk_err_wrap(err, "chunk %" PRIu64 ", at byte %" PRIu64 " of \"%s\"", chunk,
		             x->offset, x->seg->name);
	return rc;
}
