/* fossick plugin list, fossick plugin check */
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/keeper/commands.h"
#include "core/keeper/session.h"
#include "core/keeper/table.h"
#include "core/model/types.h"

struct plugins {
	struct fsk_session session; /* first: see session.h */
	bool started;
	json_t *heads; /* by name, so that a restart does not double them */
};

static struct fsk_task *plugins_next(void *arg)
{
	struct plugins *x = arg;

	if (x->started)
		return NULL;
	x->started = true;
	return fsk_task_new(FSK_TASK_CHECK, NULL);
}

static int on_plugin(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct plugins *x = arg;
	const char *name, *text;
	bool ok;
	int rc = fsk_json_get_str(&name, m->head, "name", err);

	(void) t;
	if (rc < 0 || (rc = fsk_json_opt_bool(&ok, m->head, "ok", false, err)) < 0 ||
	    (rc = fsk_json_opt_str(&text, m->head, "error", "", err)) < 0)
		return rc;
	if (fsk_texts_find(&x->session.texts, "plugin", name) == NULL)
		return fsk_err_set(err, FSK_EPROTO, "PLUGIN about \"%s\", which was not sent",
		                   name);
	json_object_set(x->heads, name, m->head);
	return 0;
}

/* A plugin that takes the worker with it is a bad plugin. */
static void on_fault(void *arg, struct fsk_task *t, const struct fsk_fault *f)
{
	struct plugins *x = arg;
	const char *name = t == NULL ? NULL : t->plugin != NULL ? t->plugin : t->key;

	if (name != NULL && fsk_texts_find(&x->session.texts, "plugin", name) != NULL)
		json_object_set_new(x->heads, name,
		                    json_pack("{s:s, s:b, s:o}", "name", name, "ok", 0, "error",
		                              fsk_json_text(f->reason)));
	else
		fsk_session_on_fault(arg, t, f);
}

static void on_ended(void *arg, struct fsk_task *t, enum fsk_task_end how, const char *why)
{
	struct plugins *x = arg;

	(void) t;
	if (how == FSK_TASK_DONE || how == FSK_TASK_CANCELED)
		return;
	x->session.anomalies++;
	fsk_log(FSK_LOG_ERROR, "cannot check plugins: %s", why);
}

static const struct fsk_crew_ops plugin_ops = {
	.on = {
		[FSK_MSG_PLUGIN] = on_plugin,
		[FSK_MSG_ANOMALY] = fsk_session_on_anomaly,
	},
	.locked = fsk_session_on_locked,
	.fault = on_fault,
	.ended = on_ended,
	.next = plugins_next,
};

static int load(struct plugins *x, struct fsk_err *err)
{
	const struct fsk_options *o = x->session.options;
	int rc = fsk_texts_open(&x->session.texts, o->data_dir, err);

	if (rc == 0 && o->nargs == 0)
		rc = fsk_texts_select_all(&x->session.texts, err);
	for (size_t i = 0; rc == 0 && i < o->nargs; i++)
		rc = fsk_texts_add_file(&x->session.texts, "plugin", o->args[i], err);
	for (size_t i = 0; rc == 0 && i < o->ngiven; i++)
		rc = fsk_texts_give(&x->session.texts, o->given[i].kind, o->given[i].path, err);
	return rc;
}

/* Reads all plugins through a worker: the keeper has no Lua. */
static int gather(struct plugins *x, const struct fsk_options *o)
{
	struct fsk_err err;
	int status = fsk_session_open(&x->session, o, NULL, 0);

	x->heads = json_object();
	if (status != 0)
		return status;
	if (load(x, &err) < 0 || fsk_session_hire(&x->session, 1, true, &plugin_ops, x, &err) < 0 ||
	    fsk_crew_run(x->session.crew, &err) < 0) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		return fsk_exit_of(err.code);
	}
	return 0;
}

static void release(struct plugins *x)
{
	json_decref(x->heads);
	fsk_session_close(&x->session);
}

static bool is_good(const json_t *head)
{
	return json_is_true(json_object_get(head, "ok"));
}

static bool is_judge(const json_t *head)
{
	return json_object_get(json_object_get(head, "meta"), "judges") != NULL;
}

static const char *summary_of(const json_t *head)
{
	const char *s = json_string_value(
	    json_object_get(is_good(head) ? json_object_get(head, "meta") : head,
	                    is_good(head) ? "summary" : "error"));

	return s != NULL ? s : "";
}

static void list_row(struct fsk_table *t, const struct fsk_text *x, const json_t *head)
{
	fsk_table_add(t, x->name);
	fsk_table_add(t, !is_good(head) ? "BAD" : is_judge(head) ? "judges" : "");
	fsk_table_add(t, head != NULL ? summary_of(head) : "the worker said nothing about it");
}

static json_t *list_json(const struct fsk_text *x, json_t *head)
{
	json_t *j = head != NULL ? json_deep_copy(head) : json_object();

	json_object_set_new(j, "name", json_string(x->name));
	json_object_set_new(j, "path", fsk_json_text(x->path));
	json_object_set_new(j, "sha256", json_string(x->sha256));
	return j;
}

int fsk_command_plugin_list(const struct fsk_options *o)
{
	struct plugins x = { 0 };
	int status = gather(&x, o);
	json_t *list = json_array();
	struct fsk_table t;

	fsk_table_init(&t, 3);
	for (size_t i = 0; status != FSK_EXIT_NOTHING && i < x.session.texts.count; i++) {
		const struct fsk_text *text = &x.session.texts.items[i];
		json_t *head = json_object_get(x.heads, text->name);
		if (strcmp(text->kind, "plugin") != 0)
			continue;
		if (!is_good(head))
			status = FSK_EXIT_ANOMALIES;
		list_row(&t, text, head);
		json_array_append_new(list, list_json(text, head));
	}
	if (o->json && status != FSK_EXIT_NOTHING)
		fsk_put_json_document(stdout, list);
	else
		fsk_table_print(&t, stdout, "");
	fsk_table_free(&t);
	json_decref(list);
	release(&x);
	return status;
}

/* Behind the path of a plugin: what is wrong with the texts that it reads. How much there is. */
static size_t print_problems(const json_t *head)
{
	const json_t *list = json_object_get(head, "problems");
	json_t *item;
	size_t i;

	if (json_array_size(list) > 0)
		printf(": what it reads has mistakes:\n");
	json_array_foreach ((json_t *) list, i, item) {
		printf("  ");
		fsk_put_text(stdout,
		             json_string_value(item) != NULL ? json_string_value(item) : "?");
		printf("\n");
	}
	return json_array_size(list);
}

int fsk_command_plugin_check(const struct fsk_options *o)
{
	struct plugins x = { 0 };
	int status = gather(&x, o);

	for (size_t i = 0; status != FSK_EXIT_NOTHING && i < x.session.texts.count; i++) {
		const struct fsk_text *text = &x.session.texts.items[i];
		const json_t *head = json_object_get(x.heads, text->name);
		if (strcmp(text->kind, "plugin") != 0)
			continue;
		fsk_put_text(stdout, text->path);
		if (is_good(head) && print_problems(head) == 0) {
			printf(": good\n");
			continue;
		}
		status = FSK_EXIT_ANOMALIES;
		if (is_good(head))
			continue;
		printf(": ");
		fsk_put_text(stdout,
		             head != NULL ? summary_of(head) : "the worker said nothing about it");
		printf("\n");
	}
	if (status == 0 && x.session.anomalies > 0)
		status = FSK_EXIT_ANOMALIES;
	release(&x);
	return status;
}
