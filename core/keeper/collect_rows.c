/* Rows that plugins make: tested against the task they come from, numbered
 * within it, written to the archive. */
#include "core/keeper/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/keeper/drives.h"
#include "core/model/jsontext.h"

static bool is_in(const json_t *list, const json_t *value)
{
	json_t *item;
	size_t i;

	json_array_foreach ((json_t *) list, i, item)
		if (json_equal(item, value))
			return true;
	return false;
}

static bool is_volume_of(const struct fsk_task *t, const json_t *source, const json_t *volume)
{
	return json_equal(source, json_object_get(t->head, "source")) &&
	       json_equal(volume, json_object_get(t->head, "volume"));
}

/* Or on another drive of the same machine. */
static bool lies_on_volume_of(const struct fsk_task *t, const json_t *locator)
{
	const json_t *source = json_object_get(locator, "source");
	const json_t *volume = json_object_get(locator, "volume");

	if (t->op == FSK_TASK_JUDGE)
		return is_in(json_object_get(t->head, "sources"), source);
	return is_volume_of(t, source, volume) || fsk_drives_has(t->head, source, volume);
}

/* The whole string counts: it may have a NUL in it. */
static bool runs_in(const struct fsk_task *t, const json_t *plugin)
{
	return is_in(json_object_get(t->head, "plugins"), plugin);
}

static int no_plugin_of(const char *plugin, struct fsk_err *err)
{
	return fsk_err_set(err, FSK_EPROTO, "a report of plugin \"%.100s\", which does not run",
	                   plugin);
}

int fsk_collect_origin(const char **plugin, const struct fsk_task *t, const json_t *head,
                       struct fsk_err *err)
{
	const json_t *volume = json_object_get(head, "volume");
	int rc = fsk_json_get_str(plugin, head, "plugin", err);

	if (rc < 0)
		return rc;
	if (volume != NULL &&
	    !is_volume_of(t, json_array_get(volume, 0), json_array_get(volume, 1)))
		return fsk_err_set(err, FSK_EPROTO, "a report about another task's volume");
	return runs_in(t, json_object_get(head, "plugin")) ? 0 : no_plugin_of(*plugin, err);
}

bool fsk_collect_lies_on(const struct fsk_task *t, const json_t *locator)
{
	return lies_on_volume_of(t, locator);
}

/* Front of the sorting key: volume and plugin. Behind it comes the number of the
 * row in that pair, which runs in one task, so that it does not depend on other
 * workers. Of a plugin that judges, machine and plugin, behind all volumes. */
static void key_front(char out[512], const struct fsk_task *t, const char *plugin)
{
	const json_t *machine = json_object_get(t->head, "machine");

	if (machine != NULL)
		snprintf(out, 512, "%03u/%03u/%.300s/", (unsigned) json_integer_value(machine),
		         FSK_VOLUMES_MAX, plugin);
	else
		snprintf(out, 512, "%03u/%03u/%.300s/",
		         (unsigned) json_integer_value(json_object_get(t->head, "source")),
		         (unsigned) json_integer_value(json_object_get(t->head, "volume")), plugin);
}

/* How many rows of that kind there are with that front; NULL without memory. */
static json_t *row_number(struct fsk_collect *c, const char *stream, const char *front)
{
	char counter[600];
	json_t *n;

	snprintf(counter, sizeof(counter), "%s/%s", stream, front);
	n = json_object_get(c->row_numbers, counter);
	if (n == NULL && json_object_set_new(c->row_numbers, counter, json_integer(0)) == 0)
		n = json_object_get(c->row_numbers, counter);
	return n;
}

