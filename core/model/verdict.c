#include "core/model/verdict.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/base/time.h"

enum type { LINE, TEXT, TIME, BOOLEAN, TABLE, TEXTS, ROWS };

struct member {
	const char *name;
	enum type type;
	bool required;
	const struct member *of; /* of ROWS: members of each, ended by no name */
};

static const struct member step_members[] = {
	{ "name", LINE, true, NULL },  { "reached", BOOLEAN, true, NULL },
	{ "for", TEXTS, false, NULL }, { "against", TEXTS, false, NULL },
	{ NULL, LINE, false, NULL },
};
static const struct member time_members[] = {
	{ "what", TEXT, true, NULL },
	{ "time", TIME, false, NULL },
	{ "source", TEXT, false, NULL },
	{ NULL, LINE, false, NULL },
};
static const struct member advice_members[] = {
	{ "text", TEXT, true, NULL },
	{ "source", TEXT, false, NULL },
	{ NULL, LINE, false, NULL },
};
static const struct member members[] = {
	{ "case", LINE, true, NULL },
	{ "ladder", TEXTS, true, NULL },
	{ "step", LINE, true, NULL },
	{ "summary", TEXT, true, NULL },
	{ "steps", ROWS, false, step_members },
	{ "times", ROWS, false, time_members },
	{ "unexamined", TEXTS, false, NULL },
	{ "notes", TEXTS, false, NULL },
	{ "advice", ROWS, false, advice_members },
	{ "references", TEXTS, false, NULL },
	{ "fields", TABLE, false, NULL },
	{ NULL, LINE, false, NULL },
};

static int fail(struct fsk_err *err, const char *where, const char *what)
{
	return fsk_err_set(err, FSK_EINVAL, "%s: %s", where, what);
}

/* The text, cut between two characters; a new reference. */
static json_t *cut_text(const json_t *j)
{
	static const char more[] = "...";
	const char *s = json_string_value(j);
	size_t n = json_string_length(j), kept;
	char text[FSK_VERDICT_TEXT_MAX];

	if (n <= FSK_VERDICT_TEXT_MAX)
		return json_incref((json_t *) j);
	kept = fsk_text_utf8_valid(s, sizeof(text) - sizeof(more) + 1);
	memcpy(text, s, kept);
	memcpy(text + kept, more, sizeof(more) - 1);
	return json_stringn(text, kept + sizeof(more) - 1);
}

static int settle_text(json_t **out, const struct member *m, const char *where, const json_t *j,
                       struct fsk_err *err)
{
	if (!json_is_string(j))
		return fail(err, where, "expected a string");
	if (json_string_length(j) == 0 && m->required)
		return fail(err, where, "is empty");
	if (m->type == LINE && strpbrk(json_string_value(j), "\r\n") != NULL)
		return fail(err, where, "must be one line");
	if (m->type == TIME && fsk_time_parse_iso(json_string_value(j)) == FSK_TIME_NONE)
		return fail(err, where, "expected a time like \"2023-03-29T08:15:30Z\"");
	*out = cut_text(j);
	return *out != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

static int settle_members(json_t *o, const struct member *list, const char *where,
                          struct fsk_err *err);

static int settle_item(json_t **out, const struct member *m, const char *where, json_t *item,
                       struct fsk_err *err)
{
	static const struct member text = { NULL, TEXT, false, NULL };

