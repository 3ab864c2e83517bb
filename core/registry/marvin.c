#include "core/registry/marvin.h"

struct state {
	uint32_t low, high;
};

static uint32_t rotate(uint32_t v, unsigned bits)
{
	return v << bits | v >> (32 - bits);
}

static void mix(struct state *s, uint32_t word)
{
	s->low += word;
	s->high ^= s->low;
	s->low = rotate(s->low, 20) + s->high;
	s->high = rotate(s->high, 9) ^ s->low;
	s->low = rotate(s->low, 27) + s->high;
	s->high = rotate(s->high, 19);
}

uint64_t fsk_marvin32(const uint8_t *p, size_t n, uint64_t seed)
{
	struct state s = { (uint32_t) seed, (uint32_t) (seed >> 32) };
	uint32_t last = 0x80;

	for (; n >= 4; p += 4, n -= 4)
		mix(&s, (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 |
		            (uint32_t) p[3] << 24);
	while (n > 0)
		last = last << 8 | p[--n];
	mix(&s, last);
	mix(&s, 0);
	return (uint64_t) s.high << 32 | s.low;
}
