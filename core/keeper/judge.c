#include "core/keeper/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/keeper/collect.h"
#include "core/keeper/drives.h"
#include "core/model/verdict.h"

#define NOBODY UINT32_MAX

/* ---- who judges ---- */

int fsk_judge_init(struct fsk_collect *c, struct fsk_err *err)
{
	const struct fsk_texts *t = &c->session.texts;
	struct fsk_judge *j = &c->judge;

	j->asked = json_array();
	j->judges = json_object();
	j->broken = json_object();
	j->seen = json_object();
	j->verdicts = json_object();
	fsk_kept_init(&j->anomalies, FSK_JUDGE_ANOMALIES_MAX);
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->items[i].kind, "plugin") == 0 &&
		    fsk_judges_declared((const char *) t->items[i].text.data, t->items[i].text.len))
			json_array_append_new(j->asked, json_string(t->items[i].name));
	return j->asked != NULL && j->verdicts != NULL
	           ? 0
	           : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

void fsk_judge_free(struct fsk_collect *c)
{
	struct fsk_judge *j = &c->judge;

	for (size_t i = 0; i < j->count; i++) {
		fsk_kept_free(&j->machines[i].rows);
		json_decref(j->machines[i].lost);
		json_decref(j->machines[i].errors);
	}
	free(j->machines);
	free(j->of);
	fsk_kept_free(&j->anomalies);
	json_decref(j->asked);
	json_decref(j->judges);
	json_decref(j->broken);
	json_decref(j->seen);
	json_decref(j->verdicts);
}

struct fsk_task *fsk_judge_check(const struct fsk_collect *c)
{
	if (json_array_size(c->judge.asked) == 0)
		return NULL;
	return fsk_task_new(FSK_TASK_CHECK, json_pack("{s:O}", "plugins", c->judge.asked));
}

bool fsk_judge_is(const struct fsk_collect *c, const char *plugin)
{
	return json_object_get(c->judge.judges, plugin) != NULL ||
	       json_object_get(c->judge.broken, plugin) != NULL;
}

bool fsk_judge_any(const struct fsk_collect *c)
{
	return json_object_size(c->judge.judges) + json_object_size(c->judge.broken) > 0;
}

static int check_list(const json_t *list, struct fsk_err *err)
{
	json_t *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > FSK_PLUGIN_WANTS_MAX)
		return fsk_err_set(err, FSK_EPROTO, "PLUGIN: \"judges\" is no list of plugins");
	json_array_foreach ((json_t *) list, i, item)
		if (!json_is_string(item) || !fsk_judges_valid(json_string_value(item)))
			return fsk_err_set(err, FSK_EPROTO, "PLUGIN: \"judges\"[%zu] is no plugin",
			                   i);
	return 0;
}

/* It runs on no volume, where its mistake would be told. */
static void break_plugin(struct fsk_collect *c, const char *name, const char *why)
{
	char object[300];
	json_t *a;

	json_object_set_new(c->judge.broken, name, fsk_json_text(why));
	snprintf(object, sizeof(object), "plugin \"%.256s\"", name);
	a = fsk_anomaly_json(FSK_EPLUGIN, object, why, NULL, NULL, 0);
	json_object_set_new(a, "plugin", json_string(name));
	fsk_collect_anomaly(c, a);
	json_decref(a);
}

int fsk_judge_on_plugin(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct fsk_collect *c = arg;
	const char *name, *why;
	json_t *list;
	int rc = fsk_json_get_str(&name, m->head, "name", err);

	if (rc < 0 || (rc = fsk_json_opt_str(&why, m->head, "error", NULL, err)) < 0)
		return rc;
	if (t->plugin == NULL || strcmp(t->plugin, name) != 0 ||
	    fsk_texts_find(&c->session.texts, "plugin", name) == NULL)
		return fsk_err_set(err, FSK_EPROTO, "PLUGIN about \"%.100s\", out of turn", name);
	if (why != NULL) {
		break_plugin(c, name, why);
		return 0;
	}
	list = json_object_get(json_object_get(m->head, "meta"), "judges");
	if (list == NULL) /* only a comment has the word */
		return 0;
	rc = check_list(list, err);
	if (rc == 0)
		json_object_set(c->judge.judges, name, list);
	return rc;
}

/* ---- machines ---- */

static struct fsk_judge_machine *find_machine(const struct fsk_collect *c, uint32_t source)
{
	for (size_t i = 0; source < c->session.sources.count && i < c->judge.count; i++)
		if (c->judge.machines[i].number == c->judge.of[source])
			return &c->judge.machines[i];
	return NULL;
}

