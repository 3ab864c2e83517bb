/* The words of findings and verdicts. Text of evidence cannot begin a line of its own. */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/keeper/stix_impl.h"
#include "core/model/types.h"

/* A text in the making; after a failure it is not added to. */
struct text {
	struct fsk_buf b;
	int rc;
};

static void put(struct text *t, const char *s)
{
	if (t->rc == 0)
		t->rc = fsk_buf_append_str(&t->b, s, NULL);
}

/* As one harmless line. */
static void put_evidence(struct text *t, const char *s)
{
	if (t->rc == 0 && s != NULL)
		t->rc = fsk_text_append_escaped(&t->b, s, strlen(s), NULL);
}

/* "FRONT: VALUE", unless there is none. */
static void put_line(struct text *t, const char *front, const char *value)
{
	if (value == NULL)
		return;
	put_evidence(t, front);
	put(t, ": ");
	put_evidence(t, value);
	put(t, "\n");
}

static char *take(struct text *t)
{
	char *s;

	while (t->rc == 0 && t->b.len > 0 && t->b.data[t->b.len - 1] == '\n')
		t->b.len--;
	s = t->rc == 0 ? fsk_buf_steal_str(&t->b, NULL) : NULL;
	fsk_buf_free(&t->b);
	return s;
}

/* --- findings --- */

static void put_place(struct text *t, const struct fsk_stix *s, const json_t *locator)
{
	const json_t *volume = fsk_stix_volume(s, json_object_get(locator, "source"),
	                                       json_object_get(locator, "volume"));
	const char *place = fsk_stix_text(volume, "letter"), *path = fsk_stix_text(locator, "path");
	const char *stream = fsk_stix_text(locator, "stream");

	if (path == NULL)
		return;
	put(t, "evidence: ");
	put_evidence(t, place != NULL ? place : fsk_stix_text(volume, "place"));
	put(t, place != NULL ? ":/" : "/");
	put_evidence(t, path);
	put(t, stream != NULL ? ":" : "");
	put_evidence(t, stream);
	if (json_is_true(json_object_get(locator, "deleted")))
		put(t, " (deleted)");
	put(t, "\n");
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void put_field(struct text *t, const char *name, const json_t *value)
{
	char *line;

	if (json_is_string(value)) {
		put_line(t, name, json_string_value(value));
		return;
	}
	line = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	put_line(t, name, line);
	free(line);
}

static void put_fields(struct text *t, const json_t *fields)
{
	size_t n = json_object_size(fields), i = 0;
	const char **names = calloc(n + 1, sizeof(*names)), *name;
	json_t *value;

	if (names == NULL) {
		t->rc = FSK_ENOMEM;
		return;
	}
	json_object_foreach ((json_t *) fields, name, value)
		names[i++] = name;
	qsort(names, n, sizeof(*names), compare_names);
	for (i = 0; i < n; i++)
		put_field(t, names[i], json_object_get(fields, names[i]));
	free(names);
}

char *fsk_stix_finding_text(const struct fsk_stix *s, const struct fsk_stix_finding *f)
{
	const char *detail = fsk_stix_text(f->row, "detail");
	struct text t = { .rc = 0 };
	json_t *locator;
	size_t i;

	fsk_buf_init(&t.b, FSK_JSON_LINE_MAX);
	put_evidence(&t, detail != NULL ? detail : f->title);
	put(&t, "\n");
	put_line(&t, "plugin", fsk_stix_text(f->row, "plugin"));
	put_line(&t, "severity", f->severity);
	put_line(&t, "confidence", fsk_stix_text(f->row, "confidence"));
	json_array_foreach (f->evidence, i, locator)
		put_place(&t, s, locator);
	put_fields(&t, f->fields);
	return take(&t);
}

/* --- verdicts --- */

static void put_list(struct text *t, const char *front, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		put_line(t, front, json_string_value(item));
}

static void put_ladder(struct text *t, const json_t *ladder)
{
	json_t *step;
	size_t i;

	if (json_array_size(ladder) == 0)
		return;
	put(t, "ladder: ");
	json_array_foreach (ladder, i, step) {
		put(t, i > 0 ? ", " : "");
		put_evidence(t, json_string_value(step));
	}
	put(t, "\n");
}

static void put_steps(struct text *t, const json_t *steps)
{
	json_t *step;
	size_t i;

	json_array_foreach (steps, i, step) {
		put_line(t, fsk_stix_text(step, "name"),
		         json_is_true(json_object_get(step, "reached")) ? "reached"
		                                                        : "not reached");
		put_list(t, "  for", json_object_get(step, "for"));
		put_list(t, "  against", json_object_get(step, "against"));
	}
}

/* "FRONT: FIRST, SECOND (THIRD)" for each object of a list. */
static void put_triples(struct text *t, const char *front, const json_t *list,
                        const char *const keys[3])
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const char *second = fsk_stix_text(item, keys[1]);
		const char *third = fsk_stix_text(item, keys[2]);

		put(t, front);
		put(t, ": ");
		put_evidence(t, fsk_stix_text(item, keys[0]));
		put(t, second != NULL ? ", " : "");
		put_evidence(t, second);
		put(t, third != NULL ? " (" : "");
		put_evidence(t, third);
		put(t, third != NULL ? ")\n" : "\n");
	}
}

char *fsk_stix_verdict_text(const json_t *verdict)
{
	static const char *const times[3] = { "time", "what", "source" };
	static const char *const advice[3] = { "text", "", "source" };
	struct text t = { .rc = 0 };

	fsk_buf_init(&t.b, FSK_JSON_LINE_MAX);
	put_line(&t, "step", fsk_stix_text(verdict, "step"));
	put_line(&t, "no verdict", fsk_stix_text(verdict, "failed"));
	put_ladder(&t, json_object_get(verdict, "ladder"));
	put_line(&t, "summary", fsk_stix_text(verdict, "summary"));
	put_steps(&t, json_object_get(verdict, "steps"));
	put_triples(&t, "time", json_object_get(verdict, "times"), times);
	put_list(&t, "not examined", json_object_get(verdict, "unexamined"));
	put_list(&t, "note", json_object_get(verdict, "notes"));
	put_triples(&t, "advice", json_object_get(verdict, "advice"), advice);
	put_line(&t, "plugin", fsk_stix_text(verdict, "plugin"));
	return take(&t);
}
