/* fossick hive: the state of a hive file, and what its transaction logs give */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/archive/output.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/keeper/commands.h"
#include "core/keeper/session.h"
#include "core/keeper/table.h"
#include "core/model/types.h"

struct log {
	char *path;
	bool empty; /* not sent to the worker: no source has no bytes */
};

struct hive {
	struct fsk_session session; /* first: see session.h */
	struct log logs[FSK_OPTION_LOGS_MAX];
	size_t nlogs;
	bool started;
	json_t *found;         /* message HIVE; NULL: never came */
	struct fsk_output out; /* of --write */
	uint64_t written;
	char failure[FSK_ERR_MSG_MAX];
};

/* ---- the logs ---- */

static bool is_empty(const char *path)
{
	struct fsk_file f;
	bool empty;

	if (fsk_file_open(&f, path, NULL) < 0)
		return false; /* opening it as a source says why */
	empty = f.size == 0;
	fsk_file_close(&f);
	return empty;
}

static int add_log(struct hive *x, const char *base, const char *suffix)
{
	struct log *l = &x->logs[x->nlogs];
	size_t n = strlen(base) + strlen(suffix) + 1;

	l->path = malloc(n);
	if (l->path == NULL)
		return FSK_EXIT_SOFTWARE;
	snprintf(l->path, n, "%s%s", base, suffix);
	if (*suffix != '\0' && !fsk_path_exists(l->path)) {
		free(l->path);
		l->path = NULL;
		return 0;
	}
	l->empty = is_empty(l->path);
	x->nlogs++;
	return 0;
}

static int find_logs(struct hive *x, const struct fsk_options *o)
{
	static const char *const suffixes[FSK_OPTION_LOGS_MAX][2] = {
		{ ".LOG", ".log" },
		{ ".LOG1", ".log1" },
		{ ".LOG2", ".log2" },
	};
	int status = 0;

	for (size_t i = 0; status == 0 && i < o->nlogs; i++)
		status = add_log(x, o->logs[i], "");
	if (o->nlogs > 0)
		return status;
	for (size_t i = 0; status == 0 && i < FSK_OPTION_LOGS_MAX; i++) {
		size_t before = x->nlogs;

		status = add_log(x, o->args[0], suffixes[i][0]);
		if (status == 0 && x->nlogs == before)
			status = add_log(x, o->args[0], suffixes[i][1]);
	}
	return status;
}

static int open_session(struct hive *x, const struct fsk_options *o)
{
	char *paths[1 + FSK_OPTION_LOGS_MAX];
	size_t n = 0;

	paths[n++] = o->args[0];
	for (size_t i = 0; i < x->nlogs; i++)
		if (!x->logs[i].empty)
			paths[n++] = x->logs[i].path;
	return fsk_session_open(&x->session, o, paths, n);
}

/* ---- the worker ---- */

static struct fsk_task *hive_next(void *arg)
{
	struct hive *x = arg;
	json_t *logs;

	if (x->started)
		return NULL;
	x->started = true;
	logs = json_array();
	for (size_t i = 1; i < x->session.sources.count; i++)
		json_array_append_new(logs, json_integer((json_int_t) i));
	return fsk_task_new(FSK_TASK_HIVE,
	                    json_pack("{s:i, s:o, s:b, s:b}", "source", 0, "logs", logs, "write",
	                              (int) (x->session.options->write_to != NULL), "compare",
	                              (int) x->session.options->compare));
}

static void hive_ended(void *arg, struct fsk_task *t, enum fsk_task_end how, const char *why)
{
	struct hive *x = arg;

	(void) t;
	if (how != FSK_TASK_DONE)
		snprintf(x->failure, sizeof(x->failure), "%s", why != NULL ? why : "failed");
}

/* The next worker sends the hive again from its beginning. */
static int on_file(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct hive *x = arg;

	(void) t;
	(void) m;
	(void) err;
	x->written = 0;
	return 0;
}

static int on_data(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct hive *x = arg;
	struct fsk_err failed;

	(void) t;
	if (m->blob_len > FSK_HIVE_MAX - x->written)
		return fsk_err_set(err, FSK_EPROTO, "a hive of more than %u bytes", FSK_HIVE_MAX);
	if (x->out.handle < 0)
		return fsk_err_set(err, FSK_EPROTO, "nobody asked for the hive");
	if (fsk_output_write(&x->out, m->blob, m->blob_len, x->written, &failed) < 0)
		fsk_crew_fail(x->session.crew, failed.code, failed.msg);
	x->written += m->blob_len;
	return 0;
}

