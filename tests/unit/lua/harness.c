#include "tests/unit/lua/harness.h"

#include <stdio.h>

#include "core/model/jsontext.h"

static int on_record(void *arg, const char *plugin, const char *row, size_t n, struct fsk_err *err)
{
	struct harness *h = arg;
	json_t *j;

	if (h->refuse < 0)
		return fsk_err_set(err, h->refuse, "refused");
	assert_true(fsk_jsontext_record(row, n));
	j = json_loadb(row, n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	json_object_set_new(j, "plugin", json_string(plugin));
	json_array_append_new(h->records, j);
	return 0;
}

static int on_finding(void *arg, const char *plugin, json_t *finding, struct fsk_err *err)
{
	struct harness *h = arg;

	(void) plugin;
	(void) err;
	return json_array_append(h->findings, finding);
}

static int on_machine(void *arg, const char *plugin, json_t *facts, struct fsk_err *err)
{
	struct harness *h = arg;

	(void) plugin;
	(void) err;
	return json_object_update(h->machine, facts);
}

static int on_verdict(void *arg, const char *plugin, json_t *verdict, struct fsk_err *err)
{
	struct harness *h = arg;

	(void) plugin;
	if (h->refuse < 0)
		return fsk_err_set(err, h->refuse, "refused");
	json_decref(h->verdict);
	h->verdict = json_incref(verdict);
	return 0;
}

static int on_collect(void *arg, const char *plugin, const struct fsk_entry *e, const char *reason,
                      struct fsk_err *err)
{
	struct harness *h = arg;

	(void) plugin;
	(void) err;
	return json_array_append_new(h->collected, json_pack("{s:s, s:o}", "path", e->loc.path,
	                                                     "reason", fsk_json_text(reason)));
}

static int on_anomaly(void *arg, const char *plugin, json_t *anomaly, struct fsk_err *err)
{
	struct harness *h = arg;

	(void) plugin;
	(void) err;
	return json_array_append(h->anomalies, anomaly);
}

static int on_payload(void *arg, const char *plugin, const struct fsk_engine_payload *p,
                      struct fsk_err *err)
{
	struct harness *h = arg;

	(void) plugin;
	(void) err;
	return json_array_append_new(
	    h->payloads, json_pack("{s:I, s:s*, s:s*, s:s}", "size", (json_int_t) p->size, "name",
	                           p->name, "kind", p->kind, "from", p->from->loc.path));
}

static void on_log(void *arg, const char *plugin, const char *text)
{
	struct harness *h = arg;

	(void) plugin;
	json_array_append_new(h->log, json_string(text));
}

static const struct fake_file no_files[] = { { .path = NULL } };

void harness_open(struct harness *h, const struct fake_file *files)
{
	static const struct fsk_engine_ops ops = {
		.record = on_record,
		.finding = on_finding,
		.machine = on_machine,
		.verdict = on_verdict,
		.collect = on_collect,
		.anomaly = on_anomaly,
		.payload = on_payload,
		.log = on_log,
	};

	memset(h, 0, sizeof(*h));
	h->records = json_array();
	h->findings = json_array();
	h->machine = json_object();
	h->anomalies = json_array();
	h->collected = json_array();
	h->payloads = json_array();
	h->log = json_array();
	h->volume.index = 1;
	h->volume.letter = 'C';
	strcpy(h->volume.fs, "ntfs");
	strcpy(h->volume.os, "windows");
	fake_fs_open(&h->fs, files != NULL ? files : no_files);
	assert_int_equal(fsk_engine_new(&h->e, &ops, h, &h->err), 0);
}

void harness_close(struct harness *h)
{
	fsk_engine_free(h->e);
	fsk_fs_close(h->fs);
	json_decref(h->records);
	json_decref(h->findings);
	json_decref(h->machine);
	json_decref(h->anomalies);
	json_decref(h->collected);
	json_decref(h->payloads);
	json_decref(h->verdict);
	json_decref(h->log);
	assert_int_equal(fake_streams_open, 0);
}

void harness_add(struct harness *h, enum fsk_engine_text kind, const char *name, const char *text)
{
	if (fsk_engine_add_text(h->e, kind, name, text, strlen(text), NULL, &h->err) < 0)
		fail_msg("%s", h->err.msg);
}

void harness_plugin(struct harness *h, const char *head, const char *body)
{
	struct fsk_buf b;
	char *text;

	fsk_buf_init(&b, 1 << 20);
	assert_int_equal(
	    fsk_buf_printf(
	        &b, NULL,
	        "%s return { api = 1, name = \"t\", summary = \"s\", wants = { \"**\" }, "
	        "run = function(ctx, item)\n%s\nend }\n",
	        head != NULL ? head : "", body),
	    0);
	text = fsk_buf_steal_str(&b, NULL);
	harness_add(h, FSK_TEXT_PLUGIN, "t", text);
	free(text);
}

int harness_run_as(struct harness *h, const char *path, enum fsk_engine_as as)
{
	struct fsk_entry entry;
	struct fsk_engine_item item = { .fs = h->fs,
		                        .volume = &h->volume,
		                        .source_name = "disk.E01",
		                        .entry = &entry,
		                        .artifact = "the.artifact",
		                        .as = as };
	int rc;

	if (fsk_fs_lookup(&entry, h->fs, path, &h->err) < 0)
		fail_msg("%s", h->err.msg);
	memset(&h->err, 0, sizeof(h->err));
	rc = fsk_engine_run(h->e, "t", &item, &h->err);
	fsk_entry_free(&entry);
	assert_int_equal(rc, rc < 0 ? h->err.code : 0);
	return rc;
}

int harness_run(struct harness *h, const char *path)
{
	return harness_run_as(h, path, FSK_AS_FILE);
}

char *harness_log(const struct harness *h)
{
	struct fsk_buf b;
	json_t *line;
	size_t i;

	fsk_buf_init(&b, 1 << 20);
	json_array_foreach (h->log, i, line)
		fsk_buf_printf(&b, NULL, "%s%s", i > 0 ? "\n" : "", json_string_value(line));
	return fsk_buf_steal_str(&b, NULL);
}

void harness_try(const char *body, int code, const char *expect)
{
	static const struct fake_file one[] = { { .path = "a", .data = "abc", .size = 3 }, { 0 } };
	struct harness h;
	char *log;
	int rc;

	harness_open(&h, one);
	harness_plugin(&h, NULL, body);
	rc = harness_run(&h, "a");
	log = harness_log(&h);
	if (rc != code)
		fail_msg("%s: code %d, not %d: %s", body, rc, code, rc < 0 ? h.err.msg : log);
	assert_string_equal(rc < 0 ? h.err.msg : log, expect);
	free(log);
	harness_close(&h);
}

void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

int harness_judge(struct harness *h, const char *body, const char *const lists[FSK_JUDGED_COUNT],
                  bool *said)
{
	struct fsk_judged_rows rows = { .name = "disk.E01" };
	char text[4096];
	int rc;

	snprintf(text, sizeof(text),
	         "return { api = 1, name = \"t\", summary = \"s\", judges = { \"tell:word\" }, "
	         "run = function(ctx, machine)\n%s\nend }\n",
	         body);
	harness_add(h, FSK_TEXT_PLUGIN, "t", text);
	for (size_t i = 0; i < FSK_JUDGED_COUNT; i++) {
		fsk_buf_init(&rows.lists[i], 1 << 20);
		if (lists != NULL && lists[i] != NULL)
			assert_int_equal(fsk_buf_append_str(&rows.lists[i], lists[i], NULL), 0);
	}
	rc = fsk_engine_judge(said, h->e, "t", &rows, &h->err);
	for (size_t i = 0; i < FSK_JUDGED_COUNT; i++)
		fsk_buf_free(&rows.lists[i]);
	return rc;
}
