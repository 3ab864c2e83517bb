#include "core/archive/pack.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/archive/deflate.h"
#include "core/archive/noise.h"

#define UNITS_MAX (FSK_PACK_PIECE / FSK_NOISE_UNIT)
#define NOISE_MIN 2u /* units of noise in a row that are worth a cut */

_Static_assert(FSK_PACK_PIECE <= FSK_NOISE_PIECE_MAX, "a piece is judged at once");

struct fsk_packer {
	struct libdeflate_compressor *deflate;
	struct fsk_deflate *walk;
	struct fsk_noise *noise;
	uint8_t *out;
	size_t len, cap;
};

void fsk_packer_free(struct fsk_packer *p)
{
	if (p == NULL)
		return;
	libdeflate_free_compressor(p->deflate);
	fsk_deflate_free(p->walk);
	fsk_noise_free(p->noise);
	free(p->out);
	free(p);
}

int fsk_packer_new(struct fsk_packer **out, int level, struct fsk_err *err)
{
	struct fsk_packer *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p != NULL) {
		p->deflate = libdeflate_alloc_compressor(level);
		p->walk = fsk_deflate_new();
		p->noise = fsk_noise_new();
		/* every part may come out a little larger than it is */
		p->cap = libdeflate_deflate_compress_bound(p->deflate, FSK_PACK_PIECE) +
		         (size_t) UNITS_MAX * 64;
		p->out = malloc(p->cap);
	}
	if (p == NULL || p->deflate == NULL || p->walk == NULL || p->noise == NULL ||
	    p->out == NULL) {
		fsk_packer_free(p);
		return fsk_err_set(err, FSK_ENOMEM, "no memory to pack");
	}
	*out = p;
	return 0;
}

/* The first unit from `at` on where a run of at least NOISE_MIN units of noise
 * begins (`*run` of them), or `units`. */
static unsigned find_noise(unsigned *run, uint32_t noise, unsigned at, unsigned units)
{
	for (; at<units; at += *run> 0 ? *run : 1) {
		for (*run = 0; at + *run < units && (noise >> (at + *run) & 1); (*run)++)
			;
		if (*run >= NOISE_MIN)
			return at;
	}
	*run = 0;
	return units;
}

static void store(struct fsk_packer *packer, const uint8_t *p, size_t n, bool final)
{
	while (n > 0) {
		size_t part = n < FSK_DEFLATE_STORED_MAX ? n : FSK_DEFLATE_STORED_MAX;

		fsk_deflate_stored_head(packer->out + packer->len, part, final && part == n);
		packer->len += FSK_DEFLATE_STORED_HEAD;
		memcpy(packer->out + packer->len, p, part);
		packer->len += part;
		p += part;
		n -= part;
	}
}

static int deflate(struct fsk_packer *packer, const uint8_t *p, size_t n, bool final,
                   struct fsk_err *err)
{
	uint8_t *to = packer->out + packer->len;
	size_t made = libdeflate_deflate_compress(packer->deflate, p, n, to,
	                                          packer->cap - packer->len - FSK_DEFLATE_OPEN_MAX);
	int rc = 0;

	if (made == 0)
		return fsk_err_set(err, FSK_ELIMIT, "%zu bytes do not fit into their bound", n);
	if (!final)
		rc = fsk_deflate_open(packer->walk, to, &made, err);
	packer->len += made;
	return rc;
}

int fsk_pack_piece(struct fsk_packer *packer, const uint8_t **out, size_t *packed, const uint8_t *p,
                   size_t n, enum fsk_pack_place place, struct fsk_err *err)
{
	unsigned units = (unsigned) ((n + FSK_NOISE_UNIT - 1) / FSK_NOISE_UNIT), run, at = 0;
	uint32_t noise = fsk_noise_units(packer->noise, p, n);
	int rc = 0;

	packer->len = 0;
	while (rc == 0 && at < units) {
		unsigned stop = find_noise(&run, noise, at, units);
		size_t from = (size_t) at * FSK_NOISE_UNIT, cut = (size_t) stop * FSK_NOISE_UNIT,
		       end = (size_t) (stop + run) * FSK_NOISE_UNIT;

		cut = cut < n ? cut : n;
		end = end < n ? end : n;
		if (cut > from)
			rc = deflate(packer, p + from, cut - from,
			             place != FSK_PACK_INSIDE && cut == n, err);
		store(packer, p + cut, end - cut, place != FSK_PACK_INSIDE && end == n);
		at = stop + run;
	}
	if (place == FSK_PACK_ALONE && packer->len >= n - n / 50)
		packer->len = 0;
	*out = packer->out;
	*packed = packer->len;
	return rc;
}
