#include "core/keeper/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

#define KEY_MAX 1024

void fsk_tally_init(struct fsk_tally *t)
{
	memset(t, 0, sizeof(*t));
	t->index = json_object();
}

void fsk_tally_free(struct fsk_tally *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->items[i].title);
		for (size_t k = 0; k < FSK_TALLY_PLACES; k++)
			free(t->items[i].places[k]);
	}
	free(t->items);
	json_decref(t->index);
	memset(t, 0, sizeof(*t));
}

static struct fsk_tally_item *find(struct fsk_tally *t, enum fsk_severity s, enum fsk_confidence c,
                                   const char *title)
{
	struct fsk_tally_item *more;
	char key[KEY_MAX];
	json_t *known, *name;
	size_t kept = fsk_text_utf8_valid(title, strnlen(title, KEY_MAX));

	snprintf(key, sizeof(key), "%d/%d/%s", (int) s, (int) c, title);
	/* cutting may have split a character, which is no key then */
	name = fsk_json_text(key);
	known = json_object_get(t->index, json_string_value(name));
	if (known != NULL || t->count >= FSK_TALLY_KINDS)
		goto out;
	more = realloc(t->items, (t->count + 1) * sizeof(*more));
	if (more == NULL)
		goto out;
	t->items = more;
	memset(&more[t->count], 0, sizeof(*more));
	more[t->count].severity = s;
	more[t->count].confidence = c;
	more[t->count].title = strndup(title, kept);
	known = json_integer((json_int_t) t->count++);
	json_object_set_new(t->index, json_string_value(name), known);
out:
	json_decref(name);
	return known != NULL ? &t->items[json_integer_value(known)] : NULL;
}

/* Keeps the first few in order, so that the order of arrival does not show. */
static void add_place(struct fsk_tally_item *x, const char *place)
{
	size_t at = 0;

	while (at < FSK_TALLY_PLACES && x->places[at] != NULL && strcmp(x->places[at], place) < 0)
		at++;
	if (at == FSK_TALLY_PLACES || (x->places[at] != NULL && strcmp(x->places[at], place) == 0))
		return;
	free(x->places[FSK_TALLY_PLACES - 1]);
	memmove(&x->places[at + 1], &x->places[at],
	        (FSK_TALLY_PLACES - 1 - at) * sizeof(x->places[0]));
	x->places[at] = strdup(place);
}

void fsk_tally_add(struct fsk_tally *t, enum fsk_severity s, enum fsk_confidence c,
                   const char *title, const char *place)
{
	struct fsk_tally_item *x = find(t, s, c, title);

	t->total++;
	if (x == NULL) {
		t->dropped++;
		return;
	}
	x->count++;
	if (place != NULL)
		add_place(x, place);
}

static int by_weight(const void *a, const void *b)
{
	const struct fsk_tally_item *x = a, *y = b;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->confidence != y->confidence)
		return x->confidence > y->confidence ? -1 : 1;
	return strcmp(x->title != NULL ? x->title : "", y->title != NULL ? y->title : "");
}

void fsk_tally_sort(struct fsk_tally *t)
{
	if (t->count > 0)
		qsort(t->items, t->count, sizeof(*t->items), by_weight);
	json_object_clear(t->index);
}
