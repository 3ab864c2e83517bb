#include "core/keeper/collect.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/keeper/describe.h"
#include "core/keeper/explain.h"
#include "core/keeper/hooks.h"

int fsk_collect_archive_failed(struct fsk_collect *c, const struct fsk_err *err)
{
	if (!c->archive_failed)
		fsk_log(FSK_LOG_ERROR, "%s", err->msg);
	c->archive_failed = true;
	if (c->stop.code == 0) /* the crew may have ended already */
		c->stop = *err;
	fsk_crew_fail(c->session.crew, err->code, err->msg);
	return 0;
}

void fsk_collect_custody(struct fsk_collect *c, const char *event, json_t *details)
{
	struct fsk_err err;

	if (c->archive != NULL && fsk_archive_custody(c->archive, event, details, &err) < 0)
		fsk_collect_archive_failed(c, &err);
	json_decref(details);
}

/* What recover puts into collection.json if this run gets no further. */
static void note_collection(struct fsk_collect *c)
{
	json_t *collection;
	struct fsk_err err;

	if (c->archive == NULL || c->archive_failed)
		return;
	collection = fsk_describe_collection(c);
	if (fsk_archive_note_collection(c->archive, collection, &err) < 0)
		fsk_collect_archive_failed(c, &err);
	json_decref(collection);
}

/* The first worker's word goes into the custody log; later ones only if they
 * are worse off. */
static void on_locked(void *arg, const json_t *layers, bool held)
{
	struct fsk_collect *c = arg;
	bool first = c->session.layers == NULL, held_before = c->session.held;

	fsk_session_on_locked(arg, layers, held);
	if (first || (held_before && !held))
		fsk_collect_custody(c, "locked",
		                    json_pack("{s:O, s:b}", "layers", layers, "held", (int) held));
	if (first)
		note_collection(c);
}

static void on_begun(void *arg, const struct fsk_task *t)
{
	struct fsk_collect *c = arg;

	fsk_progress_step(&c->progress, t->plugin, t->target != NULL ? t->target : t->key);
}

static void on_fault(void *arg, struct fsk_task *t, const struct fsk_fault *f)
{
	struct fsk_collect *c = arg;
	json_t *a = fsk_fault_anomaly(t, f);

	if (t != NULL)
		fsk_collect_abandon_open(c, t, f->reason);
	fsk_log(FSK_LOG_WARN, "%s: %s", json_string_value(json_object_get(a, "object")),
	        json_string_value(json_object_get(a, "reason")));
	fsk_judge_fault(c, t, f->reason);
	fsk_judge_anomaly(c, t, a);
	fsk_collect_anomaly(c, a);
	fsk_collect_custody(c, "worker-lost", a);
}

/* Those that run on volumes. */
static json_t *plugins_of(const struct fsk_collect *c)
{
	json_t *all = fsk_texts_plugins(&c->session.texts), *names = json_array(), *name;
	size_t i;

	json_array_foreach (all, i, name)
		if (!fsk_judge_is(c, json_string_value(name)))
			json_array_append(names, name);
	json_decref(all);
	return names;
}

/* As soon as all is known that the plan stands on. */
static void plan(struct fsk_collect *c)
{
	json_t *plugins;
	const struct fsk_schedule_wish wish = { .groups = c->workers,
		                                .dry = c->archive == NULL,
		                                .shelves = c->session.nshelves,
		                                .explain = c->session.options->explain };
	struct fsk_err err;

	if (!c->probe_ended || !(c->check_ended || json_array_size(c->judge.asked) == 0))
		return;
	plugins = plugins_of(c);
	if (fsk_judge_plan(c, &err) < 0 ||
	    fsk_schedule_plan(&c->schedule, &c->session.probe, plugins, &wish, &err) < 0)
		fsk_crew_fail(c->session.crew, err.code, err.msg);
	json_decref(plugins);
}

static void on_ended(void *arg, struct fsk_task *t, enum fsk_task_end how, const char *why)
{
	struct fsk_collect *c = arg;
	struct fsk_err err;

	if (how == FSK_TASK_CANCELED) {
		fsk_collect_abandon_open(c, t, why);
		return;
	}
	if (how != FSK_TASK_DONE) {
		json_t *a = fsk_task_anomaly(t, why);
		fsk_log(FSK_LOG_WARN, "task %s: %s", fsk_task_op_name(t->op), why);
		fsk_judge_anomaly(c, t, a);
		fsk_collect_anomaly(c, a);
		json_decref(a);
	}
	fsk_judge_ended(c, t, why);
	if (t->op == FSK_TASK_PROBE)
		fsk_probe_settle(&c->session.probe);
	c->probe_ended = c->probe_ended || t->op == FSK_TASK_PROBE;
	c->check_ended = c->check_ended || t->op == FSK_TASK_CHECK;
	if (t->op == FSK_TASK_PROBE || t->op == FSK_TASK_CHECK)
		plan(c);
	else if (t->op == FSK_TASK_PLUGINS &&
	         fsk_schedule_ended(&c->schedule, t, &c->requests, &err) < 0)
		fsk_crew_fail(c->session.crew, err.code, err.msg);
	else if (t->op == FSK_TASK_FETCH)
		fsk_collect_fetch_ended(c, t, why);
	note_collection(c);
}

/* The other workers start while one probes; the first of them reads the tables of plugins
 * that may judge. */
