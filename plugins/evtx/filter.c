#include "plugins/evtx/filter.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

void fsk_evtx_filter_free(struct fsk_evtx_filter *f)
{
	for (size_t i = 0; i < f->nproviders; i++)
		free(f->providers[i]);
	for (size_t i = 0; i < f->nwords; i++)
		free(f->words[i]);
	free(f->providers);
	free(f->words);
	free(f->ids);
	*f = (struct fsk_evtx_filter){ 0 };
}

static char lower(char c)
{
	return (char) (c >= 'A' && c <= 'Z' ? c + 32 : c);
}

int fsk_evtx_filter_word(struct fsk_evtx_filter *f, const char *word, size_t n, struct fsk_err *err)
{
	char *copy;

	for (size_t i = 0; i < n; i++)
		if (word[i] < ' ' || word[i] > '~')
			return fsk_err_set(err, FSK_EINVAL, "words are of ASCII");
	if (n == 0 || n > FSK_EVTX_WORD_MAX)
		return fsk_err_set(err, FSK_EINVAL, "words have 1 to %u bytes", FSK_EVTX_WORD_MAX);
	copy = strndup(word, n);
	if (copy == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a word");
	for (size_t i = 0; i < n; i++)
		copy[i] = lower(copy[i]);
	f->words[f->nwords++] = copy;
	f->begins[(uint8_t) copy[0]] = true;
	if (copy[0] >= 'a' && copy[0] <= 'z')
		f->begins[(uint8_t) (copy[0] - 32)] = true;
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

bool fsk_evtx_filter_id(const struct fsk_evtx_filter *f, uint64_t id)
{
	return f->nids == 0 || bsearch(&id, f->ids, f->nids, sizeof(id), compare_ids) != NULL;
}

bool fsk_evtx_filter_provider(const struct fsk_evtx_filter *f, const char *provider)
{
	for (size_t i = 0; i < f->nproviders; i++)
		if (strcmp(f->providers[i], provider) == 0)
			return true;
	return f->nproviders == 0;
}

static bool begins_with(const uint8_t *p, size_t n, const char *word)
{
	size_t i = 0;

	for (; word[i] != '\0' && 2 * i + 1 < n; i++)
		if (p[2 * i + 1] != 0 || lower((char) p[2 * i]) != word[i])
			return false;
	return word[i] == '\0';
}

/* Values lie at odd places, too. */
bool fsk_evtx_filter_holds(const struct fsk_evtx_filter *f, const uint8_t *p, size_t n)
{
	for (size_t at = 0; f->nwords > 0 && at + 1 < n; at++) {
		if (!f->begins[p[at]] || p[at + 1] != 0)
			continue;
		for (size_t i = 0; i < f->nwords; i++)
			if (begins_with(p + at, n - at, f->words[i]))
				return true;
	}
	return false;
}
