#include "tests/unit/matcher_check.h"

#include <stdlib.h>
#include <string.h>

static bool same_hits(const struct fsk_numbers *hits, const struct fsk_globset *sets, size_t count,
                      const char *path, bool fold)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (!fsk_globset_match(&sets[i], path, fold))
			continue;
		if (n == hits->count || hits->items[n++] != i)
			return false;
	}
	return n == hits->count;
}

static bool same_descent(const struct fsk_match *r, const struct fsk_globset *sets, size_t count,
                         const char *path, bool fold)
{
	bool any = false;

	for (size_t i = 0; i < count && !any; i++)
		any = fsk_globset_may_descend(&sets[i], path, fold);
	return any == (r->below.count > 0);
}

/* `copy` is cut at the end of each component in turn. */
static bool walk(struct fsk_matcher *m, const struct fsk_globset *sets, size_t count,
                 const char *path, char *copy, bool fold)
{
	struct fsk_numbers states = { 0 }, hits = { 0 };
	struct fsk_match r = { 0 };
	char *name = copy;
	bool ok = fsk_matcher_start(&states, m, NULL) == 0;

	while (ok && name != NULL) {
		char *slash = strchr(name, '/'), *colon = slash ? NULL : strchr(name, ':');

		if (slash != NULL)
			*slash = '\0';
		if (colon != NULL)
			*colon = '\0';
		ok = fsk_matcher_step(&r, m, &states, name, NULL) == 0;
		if (colon != NULL)
			ok = ok && fsk_matcher_stream(&hits, m, &r, colon + 1, NULL) == 0 &&
			     same_hits(&hits, sets, count, path, fold);
		else if (strchr(name, ':') == NULL)
			ok = ok && same_hits(&r.hits, sets, count, copy, fold) &&
			     same_descent(&r, sets, count, copy, fold);
		if (slash != NULL)
			*slash = '/';
		name = slash != NULL ? slash + 1 : NULL;
		fsk_numbers_free(&states);
		states = r.below;
		memset(&r.below, 0, sizeof(r.below));
	}
	fsk_numbers_free(&states);
	fsk_numbers_free(&hits);
	fsk_match_free(&r);
	return ok;
}

bool matcher_agrees(struct fsk_matcher *m, const struct fsk_globset *sets, size_t count,
                    const char *path, bool fold)
{
	size_t n = strlen(path);
	char *copy;
	bool ok;

	/* such paths are none */
	if (n == 0 || path[0] == '/' || path[n - 1] == '/' || strstr(path, "//") != NULL ||
	    strstr(path, "/:") != NULL || path[0] == ':')
		return true;
	copy = strdup(path);
	ok = copy != NULL && walk(m, sets, count, path, copy, fold);
	free(copy);
	return ok;
}
