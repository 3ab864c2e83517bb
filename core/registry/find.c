#include "core/registry/find.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/registry/key.h"

#define COMPONENTS_MAX 64u

/* One folder of keys that is being looked through. `live` has a bit for each
 * component that the names in it may match. */
struct frame {
	struct fsk_key *key;
	uint64_t live;
	size_t at, count;
	bool counted;
};

struct fsk_keyfind {
	struct fsk_hive *hive;
	char *text; /* the pattern, cut into components */
	const char *parts[COMPONENTS_MAX];
	size_t nparts;
	struct frame frames[FSK_HIVE_DEPTH_MAX + 2];
	size_t depth;
};

static bool any_depth(const struct fsk_keyfind *f, size_t part)
{
	return strcmp(f->parts[part], "**") == 0;
}

/* With "**" the component behind it is reached, too. */
static uint64_t close_over(const struct fsk_keyfind *f, uint64_t live)
{
	for (size_t i = 0; i + 1 < f->nparts; i++)
		if ((live >> i & 1) != 0 && any_depth(f, i))
			live |= 1ull << (i + 1);
	return live;
}

bool fsk_keyfind_name(const char *pattern, const char *name)
{
	const char *end = pattern + strlen(pattern), *stop = name + strlen(name);
	const char *star = NULL, *retry = NULL;

	while (name < stop) {
		const char *p = pattern, *n = name;
		uint32_t want = p < end ? fsk_text_next(&p, end) : 0;
		uint32_t have = fsk_text_next(&n, stop);

		if (pattern < end && want == '*') {
			star = pattern = p;
			retry = name;
		} else if (pattern < end &&
		           (want == '?' || fsk_text_fold(want) == fsk_text_fold(have))) {
			pattern = p;
			name = n;
		} else if (star != NULL) {
			fsk_text_next(&retry, stop);
			name = retry;
			pattern = star;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static int split(struct fsk_keyfind *f, struct fsk_err *err)
{
	char *p = f->text, *cut;

	for (; p != NULL; p = cut) {
		cut = strchr(p, '\\');
		if (cut != NULL)
			*cut++ = '\0';
		if (*p == '\0')
			return fsk_err_set(err, FSK_EINVAL, "the pattern has an empty component");
		if (f->nparts == COMPONENTS_MAX)
			return fsk_err_set(err, FSK_ELIMIT,
			                   "the pattern has more than %u components",
			                   COMPONENTS_MAX);
		f->parts[f->nparts++] = p;
	}
	return 0;
}

int fsk_keyfind_new(struct fsk_keyfind **out, struct fsk_hive *h, const char *pattern,
                    struct fsk_err *err)
{
	struct fsk_keyfind *f = calloc(1, sizeof(*f));
	int rc;

	*out = NULL;
	if (f != NULL)
		f->text = strdup(pattern);
	if (f == NULL || f->text == NULL) {
		free(f);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a pattern");
	}
	f->hive = h;
	rc = split(f, err);
	if (rc == 0)
		rc = fsk_hive_root(&f->frames[0].key, h, err);
	if (rc < 0) {
		fsk_keyfind_free(f);
		return rc;
	}
	f->frames[0].live = close_over(f, 1);
	f->depth = 1;
	*out = f;
	return 0;
}

void fsk_keyfind_free(struct fsk_keyfind *f)
{
	if (f == NULL)
		return;
	while (f->depth > 0)
		fsk_key_free(f->frames[--f->depth].key);
	free(f->text);
	free(f);
}

/* Sets what lies below a key of that name; true when it matches as a whole. */
static bool judge(uint64_t *below, const struct fsk_keyfind *f, uint64_t live, const char *name)
{
	bool match = false;

	*below = 0;
	for (size_t i = 0; i < f->nparts; i++) {
		bool last = i + 1 == f->nparts, deep = any_depth(f, i);

		if ((live >> i & 1) == 0 || (!deep && !fsk_keyfind_name(f->parts[i], name)))
			continue;
		match = match || last;
		if (deep)
			*below |= 1ull << i;
		else if (!last)
			*below |= 1ull << (i + 1);
	}
	*below = close_over(f, *below);
	return match;
}

static int count(struct frame *top, struct fsk_err *err)
{
	if (top->counted)
		return 0;
	top->counted = true;
	return fsk_key_subkeys(&top->count, top->key, err);
}

/* The next name in the top frame, judged; 1 when there was one. */
static int take_name(bool *match, uint64_t *below, struct fsk_keyfind *f, struct frame *top,
                     struct fsk_err *err)
{
	struct fsk_nk nk;
	char *name;
	int rc = count(top, err);

	if (rc < 0 || top->at >= top->count)
		return rc;
	rc = fsk_cells_nk(&nk, &f->hive->cells, top->key->subkeys.at[top->at++], err);
	if (rc < 0)
		return fsk_key_wrap(top->key, rc, err);
	name = fsk_cells_text(nk.name, nk.name_len, nk.latin1);
	if (name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the name of a key");
	*match = judge(below, f, top->live, name);
	free(name);
	return 1;
}

static int descend(struct fsk_keyfind *f, const struct frame *top, uint64_t below,
                   struct fsk_err *err)
{
	struct frame *next = &f->frames[f->depth];
	int rc;

	if (f->depth == sizeof(f->frames) / sizeof(f->frames[0]))
		return fsk_err_set(err, FSK_ELIMIT, "keys nest deeper than a registry allows");
	memset(next, 0, sizeof(*next));
	next->live = below;
	rc = fsk_key_subkey(&next->key, top->key, top->at - 1, err);
	if (rc == 0)
		f->depth++;
	return rc;
}

int fsk_keyfind_next(struct fsk_key **out, struct fsk_keyfind *f, struct fsk_err *err)
{
	*out = NULL;
	while (f->depth > 0) {
		struct frame *top = &f->frames[f->depth - 1];
		uint64_t below = 0;
		bool match = false;
		int rc = take_name(&match, &below, f, top, err);

		if (rc == 0) {
			fsk_key_free(top->key);
			f->depth--;
			continue;
		}
		if (rc > 0 && match)
			rc = fsk_key_subkey(out, top->key, top->at - 1, err);
		if (rc >= 0 && below != 0)
			rc = descend(f, top, below, err);
		/* what is wrong below a key that matches is told with the next */
		if (*out != NULL)
			return 1;
		if (rc < 0)
			return rc;
	}
	return 0;
}
