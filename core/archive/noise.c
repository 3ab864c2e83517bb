#include "core/archive/noise.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LOOK 4096u /* bytes that tell most units that are not noise */
#define SLOT_BITS 12u
#define SAMPLED 7u   /* of the hash: one place in eight is remembered */
#define REPEATS 128u /* one in so many places: not noise */
#define SMALL 1024u  /* too few bytes to tell */

struct fsk_noise {
	uint32_t counts[2][256];
	uint32_t slots[1u << SLOT_BITS]; /* offset + 1 of a place with this hash */
};

struct fsk_noise *fsk_noise_new(void)
{
	return calloc(1, sizeof(struct fsk_noise));
}

void fsk_noise_free(struct fsk_noise *t)
{
	free(t);
}

/* Are the values of n bytes as even as those of noise? For even ones the sum of
 * the squares of the counts is n * n / 256, and n more by chance. A Huffman
 * code that saves one part in a hundred needs about a ninth more; `slack` is
 * the part that is allowed, as 1 / slack. */
static bool is_even(struct fsk_noise *t, const uint8_t *p, size_t n, unsigned slack)
{
	uint64_t sum = 0, even = (uint64_t) n * n / 256;
	size_t i;

	memset(t->counts, 0, sizeof(t->counts));
	for (i = 0; i + 1 < n; i += 2) {
		t->counts[0][p[i]]++;
		t->counts[1][p[i + 1]]++;
	}
	if (i < n)
		t->counts[0][p[i]]++;
	for (i = 0; i < 256; i++) {
		uint64_t c = t->counts[0][i] + t->counts[1][i];

		sum += c * c;
	}
	return sum <= even + n + even / slack;
}

static uint32_t load32(const uint8_t *p)
{
	return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 |
	       (uint32_t) p[3] << 24;
}

/* Do four bytes come again within a unit's length? The places that are
 * remembered are chosen by what is there, so that a second copy has the same. */
static bool has_repeats(struct fsk_noise *t, const uint8_t *p, size_t from, size_t to)
{
	size_t places = 0, repeats = 0;

	for (size_t i = from; i + 4 <= to; i++) {
		uint32_t v = load32(p + i), hash = v * 0x9e3779b1u, *slot;

		if ((hash >> 8 & SAMPLED) != 0)
			continue;
		slot = &t->slots[hash >> (32 - SLOT_BITS)];
		places++;
		if (*slot != 0 && i + 1 - *slot <= FSK_NOISE_UNIT && load32(p + *slot - 1) == v)
			repeats++;
		*slot = (uint32_t) i + 1;
	}
	return repeats * REPEATS > places;
}

uint32_t fsk_noise_units(struct fsk_noise *t, const uint8_t *p, size_t n)
{
	uint32_t noise = 0;
	bool fresh = false;

	for (size_t from = 0, unit = 0; from < n; from += FSK_NOISE_UNIT, unit++) {
		size_t len = n - from < FSK_NOISE_UNIT ? n - from : FSK_NOISE_UNIT;
		size_t before = from > FSK_NOISE_UNIT ? from - FSK_NOISE_UNIT : 0;

		if (len < SMALL || (len > LOOK && !is_even(t, p + from, LOOK, 4)) ||
		    !is_even(t, p + from, len, 12)) {
			fresh = false;
			continue;
		}
		if (!fresh) {
			memset(t->slots, 0, sizeof(t->slots));
			has_repeats(t, p, before, from);
		}
		fresh = true;
		if (!has_repeats(t, p, from, from + len))
			noise |= 1u << unit;
	}
	return noise;
}
