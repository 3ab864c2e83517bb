/* Patterns and paths, one a line: the patterns, each a set of its own, then an
 * empty line, then paths. The first byte chooses whether case is folded. The
 * matcher must say what the globs say; where it does not, that is a crash. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/matcher_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES_MAX 40u
#define SIZE_MAX_HERE 2048u
#define ALTERNATIVES_MAX 200u /* the globs are slow */

static char *next_line(char **rest)
{
	char *line = *rest, *end = line != NULL ? strchr(line, '\n') : NULL;

	if (end != NULL)
		*end = '\0';
	*rest = end != NULL ? end + 1 : NULL;
	return line;
}

static void check(char *text, bool fold)
{
	struct fsk_globset sets[LINES_MAX] = { 0 };
	struct fsk_matcher *m = NULL;
	char *rest = text, *line;
	uint32_t n = 0;

	if (fsk_matcher_new(&m, fold, NULL) < 0)
		return;
	while ((line = next_line(&rest)) != NULL && *line != '\0' && n < LINES_MAX) {
		if (fsk_globset_add(&sets[n], line, NULL) < 0)
			continue;
		if (sets[n].count > ALTERNATIVES_MAX) {
			fsk_globset_free(&sets[n]);
			continue;
		}
		if (fsk_matcher_add(m, &sets[n], n, NULL) < 0)
			abort();
		n++;
	}
	for (unsigned k = 0; k < LINES_MAX && (line = next_line(&rest)) != NULL; k++)
		if (!matcher_agrees(m, sets, n, line, fold))
			abort();
	fsk_matcher_free(m);
	for (uint32_t i = 0; i < LINES_MAX; i++)
		fsk_globset_free(&sets[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1 || size > SIZE_MAX_HERE || (text = malloc(size)) == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	check(text, (data[0] & 1) != 0);
	free(text);
	return 0;
}
