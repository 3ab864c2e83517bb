#include "core/archive/deflate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CODE_BITS_MAX 15u
#define LITLEN_MAX 288u
#define DIST_MAX 32u
#define PRECODE_MAX 19u
#define LOOK_BITS 11u /* of the stream that a look into a table shows */
#define TABLE (1u << LOOK_BITS)

/* An entry: how many bits are taken, extra bits included, and which table is
 * next: that of literals and lengths (0), or, behind a length, that of
 * distances (TABLE, as an offset). An entry that stops takes nothing and leads
 * to itself: the end of a block, a code longer than a look, no code at all. */
enum {
	TAKE = 0x003f,
	STOP = 0x0040,
	DIST = TABLE,
	CODE_SHIFT = 12, /* above it: bits of the code alone, in `single` */
};

/* A canonical code, for what the tables do not show. */
struct code {
	uint16_t count[CODE_BITS_MAX + 1];
	uint16_t symbols[LITLEN_MAX]; /* by length, then by number */
};

struct bits {
	const uint8_t *p;
	size_t n, at; /* bytes, and how many of them were taken into `bits` */
	uint64_t bits;
	unsigned have;   /* of `bits` */
	unsigned beyond; /* of them lie behind the end and are zero */
};

struct fsk_deflate {
	uint16_t single[TABLE];     /* one literal or length a look */
	uint16_t tables[2 * TABLE]; /* as many literals as fit; distances */
	struct code litlen_code, dist_code;
	struct bits in;
};

struct fsk_deflate *fsk_deflate_new(void)
{
	return calloc(1, sizeof(struct fsk_deflate));
}

void fsk_deflate_free(struct fsk_deflate *d)
{
	free(d);
}

void fsk_deflate_stored_head(uint8_t head[FSK_DEFLATE_STORED_HEAD], size_t n, int final)
{
	head[0] = final != 0;
	head[1] = (uint8_t) n;
	head[2] = (uint8_t) (n >> 8);
	head[3] = (uint8_t) ~n;
	head[4] = (uint8_t) (~n >> 8);
}

/* --- bits --- */

static uint64_t load64(const uint8_t *p)
{
	return (uint64_t) p[0] | (uint64_t) p[1] << 8 | (uint64_t) p[2] << 16 |
	       (uint64_t) p[3] << 24 | (uint64_t) p[4] << 32 | (uint64_t) p[5] << 40 |
	       (uint64_t) p[6] << 48 | (uint64_t) p[7] << 56;
}

/* From here on there are at least 56 bits; behind the end they are zero. */
static void refill(struct bits *b)
{
	if (b->n - b->at >= 8) {
		b->bits |= load64(b->p + b->at) << b->have;
		b->at += (63 - b->have) >> 3;
		b->have |= 56;
		return;
	}
	while (b->have <= 56) {
		if (b->at < b->n)
			b->bits |= (uint64_t) b->p[b->at++] << b->have;
		else
			b->beyond += 8;
		b->have += 8;
	}
}

static void take(struct bits *b, unsigned count)
{
	b->bits >>= count;
	b->have -= count;
}

static unsigned get(struct bits *b, unsigned count)
{
	unsigned v = (unsigned) b->bits & ((1u << count) - 1);

	take(b, count);
	return v;
}

/* Bits taken so far. */
static uint64_t position(const struct bits *b)
{
	return (uint64_t) b->at * 8 + b->beyond - b->have;
}

static bool overran(const struct bits *b)
{
	return b->beyond > b->have;
}

/* --- codes --- */

static const uint8_t length_extra[LITLEN_MAX - 257] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
	                                                2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };

/* Bits behind the code; -1: there is no such symbol. */
static int litlen_extra(unsigned symbol)
{
	if (symbol <= 256)
		return 0;
	return symbol > 285 ? -1 : length_extra[symbol - 257];
}

static int dist_extra(unsigned symbol)
{
	if (symbol > 29)
		return -1;
	return symbol < 4 ? 0 : (int) symbol / 2 - 1;
}

static uint16_t litlen_entry(unsigned symbol, unsigned len)
{
	int extra = litlen_extra(symbol);

	if (symbol == 256 || extra < 0)
		return STOP;
	return (uint16_t) (len << CODE_SHIFT | (symbol > 256 ? DIST : 0) |
	                   (len + (unsigned) extra));
}

static uint16_t dist_entry(unsigned symbol, unsigned len)
{
	int extra = dist_extra(symbol);

	return extra < 0 ? DIST | STOP : (uint16_t) (len + (unsigned) extra);
}

static unsigned reversed(unsigned v, unsigned bits)
{
	unsigned r = 0;

	for (; bits > 0; bits--, v >>= 1)
		r = r << 1 | (v & 1);
	return r;
}

