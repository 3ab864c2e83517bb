/* One name of a listing. A large listing that is asked again gets a table of its names by
 * what they are when case is folded. */
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/evidence/fs_impl.h"

#define FEW_NAMES 16u /* are looked through one by one */

/* Entry `i` < count is name i, entry count + i its alias. */
struct fsk_name_table {
	size_t mask;     /* of `heads` */
	uint32_t *heads; /* number of an entry + 1; 0: none */
	uint32_t next[]; /* the same, by entry; ascending */
};

void fsk_name_table_free(struct fsk_name_table *t)
{
	if (t == NULL)
		return;
	free(t->heads);
	free(t);
}

/* FNV-1a over folded code points. */
static uint32_t hash(const char *s)
{
	const char *end = s + strlen(s);
	uint32_t h = 2166136261u;

	while (s < end)
		h = (h ^ fsk_text_fold(fsk_text_next(&s, end))) * 16777619u;
	return h ^ h >> 15;
}

static void insert(struct fsk_name_table *t, size_t entry, const char *name)
{
	uint32_t *head = &t->heads[hash(name) & t->mask];

	t->next[entry] = *head;
	*head = (uint32_t) entry + 1;
}

/* NULL without memory: then one does without. */
static struct fsk_name_table *make_table(const struct fsk_listing *l)
{
	struct fsk_name_table *t = calloc(1, sizeof(*t) + 2 * l->count * sizeof(t->next[0]));
	size_t heads = FEW_NAMES;

	if (t == NULL)
		return NULL;
	while (heads < l->count)
		heads *= 2;
	t->mask = heads - 1;
	t->heads = calloc(heads, sizeof(t->heads[0]));
	if (t->heads == NULL) {
		free(t);
		return NULL;
	}
	for (size_t i = l->count; i-- > 0;)
		if (!l->items[i].deleted && l->items[i].alias != NULL)
			insert(t, l->count + i, l->items[i].alias);
	for (size_t i = l->count; i-- > 0;)
		if (!l->items[i].deleted)
			insert(t, i, l->items[i].name);
	return t;
}

struct pick {
	const struct fsk_name *exact, *folded, *alias;
};

static void judge(struct pick *p, const struct fsk_name *n, bool by_alias, bool folds,
                  const char *want)
{
	if (n->deleted)
		return;
	if (by_alias) {
		if (p->alias == NULL && n->alias != NULL && fsk_text_casecmp(n->alias, want) == 0)
			p->alias = n;
	} else if (strcmp(n->name, want) == 0) {
		p->exact = n;
	} else if (folds && p->folded == NULL && fsk_text_casecmp(n->name, want) == 0) {
		p->folded = n;
	}
}

static void pick_in_table(struct pick *p, const struct fsk_listing *l, bool folds, const char *want)
{
	const struct fsk_name_table *t = l->table;
	uint32_t at = t->heads[hash(want) & t->mask];

	for (; at != 0 && p->exact == NULL; at = t->next[at - 1])
		judge(p, &l->items[(at - 1) % l->count], at > l->count, folds, want);
}

const struct fsk_name *fsk_listing_pick(struct fsk_listing *l, bool folds, const char *want)
{
	struct pick p = { NULL, NULL, NULL };

	if (l->count > FEW_NAMES && l->table == NULL && l->asked)
		l->table = make_table(l);
	l->asked = true;
	if (l->table != NULL)
		pick_in_table(&p, l, folds, want);
	for (size_t i = 0; l->table == NULL && p.exact == NULL && i < l->count; i++) {
		judge(&p, &l->items[i], false, folds, want);
		judge(&p, &l->items[i], true, folds, want);
	}
	if (p.exact != NULL)
		return p.exact;
	return p.folded != NULL ? p.folded : p.alias;
}