static int on_hive(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct hive *x = arg;
	const json_t *logs = json_object_get(json_object_get(m->head, "replay"), "logs");

	(void) t;
	if (json_array_size(logs) != x->session.sources.count - 1)
		return fsk_err_set(err, FSK_EPROTO, "HIVE tells of %zu logs",
		                   json_array_size(logs));
	json_decref(x->found);
	x->found = json_incref(m->head);
	return 0;
}

static const struct fsk_crew_ops hive_ops = {
	.on = {
		[FSK_MSG_ANOMALY] = fsk_session_on_anomaly,
		[FSK_MSG_FILE] = on_file,
		[FSK_MSG_DATA] = on_data,
		[FSK_MSG_HIVE] = on_hive,
	},
	.locked = fsk_session_on_locked,
	.fault = fsk_session_on_fault,
	.ended = hive_ended,
	.next = hive_next,
};

/* ---- what came of it ---- */

static bool is_true(const json_t *j, const char *name)
{
	return json_is_true(json_object_get(j, name));
}

static json_int_t number(const json_t *j, const char *name)
{
	return json_integer_value(json_object_get(j, name));
}

static const char *word(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s != NULL ? s : "";
}

/* Puts paths into the list of logs, and empty ones between the others. */
static void name_logs(struct hive *x)
{
	json_t *replay = json_object_get(x->found, "replay"), *all = json_array();
	const json_t *sent = json_object_get(replay, "logs");
	size_t next = 0;

	for (size_t i = 0; i < x->nlogs; i++) {
		json_t *l = x->logs[i].empty ? json_pack("{s:s}", "state", "empty")
		                             : json_incref(json_array_get(sent, next++));

		json_object_set_new(l, "path", fsk_json_text(x->logs[i].path));
		json_array_append_new(all, l);
	}
	json_object_set_new(replay, "logs", all);
}

/* All that the logs hold is in the hive, and nothing of it is damaged. */
static bool is_good(const struct hive *x)
{
	const json_t *replay = json_object_get(x->found, "replay");
	json_t *l;
	size_t i;

	if (x->session.anomalies > 0 || json_object_get(x->found, "error") != NULL ||
	    number(x->found, "damaged") > 0)
		return false;
	if (is_true(x->found, "dirty") && !is_true(replay, "applied"))
		return false;
	if (number(json_object_get(x->found, "peer"), "differences") > 0)
		return false;
	json_array_foreach (json_object_get(replay, "logs"), i, l)
		if (json_object_get(l, "note") != NULL && strcmp(word(l, "state"), "older") != 0)
			return false;
	return true;
}

static void print_log(const json_t *l)
{
	printf("  ");
	fsk_put_text(stdout, word(l, "path"));
	printf(": %s", word(l, "state"));
	if (number(l, "entries") > 0)
		printf(", entries %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
		       ", %" JSON_INTEGER_FORMAT " pages, %" JSON_INTEGER_FORMAT " bytes",
		       number(l, "first"), number(l, "last"), number(l, "pages"),
		       number(l, "bytes"));
	if (json_object_get(l, "note") != NULL) {
		printf("; ");
		fsk_put_text(stdout, word(l, "note"));
	}
	printf("\n");
}

static void print_head(const struct hive *x)
{
	const json_t *f = x->found, *sequence = json_object_get(f, "sequence");

	fsk_put_text(stdout, x->session.sources.items[0].path);
	printf("\n  name: ");
	fsk_put_text(stdout, word(f, "name"));
	printf("\n  written: %s, version %s, %" JSON_INTEGER_FORMAT " bytes\n", word(f, "written"),
	       word(f, "version"), number(f, "size"));
	printf("  base block: %s, sequence numbers %" JSON_INTEGER_FORMAT
	       " and %" JSON_INTEGER_FORMAT ": %s\n",
	       word(f, "header"), json_integer_value(json_array_get(sequence, 0)),
	       json_integer_value(json_array_get(sequence, 1)),
	       is_true(f, "dirty") ? "dirty" : "clean");
}

