#include "core/keeper/kept.h"

#include <stdlib.h>
#include <string.h>

/* Of a value that has others in it, and of each of these: about what Lua 5.4 takes for a
 * table, and for a slot with a short string. */
#define STRUCTURE_COST 56u
#define ROW_COST 64u

void fsk_kept_init(struct fsk_kept *k, uint64_t max)
{
	*k = (struct fsk_kept){ .max = max };
}

void fsk_kept_free(struct fsk_kept *k)
{
	for (size_t i = 0; i < k->count; i++)
		free(k->rows[i].key);
	free(k->rows);
	free(k->cut);
	*k = (struct fsk_kept){ .max = k->max };
}

static uint64_t weigh(const char *text, size_t n)
{
	uint64_t weight = ROW_COST + n;

	for (size_t i = 0; i < n; i++)
		if (text[i] == '{' || text[i] == '[' || text[i] == ',' || text[i] == ':')
			weight += STRUCTURE_COST;
	return weight;
}

static bool is_later(const struct fsk_kept_row *a, const struct fsk_kept_row *b)
{
	return strcmp(a->key, b->key) > 0;
}

static void swap(struct fsk_kept_row *a, struct fsk_kept_row *b)
{
	struct fsk_kept_row t = *a;

	*a = *b;
	*b = t;
}

static void sift_up(struct fsk_kept *k, size_t i)
{
	for (size_t up = (i - 1) / 2; i > 0 && is_later(&k->rows[i], &k->rows[up]);
	     i = up, up = (i - 1) / 2)
		swap(&k->rows[i], &k->rows[up]);
}

static void sift_down(struct fsk_kept *k)
{
	for (size_t i = 0, down = 1; down < k->count; i = down, down = 2 * i + 1) {
		if (down + 1 < k->count && is_later(&k->rows[down + 1], &k->rows[down]))
			down++;
		if (!is_later(&k->rows[down], &k->rows[i]))
			return;
		swap(&k->rows[i], &k->rows[down]);
	}
}

/* From its key on nothing is kept any more. */
static void drop_last(struct fsk_kept *k)
{
	struct fsk_kept_row last = k->rows[0];

	k->rows[0] = k->rows[--k->count];
	sift_down(k);
	k->weight -= last.weight;
	free(k->cut);
	k->cut = last.key;
}

static int grow(struct fsk_kept *k, struct fsk_err *err)
{
	size_t cap = k->cap == 0 ? 64 : 2 * k->cap;
	struct fsk_kept_row *rows;

	if (k->count < k->cap)
		return 0;
	rows = realloc(k->rows, cap * sizeof(*rows));
	if (rows == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	k->rows = rows;
	k->cap = cap;
	return 0;
}

int fsk_kept_add(struct fsk_kept *k, const char *key, uint32_t tag, const char *text, size_t n,
                 struct fsk_err *err)
{
	size_t key_len = strlen(key) + 1;
	struct fsk_kept_row row = { .len = n, .tag = tag };

	if (k->cut != NULL && strcmp(key, k->cut) >= 0)
		return 0;
	if (grow(k, err) < 0)
		return FSK_ENOMEM;
	row.key = malloc(key_len + n + 1);
	if (row.key == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	memcpy(row.key, key, key_len);
	row.text = row.key + key_len;
	memcpy(row.text, text, n);
	row.text[n] = '\0';
	row.weight = weigh(text, n) + key_len;
	k->weight += row.weight;
	k->rows[k->count++] = row;
	sift_up(k, k->count - 1);
	while (k->weight > k->max)
		drop_last(k);
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct fsk_kept_row *x = a, *y = b;

	return strcmp(x->key, y->key);
}

void fsk_kept_sort(struct fsk_kept *k)
{
	if (k->count > 0)
		qsort(k->rows, k->count, sizeof(*k->rows), by_key);
}
