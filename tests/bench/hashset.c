/* Reads a list of digests, made here, and finds each of them: CPU time of both.
 *
 *   hashset [COUNT]     COUNT digests of SHA-256, 2 million by default */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugins/hashset/hashset.h"

#define LINE 65

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static double seconds(void)
{
	return (double) clock() / CLOCKS_PER_SEC;
}

static char *make(size_t n)
{
	char *text = malloc(n * LINE + 1);
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; text != NULL && i < n; i++) {
		for (size_t k = 0; k < 4; k++)
			snprintf(text + i * LINE + k * 16, 17, "%016llx",
			         (unsigned long long) next(&x));
		text[i * LINE + LINE - 1] = '\n';
	}
	return text;
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000000, found = 0;
	struct fsk_hashset_counts c;
	struct fsk_hashset_hit hit;
	struct fsk_hashset *s;
	char *text = make(n);
	double start, loaded;

	if (text == NULL)
		return 1;
	start = seconds();
	if (fsk_hashset_load(&s, text, n * LINE, NULL) < 0)
		return 1;
	loaded = seconds();
	for (size_t i = 0; i < n; i++)
		found += fsk_hashset_find(&hit, s, text + i * LINE, LINE - 1);
	fsk_hashset_counts(&c, s);
	printf("%zu digests: read in %.2f s, %.1f million found in a second (%zu), "
	       "%.2f of their size\n",
	       n, loaded - start, (double) n / (seconds() - loaded) / 1e6, found,
	       (double) c.memory / (double) (n * 32));
	fsk_hashset_free(s);
	free(text);
	return 0;
}
