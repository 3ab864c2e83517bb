#include "core/archive/pack.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>
#include <zlib.h>

#include "core/archive/zip.h"
#include "core/base/buf.h"
#include "core/base/limits.h"

#define OUT_SIZE (256u * FSK_KIB) /* gathers what is given out */
#define OUT_DIRECT (64u * FSK_KIB)
#define SAMPLE (16u * FSK_KIB)
#define SAMPLES 4u
#define ZERO_RUN FSK_MIB /* plain bytes of a ready-made deflated run */
#define ZERO_RUN_MAX 8192u

enum mode { GATHER, STORE, DEFLATE };

struct fsk_pack {
	int level;
	fsk_pack_sink *sink;
	void *arg;
	enum mode mode;
	struct fsk_buf whole;  /* plain bytes while gathering */
	struct fsk_buf packed; /* what libdeflate made of them */
	struct libdeflate_compressor *fast, *probe;
	z_stream z;
	bool z_ready;
	uint8_t *out;
	size_t out_len;
	uint8_t zeros[ZERO_RUN_MAX]; /* ZERO_RUN zeros, deflated, byte-aligned, not final */
	size_t zeros_len;
};

static const uint8_t zero_bytes[OUT_DIRECT];

int fsk_pack_new(struct fsk_pack **out, int level, fsk_pack_sink *sink, void *arg,
                 struct fsk_err *err)
{
	struct fsk_pack *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory to pack");
	p->level = level < 0 ? 6 : level > 12 ? 12 : level;
	p->sink = sink;
	p->arg = arg;
	fsk_buf_init(&p->whole, FSK_PACK_WHOLE);
	fsk_buf_init(&p->packed, FSK_PACK_WHOLE);
	p->out = malloc(OUT_SIZE);
	if (p->level > 0) {
		p->fast = libdeflate_alloc_compressor(p->level);
		p->probe = libdeflate_alloc_compressor(1);
	}
	if (p->out == NULL || (p->level > 0 && (p->fast == NULL || p->probe == NULL))) {
		fsk_pack_free(p);
		return fsk_err_set(err, FSK_ENOMEM, "no memory to pack");
	}
	*out = p;
	return 0;
}

void fsk_pack_free(struct fsk_pack *p)
{
	if (p == NULL)
		return;
	if (p->z_ready)
		deflateEnd(&p->z);
	libdeflate_free_compressor(p->fast);
	libdeflate_free_compressor(p->probe);
	fsk_buf_free(&p->whole);
	fsk_buf_free(&p->packed);
	free(p->out);
	free(p);
}

void fsk_pack_begin(struct fsk_pack *p)
{
	p->mode = GATHER;
	p->out_len = 0;
	fsk_buf_reset(&p->whole);
}

static int flush_out(struct fsk_pack *p, struct fsk_err *err)
{
	size_t n = p->out_len;

	p->out_len = 0;
	return n > 0 ? p->sink(p->arg, p->out, n, err) : 0;
}

static int give(struct fsk_pack *p, const uint8_t *data, size_t n, struct fsk_err *err)
{
	int rc = 0;

	if (n == 0)
		return 0;
	if (n > OUT_SIZE - p->out_len)
		rc = flush_out(p, err);
	if (rc == 0 && n >= OUT_DIRECT && p->out_len == 0)
		return p->sink(p->arg, data, n, err);
	if (rc == 0) {
		memcpy(p->out + p->out_len, data, n);
		p->out_len += n;
	}
	return rc;
}

/* --- zlib, for what does not fit into memory --- */

static int deflate_some(struct fsk_pack *p, const uint8_t *data, size_t n, int flush,
                        struct fsk_err *err)
{
	int rc = 0;