/* Counts one row and makes its key. */
static int next_key(char out[600], json_t *number, const char *front, const char *plugin,
                    const char *what, struct fsk_err *err)
{
	json_int_t n = json_integer_value(number) + 1;
	size_t len = strlen(front), width = 10;

	if (number == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	if (n > (json_int_t) FSK_ROWS_MAX)
		return fsk_err_set(err, FSK_EPROTO, "plugin \"%.100s\" made more than %u %s",
		                   plugin, FSK_ROWS_MAX, what);
	json_integer_set(number, n);
	memcpy(out, front, len);
	out[len + width] = '\0';
	for (; width > 0; n /= 10)
		out[len + --width] = (char) ('0' + n % 10);
	return 0;
}

/* A row that is too large is the fault of its maker; all else is the archive's. */
static int judge(struct fsk_collect *c, int rc, const struct fsk_err *failed, struct fsk_err *err)
{
	if (rc == FSK_ELIMIT)
		return fsk_err_set(err, rc, "%s", failed->msg);
	return rc < 0 ? fsk_collect_archive_failed(c, failed) : 0;
}

static int write_row(struct fsk_collect *c, const char *stream, const char *key, const json_t *row,
                     struct fsk_err *err)
{
	struct fsk_err failed;

	if (c->archive == NULL)
		return 0;
	return judge(c, fsk_archive_row(c->archive, stream, key, row, &failed), &failed, err);
}

void fsk_collect_row(struct fsk_collect *c, const char *stream, const char *key, const json_t *row)
{
	write_row(c, stream, key, row, NULL);
}

void fsk_collect_flush(void *arg)
{
	struct fsk_collect *c = arg;
	struct fsk_err failed;

	if (c->archive != NULL && fsk_archive_flush(c->archive, &failed) < 0)
		fsk_collect_archive_failed(c, &failed);
}

static void forget_origin(struct fsk_row_origin *o)
{
	free(o->plugin);
	free(o->tail);
	*o = (struct fsk_row_origin){ 0 };
}

void fsk_collect_free_rows(struct fsk_collect *c)
{
	forget_origin(&c->origin);
	fsk_buf_free(&c->row);
	json_decref(c->row_numbers);
	json_decref(c->machines);
}

/* ,"plugin":"…","volume":[s,v]}, or ,"machine":N,"plugin":"…"} */
static char *row_tail(const struct fsk_task *t)
{
	json_t *machine = json_object_get(t->head, "machine");
	json_t *j = machine != NULL
	                ? json_pack("{s:s, s:O}", "plugin", t->plugin, "machine", machine)
	                : json_pack("{s:s, s:[O, O]}", "plugin", t->plugin, "volume",
	                            json_object_get(t->head, "source"),
	                            json_object_get(t->head, "volume"));
	char *text = j != NULL ? fsk_json_line(j) : NULL;

	json_decref(j);
	if (text != NULL)
		text[0] = ',';
	return text;
}

/* Whose are the records that come now? */
static int find_origin(struct fsk_collect *c, const struct fsk_task *t, struct fsk_err *err)
{
	struct fsk_row_origin *o = &c->origin;
	json_t *name;
	bool runs;

	if (t->plugin == NULL)
		return fsk_err_set(err, FSK_EPROTO, "RECORD outside of a step of a plugin");
	if (o->task == t->number && strcmp(o->plugin, t->plugin) == 0)
		return 0;
	forget_origin(o);
	name = json_string(t->plugin);
	runs = runs_in(t, name);
	json_decref(name);
	if (!runs)
		return no_plugin_of(t->plugin, err);
	o->plugin = strdup(t->plugin);
	o->tail = row_tail(t);
	key_front(o->front, t, t->plugin);
	snprintf(o->stream, sizeof(o->stream), "records/%.300s", t->plugin);
	o->number = row_number(c, "records", o->front);
	if (o->plugin == NULL || o->tail == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	o->task = t->number;
	return 0;
}

int fsk_collect_on_record(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                          struct fsk_err *err)
{
	struct fsk_collect *c = arg;
	const struct fsk_row_origin *o = &c->origin;
	struct fsk_err failed;
	char key[600];
	int rc;

	if (m->blob_len > FSK_FRAME_HEAD_MAX ||
	    !fsk_jsontext_record((const char *) m->blob, m->blob_len))
		return fsk_err_set(err, FSK_EPROTO, "RECORD is no record");
	rc = find_origin(c, t, err);
	if (rc == 0)
		rc = next_key(key, o->number, o->front, o->plugin, "records", err);
	if (rc < 0)
		return rc;
	c->counts.records++;
	fsk_judge_record(c, t, key, (const char *) m->blob, m->blob_len);
	if (c->archive == NULL)
		return 0;
	fsk_buf_reset(&c->row);
	rc = fsk_buf_append(&c->row, m->blob, m->blob_len - 1, &failed);
	if (rc == 0)
		rc = fsk_buf_append_str(&c->row, o->tail, &failed);
	if (rc == 0)
		rc = fsk_archive_row_text(c->archive, o->stream, key, (const char *) c->row.data,
		                          c->row.len, &failed);
	return judge(c, rc, &failed, err);
}

char *fsk_collect_place(const struct fsk_collect *c, const struct fsk_locator *loc)
{
	const struct fsk_probed_volume *v = fsk_probe_find(&c->session.probe, loc->source,
	                                                   loc->volume);
	struct fsk_buf b;
	char prefix[32], *text = NULL;

	fsk_buf_init(&b, 4 * FSK_PATH_MAX);
	if ((c->session.sources.count < 2 ||
	     fsk_buf_printf(&b, NULL, "src%u ", loc->source) == 0) &&
	    fsk_buf_printf(&b, NULL, "%s%s%s%s", v != NULL ? fsk_place_prefix(prefix, v) : "",
	                   loc->path, loc->stream != NULL ? ":" : "",
	                   loc->stream != NULL ? loc->stream : "") == 0)
		text = fsk_buf_steal_str(&b, NULL);
	fsk_buf_free(&b);
	return text;
}

/* The first locator of the evidence says where; without one, the volume. */
static char *finding_place(const struct fsk_collect *c, const struct fsk_task *t,
                           const json_t *evidence)
{
	const json_t *first = json_array_get(evidence, 0);
	struct fsk_locator loc = { 0 };
	char *place = NULL;

	if (first == NULL && t->op == FSK_TASK_JUDGE)
		return NULL;
	if (first == NULL) {
		loc.source = (uint32_t) json_integer_value(json_object_get(t->head, "source"));
		loc.volume = (uint32_t) json_integer_value(json_object_get(t->head, "volume"));
		loc.path = (char *) "";
		return fsk_collect_place(c, &loc);
	}
	if (fsk_locator_from_json(&loc, first, NULL) == 0) {
		place = fsk_collect_place(c, &loc);
		fsk_locator_free(&loc);
	}
	return place;
}

int fsk_collect_on_finding(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                           struct fsk_err *err)
{
	const json_t *evidence = json_object_get(m->head, "evidence");
	struct fsk_collect *c = arg;
	const char *plugin, *word, *title;
	enum fsk_severity severity;
	enum fsk_confidence confidence;
	char front[512], key[600], *place;
	int rc = fsk_collect_origin(&plugin, t, m->head, err);

	if (rc < 0 || (rc = fsk_json_get_str(&title, m->head, "title", err)) < 0 ||
	    (rc = fsk_json_get_str(&word, m->head, "severity", err)) < 0)
		return rc;
	if (fsk_severity_parse(&severity, word) < 0)
		return fsk_err_set(err, FSK_EPROTO, "\"%.40s\" is no severity", word);
	rc = fsk_json_get_str(&word, m->head, "confidence", err);
	if (rc < 0)
		return rc;
	if (fsk_confidence_parse(&confidence, word) < 0)
		return fsk_err_set(err, FSK_EPROTO, "\"%.40s\" is no confidence", word);
	for (size_t i = 0; i < json_array_size(evidence); i++)
		if (!lies_on_volume_of(t, json_array_get(evidence, i)))
			return fsk_err_set(err, FSK_EPROTO, "FINDING about another task's volume");
	key_front(front, t, plugin);
	rc = next_key(key, row_number(c, "findings", front), front, plugin, "findings", err);
	if (rc < 0)
		return rc;
	if (t->op == FSK_TASK_JUDGE)
		json_object_set(m->head, "machine", json_object_get(t->head, "machine"));
	c->counts.findings++;
	fsk_judge_finding(c, t, key, m->head);
	place = finding_place(c, t, evidence);
	fsk_tally_add(&c->findings, severity, confidence, title, place);
	fsk_log(FSK_LOG_INFO, "finding: %s (%s): %s", title, fsk_severity_name(severity),
	        place != NULL ? place : "");
	free(place);
	return write_row(c, "findings", key, m->head, err);
}

int fsk_collect_on_machine(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                           struct fsk_err *err)
{
	const json_t *facts = json_object_get(m->head, "facts");
	struct fsk_collect *c = arg;
	char front[512];
	const char *plugin;
	json_t *known;
	int rc = fsk_collect_origin(&plugin, t, m->head, err);

	if (rc < 0)
		return rc;
	if (!json_is_object(facts))
		return fsk_err_set(err, FSK_EPROTO, "MACHINE without \"facts\"");
	key_front(front, t, plugin);
	known = json_object_get(c->machines, front);
	if (known == NULL) {
		known = json_pack("{s:O, s:O, s:s, s:{}}", "source",
		                  json_object_get(t->head, "source"), "volume",
		                  json_object_get(t->head, "volume"), "plugin", plugin, "facts");
		json_object_set_new(c->machines, front, known);
	}
	known = json_object_get(known, "facts");
	if (json_object_size(known) + json_object_size(facts) > FSK_MACHINE_FACTS_MAX)
		return fsk_err_set(err, FSK_EPROTO, "plugin \"%.100s\" told more than %u facts",
		                   plugin, FSK_MACHINE_FACTS_MAX);
	return json_object_update(known, (json_t *) facts) == 0
	           ? 0
	           : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

/* Remembers an anomaly by its digest: a line may be long. */
static bool seen_before(struct fsk_collect *c, const char *line)
{
	struct fsk_digests d;

	if (fsk_digest_bytes(&d, FSK_DIGEST_SHA256, line, strlen(line), NULL) < 0)
		return false;
	if (json_object_get(c->seen, d.sha256) != NULL)
		return true;
	if (json_object_size(c->seen) <= FSK_ANOMALIES_MAX)
		json_object_set_new(c->seen, d.sha256, json_true());
	return false;
}

/* What comes first on the closing screen: a missing segment or a damaged
 * partition table explains a hundred files. Those are counted there anyhow. */
static enum fsk_severity weight_of(const json_t *anomaly)
{
	if (json_object_get(anomaly, "locator") == NULL &&
	    json_object_get(anomaly, "plugin") == NULL)
		return FSK_SEV_HIGH;
	return json_object_get(anomaly, "status") == NULL ? FSK_SEV_MEDIUM : FSK_SEV_LOW;
}

void fsk_collect_anomaly(struct fsk_collect *c, json_t *anomaly)
{
	const char *object = json_string_value(json_object_get(anomaly, "object"));
	const char *reason = json_string_value(json_object_get(anomaly, "reason"));
	char *line = fsk_json_line(anomaly);
	char text[FSK_ERR_MSG_MAX];

	if (line == NULL || seen_before(c, line)) {
		free(line);
		return;
	}
	c->counts.anomalies++;
	if (json_object_size(c->seen) > FSK_ANOMALIES_MAX ||
	    strlen(line) > FSK_ANOMALY_BYTES_MAX - c->anomaly_bytes ||
	    write_row(c, "anomalies", line, anomaly, NULL) < 0) {
		c->counts.anomalies_dropped++;
		free(line);
		return;
	}
	c->anomaly_bytes += strlen(line);
	snprintf(text, sizeof(text), "%.200s: %.280s", object != NULL ? object : "?",
	         reason != NULL ? reason : "?");
	fsk_tally_add(&c->anomalies, weight_of(anomaly), FSK_CONF_LOW, text, NULL);
	fsk_log(FSK_LOG_INFO, "%s", text);
	free(line);
}

int fsk_collect_on_anomaly(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                           struct fsk_err *err)
{
	const json_t *locator = json_object_get(m->head, "locator");
	const char *text;
	int rc = fsk_json_get_str(&text, m->head, "code", err);

	if (rc == 0 && json_object_get(m->head, "plugin") != NULL)
		rc = fsk_collect_origin(&text, t, m->head, err);
	if (rc == 0 && t->op == FSK_TASK_PLUGINS && locator != NULL &&
	    !lies_on_volume_of(t, locator))
		rc = fsk_err_set(err, FSK_EPROTO, "ANOMALY about another task's volume");
	if (rc < 0 || (rc = fsk_json_get_str(&text, m->head, "object", err)) < 0 ||
	    (rc = fsk_json_get_str(&text, m->head, "reason", err)) < 0)
		return rc;
	fsk_judge_anomaly(arg, t, m->head);
	fsk_collect_anomaly(arg, m->head);
	return 0;
}

/* Recorded, not fetched. */
static void refuse_large(struct fsk_collect *c, const struct fsk_task *t, struct fsk_request *q)
{
	char *place = fsk_collect_place(c, &q->loc);
	char reason[160];
	json_t *a;

	snprintf(reason, sizeof(reason),
	         "%llu bytes are more than the limit of %llu: not collected",
	         (unsigned long long) q->size, (unsigned long long) c->session.options->limit_size);
	a = fsk_anomaly_json(FSK_ELIMIT, place != NULL ? place : q->loc.path, reason, &q->loc, NULL,
	                     0);
	json_object_set_new(a, "status", json_string(fsk_status_name(FSK_STATUS_OVER_LIMIT)));
	q->state = FSK_REQUEST_OVER;
	c->counts.over_limit++;
	fsk_judge_anomaly(c, t, a);
	fsk_collect_anomaly(c, a);
	json_decref(a);
	free(place);
}

int fsk_collect_on_collect(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                           struct fsk_err *err)
{
	struct fsk_collect *c = arg;
	const char *plugin;
	size_t before = c->requests.count;
	struct fsk_request *q;
	uint32_t id;
	int rc = fsk_collect_origin(&plugin, t, m->head, err);

	if (rc < 0)
		return rc;
	if (!lies_on_volume_of(t, json_object_get(m->head, "locator")))
		return fsk_err_set(err, FSK_EPROTO, "COLLECT from another task's volume");
	rc = fsk_requests_add(&id, &c->requests, m->head, err);
	if (rc < 0 || c->requests.count == before)
		return rc;
	q = &c->requests.items[id];
	if (q->size > c->session.options->limit_size) {
		refuse_large(c, t, q);
		return 0;
	}
	c->progress.files_total++;
	c->progress.bytes_total += q->size;
	return 0;
}
