#include "core/base/sort.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Runs that are too many, or that overlap too much, are for qsort: it moves each item
 * about twenty times among a million. */
#define MOVES_FOR_EACH 4u

struct sort {
	uint8_t *base;
	size_t n, size, moved;
	int (*cmp)(const void *, const void *);
};

static uint8_t *at(const struct sort *s, size_t i)
{
	return s->base + i * s->size;
}

/* Behind the ascending run that begins at `from`. */
static size_t end_of_run(const struct sort *s, size_t from)
{
	size_t i = from + 1;

	while (i < s->n && s->cmp(at(s, i - 1), at(s, i)) <= 0)
		i++;
	return i;
}

/* The first of `n` sorted items that belongs behind `item`. */
static size_t find_behind(const struct sort *s, size_t n, const void *item)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->cmp(at(s, mid), item) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Merges [0, middle) and [middle, end), both sorted. False without memory, and when it
 * would be too much work. */
static bool merge(struct sort *s, size_t middle, size_t end)
{
	size_t to = find_behind(s, middle, at(s, middle));
	size_t left = middle - to, i = 0, k = middle;
	uint8_t *front;

	s->moved += left;
	if (s->moved > s->n * MOVES_FOR_EACH)
		return false;
	front = malloc(left * s->size + 1);
	if (front == NULL)
		return false;
	memcpy(front, at(s, to), left * s->size);
	for (; i < left; to++) {
		if (k < end && s->cmp(front + i * s->size, at(s, k)) > 0)
			memcpy(at(s, to), at(s, k++), s->size);
		else
			memcpy(at(s, to), front + i++ * s->size, s->size);
	}
	s->moved += k - middle;
	free(front);
	return true;
}

void fsk_sort_runs(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	struct sort s = { .base = base, .n = n, .size = size, .cmp = cmp };
	size_t done = n > 0 ? end_of_run(&s, 0) : 0;

	while (done < n) {
		size_t end = end_of_run(&s, done);

		if (!merge(&s, done, end)) {
			qsort(base, n, size, cmp);
			return;
		}
		done = end;
	}
}