/* Sorts the symbols by length. False when the lengths are those of no prefix
 * code; one that is not complete may have one symbol at most. */
static bool make_code(struct code *c, const uint8_t *lens, unsigned symbols)
{
	unsigned next[CODE_BITS_MAX + 2] = { 0 };
	int left = 1;

	memset(c->count, 0, sizeof(c->count));
	for (unsigned i = 0; i < symbols; i++)
		c->count[lens[i]]++;
	for (unsigned len = 1; len <= CODE_BITS_MAX; len++) {
		left = 2 * left - c->count[len];
		if (left < 0)
			return false;
		next[len + 1] = next[len] + c->count[len];
	}
	for (unsigned i = 0; i < symbols; i++)
		if (lens[i] != 0)
			c->symbols[next[lens[i]]++] = (uint16_t) i;
	return left == 0 || (unsigned) c->count[0] + 1 >= symbols;
}

/* One symbol an entry. */
static void fill_table(uint16_t *table, const struct code *c, uint16_t stop,
                       uint16_t (*entry_of)(unsigned symbol, unsigned len))
{
	unsigned word = 0, k = 0;

	for (unsigned i = 0; i < TABLE; i++)
		table[i] = stop;
	for (unsigned len = 1; len <= LOOK_BITS; len++, word <<= 1)
		for (unsigned i = 0; i < c->count[len]; i++, word++, k++) {
			uint16_t entry = entry_of(c->symbols[k], len);

			for (unsigned at = reversed(word, len); at < TABLE; at += 1u << len)
				table[at] = entry;
		}
}

/* As many literals an entry as fit, and a length behind them. A look shows only
 * LOOK_BITS: behind the literals fewer of them are known. */
static void join_literals(struct fsk_deflate *d)
{
	for (unsigned i = 0; i < TABLE; i++) {
		unsigned entry = d->single[i], used = entry & TAKE;

		while ((entry & (STOP | DIST)) == 0 && used < LOOK_BITS) {
			unsigned next = d->single[i >> used];

			if ((next & STOP) || next >> CODE_SHIFT > LOOK_BITS - used)
				break;
			entry = next;
			used += next & TAKE;
		}
		d->tables[i] = (uint16_t) ((entry & (STOP | DIST)) | used);
	}
}

/* One symbol, bit by bit: 15 bits must be there. -1: there is none. */
static int decode(struct bits *b, const struct code *c)
{
	unsigned word = 0, first = 0, index = 0;

	for (unsigned len = 1; len <= CODE_BITS_MAX; len++) {
		unsigned count = c->count[len];

		word |= get(b, 1);
		if (word < first + count)
			return c->symbols[index + word - first];
		index += count;
		first = (first + count) << 1;
		word <<= 1;
	}
	return -1;
}

static bool set_codes(struct fsk_deflate *d, const uint8_t *litlen, unsigned nlitlen,
                      const uint8_t *dist, unsigned ndist)
{
	if (!make_code(&d->litlen_code, litlen, nlitlen) ||
	    !make_code(&d->dist_code, dist, ndist) || litlen[256] == 0)
		return false;
	fill_table(d->single, &d->litlen_code, STOP, litlen_entry);
	fill_table(d->tables + DIST, &d->dist_code, DIST | STOP, dist_entry);
	join_literals(d);
	return true;
}

static bool set_fixed_codes(struct fsk_deflate *d)
{
	uint8_t litlen[LITLEN_MAX], dist[DIST_MAX];

	memset(litlen, 8, 144);
	memset(litlen + 144, 9, 112);
	memset(litlen + 256, 7, 24);
	memset(litlen + 280, 8, 8);
	memset(dist, 5, sizeof(dist));
	return set_codes(d, litlen, LITLEN_MAX, dist, DIST_MAX);
}

/* The lengths of both codes, which are one list. */
static bool read_lengths(struct fsk_deflate *d, uint8_t *lens, unsigned count,
                         const struct code *precode)
{
	unsigned i = 0;

	while (i < count) {
		unsigned repeat = 1, value = 0;
		int symbol;

		refill(&d->in);
		symbol = decode(&d->in, precode);
		if (symbol < 0 || (symbol == 16 && i == 0))
			return false;
		if (symbol < 16)
			value = (unsigned) symbol;
		else if (symbol == 16)
			value = lens[i - 1], repeat = 3 + get(&d->in, 2);
		else
			repeat = symbol == 17 ? 3 + get(&d->in, 3) : 11 + get(&d->in, 7);
		if (repeat > count - i)
			return false;
		memset(lens + i, (int) value, repeat);
		i += repeat;
	}
	return true;
}