	if (m->type == TEXTS)
		return settle_text(out, &text, where, item, err);
	*out = json_incref(item);
	if (!json_is_object(item))
		return fail(err, where, "expected a table with names");
	return settle_members(item, m->of, where, err);
}

static int cut_list(json_t *list, size_t count, const struct member *m, struct fsk_err *err)
{
	char text[64];

	if (count <= FSK_VERDICT_LIST_MAX || m->type != TEXTS)
		return 0;
	snprintf(text, sizeof(text), "... and %zu more", count - FSK_VERDICT_LIST_MAX + 1);
	return json_array_append_new(list, json_string(text)) == 0
	           ? 0
	           : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

/* A new list of what is kept of `j`. */
static int settle_list(json_t **out, const struct member *m, const char *where, const json_t *j,
                       struct fsk_err *err)
{
	size_t count = json_array_size(j), kept = count;
	char at[120];
	int rc = 0;

	*out = json_array();
	if (!json_is_array(j) && !(json_is_object(j) && json_object_size(j) == 0))
		return fail(err, where, "expected a list");
	if (m->required && count == 0)
		return fail(err, where, "is empty");
	if (count > FSK_VERDICT_LIST_MAX)
		kept = FSK_VERDICT_LIST_MAX - (m->type == TEXTS);
	for (size_t i = 0; rc == 0 && i < kept; i++) {
		json_t *item = NULL;

		snprintf(at, sizeof(at), "%.90s[%zu]", where, i + 1);
		rc = settle_item(&item, m, at, json_array_get(j, i), err);
		if (rc == 0 && json_array_append(*out, item) < 0)
			rc = fsk_err_set(err, FSK_ENOMEM, "out of memory");
		json_decref(item);
	}
	return rc == 0 ? cut_list(*out, count, m, err) : rc;
}

static int settle_value(json_t **out, const struct member *m, const char *where, json_t *j,
                        struct fsk_err *err)
{
	switch (m->type) {
	case TEXTS:
	case ROWS:
		return settle_list(out, m, where, j, err);
	case BOOLEAN:
		*out = json_incref(j);
		return json_is_boolean(j) ? 0 : fail(err, where, "expected true or false");
	case TABLE:
		*out = json_incref(j);
		return json_is_object(j) ? 0 : fail(err, where, "expected a table with names");
	default:
		return settle_text(out, m, where, j, err);
	}
}

static int settle_member(json_t *o, const struct member *m, const char *where, struct fsk_err *err)
{
	json_t *value = json_object_get(o, m->name), *settled = NULL;
	char at[120];
	int rc = 0;

	snprintf(at, sizeof(at), "%.60s.%s", where, m->name);
	if (value == NULL && m->required)
		return fail(err, at, "is missing");
	if (value != NULL)
		rc = settle_value(&settled, m, at, value, err);
	else if (m->type == TEXTS || m->type == ROWS)
		settled = json_array();
	else
		return 0;
	if (rc == 0 && json_object_set(o, m->name, settled) < 0)
		rc = fsk_err_set(err, FSK_ENOMEM, "out of memory");
	json_decref(settled);
	return rc;
}

static bool is_member(const struct member *list, const char *name)
{
	while (list->name != NULL && strcmp(list->name, name) != 0)
		list++;
	return list->name != NULL;
}

static int settle_members(json_t *o, const struct member *list, const char *where,
                          struct fsk_err *err)
{
	const char *key;
	json_t *value;
	int rc = 0;

	json_object_foreach (o, key, value)
		if (!is_member(list, key))
			return fsk_err_set(err, FSK_EINVAL, "%s: '%.60s' is not known", where, key);
	for (; rc == 0 && list->name != NULL; list++)
		rc = settle_member(o, list, where, err);
	return rc;
}

static bool on_ladder(const json_t *verdict, const json_t *name)
{
	const json_t *ladder = json_object_get(verdict, "ladder");
	json_t *rung;
	size_t i;

	json_array_foreach ((json_t *) ladder, i, rung)
		if (json_equal(rung, name))
			return true;
	return false;
}

static int check_ladder(const json_t *verdict, struct fsk_err *err)
{
	char where[64];
	json_t *step;
	size_t i;

	if (json_array_size(json_object_get(verdict, "ladder")) > FSK_VERDICT_RUNGS_MAX)
		return fail(err, "verdict.ladder", "has too many steps");
	if (!on_ladder(verdict, json_object_get(verdict, "step")))
		return fail(err, "verdict.step", "is no step of the ladder");
	json_array_foreach (json_object_get(verdict, "steps"), i, step) {
		snprintf(where, sizeof(where), "verdict.steps[%zu].name", i + 1);
		if (!on_ladder(verdict, json_object_get(step, "name")))
			return fail(err, where, "is no step of the ladder");
	}
	return 0;
}

int fsk_verdict_settle(json_t *verdict, struct fsk_err *err)
{
	int rc;

	if (!json_is_object(verdict))
		return fail(err, "verdict", "expected a table with names");
	rc = settle_members(verdict, members, "verdict", err);
	return rc == 0 ? check_ladder(verdict, err) : rc;
}
