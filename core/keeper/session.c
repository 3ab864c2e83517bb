#include "core/keeper/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/pool.h"
#include "core/model/anomaly.h"
#include "core/model/types.h"

int fsk_exit_of(int code)
{
	switch (code) {
	case 0:
		return FSK_EXIT_COMPLETE;
	case FSK_EINVAL:
		return FSK_EXIT_USAGE;
	case FSK_EPERM:
		return FSK_EXIT_NO_SANDBOX;
	case FSK_ECANCELED:
		return FSK_EXIT_ANOMALIES;
	default:
		return FSK_EXIT_NOTHING;
	}
}

int fsk_session_open(struct fsk_session *s, const struct fsk_options *o, char *const *sources,
                     size_t n)
{
	struct fsk_err err;

	memset(s, 0, sizeof(*s));
	s->options = o;
	s->held = true;
	if (fsk_sources_open(&s->sources, sources, n, &err) < 0 ||
	    fsk_probe_init(&s->probe, &s->sources, &err) < 0 ||
	    fsk_worker_find(&s->program, &err) < 0) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		return FSK_EXIT_NOTHING;
	}
	return 0;
}

void fsk_session_close(struct fsk_session *s)
{
	fsk_crew_free(s->crew);
	fsk_probe_free(&s->probe);
	fsk_texts_free(&s->texts);
	fsk_sources_close(&s->sources);
	for (size_t i = 0; i < s->nshelves; i++)
		fsk_shelf_close(s->shelves[i]);
	free(s->program);
	json_decref(s->layers);
	json_decref(s->worker);
	json_decref(s->list);
}

int fsk_session_make_shelves(struct fsk_session *s, struct fsk_err *err)
{
	while (s->nshelves < FSK_SHELVES) {
		intptr_t *shelf = &s->shelves[s->nshelves];
		int rc = fsk_shelf_create(shelf, err);
		if (rc < 0 || *shelf < 0)
			return rc;
		fsk_handle_raise(shelf);
		s->nshelves++;
	}
	return 0;
}

/* A lone worker uses all cores. Several seldom read at the same time, so each
 * gets more than its share. */
static unsigned threads_of(const struct fsk_options *o, unsigned workers)
{
	unsigned cores = fsk_cpu_count(), share = 2 * cores / workers;

	if (workers == 1 && o->command != FSK_CMD_COLLECT && o->workers > 0)
		share = cores = o->workers;
	if (share > cores)
		share = cores;
	if (share > FSK_THREADS_MAX)
		share = FSK_THREADS_MAX;
	return share > 0 ? share : 1;
}

int fsk_session_hire(struct fsk_session *s, unsigned workers, bool with_texts,
                     const struct fsk_crew_ops *ops, void *arg, struct fsk_err *err)
{
	const struct fsk_options *o = s->options;
	struct fsk_crew_config config = {
		.program = s->program,
		.sources = &s->sources,
		.texts = with_texts ? &s->texts : NULL,
		.workers = workers,
		.step_seconds = o->step_seconds,
		.threads = threads_of(o, workers),
		.memory = o->memory,
		.file_size = o->limit_size,
		.shelves = s->shelves,
		.nshelves = s->nshelves,
		.require_sandbox = o->require_sandbox,
		.no_index = o->no_index,
		.payloads = o->nrecipients > 0 && !o->dry_run,
		.ops = ops,
		.arg = arg,
	};

	return fsk_crew_new(&s->crew, &config, err);
}

int fsk_session_on_source(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                          struct fsk_err *err)
{
	struct fsk_session *s = arg;

	(void) t;
	return fsk_probe_source(&s->probe, m->head, err);
}

int fsk_session_on_volume(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                          struct fsk_err *err)
{
	struct fsk_session *s = arg;

	(void) t;
	return fsk_probe_volume(&s->probe, m->head, err);
}

static void list_anomaly(struct fsk_session *s, json_t *anomaly)
{
	s->anomalies++;
	if (s->list == NULL)
		s->list = json_array();
	if (json_array_size(s->list) < FSK_SESSION_LIST_MAX)
		json_array_append(s->list, anomaly);
}

int fsk_session_on_anomaly(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                           struct fsk_err *err)
{
	struct fsk_session *s = arg;
	const char *object, *reason;
	int rc = fsk_json_get_str(&object, m->head, "object", err);

	(void) t;
	if (rc < 0 || (rc = fsk_json_get_str(&reason, m->head, "reason", err)) < 0)
		return rc;
	list_anomaly(s, m->head);
	fsk_log(FSK_LOG_WARN, "%s: %s", object, reason);
	return 0;
}

void fsk_session_on_hello(void *arg, json_t *head)
{
	struct fsk_session *s = arg;

	if (s->worker != NULL)
		return;
	s->worker = json_deep_copy(head);
	json_object_del(s->worker, "proto");
}

void fsk_session_on_locked(void *arg, const json_t *layers, bool held)
{
	struct fsk_session *s = arg;

	if (s->layers == NULL)
		s->layers = json_deep_copy(layers);
	if (!held && s->held)
		fsk_log(FSK_LOG_WARN, "the worker could not be locked down in full; going on");
	s->held = s->held && held;
}

json_t *fsk_fault_anomaly(const struct fsk_task *t, const struct fsk_fault *f)
{
	char object[FSK_ERR_MSG_MAX];
	json_t *a;

	if (t == NULL)
		snprintf(object, sizeof(object), "a worker between two tasks");
	else if (t->key == NULL)
		snprintf(object, sizeof(object), "task %s", fsk_task_op_name(t->op));
	else if (t->plugin != NULL)
		snprintf(object, sizeof(object), "plugin %.100s on %.300s", t->plugin,
		         t->target != NULL ? t->target : t->key);
	else
		snprintf(object, sizeof(object), "%.400s", t->target != NULL ? t->target : t->key);
	a = fsk_anomaly_json(f->code, object, f->reason, NULL, NULL, 0);
	if (t == NULL)
		return a;
	if (t->plugin != NULL)
		json_object_set_new(a, "plugin", json_string(t->plugin));
	if (t->key != NULL)
		json_object_set_new(a, "step", json_string(t->key));
	json_object_set_new(a, "task", json_string(fsk_task_op_name(t->op)));
	return a;
}

json_t *fsk_task_anomaly(const struct fsk_task *t, const char *why)
{
	char object[64];

	snprintf(object, sizeof(object), "task %s", fsk_task_op_name(t->op));
	return fsk_anomaly_json(FSK_EDIED, object, why, NULL, NULL, 0);
}

void fsk_session_on_fault(void *arg, struct fsk_task *t, const struct fsk_fault *f)
{
	struct fsk_session *s = arg;
	json_t *a = fsk_fault_anomaly(t, f);

	list_anomaly(s, a);
	fsk_log(FSK_LOG_WARN, "%s: %s", json_string_value(json_object_get(a, "object")),
	        json_string_value(json_object_get(a, "reason")));
	json_decref(a);
}