static struct fsk_task *next_early(struct fsk_collect *c)
{
	bool spare = !c->probe_ended && c->warmed + 1 < c->workers;
	struct fsk_task *t = NULL;

	c->warmed += spare;
	if (!c->check_begun && (c->probe_ended || spare)) {
		c->check_begun = true;
		t = fsk_judge_check(c);
	}
	return t == NULL && spare ? fsk_task_new(FSK_TASK_NONE, NULL) : t;
}

static struct fsk_task *on_next(void *arg)
{
	struct fsk_collect *c = arg;
	struct fsk_task *t;

	if (!c->probe_begun) {
		c->probe_begun = true;
		return fsk_task_new(FSK_TASK_PROBE, json_pack("{s:b}", "profiles", 1));
	}
	t = next_early(c);
	if (t == NULL)
		t = fsk_judge_next(c);
	if (t != NULL)
		return t;
	/* in a dry run the requests are the result */
	if (c->archive == NULL)
		c->schedule.fetched = c->schedule.nfetch;
	return fsk_schedule_next(&c->schedule, &c->requests);
}

/* What the other groups are told of the index that `t` has made: NULL when there is
 * none, or when it cannot be shared. New reference. */
static int seal_index(json_t **out, struct fsk_collect *c, const struct fsk_task *t,
                      const json_t *head, struct fsk_err *err)
{
	const json_t *shelf = json_object_get(t->head, "shelf");
	const json_t *index = json_object_get(head, "index");
	intptr_t handle;
	const char *sha256;
	uint64_t size;
	bool whole;
	int rc;

	*out = NULL;
	if (index == NULL || shelf == NULL)
		return 0;
	if ((rc = fsk_json_get_u64(&size, index, "size", err)) < 0 ||
	    (rc = fsk_json_get_str(&sha256, index, "sha256", err)) < 0 ||
	    (rc = fsk_json_opt_bool(&whole, index, "whole", false, err)) < 0)
		return rc;
	handle = c->session.shelves[json_integer_value(shelf)];
	fsk_hook_shelf(handle);
	if (fsk_shelf_seal(handle, err) < 0) {
		fsk_log(FSK_LOG_INFO, "the index is not shared: %s", err->msg);
		return 0;
	}
	*out = json_pack("{s:O, s:I, s:s, s:b}", "shelf", shelf, "size", (json_int_t) size,
	                 "sha256", sha256, "whole", (int) whole);
	return 0;
}

/* The groups of the volume that waited for its plan may begin. */
static int on_plan(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct fsk_collect *c = arg;
	const char *way;
	json_t *index;
	int rc = fsk_json_opt_str(&way, m->head, "way", NULL, err);

	if (rc < 0)
		return rc;
	if (!json_equal(json_object_get(t->head, "source"), json_object_get(m->head, "source")) ||
	    !json_equal(json_object_get(t->head, "volume"), json_object_get(m->head, "volume")))
		return fsk_err_set(err, FSK_EPROTO, "PLAN of another volume");
	if (way != NULL && !fsk_explain_knows(way))
		return fsk_err_set(err, FSK_EPROTO, "PLAN: the way \"%.100s\" is unknown", way);
	if (c->session.options->explain)
		rc = fsk_explain_take(c->plans, m->head, err);
	if (rc < 0 || way == NULL)
		return rc;
	rc = seal_index(&index, c, t, m->head, err);
	if (rc < 0)
		return rc;
	fsk_schedule_planned(&c->schedule, t, way, index);
	json_decref(index);
	fsk_crew_wake(c->session.crew);
	return 0;
}

static void on_tick(void *arg)
{
	struct fsk_collect *c = arg;

	fsk_progress_tick(&c->progress);
}

/* Threads of the archive have done something: there may be room for more. */
static void on_poke(void *arg)
{
	struct fsk_collect *c = arg;

	fsk_archive_pump(c->archive);
	fsk_crew_wake(c->session.crew);
}

const struct fsk_crew_ops fsk_collect_ops = {
	.on = {
		[FSK_MSG_SOURCE] = fsk_session_on_source,
		[FSK_MSG_VOLUME] = fsk_session_on_volume,
		[FSK_MSG_PLUGIN] = fsk_judge_on_plugin,
		[FSK_MSG_PLAN] = on_plan,
		[FSK_MSG_RECORD] = fsk_collect_on_record,
		[FSK_MSG_FINDING] = fsk_collect_on_finding,
		[FSK_MSG_MACHINE] = fsk_collect_on_machine,
		[FSK_MSG_VERDICT] = fsk_judge_on_verdict,
		[FSK_MSG_ANOMALY] = fsk_collect_on_anomaly,
		[FSK_MSG_COLLECT] = fsk_collect_on_collect,
		[FSK_MSG_FILE] = fsk_collect_on_file,
		[FSK_MSG_DATA] = fsk_collect_on_data,
		[FSK_MSG_CLOSE] = fsk_collect_on_close,
		[FSK_MSG_PAYLOAD] = fsk_payloads_on_payload,
	},
	.hello = fsk_session_on_hello,
	.locked = on_locked,
	.begun = on_begun,
	.drained = fsk_collect_flush,
	.fault = on_fault,
	.ended = on_ended,
	.next = on_next,
	.feed = fsk_judge_feed,
	.tick = on_tick,
	.poke = on_poke,
};
