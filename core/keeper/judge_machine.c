/* What a machine is made of, as plugins that judge see it. */
#include <stdlib.h>

#include "core/keeper/collect.h"
#include "core/keeper/describe.h"

static bool is_of(const struct fsk_collect *c, const struct fsk_judge_machine *m, uint32_t source)
{
	return source < c->session.sources.count && c->judge.of[source] == m->number;
}

json_t *fsk_judge_sources(const struct fsk_collect *c, const struct fsk_judge_machine *m)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < c->session.sources.count; i++)
		if (is_of(c, m, i))
			json_array_append_new(list, json_integer((json_int_t) i));
	return list;
}

static json_t *describe_sources(const struct fsk_collect *c, const struct fsk_judge_machine *m)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < c->session.sources.count; i++) {
		const json_t *head = c->session.probe.source_heads[i];

		if (is_of(c, m, i))
			json_array_append_new(
			    list, json_pack("{s:i, s:o, s:O*}", "source", (int) i, "name",
			                    fsk_json_text(c->session.sources.items[i].name),
			                    "format", json_object_get(head, "format")));
	}
	return list;
}

/* Members of VOLUME that say something. */
static json_t *describe_volume(const struct fsk_collect *c, const struct fsk_probed_volume *v)
{
	static const char *const keys[] = { "label", "description", "length" };
	const struct fsk_evidence *e = &c->session.sources.items[v->source];
	const char *fs = v->fs == NULL && e->kind == FSK_EVIDENCE_DIRECTORY ? "directory" : v->fs;
	json_t *j = json_pack("{s:i, s:i, s:s*}", "source", (int) v->source, "volume",
	                      (int) v->volume, "fs", fs);

	if (v->letter != 0)
		json_object_set_new(j, "letter", json_stringn(&v->letter, 1));
	if (v->os[0] != '\0')
		json_object_set_new(j, "os", json_string(v->os));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(v->head, keys[i]);

		if (json_is_number(value) || json_string_length(value) > 0)
			json_object_set(j, keys[i], value);
	}
	return j;
}

static json_t *describe_volumes(const struct fsk_collect *c, const struct fsk_judge_machine *m)
{
	const struct fsk_probe *p = &c->session.probe;
	json_t *list = json_array();

	for (size_t i = 0; i < p->count; i++)
		if (is_of(c, m, p->volumes[i].source))
			json_array_append_new(list, describe_volume(c, &p->volumes[i]));
	return list;
}

/* Of the same plugin the first volume's facts count. */
static json_t *describe_facts(const struct fsk_collect *c, const struct fsk_judge_machine *m)
{
	json_t *machines = fsk_describe_machines(c), *merged = json_object();
	json_t *list = json_array(), *row, *known;
	const char *name;
	size_t i;

	json_array_foreach (machines, i, row) {
		if (!is_of(c, m, (uint32_t) json_integer_value(json_object_get(row, "source"))))
			continue;
		name = json_string_value(json_object_get(row, "plugin"));
		known = json_object_get(merged, name);
		if (known == NULL)
			json_object_set_new(merged, name, json_copy(json_object_get(row, "facts")));
		else
			json_object_update_missing(known, json_object_get(row, "facts"));
	}
	json_object_foreach (merged, name, row)
		json_array_append_new(list, json_pack("{s:s, s:O}", "plugin", name, "facts", row));
	json_decref(merged);
	json_decref(machines);
	return list;
}

static json_t *describe_plugins(const struct fsk_collect *c, const struct fsk_judge_machine *m)
{
	json_t *names = fsk_texts_plugins(&c->session.texts), *list = json_array(), *name;
	size_t i;

	json_array_foreach (names, i, name) {
		const char *s = json_string_value(name);
		json_t *error = json_object_get(m->errors, s);
		json_int_t lost = json_integer_value(json_object_get(m->lost, s));

		if (!fsk_judge_is(c, s))
			json_array_append_new(list,
			                      json_pack("{s:O, s:b, s:I, s:O*}", "name", name, "ok",
			                                (int) (error == NULL && lost == 0), "lost",
			                                lost, "error", error));
	}
	json_decref(names);
	return list;
}

json_t *fsk_judge_describe(const struct fsk_collect *c, const struct fsk_judge_machine *m,
                           enum fsk_judged what)
{
	switch (what) {
	case FSK_JUDGED_SOURCES:
		return describe_sources(c, m);
	case FSK_JUDGED_VOLUMES:
		return describe_volumes(c, m);
	case FSK_JUDGED_FACTS:
		return describe_facts(c, m);
	case FSK_JUDGED_PLUGINS:
		return describe_plugins(c, m);
	default:
		return json_array();
	}
}

json_t *fsk_judge_seen(const struct fsk_collect *c, const struct fsk_judge_machine *m,
                       const struct fsk_kept_row *row)
{
	static const char *const keys[] = { "code", "object", "reason", "plugin", "status" };
	json_t *from, *j = NULL;
	struct fsk_locator loc;
	char *place;

	/* one that is nobody's is everybody's */
	if (row->tag != UINT32_MAX && !is_of(c, m, row->tag))
		return NULL;
	from = json_loadb(row->text, row->len, JSON_ALLOW_NUL, NULL);
	j = json_object();
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(from, keys[i]) != NULL)
			json_object_set(j, keys[i], json_object_get(from, keys[i]));
	if (fsk_locator_from_json(&loc, json_object_get(from, "locator"), NULL) == 0) {
		place = fsk_collect_place(c, &loc);
		if (place != NULL)
			json_object_set_new(j, "path", fsk_json_text(place));
		free(place);
		fsk_locator_free(&loc);
	}
	json_decref(from);
	return j;
}