static struct fsk_judge_machine *machine_of_task(const struct fsk_collect *c,
                                                 const struct fsk_task *t)
{
	const json_t *source = json_object_get(t->head, "source");

	return source != NULL ? find_machine(c, (uint32_t) json_integer_value(source)) : NULL;
}

static int find_machines(struct fsk_collect *c, struct fsk_err *err)
{
	struct fsk_judge *j = &c->judge;

	j->machines = calloc(c->session.sources.count + 1, sizeof(*j->machines));
	j->of = calloc(c->session.sources.count + 1, sizeof(*j->of));
	if (j->machines == NULL || j->of == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	for (uint32_t i = 0; i < c->session.sources.count; i++) {
		j->of[i] = fsk_drives_machine_of(&c->session.probe, i);
		if (j->of[i] != i)
			continue;
		j->machines[j->count].number = i;
		j->machines[j->count].lost = json_object();
		j->machines[j->count++].errors = json_object();
	}
	/* an even share, so that what one gets does not depend on the others' rows */
	for (size_t i = 0; i < j->count; i++)
		fsk_kept_init(&j->machines[i].rows, FSK_JUDGE_BYTES_MAX / j->count);
	return 0;
}

int fsk_judge_plan(struct fsk_collect *c, struct fsk_err *err)
{
	return fsk_judge_any(c) ? find_machines(c, err) : 0;
}

/* ---- rows ---- */

static bool wanted(const struct fsk_collect *c, const char *plugin, const char *kind)
{
	const char *name;
	json_t *list;

	json_object_foreach (c->judge.judges, name, list)
		if (fsk_judges_match(list, plugin, kind))
			return true;
	return false;
}

static void keep(struct fsk_judge_machine *m, const char *key, const char *text, size_t n)
{
	if (n > FSK_JUDGE_ROW_MAX || fsk_kept_add(&m->rows, key, 0, text, n, NULL) < 0)
		m->truncated = true;
}

/* Each locator gets its place, beside what the archive has. */
static void add_places(const struct fsk_collect *c, json_t *finding)
{
	json_t *list = json_array(), *item;
	struct fsk_locator loc;
	char *place;
	size_t i;

	json_array_foreach (json_object_get(finding, "evidence"), i, item) {
		if (fsk_locator_from_json(&loc, item, NULL) < 0)
			continue;
		place = fsk_collect_place(c, &loc);
		item = json_copy(item);
		if (place != NULL)
			json_object_set_new(item, "place", fsk_json_text(place));
		json_array_append_new(list, item);
		free(place);
		fsk_locator_free(&loc);
	}
	json_object_set_new(finding, "evidence", list);
}

void fsk_judge_finding(struct fsk_collect *c, const struct fsk_task *t, const char *key,
                       const json_t *finding)
{
	struct fsk_judge_machine *m = machine_of_task(c, t);
	const char *plugin = json_string_value(json_object_get(finding, "plugin"));
	char sort[640], *line;
	json_t *copy;

	if (m == NULL || t->op != FSK_TASK_PLUGINS || !wanted(c, plugin, NULL))
		return;
	snprintf(sort, sizeof(sort), "0%s", key);
	copy = json_copy((json_t *) finding);
	json_object_del(copy, "volume");
	add_places(c, copy);
	line = fsk_json_line(copy);
	if (line != NULL)
		keep(m, sort, line, strlen(line));
	else
		m->truncated = true;
	free(line);
	json_decref(copy);
}

/* The kind stands at the end of a row that was tested; it is a plain word. */
static bool kind_of(char out[80], const char *row, size_t n)
{
	static const char front[] = "\"kind\":\"";
	size_t k = sizeof(front) - 1, end = n - 2, at = end;

	while (at > 0 && row[at - 1] != '"')
		at--;
	if (n < 2 || at < k || memcmp(row + at - k, front, k) != 0 || end - at >= 80)
		return false;
	memcpy(out, row + at, end - at);
	out[end - at] = '\0';
	return true;
}

void fsk_judge_record(struct fsk_collect *c, const struct fsk_task *t, const char *key,
                      const char *row, size_t n)
{
	struct fsk_judge_machine *m;
	char sort[980], kind[80];
	struct fsk_buf b;

	if (t->op != FSK_TASK_PLUGINS || json_object_size(c->judge.judges) == 0)
		return;
	m = machine_of_task(c, t);
	if (m == NULL || !kind_of(kind, row, n) || !wanted(c, t->plugin, kind))
		return;
	/* \1 sorts before what names are made of */
	snprintf(sort, sizeof(sort), "1%.300s\1%s", t->plugin, key);
	fsk_buf_init(&b, FSK_FRAME_MAX);
	if (fsk_buf_append(&b, row, n - 1, NULL) == 0 &&
	    fsk_buf_printf(&b, NULL, ",\"plugin\":\"%.300s\"}", t->plugin) == 0)
		keep(m, sort, (const char *) b.data, b.len);
	else
		m->truncated = true;
	fsk_buf_free(&b);
}

/* ---- what went wrong ---- */

static void note_error(struct fsk_judge_machine *m, const char *plugin, const char *why)
{
	const char *known = json_string_value(json_object_get(m->errors, plugin));

	/* the first in the alphabet: which one comes first may differ */
	if (known == NULL || strcmp(why, known) < 0)
		json_object_set_new(m->errors, plugin, fsk_json_text(why));
}

/* Is it about the plugin itself, and not about what it read? See fsk_group_report. */
static bool is_mistake(const json_t *anomaly)
{
	const char *code = json_string_value(json_object_get(anomaly, "code"));
	const char *object = json_string_value(json_object_get(anomaly, "object"));

	if (code == NULL || object == NULL || strncmp(object, "plugin \"", 8) != 0)
		return false;
	return strcmp(code, fsk_code_name(FSK_EPLUGIN)) == 0 ||
	       strcmp(code, fsk_code_name(FSK_ETIMEOUT)) == 0 ||
	       strcmp(code, fsk_code_name(FSK_ELIMIT)) == 0;
}

static bool is_new(struct fsk_judge *j, const char *line)
{
	struct fsk_digests d;

	if (fsk_digest_bytes(&d, FSK_DIGEST_SHA256, line, strlen(line), NULL) < 0)
		return true;
	if (json_object_get(j->seen, d.sha256) != NULL)
		return false;
	if (json_object_size(j->seen) <= FSK_ANOMALIES_MAX)
		json_object_set_new(j->seen, d.sha256, json_true());
	return true;
}

static uint32_t source_of(const struct fsk_task *t, const json_t *anomaly)
{
	const json_t *source = json_object_get(json_object_get(anomaly, "locator"), "source");

	if (source == NULL && t != NULL)
		source = json_object_get(t->head, "source");
	return source != NULL ? (uint32_t) json_integer_value(source) : NOBODY;
}

void fsk_judge_anomaly(struct fsk_collect *c, const struct fsk_task *t, json_t *anomaly)
{
	const char *plugin = json_string_value(json_object_get(anomaly, "plugin"));
	struct fsk_judge_machine *m = t != NULL ? machine_of_task(c, t) : NULL;
	char *line;

	if (json_array_size(c->judge.asked) == 0 ||
	    (t != NULL && t->op != FSK_TASK_PROBE && t->op != FSK_TASK_PLUGINS))
		return;
	if (m != NULL && plugin != NULL && is_mistake(anomaly))
		note_error(m, plugin, json_string_value(json_object_get(anomaly, "reason")));
	line = fsk_json_line(anomaly);
	if (line != NULL && strlen(line) <= FSK_JUDGE_ROW_MAX && is_new(&c->judge, line))
		fsk_kept_add(&c->judge.anomalies, line, source_of(t, anomaly), line, strlen(line),
		             NULL);
	free(line);
}

/* ---- verdicts ---- */

static const char *verdict_key(char out[400], uint32_t machine, const char *plugin)
{
	snprintf(out, 400, "%03u/%.300s", machine, plugin);
	return out;
}

struct fsk_judge_machine *fsk_judge_machine_of(const struct fsk_collect *c,
                                               const struct fsk_task *t)
{
	return find_machine(c, (uint32_t) json_integer_value(json_object_get(t->head, "machine")));
}

/* Takes over `row`. */
static void put_verdict(struct fsk_collect *c, const struct fsk_judge_machine *m,
                        const char *plugin, json_t *row)
{
	char key[400];

	json_object_set_new(row, "plugin", json_string(plugin));
	json_object_set_new(row, "machine", json_integer((json_int_t) m->number));
	json_object_set_new(row, "sources", fsk_judge_sources(c, m));
	verdict_key(key, m->number, plugin);
	fsk_collect_row(c, "verdicts", key, row);
	json_object_set_new(c->judge.verdicts, key, row);
}

static bool has_spoken(const struct fsk_collect *c, const struct fsk_judge_machine *m,
                       const char *plugin)
{
	char key[400];

	return json_object_get(c->judge.verdicts, verdict_key(key, m->number, plugin)) != NULL;
}

static void put_failure(struct fsk_collect *c, const struct fsk_judge_machine *m,
                        const char *plugin, const char *why)
{
	if (!has_spoken(c, m, plugin))
		put_verdict(c, m, plugin, json_pack("{s:o}", "failed", fsk_json_text(why)));
}

int fsk_judge_on_verdict(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                         struct fsk_err *err)
{
	struct fsk_collect *c = arg;
	const struct fsk_judge_machine *machine = fsk_judge_machine_of(c, t);
	json_t *verdict = json_object_get(m->head, "verdict");
	const char *plugin, *why;
	int rc = fsk_collect_origin(&plugin, t, m->head, err);

	if (rc < 0 || (rc = fsk_json_opt_str(&why, m->head, "failed", NULL, err)) < 0)
		return rc;
	if (machine == NULL || has_spoken(c, machine, plugin) || t->plugin == NULL ||
	    strcmp(t->plugin, plugin) != 0)
		return fsk_err_set(err, FSK_EPROTO, "VERDICT of \"%.100s\", out of turn", plugin);
	if (why != NULL) {
		put_failure(c, machine, plugin, why);
		return 0;
	}
	if (fsk_verdict_settle(verdict, err) < 0)
		return fsk_err_set(err, FSK_EPROTO, "VERDICT is none");
	put_verdict(c, machine, plugin, json_incref(verdict));
	return 0;
}

void fsk_judge_fault(struct fsk_collect *c, const struct fsk_task *t, const char *why)
{
	struct fsk_judge_machine *m;

	if (t == NULL || t->plugin == NULL)
		return;
	if (t->op == FSK_TASK_CHECK)
		json_object_set_new(c->judge.broken, t->plugin, fsk_json_text(why));
	if (t->op == FSK_TASK_JUDGE && (m = fsk_judge_machine_of(c, t)) != NULL)
		put_failure(c, m, t->plugin, why);
	if (t->op == FSK_TASK_PLUGINS && (m = machine_of_task(c, t)) != NULL) {
		json_int_t n = json_integer_value(json_object_get(m->lost, t->plugin));

		json_object_set_new(m->lost, t->plugin, json_integer(n + 1));
	}
}

void fsk_judge_ended(struct fsk_collect *c, const struct fsk_task *t, const char *why)
{
	struct fsk_judge_machine *m = NULL;
	json_t *name;
	size_t i;

	if (t->op == FSK_TASK_JUDGE)
		m = fsk_judge_machine_of(c, t);
	if (t->op == FSK_TASK_PLUGINS && why != NULL)
		m = machine_of_task(c, t);
	json_array_foreach (m != NULL ? json_object_get(t->head, "plugins") : NULL, i, name) {
		if (t->op == FSK_TASK_JUDGE)
			put_failure(c, m, json_string_value(name),
			            why != NULL ? why : "its worker said nothing about it");
		else
			note_error(m, json_string_value(name), why);
	}
	if (t->op == FSK_TASK_CHECK)
		json_array_foreach (json_object_get(t->head, "plugins"), i, name)
			if (why != NULL && !fsk_judge_is(c, json_string_value(name)))
				json_object_set_new(c->judge.broken, json_string_value(name),
				                    fsk_json_text(why));
}

/* The run ended before it was known who judges. */
static void presume(struct fsk_collect *c, const char *why)
{
	json_t *name;
	size_t i;

	json_array_foreach (c->judge.asked, i, name)
		if (!fsk_judge_is(c, json_string_value(name)))
			json_object_set_new(c->judge.broken, json_string_value(name),
			                    fsk_json_text(why));
	if (fsk_judge_any(c))
		find_machines(c, NULL);
}

void fsk_judge_close(struct fsk_collect *c)
{
	const char *name, *reason = c->stop.code != 0 ? c->stop.msg : "it was not begun";
	json_t *value;

	if (c->archive == NULL)
		return;
	if (c->judge.machines == NULL && c->stop.code != 0)
		presume(c, reason);
	for (size_t i = 0; i < c->judge.count; i++) {
		json_object_foreach (c->judge.broken, name, value)
			put_failure(c, &c->judge.machines[i], name, json_string_value(value));
		json_object_foreach (c->judge.judges, name, value)
			put_failure(c, &c->judge.machines[i], name, reason);
	}
}

bool fsk_judge_succeeded(const struct fsk_collect *c)
{
	const char *key;
	json_t *row;

	json_object_foreach (c->judge.verdicts, key, row)
		if (json_object_get(row, "failed") != NULL)
			return false;
	return json_object_size(c->judge.verdicts) > 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

json_t *fsk_judge_verdicts(const struct fsk_collect *c)
{
	size_t n = json_object_size(c->judge.verdicts), i = 0;
	const char **keys = calloc(n + 1, sizeof(*keys)), *key;
	json_t *list = json_array(), *row;

	if (keys == NULL)
		return list;
	json_object_foreach (c->judge.verdicts, key, row)
		keys[i++] = key;
	qsort(keys, n, sizeof(*keys), by_name);
	for (i = 0; i < n; i++)
		json_array_append(list, json_object_get(c->judge.verdicts, keys[i]));
	free(keys);
	return list;
}