	p->z.next_in = (uint8_t *) data; /* zlib does not write to it */
	p->z.avail_in = (unsigned) n;
	do {
		if (p->out_len == OUT_SIZE && (rc = flush_out(p, err)) < 0)
			return rc;
		p->z.next_out = p->out + p->out_len;
		p->z.avail_out = (unsigned) (OUT_SIZE - p->out_len);
		if (deflate(&p->z, flush) == Z_STREAM_ERROR)
			return fsk_err_set(err, FSK_EINVAL, "deflate was misused");
		p->out_len = OUT_SIZE - p->z.avail_out;
	} while (p->z.avail_out == 0);
	return 0;
}

static int deflate_bytes(struct fsk_pack *p, const uint8_t *data, size_t n, struct fsk_err *err)
{
	int rc = 0;

	while (rc == 0 && n > 0) {
		size_t piece = n < FSK_GIB ? n : (size_t) FSK_GIB;

		rc = deflate_some(p, data, piece, Z_NO_FLUSH, err);
		data += piece;
		n -= piece;
	}
	return rc;
}

/* Deflates ZERO_RUN zeros once. After a full flush a stream refers to
 * nothing before it, so the result can be put into another stream at any
 * place that follows a full flush there. */
static int make_zero_run(struct fsk_pack *p, struct fsk_err *err)
{
	z_stream z = { 0 };
	int rc = 0;

	if (deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return fsk_err_set(err, FSK_ENOMEM, "no memory to pack");
	z.next_out = p->zeros;
	z.avail_out = sizeof(p->zeros);
	for (size_t done = 0; done < ZERO_RUN; done += sizeof(zero_bytes)) {
		z.next_in = (uint8_t *) zero_bytes;
		z.avail_in = sizeof(zero_bytes);
		deflate(&z, done + sizeof(zero_bytes) < ZERO_RUN ? Z_NO_FLUSH : Z_FULL_FLUSH);
	}
	if (z.avail_in > 0 || z.avail_out == 0)
		rc = fsk_err_set(err, FSK_ELIMIT, "zeros deflate badly");
	p->zeros_len = sizeof(p->zeros) - z.avail_out;
	deflateEnd(&z);
	return rc;
}

static int deflate_zeros(struct fsk_pack *p, uint64_t n, struct fsk_err *err)
{
	int rc = 0;

	if (n >= 2 * (uint64_t) ZERO_RUN) {
		if (p->zeros_len == 0)
			rc = make_zero_run(p, err);
		if (rc == 0)
			rc = deflate_some(p, NULL, 0, Z_FULL_FLUSH, err);
		for (; rc == 0 && n >= ZERO_RUN; n -= ZERO_RUN)
			rc = give(p, p->zeros, p->zeros_len, err);
	}
	while (rc == 0 && n > 0) {
		size_t piece = n < sizeof(zero_bytes) ? (size_t) n : sizeof(zero_bytes);

		rc = deflate_some(p, zero_bytes, piece, Z_NO_FLUSH, err);
		n -= piece;
	}
	return rc;
}

static int start_deflate(struct fsk_pack *p, struct fsk_err *err)
{
	if (p->z_ready)
		deflateReset(&p->z);
	else if (deflateInit2(&p->z, p->level > 9 ? 9 : p->level, Z_DEFLATED, -MAX_WBITS, 9,
	                      Z_DEFAULT_STRATEGY) != Z_OK)
		return fsk_err_set(err, FSK_ENOMEM, "no memory to pack");
	p->z_ready = true;
	return 0;
}

/* --- the choice --- */

/* Do samples spread over the gathered bytes deflate at all? */
static bool seems_packable(struct fsk_pack *p)
{
	uint8_t out[SAMPLE];
	size_t len = p->whole.len, total = 0, made = 0;

	if (p->level == 0)
		return false;
	if (len < SAMPLES * SAMPLE)
		return true;
	for (size_t i = 0; i < SAMPLES; i++) {
		const uint8_t *at = p->whole.data + (len - SAMPLE) / (SAMPLES - 1) * i;
		size_t n = libdeflate_deflate_compress(p->probe, at, SAMPLE, out, sizeof(out));

		made += n > 0 ? n : SAMPLE;
		total += SAMPLE;
	}
	return made < total - total / 50;
}

/* Too much to gather: from here on in pieces. `zeros`: a run of zeros is
 * what comes next, which always deflates. */
static int start_stream(struct fsk_pack *p, bool zeros, struct fsk_err *err)
{
	int rc = 0;

	p->mode = seems_packable(p) || (zeros && p->level > 0) ? DEFLATE : STORE;
	if (p->mode == DEFLATE)
		rc = start_deflate(p, err);
	if (rc == 0 && p->whole.len > 0)
		rc = p->mode == DEFLATE ? deflate_bytes(p, p->whole.data, p->whole.len, err)
		                        : give(p, p->whole.data, p->whole.len, err);
	fsk_buf_reset(&p->whole);
	return rc;
}

int fsk_pack_write(struct fsk_pack *p, const void *data, size_t n, struct fsk_err *err)
{
	const uint8_t *bytes = data;
	int rc = 0;

	if (n == 0)
		return 0;
	if (p->mode == GATHER) {
		/* fill up first, so that the pieces it came in do not matter */
		size_t room = FSK_PACK_WHOLE - p->whole.len;
		size_t part = n < room ? n : room;

		rc = fsk_buf_append(&p->whole, bytes, part, err);
		bytes += part;
		n -= part;
		if (rc < 0 || n == 0)
			return rc;
		rc = start_stream(p, false, err);
	}
	if (rc == 0)
		rc = p->mode == DEFLATE ? deflate_bytes(p, bytes, n, err) : give(p, bytes, n, err);
	return rc;
}

static int gather_zeros(struct fsk_pack *p, size_t n, struct fsk_err *err)
{
	int rc = fsk_buf_reserve(&p->whole, n, err);

	if (rc == 0) {
		memset(p->whole.data + p->whole.len, 0, n);
		p->whole.len += n;
	}
	return rc;
}

int fsk_pack_zeros(struct fsk_pack *p, uint64_t n, struct fsk_err *err)
{
	int rc = 0;

	if (n == 0)
		return 0;
	if (p->mode == GATHER) {
		if (n <= FSK_PACK_WHOLE - p->whole.len)
			return gather_zeros(p, (size_t) n, err);
		rc = start_stream(p, true, err);
	}
	if (rc == 0 && p->mode == DEFLATE)
		return deflate_zeros(p, n, err);
	while (rc == 0 && n > 0) {
		size_t piece = n < sizeof(zero_bytes) ? (size_t) n : sizeof(zero_bytes);

		rc = give(p, zero_bytes, piece, err);
		n -= piece;
	}
	return rc;
}

/* The gathered member at one go. */
static int pack_whole(struct fsk_pack *p, uint16_t *method, struct fsk_err *err)
{
	size_t len = p->whole.len, limit = len - len / 50, n = 0;
	int rc;

	*method = FSK_ZIP_STORED;
	if (len > 0 && seems_packable(p)) {
		if ((rc = fsk_buf_reserve(&p->packed, limit, err)) < 0)
			return rc;
		n = libdeflate_deflate_compress(p->fast, p->whole.data, len, p->packed.data, limit);
	}
	if (n == 0 || n >= len)
		return give(p, p->whole.data, len, err);
	*method = FSK_ZIP_DEFLATED;
	return give(p, p->packed.data, n, err);
}

int fsk_pack_end(struct fsk_pack *p, uint16_t *method, struct fsk_err *err)
{
	int rc = 0;

	*method = p->mode == DEFLATE ? FSK_ZIP_DEFLATED : FSK_ZIP_STORED;
	if (p->mode == GATHER)
		rc = pack_whole(p, method, err);
	else if (p->mode == DEFLATE)
		rc = deflate_some(p, NULL, 0, Z_FINISH, err);
	if (rc == 0)
		rc = flush_out(p, err);
	p->mode = GATHER;
	fsk_buf_reset(&p->whole);
	return rc;
}