static bool read_codes(struct fsk_deflate *d)
{
	static const uint8_t order[PRECODE_MAX] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
		                                    11, 4,  12, 3, 13, 2, 14, 1, 15 };
	uint8_t lens[LITLEN_MAX + DIST_MAX], prelens[PRECODE_MAX] = { 0 };
	unsigned nlitlen, ndist, nprecode;
	struct code precode;

	nlitlen = 257 + get(&d->in, 5);
	ndist = 1 + get(&d->in, 5);
	nprecode = 4 + get(&d->in, 4);
	for (unsigned i = 0; i < nprecode; i++) {
		refill(&d->in);
		prelens[order[i]] = (uint8_t) get(&d->in, 3);
	}
	if (nlitlen > 286 || !make_code(&precode, prelens, PRECODE_MAX) ||
	    !read_lengths(d, lens, nlitlen + ndist, &precode))
		return false;
	return set_codes(d, lens, nlitlen, lens + nlitlen, ndist);
}

/* --- blocks --- */

static bool skip_stored(struct bits *b)
{
	uint64_t at;
	unsigned len;

	take(b, (unsigned) -position(b) & 7);
	refill(b);
	len = get(b, 16);
	if ((get(b, 16) ^ len) != 0xffff || overran(b))
		return false;
	at = position(b) / 8;
	if (len > b->n - at)
		return false;
	*b = (struct bits){ .p = b->p, .n = b->n, .at = (size_t) at + len };
	return true;
}

/* Two looks take no more than the 56 bits that are there: a length 16 and a
 * distance 24. */
static unsigned skip_fast(struct bits *b, unsigned entry, const uint16_t *tables)
{
	do {
		refill(b);
		for (unsigned i = 0; i < 2; i++) {
			entry = tables[(entry & DIST) + ((unsigned) b->bits & (TABLE - 1))];
			take(b, entry & TAKE);
		}
	} while ((entry & STOP) == 0 && !overran(b));
	return entry;
}

/* Where the tables stop: one symbol by the code. True at the end of the block. */
static bool skip_slow(struct bits *b, unsigned *entry, bool *good, const struct fsk_deflate *d)
{
	bool dist = *entry & DIST;
	int symbol, extra;

	refill(b);
	symbol = decode(b, dist ? &d->dist_code : &d->litlen_code);
	extra = symbol < 0 ? -1
	        : dist     ? dist_extra((unsigned) symbol)
	                   : litlen_extra((unsigned) symbol);
	*good = extra >= 0;
	if (extra > 0)
		take(b, (unsigned) extra);
	*entry = !dist && symbol > 256 ? DIST : 0;
	return !dist && symbol == 256;
}

static bool skip_symbols(struct fsk_deflate *d)
{
	struct bits b = d->in; /* a copy, which fits into registers */
	bool good = true, end = false;
	unsigned entry = 0;

	while (good && !end) {
		entry = skip_fast(&b, entry, d->tables);
		if (!overran(&b))
			end = skip_slow(&b, &entry, &good, d);
		good = good && !overran(&b);
	}
	d->in = b;
	return good;
}

static bool skip_block(struct fsk_deflate *d, unsigned type)
{
	switch (type) {
	case 0:
		return skip_stored(&d->in);
	case 1:
		return set_fixed_codes(d) && skip_symbols(d);
	case 2:
		return read_codes(d) && skip_symbols(d);
	default:
		return false;
	}
}

/* From bit `end` on: an empty stored block. */
static size_t append_empty(uint8_t *p, uint64_t end)
{
	size_t at = (size_t) (end / 8);
	uint8_t head[FSK_DEFLATE_STORED_HEAD];

	if (end % 8 != 0)
		p[at] &= (uint8_t) ((1u << end % 8) - 1);
	if (end % 8 > 5)
		p[++at] = 0; /* its three bits go on in the next byte */
	else if (end % 8 == 0)
		p[at] = 0;
	fsk_deflate_stored_head(head, 0, 0);
	memcpy(p + at + 1, head + 1, 4);
	return at + 5;
}

int fsk_deflate_open(struct fsk_deflate *d, uint8_t *p, size_t *n, struct fsk_err *err)
{
	uint64_t head;
	unsigned final;

	d->in = (struct bits){ .p = p, .n = *n };
	do {
		unsigned type;

		head = position(&d->in);
		refill(&d->in);
		final = get(&d->in, 1);
		type = get(&d->in, 2);
		if (!skip_block(d, type) || overran(&d->in))
			return fsk_err_set(err, FSK_ECORRUPT, "no DEFLATE stream at bit %llu",
			                   (unsigned long long) head);
	} while (!final);
	if ((position(&d->in) + 7) / 8 != *n)
		return fsk_err_set(err, FSK_ECORRUPT, "bytes follow the DEFLATE stream");
	p[head / 8] &= (uint8_t) ~(1u << head % 8);
	*n = append_empty(p, position(&d->in));
	return 0;
}