static void print_peer(const json_t *p)
{
	if (p == NULL)
		return;
	printf("libregf %s: ", word(p, "library"));
	if (!is_true(p, "read"))
		printf("not asked: ");
	else if (number(p, "differences") == 0)
		printf("the same %" JSON_INTEGER_FORMAT " keys and %" JSON_INTEGER_FORMAT " values",
		       number(p, "keys"), number(p, "values"));
	else
		printf("%" JSON_INTEGER_FORMAT " DIFFERENCES, the first: ",
		       number(p, "differences"));
	fsk_put_text(stdout, word(p, "first"));
	printf("\n");
}

static void print_found(const struct hive *x)
{
	const json_t *f = x->found, *replay = json_object_get(f, "replay");
	json_t *each;
	size_t i;

	if (json_object_get(f, "error") != NULL) {
		fsk_put_text(stdout, word(f, "error"));
		printf("\n");
		return;
	}
	print_head(x);
	json_array_foreach (json_object_get(replay, "logs"), i, each)
		print_log(each);
	if (is_true(f, "dirty") && x->nlogs == 0)
		printf("  no transaction logs\n");
	if (is_true(replay, "applied"))
		printf("  replayed: %" JSON_INTEGER_FORMAT " entries, %" JSON_INTEGER_FORMAT
		       " pages; the hive grew by %" JSON_INTEGER_FORMAT " bytes\n",
		       number(replay, "entries"), number(replay, "pages"), number(replay, "grown"));
	json_array_foreach (json_object_get(f, "damage"), i, each) {
		printf("  damaged: ");
		fsk_put_text(stdout, json_string_value(each));
		printf("\n");
	}
	printf("%" JSON_INTEGER_FORMAT " keys, %" JSON_INTEGER_FORMAT
	       " values, %" JSON_INTEGER_FORMAT " damaged places\n",
	       number(f, "keys"), number(f, "values"), number(f, "damaged"));
	print_peer(json_object_get(f, "peer"));
}

static int show(struct hive *x)
{
	const struct fsk_options *o = x->session.options;
	struct fsk_err err;

	if (x->found == NULL) {
		fsk_log(FSK_LOG_ERROR, "cannot read \"%s\": %s", o->args[0], x->failure);
		return FSK_EXIT_NOTHING;
	}
	if (x->out.handle >= 0 && (fsk_output_truncate(&x->out, x->written, &err) < 0 ||
	                           fsk_output_sync(&x->out, &err) < 0)) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		return FSK_EXIT_CANNOT_CREATE;
	}
	name_logs(x);
	if (o->json)
		fsk_put_json_document(stdout, x->found);
	else
		print_found(x);
	if (json_object_get(x->found, "error") != NULL)
		return FSK_EXIT_NOTHING;
	return is_good(x) ? FSK_EXIT_COMPLETE : FSK_EXIT_ANOMALIES;
}

static int create_output(struct hive *x)
{
	const char *path = x->session.options->write_to;
	struct fsk_err err;

	if (path == NULL || fsk_output_create(&x->out, path, &err) == 0)
		return 0;
	fsk_log(FSK_LOG_ERROR, "%s", err.msg);
	return FSK_EXIT_CANNOT_CREATE;
}

static int run(struct hive *x)
{
	struct fsk_err err;

	if (fsk_session_hire(&x->session, 1, false, &hive_ops, x, &err) == 0 &&
	    fsk_crew_run(x->session.crew, &err) == 0)
		return show(x);
	fsk_log(FSK_LOG_ERROR, "%s", err.msg);
	return x->session.options->write_to != NULL && err.code == FSK_ENOSPC
	           ? FSK_EXIT_CANNOT_CREATE
	           : fsk_exit_of(err.code);
}

int fsk_command_hive(const struct fsk_options *o)
{
	struct hive x = { .out.handle = -1 };
	int status = find_logs(&x, o);

	if (status == 0) {
		status = open_session(&x, o);
		if (status == 0)
			status = create_output(&x);
		if (status == 0)
			status = run(&x);
		fsk_session_close(&x.session);
	}
	/* half a hive is of no use to anyone */
	if (x.out.handle >= 0 && (x.found == NULL || json_object_get(x.found, "error") != NULL))
		fsk_output_remove(x.out.path, NULL);
	fsk_output_close(&x.out);
	for (size_t i = 0; i < x.nlogs; i++)
		free(x.logs[i].path);
	json_decref(x.found);
	return status;
}
