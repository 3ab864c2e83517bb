/* Digests in one block of memory, sorted where they are. */
#include <stdlib.h>
#include <string.h>

#include "plugins/hashset/parts.h"

#define EXTRA 8 /* bytes of line and label behind a digest */
#define RECORD_MAX (FSK_HASH_BYTES_MAX + EXTRA)
#define FEW 24 /* records that are sorted by insertion */
#define BITS_MAX 20

int fsk_hash_table_open(struct fsk_hash_table *t, enum fsk_hash_kind kind, size_t cap,
                        struct fsk_err *err)
{
	memset(t, 0, sizeof(*t));
	t->digest = fsk_hash_size(kind);
	t->size = t->digest + EXTRA;
	if (cap == 0)
		return 0;
	t->records = malloc(cap * t->size);
	if (t->records == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu digests", cap);
	t->cap = cap;
	return 0;
}

void fsk_hash_table_close(struct fsk_hash_table *t)
{
	free(t->records);
	free(t->starts);
	memset(t, 0, sizeof(*t));
}

static void put_be(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t) (v >> (24 - 8 * i));
}

static uint32_t get_be(const uint8_t *p)
{
	return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

void fsk_hash_table_add(struct fsk_hash_table *t, const uint8_t *digest, uint32_t line,
                        uint32_t label)
{
	uint8_t *r;

	if (t->count == t->cap)
		return;
	r = t->records + t->count++ * t->size;
	memcpy(r, digest, t->digest);
	put_be(r + t->digest, line);
	put_be(r + t->digest + 4, label);
}

/* --- sorting: by digest, then line --- */

struct span {
	uint8_t *at;
	size_t n, size;
	size_t depth; /* bytes that are equal in all */
};

static void sort_few(const struct span *s)
{
	uint8_t r[RECORD_MAX];

	for (size_t i = 1; i < s->n; i++) {
		size_t j = i;

		memcpy(r, s->at + i * s->size, s->size);
		while (j > 0 && memcmp(s->at + (j - 1) * s->size, r, s->size) > 0) {
			memcpy(s->at + j * s->size, s->at + (j - 1) * s->size, s->size);
			j--;
		}
		memcpy(s->at + j * s->size, r, s->size);
	}
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t r[RECORD_MAX];

	memcpy(r, a, n);
	memcpy(a, b, n);
	memcpy(b, r, n);
}

/* Puts each record where those with its byte belong; `end[b]` is behind them. */
static void deal(const struct span *s, size_t end[256])
{
	size_t next[256], from = 0;

	memset(end, 0, 256 * sizeof(end[0]));
	for (size_t i = 0; i < s->n; i++)
		end[s->at[i * s->size + s->depth]]++;
	for (int b = 0; b < 256; b++) {
		next[b] = from;
		from += end[b];
		end[b] = from;
	}
	for (int b = 0; b < 256; b++) {
		while (next[b] < end[b]) {
			uint8_t *r = s->at + next[b] * s->size;
			uint8_t its = r[s->depth];

			if (its == b)
				next[b]++;
			else
				swap(r, s->at + next[its]++ * s->size, s->size);
		}
	}
}

/* Radix sort in place, from the first byte on; it goes no deeper than a record is long. */
static void sort(const struct span *s)
{
	size_t end[256], from = 0;

	if (s->n <= FEW || s->depth >= s->size) {
		sort_few(s);
		return;
	}
	deal(s, end);
	for (int b = 0; b < 256; b++) {
		const struct span part = { s->at + from * s->size, end[b] - from, s->size,
			                   s->depth + 1 };

		if (part.n > 1)
			sort(&part);
		from = end[b];
	}
}

/* --- index --- */

static size_t leading(const struct fsk_hash_table *t, const uint8_t *digest)
{
	return t->bits == 0 ? 0 : get_be(digest) >> (32 - t->bits);
}

static size_t drop_duplicates(struct fsk_hash_table *t)
{
	size_t kept = 0, n = t->count;

	for (size_t i = 0; i < n; i++) {
		const uint8_t *r = t->records + i * t->size;

		if (kept > 0 && memcmp(r - t->size, r, t->digest) == 0)
			continue;
		memmove(t->records + kept++ * t->size, r, t->size);
	}
	t->count = kept;
	return n - kept;
}

static void shrink(struct fsk_hash_table *t)
{
	uint8_t *less = realloc(t->records, t->count * t->size);

	if (less == NULL)
		return;
	t->records = less;
	t->cap = t->count;
}

static int make_starts(struct fsk_hash_table *t, struct fsk_err *err)
{
	size_t slots, at = 0;

	while (t->bits < BITS_MAX && ((size_t) 16 << t->bits) < t->count)
		t->bits++;
	slots = (size_t) 1 << t->bits;
	t->starts = malloc((slots + 1) * sizeof(t->starts[0]));
	if (t->starts == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for an index of digests");
	for (size_t slot = 0; slot < slots; slot++) {
		while (at < t->count && leading(t, t->records + at * t->size) < slot)
			at++;
		t->starts[slot] = (uint32_t) at;
	}
	t->starts[slots] = (uint32_t) t->count;
	return 0;
}

int64_t fsk_hash_table_seal(struct fsk_hash_table *t, struct fsk_err *err)
{
	const struct span all = { t->records, t->count, t->size, 0 };
	size_t duplicates;

	if (t->count == 0)
		return 0;
	sort(&all);
	duplicates = drop_duplicates(t);
	shrink(t);
	if (make_starts(t, err) < 0)
		return FSK_ENOMEM;
	return (int64_t) duplicates;
}

bool fsk_hash_table_find(uint32_t *line, uint32_t *label, const struct fsk_hash_table *t,
                         const uint8_t *digest)
{
	size_t low, high;

	if (t->count == 0)
		return false;
	low = t->starts[leading(t, digest)];
	high = t->starts[leading(t, digest) + 1];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const uint8_t *r = t->records + middle * t->size;
		int order = memcmp(r, digest, t->digest);

		if (order == 0) {
			*line = get_be(r + t->digest);
			*label = get_be(r + t->digest + 4);
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

size_t fsk_hash_table_memory(const struct fsk_hash_table *t)
{
	size_t starts = t->starts ? ((size_t) 1 << t->bits) + 1 : 0;

	return t->cap * t->size + starts * sizeof(t->starts[0]);
}
